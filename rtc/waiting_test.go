package rtc_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"parley/rtc"
	"parley/rtc/protocol"
)

// waits sends waiting.
func (c *scripted) waits(id protocol.ConnectionID) {
	c.say(protocol.TypeWaiting, 0, protocol.Waiting{SessionID: "s", ConnectionID: id})
}

func TestWaitingOutlivesWires(t *testing.T) {
	t.Parallel()
	heard := make(chan protocol.Waiting, 8)
	s := newScript(t, func(c *scripted) { c.waits("w1") }, func(c *scripted) {
		c.say(protocol.TypeError, c.id, protocol.Errorf(protocol.CodeTooMany, "Full."))
	}, func(c *scripted) {
		c.waits("w2")
		c.welcome(protocol.Welcome{SessionID: "s", You: person1("w2")})
		c.untilBye()
	})
	session, err := dial(t, s.URL, rtc.Options{Waiting: func(w protocol.Waiting) { heard <- w }})
	if err != nil {
		t.Fatal(err)
	}
	if session.You().ID != "w2" || (<-heard).ConnectionID != "w1" || (<-heard).ConnectionID != "w2" {
		t.Errorf("you are %+v", session.You())
	}
}

func TestTurnedAway(t *testing.T) {
	t.Parallel()
	s := newScript(t, func(c *scripted) {
		c.waits("w1")
		c.say(protocol.TypeError, c.id, protocol.Errorf(protocol.CodeAdmissionRefused, "No."))
	})
	if _, err := dial(t, s.URL, rtc.Options{}); !errors.Is(err, protocol.Errorf(protocol.CodeAdmissionRefused, "")) {
		t.Errorf("%v", err)
	}
}

func TestWhoGivesUpWaitingSaysSo(t *testing.T) {
	t.Parallel()
	left := make(chan protocol.MessageType, 1)
	s := newScript(t, func(c *scripted) {
		c.waits("w1")
		left <- c.next().Type
	})
	ctx, cancel := context.WithCancel(t.Context())
	opt := rtc.Options{Waiting: func(protocol.Waiting) { cancel() }, HTTPClient: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}
	if _, err := rtc.Connect(ctx, s.URL, "token", opt); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if kind := <-left; kind != protocol.TypeBye {
		t.Errorf("it said %q", kind)
	}
}

// TestWaitingWhileReconnecting: the server has forgotten the connection and lets it wait; that takes none of the time for reconnecting.
func TestWaitingWhileReconnecting(t *testing.T) {
	t.Parallel()
	const patience = 200 * time.Millisecond
	waiting := make(chan struct{})
	s := newScript(t, func(c *scripted) {
		c.welcome(protocol.Welcome{SessionID: "s"})
	}, func(c *scripted) {
		c.waits("w1")
		<-waiting
		over := time.NewTimer(2 * patience)
		defer over.Stop()
		<-over.C
		c.welcome(protocol.Welcome{SessionID: "s", You: person1("w1")})
		c.untilBye()
	})
	session, err := dial(t, s.URL, rtc.Options{ReconnectFor: patience, Waiting: func(protocol.Waiting) { close(waiting) }})
	if err != nil {
		t.Fatal(err)
	}
	hear(t, session, func(ev rtc.Event) bool { _, ok := ev.(rtc.SessionReconnected); return ok })
}
