package rtc_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"parley/rtc"
	"parley/rtc/protocol"
	"parley/rtc/wire"
)

// fakeServer serves wires by a function that takes the hello.
func fakeServer(t *testing.T, serve func(ws *wire.Wire, hello protocol.Message)) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ws, err := wire.Accept(w, r, protocol.DefaultLimits())
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

// script is a fake server that serves one wire after the other, each by its own function. What is not asked for is an error.
type script struct {
	*httptest.Server
	t     *testing.T
	wires chan func(*scripted)
}

func newScript(t *testing.T, wires ...func(*scripted)) *script {
	t.Helper()
	s := &script{t: t, wires: make(chan func(*scripted), len(wires))}
	for _, w := range wires {
		s.wires <- w
	}
	s.Server = fakeServer(t, func(ws *wire.Wire, msg protocol.Message) {
		select {
		case serve := <-s.wires:
			c := &scripted{Wire: ws, t: t, id: msg.ID}
			if err := json.Unmarshal(msg.Data, &c.hello); err != nil {
				t.Error(err)
			}
			serve(c)
		default:
			t.Error("one wire more than there should be")
		}
	})
	return s
}

// scripted is the server's end of a wire.
type scripted struct {
	*wire.Wire
	t     *testing.T
	id    uint64 // of the hello
	hello protocol.Hello
}

// say sends a message; that the client is gone is no error.
func (c *scripted) say(kind protocol.MessageType, id uint64, data any) {
	_ = c.Send(context.Background(), kind, id, data)
}

func (c *scripted) event(ev protocol.Event) { c.say(protocol.TypeEvent, 0, ev) }

// welcome sends a welcome with what every one has.
func (c *scripted) welcome(w protocol.Welcome) {
	w.Version, w.ResumeToken, w.ResumeFor = 1, "key", 30
	if w.You.ID == "" {
		w.You = protocol.Connection{ID: "me", Role: "publisher"}
	}
	c.say(protocol.TypeWelcome, c.id, w)
}

// next waits for a message; at the wire's end its type is "".
func (c *scripted) next() protocol.Message {
	msg, _ := c.Recv(context.Background())
	return msg
}

// untilBye waits until the client leaves.
func (c *scripted) untilBye() {
	for msg := c.next(); msg.Type != protocol.TypeBye; msg = c.next() {
		if msg.Type == "" {
			c.t.Error("the client broke off instead of leaving")
			return
		}
	}
}

// dial connects to a server, and leaves at the end of the test.
func dial(t *testing.T, url string, opt rtc.Options) (*rtc.Session, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	opt.HTTPClient = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	s, err := rtc.Connect(ctx, url, "token", opt)
	if err == nil {
		t.Cleanup(func() { _ = s.Close() })
	}
	return s, err
}

// hear takes the events of a session until check says that it was the last one, and returns them all.
func hear(t *testing.T, s *rtc.Session, last func(rtc.Event) bool) []rtc.Event {
	t.Helper()
	stop := time.AfterFunc(deadline, func() { _ = s.Close() })
	defer stop.Stop()
	var list []rtc.Event
	for ev := range s.Events() {
		list = append(list, ev)
		if last(ev) {
			return list
		}
	}
	t.Fatalf("it never came: %+v", list)
	return nil
}

func isSignal(data string) func(rtc.Event) bool {
	return func(ev rtc.Event) bool {
		h, ok := ev.(rtc.Happened)
		return ok && h.Signal != nil && h.Signal.Data == data
	}
}

// decoded reads a message's data.
func decoded[T any](t *testing.T, msg protocol.Message) T {
	t.Helper()
	var data T
	if err := json.Unmarshal(msg.Data, &data); err != nil {
		t.Error(err)
	}
	return data
}
