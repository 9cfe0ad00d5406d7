package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"parley/rtc/protocol"
	"parley/rtc/wire"
	"parley/server/session"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// noMedia is a media plane without media.
type noMedia struct{}

func (noMedia) NewLeg() (session.MediaLeg, error) { return noMedia{}, nil }
func (noMedia) Publish(string, []session.PublishedTrack) (string, map[session.TrackID]*protocol.ErrorBody, error) {
	return "", nil, nil
}
func (noMedia) Subscribe([]session.TrackID) (*protocol.Offer, error) { return nil, nil }
func (noMedia) Answer(protocol.Answer) (*protocol.Offer, error)      { return nil, nil }
func (noMedia) Restart() (*protocol.Offer, error)                    { return nil, nil }
func (noMedia) Drop([]session.TrackID)                               {}
func (noMedia) SetMuted(session.TrackID, bool)                       {}
func (noMedia) Close()                                               {}
func (noMedia) Reoffer() (*protocol.Offer, error)                    { return nil, nil }

// noStore is a store that knows every session and keeps nothing.
type noStore struct{}

func (noStore) Session(_ context.Context, id protocol.SessionID) (session.Info, bool, error) {
	return session.Info{ID: id}, true, nil
}
func (noStore) AppendChat(context.Context, protocol.SessionID, []session.ChatEntry) error { return nil }
func (noStore) Chat(context.Context, protocol.SessionID, int) ([]protocol.ChatLine, error) {
	return nil, nil
}
func (noStore) DeleteChat(context.Context, protocol.SessionID, string) (bool, error) {
	return false, nil
}
func (noStore) SaveLive(context.Context, protocol.SessionID, []byte) error           { return nil }
func (noStore) SavePasses(context.Context, protocol.SessionID, []session.Pass) error { return nil }
func (noStore) Pass(context.Context, protocol.SessionID, string) (p session.Pass, ok bool, err error) {
	return p, false, nil
}
func (noStore) EndLive(context.Context, protocol.SessionID) error { return nil }
func (noStore) Live(context.Context) (map[protocol.SessionID][]byte, error) {
	return nil, nil
}

// world is a gateway on a real socket.
type world struct {
	*testing.T
	url     string
	gateway *Gateway
	manager *session.Manager
}

func newWorld(t *testing.T, change func(*Config)) *world {
	limits := protocol.DefaultLimits()
	w := &world{T: t, manager: session.NewManager(session.Config{Store: noStore{}, Media: noMedia{}, Limits: limits})}
	cfg := Config{Sessions: w.manager, Limits: limits, Verify: func(token string) (session.Grant, error) {
		switch token {
		case "good":
			return session.Grant{SessionID: "s", Name: "Ann", Capabilities: protocol.Capabilities{Signal: true}}, nil
		case "broken":
			return session.Grant{}, errors.New("a secret detail")
		}
		return session.Grant{}, protocol.Errorf(protocol.CodeTokenInvalid, "no")
	}}
	if change != nil {
		change(&cfg)
	}
	w.gateway = New(cfg)
	s := httptest.NewServer(w.gateway)
	w.url = "ws" + strings.TrimPrefix(s.URL, "http")
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := w.manager.Close(ctx); err != nil {
			t.Error(err)
		}
		_ = w.gateway.Close(ctx)
		s.Close()
	})
	return w
}

func (w *world) dial() *wire.Wire {
	w.Helper()
	tr := &http.Transport{}
	w.Cleanup(tr.CloseIdleConnections)
	ws, err := wire.Dial(w.ctx(), w.url, 1<<20, &http.Client{Transport: tr})
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(ws.CloseNow)
	return ws
}

func (w *world) ctx() context.Context {
	ctx, cancel := context.WithTimeout(w.Context(), time.Minute)
	w.Cleanup(cancel)
	return ctx
}

// next returns the next message as "type code-or-event".
func (w *world) next(ws *wire.Wire) string {
	m, err := ws.Recv(w.ctx())
	if err != nil {
		return "closed"
	}
	var data struct {
		Code  string `json:"code"`
		Event string `json:"event"`
	}
	if err := json.Unmarshal(m.Data, &data); err != nil {
		w.Error(err)
	}
	return strings.TrimSpace(string(m.Type) + " " + data.Code + data.Event)
}

func (w *world) say(ws *wire.Wire, text string) {
	w.Helper()
	if err := ws.SendEncoded(w.ctx(), []byte(text)); err != nil {
		w.Fatal(err)
	}
}

const hello = `{"type":"hello","id":1,"data":{"versions":[7,1],"token":"good"}}`

