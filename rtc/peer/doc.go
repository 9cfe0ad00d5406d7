// Package peer is a client's two PeerConnections to a Parley server, on pion/webrtc: Publishing offers, Subscribing answers. It knows codecs,
// interceptors, negotiation and statistics; messages and sessions are for its user, package rtc.
package peer
