// Package sfu forwards media: an UpTrack is what a publisher sends, a DownTrack is that track on its way to one subscriber. It works on
// plaintext RTP and RTCP; sockets, encryption and SDP are the transport's, who may receive what is the session's.
//
// A packet takes this way: Uplink.RTP finds its UpTrack by SSRC; the UpTrack parses it once, keeps it for retransmission, accounts for it
// and hands it to each DownTrack of a snapshot that is loaded atomically; each DownTrack rewrites the header into a scratch of its own and
// writes. Nothing is allocated and nothing waits on that way.
//
// RTCP is handled here too: gaps are asked for (NACK) up to a bound, subscribers' NACKs are answered from the UpTrack's cache, key
// frame requests are merged and throttled, reports are made once a second.
//
// Methods named RTP and RTCP are called by one goroutine at a time per link; all others are safe for concurrent use.
package sfu