func TestHello(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for text, want := range map[string]string{
		hello:                       "welcome",
		`{"type":"signal","id":1}`:  "error helloExpected",
		`rubbish`:                   "error malformed",
		`{"type":"hello","data":3}`: "error malformed",
		`{"type":"hello","data":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `}`: "error malformed",
		`{"type":"hello","data":{"versions":[99],"token":"good"}}`:                              "error versionUnsupported",
		`{"type":"hello","data":{"versions":[],"token":"good"}}`:                                "error versionUnsupported",
		`{"type":"hello","data":{"versions":[1],"token":"bad"}}`:                                "error tokenInvalid",
		`{"type":"hello","data":{"versions":[1],"token":"broken"}}`:                             "error internal",
		`{"type":"hello","data":{"versions":[1],"token":"good","subscribe":"x"}}`:               "error malformed",
		`{"type":"hello","data":{"token":"` + strings.Repeat("x", 300<<10) + `"}}`:              "error tooLarge",
		`{"type":"hello","data":{"versions":[1],"token":"good","future":{"a":1}}}`:              "welcome",
	} {
		ws := w.dial()
		w.say(ws, text)
		if got := w.next(ws); got != want {
			t.Errorf("%.80s: %q, want %q", text, got, want)
		}
		if want != "welcome" {
			if got := w.next(ws); got != "closed" {
				t.Errorf("%.80s: then %q", text, got)
			}
		}
	}
}

func TestSilenceBeforeHello(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *Config) { c.HelloTimeout = 50 * time.Millisecond })
	ws := w.dial()
	if got := w.next(ws); got != "error timeout" {
		t.Error(got)
	}
	if got := w.next(ws); got != "closed" {
		t.Error(got)
	}
}

func TestRubbishInTheCallIsAnsweredAndSurvived(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	ws := w.dial()
	w.say(ws, hello)
	for _, step := range [][2]string{
		{`{"type":"dance","id":2}`, "welcome"},
		{`not json`, "error unknownType"},
		{`{"type":"signal","id":3,"data":{"data":"x"}}`, "error malformed"},
		{`{"type":"bye"}`, "event signal"},
	} {
		if got := w.next(ws); got != step[1] {
			t.Errorf("%q, want %q", got, step[1])
		}
		w.say(ws, step[0])
	}
	if got := w.next(ws); got != "reply" {
		t.Errorf("%q, want the reply", got)
	}
	if got := w.next(ws); got != "closed" {
		t.Errorf("after bye: %q", got)
	}
}

func TestFloodIsSlowedThenEnded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	ws := w.dial()
	w.say(ws, hello)
	for range 600 {
		if ws.SendEncoded(w.ctx(), []byte(`{"type":"signal","id":3,"data":{"data":"x"}}`)) != nil {
			break
		}
	}
	seen := map[string]int{}
	for {
		got := w.next(ws)
		if got == "closed" {
			break
		}
		seen[got]++
	}
	if seen["reply"] < 250 || seen["error rateLimited"] < maxStrikes {
		t.Errorf("%v", seen)
	}
}

func TestClientThatReadsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *Config) { c.Limits.MessagesPerSecond = 100000 })
	slow, busy := w.dial(), w.dial()
	w.say(slow, hello)
	if got := w.next(slow); got != "welcome" {
		t.Fatal(got)
	}
	w.say(busy, hello)
	big := fmt.Sprintf(`{"type":"signal","id":3,"data":{"data":%q}}`, strings.Repeat("x", 8000))
	go func() {
		for range 3000 {
			if busy.SendEncoded(w.ctx(), []byte(big)) != nil {
				return
			}
		}
	}()
	for {
		got := w.next(busy)
		if got == "closed" {
			t.Fatal("the one that reads was closed")
		}
		if got == "event connectionDestroyed" {
			return
		}
	}
}

func TestFullGateway(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *Config) { c.MaxWires = 1 })
	ws := w.dial()
	w.say(ws, hello)
	if got := w.next(ws); got != "welcome" {
		t.Fatal(got)
	}
	_, err := wire.Dial(w.ctx(), w.url, 1<<20, &http.Client{Transport: &http.Transport{DisableKeepAlives: true}})
	var body *protocol.ErrorBody
	if !errors.As(err, &body) || body.Code != protocol.CodeTooMany {
		t.Errorf("%v", err)
	}
}

func TestFullNetwork(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *Config) { c.MaxPerAddress = 2 })
	for range 2 {
		w.dial()
	}
	_, err := wire.Dial(w.ctx(), w.url, 1<<20, &http.Client{Transport: &http.Transport{DisableKeepAlives: true}})
	var body *protocol.ErrorBody
	if !errors.As(err, &body) || body.Code != protocol.CodeTooMany || !strings.Contains(body.Message, "network") {
		t.Errorf("%v", err)
	}
	for from, want := range map[string]string{"192.0.2.7:5": "192.0.2.7", "[2001:db8::1:2:3:4]:5": "2001:db8::/64", "[::ffff:192.0.2.7]:5": "192.0.2.7", "odd": "odd"} {
		if got := addressOf(&http.Request{RemoteAddr: from}); got != want {
			t.Errorf("%s: %s", from, got)
		}
	}
}

func TestVanishedClientIsNoticed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *Config) { c.Ping = 500 * time.Millisecond })
	stay, vanish := w.dial(), w.dial()
	w.say(stay, hello)
	if got := w.next(stay); got != "welcome" {
		t.Fatal(got)
	}
	// Who stays reads all the time, and so answers pings.
	heard := make(chan string, 16)
	go func() { // ends with the wire
		defer close(heard)
		for got := w.next(stay); got != "closed"; got = w.next(stay) {
			heard <- got
		}
	}()
	w.say(vanish, hello)                                                                          // and never reads again, so pings stay without answer
	for _, want := range []string{"event connectionCreated", "event connectionPropertyChanged"} { // it is away: it may come back
		if got := <-heard; got != want {
			t.Fatalf("%q, want %q", got, want)
		}
	}
	stay.CloseNow()
	for range heard {
	}
}
