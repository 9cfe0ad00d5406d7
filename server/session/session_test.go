package session

import (
	"context"
	"encoding/json"
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"parley/rtc/protocol"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestJoinPublishLeave(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pub := camera("ann's camera")
	a, ac, welcome := w.join("Ann", publisher, protocol.Hello{Subscribe: protocol.SubscribeAll, Publish: &pub})
	if welcome.Published == nil || welcome.Published.SDP != "answer to sdp" || welcome.Offer != nil || len(welcome.Streams) != 0 || welcome.You.Name != "Ann" {
		t.Errorf("welcome %+v", welcome)
	}
	b, bc, welcome := w.join("Ben", publisher, protocol.Hello{Subscribe: protocol.SubscribeAll})
	if welcome.Offer == nil || len(welcome.Streams) != 1 || len(welcome.Connections) != 1 || welcome.Streams[0].ConnectionID != a.ID() {
		t.Errorf("welcome %+v", welcome)
	}
	same(t, "Ann", ac.events(t), "connectionCreated Ben")
	if code := w.ask(b, bc, protocol.TypePublish, camera("ben's camera"), nil); code != "" {
		t.Errorf("publish: %s", code)
	}
	same(t, "Ann", ac.events(t), "streamCreated ben's camera")
	same(t, "Ben", bc.events(t))
	if got := w.plane.legs[0].subscribed; len(got) != 2 {
		t.Errorf("Ann is subscribed to %v", got)
	}
	// Publishing without the stream ends it.
	if code := w.ask(b, bc, protocol.TypePublish, protocol.Publish{SDP: "sdp"}, nil); code != "" {
		t.Errorf("unpublish: %s", code)
	}
	same(t, "Ann", ac.events(t), "streamDestroyed ben's camera clientDisconnected")
	if got := w.plane.legs[0].subscribed; len(got) != 0 {
		t.Errorf("Ann is still subscribed to %v", got)
	}
	same(t, "Ben", bc.events(t), "streamDestroyed ben's camera clientDisconnected") // its owner hears of it too
	a.Cut()
	same(t, "Ben", bc.events(t), "streamDestroyed ann's camera networkDisconnected", "connectionDestroyed Ann networkDisconnected")
	if !w.plane.legs[0].closed || !ac.ended {
		t.Error("Ann's leg or wire is still open")
	}
	if a.Request(t.Context(), protocol.Message{Type: protocol.TypeSignal, ID: 5}) {
		t.Error("a request after leaving was handled")
	}
}

func TestRights(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pub := camera("ann")
	a, ac, welcome := w.join("Ann", publisher, protocol.Hello{Publish: &pub})
	ann := welcome.Published.Streams["camera"]
	s, sc, _ := w.join("Sue", subscriber, protocol.Hello{})
	p, pc, welcome := w.join("Pat", pubOnly, protocol.Hello{Subscribe: protocol.SubscribeAll})
	if welcome.Offer != nil {
		t.Error("publisheronly was offered streams")
	}
	for name, c := range map[string]struct {
		m    *Attachment
		c    *client
		kind protocol.MessageType
		data any
		want protocol.Code
	}{
		"subscriber publishes":         {s, sc, protocol.TypePublish, camera("x"), protocol.CodeForbidden},
		"subscriber signals":           {s, sc, protocol.TypeSignal, protocol.Signal{Data: "x"}, ""},
		"subscriber subscribes":        {s, sc, protocol.TypeSubscribe, protocol.Subscribe{StreamID: ann, Audio: true}, ""},
		"subscriber, unknown stream":   {s, sc, protocol.TypeSubscribe, protocol.Subscribe{StreamID: "x", Audio: true}, protocol.CodeStreamUnknown},
		"publisheronly subscribes":     {p, pc, protocol.TypeSubscribe, protocol.Subscribe{StreamID: ann, Audio: true}, protocol.CodeForbidden},
		"publisheronly signals":        {p, pc, protocol.TypeSignal, protocol.Signal{Data: "x"}, protocol.CodeForbidden},
		"publisheronly publishes":      {p, pc, protocol.TypePublish, camera("pat"), ""},
		"publisher mutes":              {a, ac, protocol.TypeForceMute, protocol.ForceMute{}, protocol.CodeForbidden},
		"publisher removes":            {a, ac, protocol.TypeDisconnect, protocol.ForceDisconnect{ConnectionID: s.ID()}, protocol.CodeForbidden},
		"publisher ends a stream":      {a, ac, protocol.TypeUnpublish, protocol.ForceUnpublish{StreamID: ann}, protocol.CodeForbidden},
		"updates another's stream":     {s, sc, protocol.TypeUpdate, protocol.Update{StreamID: ann}, protocol.CodeStreamUnknown},
		"unknown request":              {a, ac, "dance", nil, protocol.CodeUnknownType},
		"wrong shape":                  {a, ac, protocol.TypeSignal, []int{1}, protocol.CodeMalformed},
		"too long":                     {a, ac, protocol.TypeSignal, protocol.Signal{Data: strings.Repeat("x", 9000)}, protocol.CodeTooLarge},
		"signal to nobody":             {a, ac, protocol.TypeSignal, protocol.Signal{To: "x"}, protocol.CodeConnectionUnknown},
		"answer of another generation": {a, ac, protocol.TypeAnswer, protocol.Answer{Generation: 12}, protocol.CodeAnswerInvalid},
		"two streams, one key":         {a, ac, protocol.TypePublish, protocol.Publish{Streams: []protocol.StreamSource{{Key: "a", AudioMID: "0"}, {Key: "a", AudioMID: "1"}}}, protocol.CodeMalformed},
		"bad offer":                    {a, ac, protocol.TypePublish, protocol.Publish{SDP: "bad"}, protocol.CodeOfferInvalid},
	} {
		c.c.take()
		if got := w.ask(c.m, c.c, c.kind, c.data, nil); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestModeration(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mod, modc, _ := w.join("Mod", everything, protocol.Hello{})
	pub := camera("ann")
	a, ac, welcome := w.join("Ann", publisher, protocol.Hello{Publish: &pub})
	ann := welcome.Published.Streams["camera"]
	leg := w.plane.legs[1]
	modc.take()
	if code := w.ask(mod, modc, protocol.TypeForceMute, protocol.ForceMute{}, nil); code != "" {
		t.Error(code)
	}
	same(t, "Ann", ac.events(t), "muteForced {false false true}", "muteForced ann")
	same(t, "Mod", modc.events(t), "muteForced {false false true}", "streamPropertyChanged ann")
	if !leg.muted[TrackID{ann, protocol.KindAudio}] {
		t.Error("the server still forwards")
	}
	on := true
	if code := w.ask(a, ac, protocol.TypeUpdate, protocol.Update{StreamID: ann, HasAudio: &on}, nil); code != "" {
		t.Error(code)
	}
	same(t, "Mod", modc.events(t), "streamPropertyChanged ann")
	if leg.muted[TrackID{ann, protocol.KindAudio}] {
		t.Error("unmuted and still not forwarded")
	}
	if code := w.ask(mod, modc, protocol.TypeForceMute, protocol.ForceMute{Excluded: []protocol.StreamID{ann}}, nil); code != "" {
		t.Error(code)
	}
	ac.take()
	if code := w.ask(mod, modc, protocol.TypeUnpublish, protocol.ForceUnpublish{StreamID: ann}, nil); code != "" {
		t.Error(code)
	}
	same(t, "Ann", ac.events(t), "streamDestroyed ann forceUnpublished")
	if code := w.ask(mod, modc, protocol.TypeDisconnect, protocol.ForceDisconnect{ConnectionID: a.ID()}, nil); code != "" {
		t.Error(code)
	}
	same(t, "Ann", ac.events(t), "sessionDisconnected forceDisconnected")
	if !ac.ended {
		t.Error("Ann's wire is still open")
	}
	if code := w.ask(mod, modc, protocol.TypeDisconnect, protocol.ForceDisconnect{ConnectionID: a.ID()}, nil); code != "" && code != protocol.CodeConnectionUnknown {
		t.Error(code)
	}
}

func TestChatIsKeptBeforeItIsSeen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, ac, _ := w.join("Ann", publisher, protocol.Hello{})
	b, bc, _ := w.join("Ben", publisher, protocol.Hello{})
	ac.take()
	var reply protocol.SignalReply
	if code := w.ask(a, ac, protocol.TypeSignal, protocol.Signal{Type: "chat", Data: "hello"}, &reply); code != "" || reply.SignalID == "" {
		t.Errorf("%s %+v", code, reply)
	}
	same(t, "Ann", ac.events(t), "signal Ann:hello")
	same(t, "Ben", bc.events(t), "signal Ann:hello")
	if code := w.ask(a, ac, protocol.TypeSignal, protocol.Signal{Type: "chat", Data: "psst", To: b.ID()}, nil); code != "" {
		t.Error(code)
	}
	same(t, "Ann", ac.events(t))
	same(t, "Ben", bc.events(t), "signal Ann:psst")
	w.store.mu.Lock()
	w.store.full = true
	w.store.mu.Unlock()
	if code := w.ask(a, ac, protocol.TypeSignal, protocol.Signal{Type: "chat", Data: "lost"}, nil); code != protocol.CodeStoreFailed {
		t.Error(code)
	}
	same(t, "Ben", bc.events(t))
	// Both leave, the session ends, and who comes next finds the line.
	a.Leave()
	b.Leave()
	_, _, welcome := w.join("Cem", publisher, protocol.Hello{})
	if len(welcome.Chat) != 1 || welcome.Chat[0].Text != "hello" || welcome.Chat[0].Name != "Ann" {
		t.Errorf("chat %+v", welcome.Chat)
	}
}

func TestHistoryIsBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, ac, _ := w.join("Ann", publisher, protocol.Hello{})
	for range 40 {
		if code := w.ask(a, ac, protocol.TypeSignal, protocol.Signal{Type: "chat", Data: strings.Repeat("x", 8000)}, nil); code != "" {
			t.Fatal(code)
		}
		ac.take()
	}
	_, _, welcome := w.join("Ben", publisher, protocol.Hello{})
	if n := len(welcome.Chat); n < 10 || n > 16 {
		t.Errorf("%d lines of 8000 bytes in the welcome", n)
	}
}

func TestRefusedStream(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, ac, _ := w.join("Ann", publisher, protocol.Hello{})
	_, bc, _ := w.join("Ben", publisher, protocol.Hello{})
	var out protocol.Published
	p := protocol.Publish{SDP: "sdp", Streams: []protocol.StreamSource{{Key: "a", Name: "a", AudioMID: "0"}, {Key: "b", Name: "b", VideoMID: "h264"}}}
	if code := w.ask(a, ac, protocol.TypePublish, p, &out); code != "" {
		t.Error(code)
	}
	if out.Streams["a"] == "" || out.Streams["b"] != "" || out.Refused["b"] == nil || out.Refused["b"].Code != protocol.CodeCodecUnsupported {
		t.Errorf("%+v", out)
	}
	same(t, "Ben", bc.events(t), "streamCreated a")
}

func TestSlowClientIsRemoved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, ac, _ := w.join("Ann", publisher, protocol.Hello{})
	_, bc, _ := w.join("Ben", publisher, protocol.Hello{})
	ac.take()
	bc.mu.Lock()
	bc.room = 2
	bc.mu.Unlock()
	for range 3 {
		if code := w.ask(a, ac, protocol.TypeSignal, protocol.Signal{Data: "x"}, nil); code != "" {
			t.Fatal(code)
		}
	}
	if ev := ac.events(t); len(ev) != 4 || ev[3] != "connectionDestroyed Ben networkDisconnected" {
		t.Errorf("%q", ev)
	}
	if !bc.ended {
		t.Error("Ben's wire is still open")
	}
}

func TestJoinRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	join := func(id protocol.SessionID) protocol.Code {
		m, err := w.manager.Join(t.Context(), Grant{SessionID: id, Capabilities: publisher}, protocol.Hello{Versions: []int{1}}, 1, newClient(-1))
		if err == nil {
			t.Cleanup(func() { m.Leave() })
			return ""
		}
		var body *protocol.ErrorBody
		if !errors.As(err, &body) {
			t.Fatal(err)
		}
		return body.Code
	}
	if code := join("nope"); code != protocol.CodeSessionUnknown {
		t.Error(code)
	}
	for range 5 {
		if code := join("s1"); code != "" {
			t.Error(code)
		}
	}
	if code := join("s1"); code != protocol.CodeTooMany {
		t.Error(code)
	}
	w.plane.mu.Lock()
	w.plane.fail = errors.New("no sockets")
	w.plane.mu.Unlock()
	if code := join("s2"); code != protocol.CodeMediaFailed {
		t.Error(code)
	}
	if n := len(w.manager.sessions); n != 1 {
		t.Errorf("%d sessions are held", n)
	}
}

func TestCloseSaysGoodbye(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, ac, _ := w.join("Ann", publisher, protocol.Hello{})
	if err := w.manager.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	same(t, "Ann", ac.events(t), "sessionDisconnected serverRotation")
	_, err := w.manager.Join(t.Context(), Grant{SessionID: "s1"}, protocol.Hello{}, 1, newClient(-1))
	var body *protocol.ErrorBody
	if !errors.As(err, &body) || body.Code != protocol.CodeServerStopping {
		t.Errorf("%v", err)
	}
}

