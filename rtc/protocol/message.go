package protocol

import "encoding/json"

// Versions of the wire this build speaks, newest first. A hello lists the client's; the server answers with the highest
// that both know, or with CodeVersionUnsupported.
var versions = [...]int{1}

// Versions returns the versions that this build speaks, newest first.
func Versions() []int { return append([]int(nil), versions[:]...) }

// Path is where the WebSocket is served, below the server's base URL.
const Path = "/v1/connect"

// Subprotocol is the WebSocket subprotocol both ends name.
const Subprotocol = "parley"

// MessageType names what a message is.
type MessageType string

// Messages from client to server; those of moderation stand in moderation.go. Each carries an ID above zero and is answered by one reply or error with that ID,
// but for bye, which is answered by the server's close.
const (
	TypeHello       MessageType = "hello"       // Hello; first message, answered by welcome
	TypePublish     MessageType = "publish"     // Publish; reply holds Published
	TypeUpdate      MessageType = "update"      // Update: a stream's hasAudio, hasVideo, size
	TypeSubscribe   MessageType = "subscribe"   // Subscribe; an offer follows if it changes anything
	TypeUnsubscribe MessageType = "unsubscribe" // Unsubscribe
	TypeAnswer      MessageType = "answer"      // Answer to an offer
	TypeRestart     MessageType = "restart"     // Restart: asks for an offer with new ICE credentials
	TypeSignal      MessageType = "signal"      // Signal
	TypeBye         MessageType = "bye"         // leaving; no answer but the close
)

// Messages from server to client.
const (
	TypeWelcome MessageType = "welcome" // Welcome; answers hello
	TypeWaiting MessageType = "waiting" // Waiting; hello is answered later, when somebody has decided
	TypeReply   MessageType = "reply"   // answers a request by its ID
	TypeError   MessageType = "error"   // Error; with an ID it answers that request, without one the wire closes after it
	TypeEvent   MessageType = "event"   // Event
	TypeOffer   MessageType = "offer"   // Offer for the subscribing PeerConnection
)

// Message is the unit of the wire: one WebSocket text message. Data is the payload that Type names.
type Message struct {
	Type MessageType     `json:"type"`
	ID   uint64          `json:"id,omitempty"`
	Data json.RawMessage `json:"data,omitempty"`
}

// ConnectionID names one client's presence in a session. It is a lower-case UUID.
type ConnectionID string

// StreamID names what one publisher publishes. It is a lower-case UUID.
type StreamID string

// SessionID names a session. See the section "Identifiers" of PROTOCOL.md for its form.
type SessionID string

// Hello opens a wire. It holds all that the server needs to answer in one message.
type Hello struct {
	Versions  []int         `json:"versions"`
	Token     string        `json:"token"`
	Client    string        `json:"client,omitempty"`    // name and version of the program, for logs
	Name      string        `json:"name,omitempty"`      // display name; used when the token names none
	Subscribe SubscribeMode `json:"subscribe,omitempty"` // what to subscribe to without being asked; "" is none
	Publish   *Publish      `json:"publish,omitempty"`   // streams to publish at once
	Resume    *Resume       `json:"resume,omitempty"`    // the connection to go on with
}

// Resume asks to go on with a connection whose wire was lost. When the server does not know it any more, the hello counts as a first one: with the
// token that it carries, and with what was decided about the connection (that it was admitted, its role) as long as the session lives.
type Resume struct {
	SessionID    SessionID    `json:"sessionId"`
	ConnectionID ConnectionID `json:"connectionId"`
	Token        string       `json:"token"`               // Welcome.ResumeToken
	Seq          uint64       `json:"seq"`                 // of the last event that came
	KeepMedia    bool         `json:"keepMedia,omitempty"` // both PeerConnections still work; else new ones begin
}

// SubscribeMode says which streams the server subscribes a client to by itself, now and as they appear.
type SubscribeMode string

// The subscribe modes.
const (
	SubscribeNone  SubscribeMode = "none"
	SubscribeAudio SubscribeMode = "audio"
	SubscribeAll   SubscribeMode = "all"
)

// Publish states everything that a client publishes: an offer of its publishing PeerConnection and the streams in it. Streams
// that an earlier Publish named and this one does not are unpublished. A new stream needs the right to publish.
type Publish struct {
	SDP     string         `json:"sdp"`
	Streams []StreamSource `json:"streams"`
}

