package rtc_test

import (
	"context"
	"encoding/json"
	"net/http"
	"sync/atomic"
	"testing"

	"parley/rtc"
	"parley/rtc/protocol"
	"parley/rtc/wire"
)

func TestWhatComesWithTheWelcomeComesAfterIt(t *testing.T) {
	t.Parallel()
	s := fakeServer(t, func(ws *wire.Wire, hello protocol.Message) {
		ctx := context.Background()
		_ = ws.Send(ctx, protocol.TypeWelcome, hello.ID, protocol.Welcome{Version: 1})
		for n := range uint64(3) {
			_ = ws.Send(ctx, protocol.TypeEvent, 0, protocol.Event{Seq: 1 + n, Name: protocol.ConnectionCreated, Connection: &protocol.Connection{ID: "x"}})
		}
		_, _ = ws.Recv(ctx) // until the client leaves
	})
	for range 60 {
		session, err := rtc.Connect(t.Context(), s.URL, "token", rtc.Options{ReconnectFor: -1, HTTPClient: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}})
		if err != nil {
			t.Fatal(err)
		}
		for ev := range session.Events() {
			if _, ok := ev.(rtc.SessionConnected); !ok {
				t.Errorf("%T comes before SessionConnected", ev)
			}
			break
		}
		if err := session.Close(); err != nil {
			t.Fatal(err)
		}
		if t.Failed() {
			return
		}
	}
}

func TestTokenThatExpiredWhileReconnecting(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	s := fakeServer(t, func(ws *wire.Wire, msg protocol.Message) {
		ctx := context.Background()
		var hello protocol.Hello
		if err := json.Unmarshal(msg.Data, &hello); err != nil {
			t.Error(err)
		}
		first := calls.Add(1) == 1
		if !first && hello.Token == "old" {
			_ = ws.Send(ctx, protocol.TypeError, msg.ID, protocol.Errorf(protocol.CodeTokenExpired, "too old"))
			return
		}
		_ = ws.Send(ctx, protocol.TypeWelcome, msg.ID, protocol.Welcome{Version: 1, Server: hello.Token})
		if !first {
			_, _ = ws.Recv(ctx) // until the client leaves
		}
	})
	renew := func(_ context.Context, last error) (string, error) {
		if rtc.TokenRefused(last) {
			return "new", nil
		}
		return "old", nil
	}
	session, err := rtc.Connect(t.Context(), s.URL, "old", rtc.Options{Renew: renew, HTTPClient: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}})
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	for ev := range session.Events() {
		switch ev := ev.(type) {
		case rtc.SessionReconnected:
			if ev.Welcome.Server != "new" {
				t.Errorf("came back with %q", ev.Welcome.Server)
			}
			return
		case rtc.SessionDisconnected:
			t.Fatalf("gave up: %v", ev.Err)
		}
	}
}
