// Package load makes the media that a server is measured with: publishers that send honest RTP and subscribers that read it, many of them, in one
// thread. A Loop owns the sockets; a Peer is the client's end of one peer connection, with a UDP socket of its own as in life; a Source is a track that
// a Peer sends, a Sink one that it receives.
//
// Video is shaped as an encoder leaves it: a frame of VP8 thirty times a second, in packets that leave one after the other, key frames larger and made
// when they are asked for. Each packet says in its last bytes when it was sent and which of its track it is, so that a Sink knows the latency and what is
// missing whatever the server makes of sequence numbers. Sinks ask for what is missing (NACK), answer with receiver reports, and Sources answer NACKs and
// requests for key frames, so that the server does all of its work.
//
// Everything that is not media (joining, ICE, DTLS) is package client's.
package load
