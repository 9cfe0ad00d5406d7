// Package certificate is what a server proves by that it is itself: a self-signed certificate of its own, whose key links carry the hash of, or one that its
// owner brings. Both are renewed while the server runs.
package certificate
