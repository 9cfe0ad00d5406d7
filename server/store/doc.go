// Package store keeps what must survive a restart in one SQLite file: projects with their keys and secrets, sessions, invites, chat, and
// webhooks with what waits for them. Private keys lie beside it, each in a file of its own; their public halves are in the file, for checking needs
// nothing else. Several processes may have the same store open (the server and the command line): SQLite's write-ahead log and a busy timeout keep
// them apart, and what one has written the next question of another sees.
//
// A Store is safe for concurrent use.
package store
