// Package rtc is the client SDK: it connects to a session of a Parley server, publishes, subscribes, signals and hears what happens. It brings
// no user interface and no codecs: what is published is encoded already (Publisher.WriteVideo, WriteAudio), what is received is RTP
// (Track.Read). Bots and tests use it as the desktop app does.
//
// A Session is safe for concurrent use. When its wire or its media path breaks, it mends that by itself for a while and says so in its events: it resumes the
// connection with its streams and tracks, or joins anew and publishes again what was published. docs/SDK.md has examples.
package rtc
