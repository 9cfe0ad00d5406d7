// Package capture takes pictures and sound from a source to encoded frames: one goroutine reads the source and fills one-frame slots (a self
// view, an encoder), another encodes. The encoder never makes the source wait: what it has no time for is dropped, newest wins.
//
// Mute is here, before the encoder: once SetMuted(true) or SetSending(false) has returned, the Encoded function is not called until it is
// taken back.
package capture
