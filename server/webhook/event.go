package webhook

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"parley/rtc/protocol"
	"parley/server/store"
)

// Name is what happened, with the names of the Vonage API.
type Name string

// The events.
const (
	SessionCreated      Name = "sessionCreated"
	SessionDestroyed    Name = "sessionDestroyed"
	ConnectionCreated   Name = "connectionCreated"   // Connection
	ConnectionDestroyed Name = "connectionDestroyed" // Connection, Reason
	StreamCreated       Name = "streamCreated"       // Stream
	StreamDestroyed     Name = "streamDestroyed"     // Stream, Reason
)

// Names returns all events, in the order in which documents list them.
func Names() []Name {
	return []Name{SessionCreated, SessionDestroyed, ConnectionCreated, ConnectionDestroyed, StreamCreated, StreamDestroyed}
}

// Event is what happened in a session.
type Event struct {
	Project    string             `json:"project"` // application id
	SessionID  protocol.SessionID `json:"session"`
	Name       Name               `json:"name"`
	Reason     protocol.Reason    `json:"reason,omitempty"`
	Time       time.Time          `json:"time"`
	Connection *Connection        `json:"connection,omitempty"`
	Stream     *Stream            `json:"stream,omitempty"`
}

// Connection is a client's presence in a session.
type Connection struct {
	ID        protocol.ConnectionID `json:"id"`
	CreatedAt time.Time             `json:"created"`
	Data      string                `json:"data"`
}

// Stream is what a connection publishes. One without video has no type.
type Stream struct {
	ID         protocol.StreamID  `json:"id"`
	CreatedAt  time.Time          `json:"created"`
	Name       string             `json:"name"`
	VideoType  protocol.VideoType `json:"videoType,omitempty"`
	Connection Connection         `json:"connection"`
}

// maxEvent bounds an event as it is kept, in bytes. What tokens and streams can carry is far below.
const maxEvent = 64 << 10

// What is live ends in this order when the process died.
const (
	placeStream = iota
	placeConnection
)

// check says what an event lacks.
func (e Event) check() error {
	switch {
	case e.Project == "" || e.SessionID == "" || e.Time.IsZero():
		return errors.New("it needs a project, a session and a time")
	case (e.Name == ConnectionCreated || e.Name == ConnectionDestroyed) && (e.Connection == nil || e.Connection.ID == ""):
		return errors.New("it needs a connection")
	case (e.Name == StreamCreated || e.Name == StreamDestroyed) && (e.Stream == nil || e.Stream.ID == ""):
		return errors.New("it needs a stream")
	case e.Name == "":
		return errors.New("it needs a name")
	}
	return nil
}

// stored is the event as the store keeps it.
func (e Event) stored(now time.Time, maxPending int) (store.WebhookEvent, error) {
	if err := e.check(); err != nil {
		return store.WebhookEvent{}, fmt.Errorf("event %.40q: %w", e.Name, err)
	}
	raw, err := json.Marshal(e)
	if err != nil {
		return store.WebhookEvent{}, fmt.Errorf("event %.40q: %w", e.Name, err)
	}
	if len(raw) > maxEvent {
		return store.WebhookEvent{}, fmt.Errorf("event %.40q: it has %d bytes, more than %d", e.Name, len(raw), maxEvent)
	}
	return store.WebhookEvent{Project: e.Project, Session: string(e.SessionID), Name: string(e.Name), Body: raw, At: now, Live: e.live(), MaxPending: maxPending}, nil
}

// live is what an event begins or ends. Sessions are not there: who manages them records their ends.
func (e Event) live() *store.WebhookLive {
	switch e.Name {
	case ConnectionCreated, ConnectionDestroyed:
		return &store.WebhookLive{ID: string(e.Connection.ID), Place: placeConnection, Ends: string(ConnectionDestroyed)}
	case StreamCreated, StreamDestroyed:
		return &store.WebhookLive{ID: string(e.Stream.ID), Place: placeStream, Ends: string(StreamDestroyed)}
	}
	return nil
}

// ended is the event that ends what e began, at the time at which nobody was there any more to see it end.
func (e Event) ended(now time.Time) (Event, bool) {
	switch e.Name {
	case ConnectionCreated:
		e.Name = ConnectionDestroyed
	case StreamCreated:
		e.Name = StreamDestroyed
	default:
		return Event{}, false
	}
	e.Reason, e.Time = protocol.ReasonNetworkDisconnected, now
	return e, true
}

// restored is the event that the store kept.
func restored(raw []byte) (Event, error) {
	var e Event
	if err := json.Unmarshal(raw, &e); err != nil {
		return Event{}, fmt.Errorf("read kept event: %w", err)
	}
	if err := e.check(); err != nil {
		return Event{}, fmt.Errorf("read kept event %.40q: %w", e.Name, err)
	}
	return e, nil
}
