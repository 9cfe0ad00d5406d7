package session

import (
	"context"
	"encoding/json"

	"parley/rtc/protocol"
)

// Grant is what a client's token allows.
type Grant struct {
	SessionID    protocol.SessionID
	Role         string // role names, as Config.Rights knows them
	Capabilities protocol.Capabilities
	Name         string   // display name; "" leaves it to the client's hello
	Data         string   // connection data
	Classes      []string // layout classes that the client's streams begin with
	Fingerprint  string   // tells this token from others, for bans
	Invite       string   // the invite that the token came from, or ""
	Address      string   // the client's network address, for bans
}

// Client is where a connection's messages go. All methods return at once and may be called after the wire is gone.
type Client interface {
	// Send queues an encoded message. It returns false when the queue is full: the session then ends the connection, for control
	// messages are never dropped.
	Send(encoded []byte) bool
	// End closes the wire once what is queued was sent.
	End()
	// Cut drops what is queued, sends last instead and closes the wire.
	Cut(last []byte)
}

// Info is what is known about a session that exists.
type Info struct {
	ID      protocol.SessionID
	Project string // application id
	Options
}

// Options are what a session is made with. The store keeps them as JSON.
type Options struct {
	Lobby bool `json:"lobby,omitempty"` // newcomers wait for admission, unless a moderator lifts that
}

// Encode returns the JSON.
func (o Options) Encode() json.RawMessage {
	raw, err := json.Marshal(o)
	if err != nil {
		panic("encode options: " + err.Error()) // plain data
	}
	return raw
}

// Store keeps what outlives a session. It is safe for concurrent use.
type Store interface {
	ChatStore
	LiveStore
	// Session describes a session; ok is false when there is none.
	Session(ctx context.Context, id protocol.SessionID) (info Info, ok bool, err error)
}

// ChatStore keeps chat lines.
type ChatStore interface {
	// AppendChat keeps lines, all or none, and returns only when they are safe. One whose key is kept already is not kept again: the line that is
	// takes its place in lines, and its Known is set.
	AppendChat(ctx context.Context, id protocol.SessionID, lines []ChatEntry) error
	// Chat returns the newest lines, oldest first.
	Chat(ctx context.Context, id protocol.SessionID, limit int) ([]protocol.ChatLine, error)
	// DeleteChat takes a line out, and reports whether there was one.
	DeleteChat(ctx context.Context, id protocol.SessionID, line string) (bool, error)
}

// ChatEntry is a chat line on its way to the store.
type ChatEntry struct {
	protocol.ChatLine
	Key   string // the sender's own id for it; "" is none
	Known bool   // it was kept before
}

// LiveStore keeps what lasts as long as a session is live: over a restart of the server, not longer.
type LiveStore interface {
	SaveLive(ctx context.Context, id protocol.SessionID, state []byte) error
	// SavePasses keeps passes; one with the same Resume is replaced.
	SavePasses(ctx context.Context, id protocol.SessionID, passes []Pass) error
	// Pass finds a pass; ok is false when there is none.
	Pass(ctx context.Context, id protocol.SessionID, resume string) (pass Pass, ok bool, err error)
	// EndLive forgets all that was saved for a session.
	EndLive(ctx context.Context, id protocol.SessionID) error
	// Live lists the sessions that SaveLive was called for, and their states.
	Live(ctx context.Context) (map[protocol.SessionID][]byte, error)
}

// Pass lets a client in that was in before.
type Pass struct {
	Resume    string `json:"-"`                   // hash of its resume token
	Role      string `json:"role,omitempty"`      // what it was given; "" is its token's
	RoleUntil int64  `json:"roleUntil,omitempty"` // Unix milliseconds; 0 is for good
	RoleAfter string `json:"roleAfter,omitempty"` // the role that it has then
	Banned    bool   `json:"banned,omitempty"`    // it is kept out instead
}

// Observer hears of what happens to sessions, connections and streams, for webhooks. Observe is called by the sessions' loops, in order, before
// clients hear of it; it must be quick. It keeps its own errors.
type Observer interface {
	Observe(o Observed)
}

// Observed is something that happened. Connection is set for connections and streams, Stream for streams.
type Observed struct {
	Project    string
	SessionID  protocol.SessionID
	Name       protocol.EventName
	Reason     protocol.Reason
	Time       int64 // Unix milliseconds
	Connection *protocol.Connection
	Stream     *protocol.Stream
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
	// Subscribe states which tracks the client receives; what is not among them stops at once. It returns the next offer, or nil when
	// nothing changes or an offer is under way (its Answer then returns the next).
	Subscribe(tracks []TrackID) (*protocol.Offer, error)
	// Answer takes the client's answer and returns the next offer, or nil.
	Answer(answer protocol.Answer) (*protocol.Offer, error)
	// Restart returns an offer with new ICE credentials.
	Restart() (*protocol.Offer, error)
	// Reoffer returns the offer that is under way, or the next one, or nil.
	Reoffer() (*protocol.Offer, error)
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
