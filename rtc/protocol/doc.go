// Package protocol is the wire between a Parley client and a Parley server: the JSON messages of one WebSocket,
// their versions, error codes and limits. PROTOCOL.md beside this file is the contract; this package is its Go form.
// It imports only the standard library and is shared by the client SDK (package rtc) and the server's gateway.
//
// All types are plain data and safe to copy. Nothing here does I/O.
package protocol
