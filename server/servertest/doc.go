// Package servertest is a whole server inside a test: real sockets on loopback ports that the system chooses, a store in a temporary folder.
// Two of them run side by side.
package servertest