// Joins, requests and leaves from many goroutines: the race detector and the leak check are the judges.
func TestCrowd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.manager.cfg.Bounds.MaxConnections, w.manager.cfg.Bounds.Linger = 100, time.Nanosecond
	var wg sync.WaitGroup
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for i := range 30 {
		wg.Go(func() {
			pub := camera("x")
			m, err := w.manager.Join(ctx, Grant{SessionID: "s1", Capabilities: everything}, protocol.Hello{Subscribe: protocol.SubscribeAll, Publish: &pub}, 1, newClient(20+i*10))
			if err != nil {
				t.Error(err)
				return
			}
			for range 10 {
				m.Request(ctx, protocol.Message{Type: protocol.TypeSignal, ID: 2, Data: json.RawMessage(`{"type":"chat","data":"x"}`)})
			}
			m.Leave()
		})
	}
	wg.Wait()
	for ctx.Err() == nil { // the clock ends the session, in its own time
		w.manager.mu.Lock()
		left := len(w.manager.sessions)
		w.manager.mu.Unlock()
		if left == 0 {
			return
		}
		runtime.Gosched()
	}
	t.Error("the session did not end")
}

func TestPublisherThatIsRemovedWhileItPublishes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, ac, _ := w.join("Ann", publisher, protocol.Hello{})
	_, bc, _ := w.join("Ben", publisher, protocol.Hello{})
	if code := w.ask(a, ac, protocol.TypePublish, camera("first"), nil); code != "" {
		t.Fatal(code)
	}
	ac.mu.Lock()
	ac.room = 0 // she hears no more, not even that her first stream has ended
	ac.mu.Unlock()
	next := camera("second")
	next.Streams[0].Key = "other"
	w.ask(a, ac, protocol.TypePublish, next, nil)
	_, _, welcome := w.join("Cem", subscriber, protocol.Hello{})
	if len(welcome.Streams) != 0 || len(welcome.Connections) != 1 {
		t.Errorf("Ann is gone, and there are %+v", welcome.Streams)
	}
	same(t, "Ben", bc.events(t), "streamCreated first", "streamDestroyed first clientDisconnected", "connectionDestroyed Ann networkDisconnected", "connectionCreated Cem")
}

// TestJoinAfterGoodbye: who found the session before the server began to stop, and comes to it after the goodbye, is told; its wire would stay open.
func TestJoinAfterGoodbye(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s, err := w.manager.open(t.Context(), "s1")
	if err != nil {
		t.Fatal(err)
	}
	defer w.manager.release(s)
	err = s.do(t.Context(), func() {
		s.goodbye()
		if _, err := s.join(&arrival{grant: Grant{SessionID: "s1", Capabilities: publisher, Role: "publisher"}}, newClient(-1)); codeOf(err) != protocol.CodeServerStopping {
			t.Errorf("in after the goodbye: %v", err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}
