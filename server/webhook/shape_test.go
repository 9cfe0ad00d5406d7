package webhook

import (
	"encoding/json"
	"testing"
	"time"

	"parley/rtc/protocol"
)

// examples are events with what they are called in testdata.
func examples() map[string]Event {
	at := func(ms int64) time.Time { return time.UnixMilli(ms) }
	const id = "1_MX4xMjM0NTY3OH5-MTQ3MDI1NzY3OTkxOH5VTUFZ"
	c := Connection{ID: "c053fcc8", CreatedAt: at(1470257688143), Data: `seat=4 & "więcej" <b>`}
	s := Stream{ID: "63245362", CreatedAt: at(1470258845416), Name: "Ann", VideoType: protocol.VideoCamera, Connection: c}
	sound := s
	sound.VideoType, sound.Name = "", ""
	return map[string]Event{
		"session-created":      {Project: "app", SessionID: id, Name: SessionCreated, Time: at(1470257688100)},
		"session-destroyed":    {Project: "app", SessionID: id, Name: SessionDestroyed, Time: at(1470258999000)},
		"connection-created":   {Project: "app", SessionID: id, Name: ConnectionCreated, Time: at(1470257688309), Connection: &c},
		"connection-destroyed": {Project: "app", SessionID: id, Name: ConnectionDestroyed, Reason: protocol.ReasonClientDisconnected, Time: at(1470258896953), Connection: &c},
		"stream-created":       {Project: "app", SessionID: id, Name: StreamCreated, Time: at(1470258860571), Stream: &s},
		"stream-destroyed":     {Project: "app", SessionID: id, Name: StreamDestroyed, Reason: protocol.ReasonMediaStopped, Time: at(1470258896953), Stream: &s},
		"sound-only":           {Project: "app", SessionID: id, Name: StreamCreated, Time: at(1470258860571), Stream: &sound},
	}
}

func TestPayloads(t *testing.T) {
	t.Parallel()
	project := Signing{ApplicationID: "5f1c6c9a-9d3e-4f6e-8f0e-0d5a3f1f2b7c", APIKey: "12345678"}
	for name, e := range examples() {
		// As it comes out of the store.
		kept, err := e.stored(time.Now(), 0)
		if err != nil {
			t.Fatal(err)
		}
		if e, err = restored(kept.Body); err != nil {
			t.Fatal(err)
		}
		for _, shape := range []Shape{ShapeMonitoring, ShapeApplication} {
			body, err := shape.body(e, project)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, name+"-"+string(shape)+".json", body)
		}
	}
	if _, err := Shape("round").body(examples()["sound-only"], project); err == nil {
		t.Error("a shape that there is not")
	}
}

func TestIncompleteEvents(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*Event){
		"project":    func(e *Event) { e.Project = "" },
		"session":    func(e *Event) { e.SessionID = "" },
		"time":       func(e *Event) { e.Time = time.Time{} },
		"name":       func(e *Event) { e.Name = "" },
		"connection": func(e *Event) { e.Connection = nil },
		"its id":     func(e *Event) { e.Connection = &Connection{} },
		"stream":     func(e *Event) { e.Name = StreamCreated },
		"size":       func(e *Event) { e.Connection = &Connection{ID: "c", Data: string(make([]byte, maxEvent))} },
	} {
		e := examples()["connection-created"]
		change(&e)
		if _, err := e.stored(time.Now(), 0); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

// TestCompact checks what JSON.stringify would leave as it is; sdktest asks JavaScript itself.
func TestCompact(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a\u2028b\u2029c":  "\"a\u2028b\u2029c\"",
		`a\u2028b`:         `"a\\u2028b"`,
		`\\u2028`:          `"\\\\u2028"`,
		"\\\u2028":         "\"\\\\\u2028\"",
		"<&>":              `"<&>"`,
		"\x00\x1f\b\f\n\t": `"\u0000\u001f\b\f\n\t"`,
		"\u202a":           "\"\u202a\"",
	} {
		got, err := compact(text)
		if err != nil || string(got) != want {
			t.Errorf("%q: %s, %v, want %s", text, got, err, want)
		}
		var back string
		if json.Unmarshal(got, &back) != nil || back != text {
			t.Errorf("%q came back as %q", text, back)
		}
	}
}
