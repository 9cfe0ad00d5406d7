package protocol

// EventName names what happened, as the Vonage API does.
type EventName string

// The events.
const (
	ConnectionCreated     EventName = "connectionCreated"     // Connection
	ConnectionDestroyed   EventName = "connectionDestroyed"   // Connection, Reason
	StreamCreated         EventName = "streamCreated"         // Stream
	StreamDestroyed       EventName = "streamDestroyed"       // Stream, Reason
	StreamPropertyChanged EventName = "streamPropertyChanged" // Stream (as it is now), Changed
	SignalReceived        EventName = "signal"                // Signal
	MuteForced            EventName = "muteForced"            // Stream: an own stream was muted by a moderator; without Stream: Session, everybody was, or that was lifted
	SessionDisconnected   EventName = "sessionDisconnected"   // Reason; the last message of a wire

	ConnectionPropertyChanged EventName = "connectionPropertyChanged" // Connection (as it is now), Changed, Capabilities when its role changed
	SessionPropertyChanged    EventName = "sessionPropertyChanged"    // Session (as it is now), Changed
	AdmissionRequested        EventName = "admissionRequested"        // Connection, to moderators: it waits
	AdmissionEnded            EventName = "admissionEnded"            // Connection, Reason, to moderators: it waits no more
	UnmuteAsked               EventName = "unmuteAsked"               // Stream, Connection (of who asks), to the stream's owner
	ChatDeleted               EventName = "chatDeleted"               // SignalID
)

// Events that only the server's side has: they begin and end a session's life, and reach webhooks alone.
const (
	SessionCreated   EventName = "sessionCreated"
	SessionDestroyed EventName = "sessionDestroyed"
)

// Reason says why something ended.
type Reason string

// The reasons of the Vonage API.
const (
	ReasonClientDisconnected  Reason = "clientDisconnected"
	ReasonForceDisconnected   Reason = "forceDisconnected"
	ReasonNetworkDisconnected Reason = "networkDisconnected"
	ReasonForceUnpublished    Reason = "forceUnpublished"
	ReasonMediaStopped        Reason = "mediaStopped"
	ReasonServerRotation      Reason = "serverRotation" // the server is going down; come back soon

	ReasonAdmitted Reason = "admitted" // of AdmissionEnded
	ReasonRefused  Reason = "refused"  // of AdmissionEnded
)

// Event is something that happened in the session. Every client of a session gets the session's events in one order; Seq rises
// with each (gaps are events that were for others).
type Event struct {
	Seq          uint64         `json:"seq"`
	Name         EventName      `json:"event"`
	Reason       Reason         `json:"reason,omitempty"`
	Connection   *Connection    `json:"connection,omitempty"`
	Stream       *Stream        `json:"stream,omitempty"`
	Changed      []string       `json:"changed,omitempty"` // names of the fields that changed, as in JSON
	Signal       *SignalMessage `json:"signal,omitempty"`
	SignalID     string         `json:"signalId,omitempty"`
	Session      *SessionState  `json:"session,omitempty"`
	Capabilities *Capabilities  `json:"capabilities,omitempty"`
}

// SignalMessage is a Signal as it is delivered.
type SignalMessage struct {
	ID   string       `json:"id"`
	Type string       `json:"type,omitempty"`
	Data string       `json:"data,omitempty"`
	From ConnectionID `json:"from,omitempty"` // "" when the server's API sent it
	Name string       `json:"name,omitempty"`
	To   ConnectionID `json:"to,omitempty"` // "" when it went to everyone
	Time int64        `json:"time"`
}
