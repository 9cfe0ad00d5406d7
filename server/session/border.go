package session

import (
	"context"

	"parley/rtc/protocol"
)

// Grant is what a client's token allows.
type Grant struct {
	SessionID    protocol.SessionID
	Capabilities protocol.Capabilities
	Name         string   // display name; "" leaves it to the client's hello
	Data         string   // connection data
	Classes      []string // layout classes that the client's streams begin with
	Project      string   // application id of the session's project
	Fingerprint  string   // identifies the token
	Invite       string   // id of the invite that the token came from; "" for none
}

// Client is where a connection's messages go. Both methods return at once and may be called after the wire is gone.
type Client interface {
	// Send queues an encoded message. It returns false when the queue is full: the session then ends the connection, for control
	// messages are never dropped.
	Send(encoded []byte) bool
	// End closes the wire once what is queued was sent.
	End()
}

// Store keeps what outlives a session. It is safe for concurrent use.
type Store interface {
	HasSession(ctx context.Context, id protocol.SessionID) (bool, error)
	AppendChat(ctx context.Context, id protocol.SessionID, line protocol.ChatLine) error
	// Chat returns the newest lines, oldest first.
	Chat(ctx context.Context, id protocol.SessionID, limit int) ([]protocol.ChatLine, error)
}

// MediaPlane carries the media of all sessions. It is safe for concurrent use.
type MediaPlane interface {
	NewLeg() (MediaLeg, error)
}

// MediaLeg is one client's media. Its methods are called by one session's loop; none of them waits for the client.
type MediaLeg interface {
	PublishingLeg
	SubscribingLeg
	Close()
}

// PublishingLeg is what a client publishes.
type PublishingLeg interface {
	// Publish answers the offer of the client's publishing PeerConnection. tracks is everything that the client publishes; tracks of
	// earlier calls that are not in it end. Tracks whose section cannot be used are named in refused.
	Publish(offer string, tracks []PublishedTrack) (answer string, refused map[TrackID]*protocol.ErrorBody, err error)
	// Drop ends the forwarding of published tracks without a new offer.
	Drop(tracks []TrackID)
	// SetMuted stops or resumes the forwarding of a published track.
	SetMuted(track TrackID, muted bool)
}

// SubscribingLeg is what a client receives.
type SubscribingLeg interface {
	// Subscribe states which tracks the client receives. It returns the next offer, or nil when nothing changes or an offer is under
	// way (its Answer then returns the next).
	Subscribe(tracks []TrackID) (*protocol.Offer, error)
	// Answer takes the client's answer and returns the next offer, or nil.
	Answer(answer protocol.Answer) (*protocol.Offer, error)
	// Restart returns an offer with new ICE credentials.
	Restart() (*protocol.Offer, error)
}

// TrackID names a published track.
type TrackID struct {
	StreamID protocol.StreamID
	Kind     protocol.Kind
}

// PublishedTrack says which media section carries a track.
type PublishedTrack struct {
	TrackID
	MID string
}
