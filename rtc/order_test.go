package rtc_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"parley/rtc"
	"parley/rtc/protocol"
	"parley/rtc/wire"
)

// fakeServer serves wires by a function that takes the hello.
func fakeServer(t *testing.T, serve func(ws *wire.Wire, hello protocol.Message)) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ws, err := wire.Accept(w, r, 1<<20)
		if err != nil {
			t.Error(err)
			return
		}
		defer ws.CloseNow()
		if msg, err := ws.Recv(r.Context()); err == nil {
			serve(ws, msg)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

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
