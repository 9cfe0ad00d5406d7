// Package client joins a session as a light client does: WebSocket, hello and welcome, ICE with one candidate, DTLS, and from then on the media of
// package load. It does what a client must and nothing else, so that hundreds of them fit into one process beside the server that they measure.
package client
