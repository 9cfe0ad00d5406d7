// Package gateway is the WebSocket endpoint: it takes a wire's hello, checks the token, brings the client into its session and
// carries messages between the two. It bounds what a client may send and how long it may be silent.
//
// Each wire has three goroutines, all owned by its ServeHTTP: one reads (that of the HTTP server), one writes, one pings.
package gateway
