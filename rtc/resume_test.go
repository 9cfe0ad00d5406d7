package rtc_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"parley/rtc"
	"parley/rtc/protocol"
)

func person1(id protocol.ConnectionID) protocol.Connection { return protocol.Connection{ID: id} }

func published(id protocol.StreamID, of protocol.ConnectionID) protocol.Stream {
	return protocol.Stream{ID: id, ConnectionID: of, AudioTrack: true, HasAudio: true}
}

// text writes events down, one a line.
func text(list []rtc.Event) string {
	var b strings.Builder
	for _, ev := range list {
		switch ev := ev.(type) {
		case rtc.Happened:
			b.WriteString(string(ev.Name))
			if ev.Connection != nil {
				fmt.Fprintf(&b, " %s", ev.Connection.ID)
			}
			if ev.Stream != nil {
				fmt.Fprintf(&b, " %s", ev.Stream.ID)
			}
			if ev.Signal != nil {
				fmt.Fprintf(&b, " %s", ev.Signal.Data)
			}
			if ev.Session != nil {
				fmt.Fprintf(&b, " %+v", *ev.Session)
			}
			if ev.Reason != "" || ev.Changed != nil {
				fmt.Fprintf(&b, " %s%v", ev.Reason, ev.Changed)
			}
			b.WriteByte('\n')
		case rtc.SessionReconnected:
			fmt.Fprintf(&b, "%T %v\n", ev, ev.Resumed)
		default:
			fmt.Fprintf(&b, "%T\n", ev)
		}
	}
	return b.String()
}

func TestResumeTellsWhatWasMissed(t *testing.T) {
	t.Parallel()
	signal := func(seq uint64, data string) protocol.Event {
		return protocol.Event{Seq: seq, Name: protocol.SignalReceived, Signal: &protocol.SignalMessage{ID: data, Data: data}}
	}
	s := newScript(t, func(c *scripted) {
		if c.hello.Resume != nil {
			t.Errorf("the first hello resumes: %+v", c.hello.Resume)
		}
		c.welcome(protocol.Welcome{
			SessionID: "s", Seq: 4, You: protocol.Connection{ID: "me", Role: "moderator"}, Capabilities: protocol.Capabilities{Publish: true, Moderate: true},
			Connections: []protocol.Connection{person1("ann"), person1("ben"), person1("cleo")},
			Streams:     []protocol.Stream{published("ann1", "ann"), published("ben1", "ben"), published("cleo1", "cleo")},
			Waiting:     []protocol.Connection{person1("dan"), person1("eve")},
		})
		c.event(protocol.Event{Seq: 7, Name: protocol.ConnectionCreated, Connection: &protocol.Connection{ID: "fay"}})
		c.event(signal(9, "before"))
	}, func(c *scripted) {
		if r := c.hello.Resume; r == nil || *r != (protocol.Resume{SessionID: "s", ConnectionID: "me", Token: "key", Seq: 9, KeepMedia: true}) {
			t.Errorf("resume: %+v", r)
		}
		quiet := published("cleo1", "cleo")
		quiet.HasAudio = false
		c.welcome(protocol.Welcome{
			SessionID: "s", Seq: 30, You: protocol.Connection{ID: "me", Role: "publisher"}, Capabilities: protocol.Capabilities{Publish: true},
			Session:     protocol.SessionState{Locked: true, Muted: true},
			Connections: []protocol.Connection{{ID: "ann", HandRaisedAt: 5}, person1("cleo"), person1("fay"), person1("eve")},
			Streams:     []protocol.Stream{quiet, published("ann2", "ann")},
			Waiting:     []protocol.Connection{person1("gus")},
			Resumed: &protocol.Resumed{Missed: []protocol.Event{
				signal(21, "missed"), {Seq: 22, Name: protocol.ConnectionCreated, Connection: &protocol.Connection{ID: "eve"}}, {Seq: 23, Name: protocol.ChatDeleted, SignalID: "x"},
			}},
		})
		c.event(signal(31, "after"))
		c.untilBye()
	})
	session, err := dial(t, s.URL, rtc.Options{})
	if err != nil {
		t.Fatal(err)
	}
	got := text(hear(t, session, isSignal("after")))
	want := `rtc.SessionConnected
connectionCreated fay
signal before
rtc.SessionReconnecting
rtc.SessionReconnected true
streamDestroyed ann1
streamDestroyed ben1
connectionDestroyed ben
admissionEnded dan
admissionEnded eve admitted[]
connectionCreated eve
streamCreated ann2
connectionPropertyChanged ann [handRaisedAt]
connectionPropertyChanged me [role]
streamPropertyChanged cleo1 [hasAudio]
sessionPropertyChanged {Locked:true Lobby:false Muted:true} [locked]
muteForced {Locked:true Lobby:false Muted:true}
admissionRequested gus
signal missed
chatDeleted
signal after
`
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if session.Capabilities().Moderate || session.You().Role != "publisher" || !session.State().Locked {
		t.Errorf("state: %+v, %+v, %+v", session.You(), session.Capabilities(), session.State())
	}
}

func TestServerThatForgotTheConnection(t *testing.T) {
	t.Parallel()
	s := newScript(t, func(c *scripted) {
		c.welcome(protocol.Welcome{SessionID: "s", Seq: 100})
	}, func(c *scripted) {
		if r := c.hello.Resume; r == nil || r.ConnectionID != "me" || !r.KeepMedia {
			t.Errorf("resume: %+v", r)
		}
		c.welcome(protocol.Welcome{SessionID: "s", Seq: 2, You: person1("me again"), Connections: []protocol.Connection{person1("ann")}})
	}, func(c *scripted) {
		// What was the first connection is of no use any more.
		if r := c.hello.Resume; r == nil || r.ConnectionID != "me again" || r.Seq != 2 {
			t.Errorf("resume: %+v", r)
		}
		c.say(protocol.TypeError, c.id, protocol.Errorf(protocol.CodeBanned, "Out."))
	})
	session, err := dial(t, s.URL, rtc.Options{})
	if err != nil {
		t.Fatal(err)
	}
	list := hear(t, session, func(ev rtc.Event) bool { _, last := ev.(rtc.SessionDisconnected); return last })
	want := `rtc.SessionConnected
rtc.SessionReconnecting
rtc.SessionReconnected false
rtc.SessionReconnecting
rtc.SessionDisconnected
`
	if got := text(list); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if last := list[len(list)-1].(rtc.SessionDisconnected); !errors.Is(last.Err, protocol.Errorf(protocol.CodeBanned, "")) {
		t.Errorf("%+v", last)
	}
}

func TestServerThatOffersNoResuming(t *testing.T) {
	t.Parallel()
	welcome := func(c *scripted) {
		if c.hello.Resume != nil {
			t.Errorf("resume: %+v", c.hello.Resume)
		}
		c.say(protocol.TypeWelcome, c.id, protocol.Welcome{Version: 1, You: person1("me")})
	}
	s := newScript(t, welcome, func(c *scripted) { welcome(c); c.untilBye() })
	session, err := dial(t, s.URL, rtc.Options{})
	if err != nil {
		t.Fatal(err)
	}
	hear(t, session, func(ev rtc.Event) bool { r, ok := ev.(rtc.SessionReconnected); return ok && !r.Resumed })
}
