package wire

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/goleak"

	"parley/rtc/protocol"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve runs fn for each wire and returns the URL.
func serve(t *testing.T, limit int, fn func(context.Context, *Wire)) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		limits := protocol.DefaultLimits()
		limits.MessageBytes = limit
		wire, err := Accept(w, r, limits)
		if err != nil {
			return
		}
		defer wire.CloseNow()
		fn(r.Context(), wire)
	}))
	t.Cleanup(s.Close)
	return "ws" + strings.TrimPrefix(s.URL, "http")
}

func ctx(t *testing.T) context.Context {
	c, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	t.Cleanup(cancel)
	return c
}

// client is an HTTP client whose idle connections end with the test.
func client(t *testing.T) *http.Client {
	tr := &http.Transport{}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr}
}

func TestSendAndReceive(t *testing.T) {
	url := serve(t, 1000, func(ctx context.Context, w *Wire) {
		for {
			m, err := w.Recv(ctx)
			switch {
			case errors.Is(err, protocol.ErrMalformed):
				_ = w.Send(ctx, protocol.TypeError, 0, protocol.Errorf(protocol.CodeMalformed, "no"))
			case errors.Is(err, ErrTooLarge):
				_ = w.Send(ctx, protocol.TypeError, 0, protocol.Errorf(protocol.CodeTooLarge, "no"))
				_ = w.Close()
				return
			case err != nil:
				return
			default:
				_ = w.Send(ctx, protocol.TypeReply, m.ID, m)
			}
		}
	})
	w, err := Dial(ctx(t), url, 5000, client(t))
	if err != nil {
		t.Fatal(err)
	}
	defer w.CloseNow()
	if err := w.Send(ctx(t), protocol.TypeSignal, 7, protocol.Signal{Type: "chat", Data: "hi"}); err != nil {
		t.Fatal(err)
	}
	if m, err := w.Recv(ctx(t)); err != nil || m.ID != 7 || !strings.Contains(string(m.Data), `"hi"`) {
		t.Errorf("%+v, %v", m, err)
	}
	for _, bad := range []string{"", "x", "[]", `{"type":""}`, `{"type":3}`, `{"id":-1,"type":"x"}`} {
		if err := w.SendEncoded(ctx(t), []byte(bad)); err != nil {
			t.Fatal(err)
		}
		if m, err := w.Recv(ctx(t)); err != nil || m.Type != protocol.TypeError {
			t.Errorf("%q: %+v, %v", bad, m, err)
		}
	}
	if err := w.conn.Write(ctx(t), websocket.MessageBinary, []byte(`{"type":"x"}`)); err != nil {
		t.Fatal(err)
	}
	if m, err := w.Recv(ctx(t)); err != nil || m.Type != protocol.TypeError {
		t.Errorf("binary: %+v, %v", m, err)
	}
	_ = w.SendEncoded(ctx(t), []byte(strings.Repeat("x", 1001)))
	if m, err := w.Recv(ctx(t)); err != nil || !strings.Contains(string(m.Data), string(protocol.CodeTooLarge)) {
		t.Errorf("large: %+v, %v", m, err)
	}
	if _, err := w.Recv(ctx(t)); !errors.Is(err, ErrClosed) {
		t.Errorf("after close: %v", err)
	}
}

func TestDialRefusals(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/full":
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = w.Write([]byte(`{"code":"tooMany","message":"Full."}`))
		case "/other":
			c, err := websocket.Accept(w, r, nil)
			if err == nil {
				_ = c.CloseNow()
			}
		default:
			http.NotFound(w, r)
		}
	}))
	defer s.Close()
	url := "ws" + strings.TrimPrefix(s.URL, "http")
	for path, want := range map[string]protocol.Code{"/full": protocol.CodeTooMany, "/other": protocol.CodeNotFound, "/none": protocol.CodeNotFound} {
		_, err := Dial(ctx(t), url+path, 1000, client(t))
		var body *protocol.ErrorBody
		if !errors.As(err, &body) || body.Code != want {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, err := Dial(ctx(t), "ws://127.0.0.1:1/", 1000, client(t)); err == nil {
		t.Error("nobody listens, and yet")
	}
}

func TestKeepAliveNoticesSilence(t *testing.T) {
	done := make(chan struct{})
	url := serve(t, 1000, func(ctx context.Context, w *Wire) { <-done }) // never reads, so never answers pings
	defer close(done)
	w, err := Dial(ctx(t), url, 1000, client(t))
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan error, 1)
	go func() { got <- w.KeepAlive(ctx(t), 50*time.Millisecond) }()
	if err := <-got; !errors.Is(err, ErrClosed) {
		t.Errorf("%v", err)
	}
	w.CloseNow()
}
