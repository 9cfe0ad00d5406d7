// Package store keeps what must survive a restart in one SQLite file: the project's identity, sessions, invites and chat. The
// private key lies beside it in a file of its own. Several processes may have the same store open (the server and the command
// line): SQLite's write-ahead log and a busy timeout keep them apart.
//
// A Store is safe for concurrent use.
package store