// StreamSource is one stream of a Publish.
type StreamSource struct {
	Key       string    `json:"key"` // the client's own name for it, unique in the connection, e.g. "camera"
	Name      string    `json:"name,omitempty"`
	VideoType VideoType `json:"videoType,omitempty"`
	AudioMID  string    `json:"audioMid,omitempty"` // media section of its audio, "" for none
	VideoMID  string    `json:"videoMid,omitempty"`
	HasAudio  bool      `json:"hasAudio"` // false: there is a track, but it is muted
	HasVideo  bool      `json:"hasVideo"`
	Width     int       `json:"width,omitempty"` // pixels
	Height    int       `json:"height,omitempty"`
	FrameRate float64   `json:"frameRate,omitempty"`
}

// VideoType says where a stream's picture comes from.
type VideoType string

// The video types of the Vonage API.
const (
	VideoCamera VideoType = "camera"
	VideoScreen VideoType = "screen"
	VideoCustom VideoType = "custom"
)

// Published answers a Publish.
type Published struct {
	SDP     string                `json:"sdp"`     // answer
	Streams map[string]StreamID   `json:"streams"` // key of StreamSource to the stream's id
	Refused map[string]*ErrorBody `json:"refused,omitempty"`
}

// Update changes properties of an own stream. A nil field stays as it is.
type Update struct {
	StreamID  StreamID `json:"streamId"`
	HasAudio  *bool    `json:"hasAudio,omitempty"`
	HasVideo  *bool    `json:"hasVideo,omitempty"`
	Width     *int     `json:"width,omitempty"`
	Height    *int     `json:"height,omitempty"`
	FrameRate *float64 `json:"frameRate,omitempty"`
}

// Subscribe asks for a stream's tracks, or changes what is wanted of it.
type Subscribe struct {
	StreamID StreamID `json:"streamId"`
	Audio    bool     `json:"audio"`
	Video    bool     `json:"video"`
}

// Unsubscribe gives a stream up.
type Unsubscribe struct {
	StreamID StreamID `json:"streamId"`
}

// Offer is the server's offer for the subscribing PeerConnection. One is under way at a time; the client answers each with the
// same Generation.
type Offer struct {
	Generation uint64       `json:"generation"`
	SDP        string       `json:"sdp"`
	Tracks     []OfferTrack `json:"tracks"` // every active media section
}

// OfferTrack says whose track a media section of an Offer carries.
type OfferTrack struct {
	MID      string   `json:"mid"`
	StreamID StreamID `json:"streamId"`
	Kind     Kind     `json:"kind"`
}

// Kind is a track's kind.
type Kind string

// The kinds.
const (
	KindAudio Kind = "audio"
	KindVideo Kind = "video"
)

// Answer answers an Offer.
type Answer struct {
	Generation uint64 `json:"generation"`
	SDP        string `json:"sdp"`
}

// Restart asks for an offer with new ICE credentials on the subscribing PeerConnection. (On the publishing one the client
// restarts by a Publish whose offer has new credentials.)
type Restart struct{}

// Signal is an application message to everyone, or to one connection. One that is sent again with its Key is delivered once.
type Signal struct {
	Key  string       `json:"key,omitempty"` // the client's own id for it, random, at most 64 bytes
	Type string       `json:"type,omitempty"`
	Data string       `json:"data,omitempty"`
	To   ConnectionID `json:"to,omitempty"`
}

// SignalReply answers a Signal once it has its place in the session's order.
type SignalReply struct {
	SignalID string `json:"signalId"`
	Time     int64  `json:"time"` // Unix milliseconds, server's clock
}

// Waiting says that the client waits for admission.
type Waiting struct {
	SessionID    SessionID    `json:"sessionId"`
	ConnectionID ConnectionID `json:"connectionId"` // the id that the connection will have
}

