// Package hosting runs the server inside the app: one meeting, its links for the host and for guests, and who can reach it.
package hosting
