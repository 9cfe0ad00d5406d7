// Package home is the start screen: a link, a code or host:port goes in, and Enter joins.
package home