// Welcome answers hello: everything a client needs, in one message.
type Welcome struct {
	Version      int          `json:"version"`
	Server       string       `json:"server"` // name and version
	SessionID    SessionID    `json:"sessionId"`
	Session      SessionState `json:"session,omitzero"`
	You          Connection   `json:"you"`
	Capabilities Capabilities `json:"capabilities"`
	Seq          uint64       `json:"seq"`               // of the last event that this message already contains
	Connections  []Connection `json:"connections"`       // the others, oldest first
	Streams      []Stream     `json:"streams"`           // the others', oldest first
	Waiting      []Connection `json:"waiting,omitempty"` // who waits for admission, for moderators
	Chat         []ChatLine   `json:"chat"`              // signals of type "chat" to everyone, oldest first
	Published    *Published   `json:"published,omitempty"`
	PublishError *ErrorBody   `json:"publishError,omitempty"`
	Offer        *Offer       `json:"offer,omitempty"` // present when the subscribe mode subscribes to something
	IceServers   []IceServer  `json:"iceServers,omitempty"`
	Limits       Limits       `json:"limits"`
	ResumeToken  string       `json:"resumeToken,omitempty"` // for Resume, within ResumeFor
	ResumeFor    int          `json:"resumeFor,omitempty"`   // seconds
	Resumed      *Resumed     `json:"resumed,omitempty"`     // the connection goes on
}

// Resumed is what a connection that goes on has and missed. What it did not hear of connections and streams is told by the welcome as it is now.
type Resumed struct {
	Streams []Stream `json:"streams"`          // own
	Missed  []Event  `json:"missed,omitempty"` // signals, forced mutes and the like since Resume.Seq, oldest first, as far as they are kept
}

// SessionState is what moderators decide about a session.
type SessionState struct {
	Locked bool `json:"locked"` // only moderators get in
	Lobby  bool `json:"lobby"`  // newcomers wait for admission
	Muted  bool `json:"muted"`  // everybody was muted; streams that come are muted too
}

// IceServer is a STUN or TURN server to use.
type IceServer struct {
	URLs       []string `json:"urls"`
	Username   string   `json:"username,omitempty"`
	Credential string   `json:"credential,omitempty"`
}

// Capabilities are the rights of a connection, named as the Vonage API names them (1 or 0 there).
type Capabilities struct {
	Publish         bool `json:"publish"`
	Subscribe       bool `json:"subscribe"`
	Signal          bool `json:"signal"`
	ForceMute       bool `json:"forceMute"`
	ForceUnpublish  bool `json:"forceUnpublish"`
	ForceDisconnect bool `json:"forceDisconnect"`
	Moderate        bool `json:"moderate,omitempty"` // admit, lock, ban, give roles, lower hands, delete chat lines
}

// Connection is one client's presence in a session.
type Connection struct {
	ID           ConnectionID `json:"connectionId"`
	CreationTime int64        `json:"creationTime"`   // Unix milliseconds
	Data         string       `json:"data,omitempty"` // from the token
	Name         string       `json:"name,omitempty"`
	Role         string       `json:"role,omitempty"`         // role names, separated by spaces
	RoleUntil    int64        `json:"roleUntil,omitempty"`    // Unix milliseconds; 0: it was not handed out for a while
	HandRaisedAt int64        `json:"handRaisedAt,omitempty"` // Unix milliseconds; 0: it is down
	Away         bool         `json:"away,omitempty"`         // its wire is lost; it may come back
}

// Stream is what one publisher publishes.
type Stream struct {
	ID           StreamID     `json:"streamId"`
	ConnectionID ConnectionID `json:"connectionId"`
	CreationTime int64        `json:"creationTime"`
	Name         string       `json:"name,omitempty"`
	VideoType    VideoType    `json:"videoType,omitempty"`
	AudioTrack   bool         `json:"audioTrack"` // there is an audio track at all
	VideoTrack   bool         `json:"videoTrack"`
	HasAudio     bool         `json:"hasAudio"` // and it is not muted
	HasVideo     bool         `json:"hasVideo"`
	Width        int          `json:"width,omitempty"`
	Height       int          `json:"height,omitempty"`
	FrameRate    float64      `json:"frameRate,omitempty"`
}

// ChatLine is a signal of type "chat" as the server keeps it.
type ChatLine struct {
	ID   string       `json:"id"`
	From ConnectionID `json:"from,omitempty"` // "" when the server's API sent it
	Name string       `json:"name,omitempty"`
	Text string       `json:"text"`
	Time int64        `json:"time"` // Unix milliseconds
}
