package webhook

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"parley/rtc/protocol"
)

// Shape says how the JSON of an event looks.
type Shape string

// The shapes.
const (
	ShapeMonitoring  Shape = "monitoring"  // OpenTok's session monitoring: camelCase, the project is the API key
	ShapeApplication Shape = "application" // snake_case, the project is the application id
)

// body is the JSON that a hook of that shape gets for an event.
func (s Shape) body(e Event, project Signing) ([]byte, error) {
	var v any
	switch s {
	case ShapeMonitoring:
		v = monitoringOf(e, project.APIKey)
	case ShapeApplication:
		v = applicationOf(e, project.ApplicationID)
	default:
		return nil, fmt.Errorf("there is no shape %.40q", string(s))
	}
	return compact(v)
}

// compact encodes as JSON.stringify of JavaScript does, of the object that JSON.parse makes of it: Vonage's examples verify the hash of a body by that of
// the body encoded again.
func compact(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("encode event: %w", err)
	}
	raw := bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	return unescapeSeparators(raw), nil
}

// unescapeSeparators undoes the one escape that encoding/json cannot be kept from: U+2028 and U+2029, which JavaScript leaves as they are.
func unescapeSeparators(raw []byte) []byte {
	if !bytes.Contains(raw, []byte(`\u202`)) {
		return raw
	}
	out := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); i++ {
		switch {
		case raw[i] != '\\':
			out = append(out, raw[i])
		case bytes.HasPrefix(raw[i:], []byte(`\u2028`)):
			out = append(out, "\u2028"...)
			i += 5
		case bytes.HasPrefix(raw[i:], []byte(`\u2029`)):
			out = append(out, "\u2029"...)
			i += 5
		default: // an escape of two bytes, or the beginning of \u00XX: what follows is not looked at as an escape
			out = append(out, raw[i], raw[i+1])
			i++
		}
	}
	return out
}

type monitoring struct {
	SessionID  protocol.SessionID    `json:"sessionId"`
	Project    string                `json:"projectId"`
	Event      Name                  `json:"event"`
	Reason     protocol.Reason       `json:"reason,omitempty"`
	Timestamp  int64                 `json:"timestamp"`
	Connection *monitoringConnection `json:"connection,omitempty"`
	Stream     *monitoringStream     `json:"stream,omitempty"`
}

type monitoringConnection struct {
	ID        protocol.ConnectionID `json:"id"`
	CreatedAt int64                 `json:"createdAt"`
	Data      string                `json:"data"`
}

type monitoringStream struct {
	ID         protocol.StreamID    `json:"id"`
	Connection monitoringConnection `json:"connection"`
	CreatedAt  int64                `json:"createdAt"`
	Name       string               `json:"name"`
	VideoType  protocol.VideoType   `json:"videoType,omitempty"`
}

func monitoringOf(e Event, project string) monitoring {
	m := monitoring{SessionID: e.SessionID, Project: project, Event: e.Name, Reason: e.Reason, Timestamp: millis(e.Time)}
	connection := func(c Connection) monitoringConnection {
		return monitoringConnection{ID: c.ID, CreatedAt: millis(c.CreatedAt), Data: c.Data}
	}
	if e.Connection != nil {
		c := connection(*e.Connection)
		m.Connection = &c
	}
	if s := e.Stream; s != nil {
		m.Stream = &monitoringStream{ID: s.ID, Connection: connection(s.Connection), CreatedAt: millis(s.CreatedAt), Name: s.Name, VideoType: s.VideoType}
	}
	return m
}

type application struct {
	SessionID  protocol.SessionID     `json:"session_id"`
	Project    string                 `json:"project_id"`
	Event      Name                   `json:"event"`
	Reason     protocol.Reason        `json:"reason,omitempty"`
	Timestamp  int64                  `json:"timestamp"`
	Connection *applicationConnection `json:"connection,omitempty"`
	Stream     *applicationStream     `json:"stream,omitempty"`
}

type applicationConnection struct {
	ID        protocol.ConnectionID `json:"id"`
	CreatedAt int64                 `json:"created_at"`
	Data      string                `json:"data"`
}

type applicationStream struct {
	ID         protocol.StreamID     `json:"id"`
	Connection applicationConnection `json:"connection"`
	CreatedAt  int64                 `json:"created_at"`
	Name       string                `json:"name"`
	VideoType  protocol.VideoType    `json:"video_type,omitempty"`
}

// applicationOf differs from monitoringOf in its names and its project alone: a struct converts to one that has other tags, if those inside are the same.
func applicationOf(e Event, project string) application {
	m := monitoringOf(e, project)
	a := application{SessionID: m.SessionID, Project: m.Project, Event: m.Event, Reason: m.Reason, Timestamp: m.Timestamp}
	a.Connection = (*applicationConnection)(m.Connection)
	if s := m.Stream; s != nil {
		a.Stream = &applicationStream{ID: s.ID, Connection: applicationConnection(s.Connection), CreatedAt: s.CreatedAt, Name: s.Name, VideoType: s.VideoType}
	}
	return a
}

// millis is a time as the API has it.
func millis(t time.Time) int64 { return t.UnixMilli() }
