package session

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"parley/rtc/protocol"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// client keeps what it was sent.
type client struct {
	mu    sync.Mutex
	got   []protocol.Message
	room  int // how many more messages it takes; below zero is endless
	ended bool
}

func (c *client) Send(raw []byte) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.room == 0 {
		return false
	}
	c.room--
	m, err := protocol.Decode(raw)
	if err != nil {
		panic(err)
	}
	c.got = append(c.got, m)
	return true
}

func (c *client) End() { c.mu.Lock(); c.ended = true; c.mu.Unlock() }

// take returns and forgets what came.
func (c *client) take() []protocol.Message {
	c.mu.Lock()
	defer c.mu.Unlock()
	got := c.got
	c.got = nil
	return got
}

// events returns the events that came as "name subject reason", and forgets all.
func (c *client) events(t *testing.T) []string {
	t.Helper()
	var names []string
	for _, m := range c.take() {
		if m.Type != protocol.TypeEvent {
			continue
		}
		var ev protocol.Event
		if err := json.Unmarshal(m.Data, &ev); err != nil {
			t.Fatal(err)
		}
		text := string(ev.Name)
		switch {
		case ev.Stream != nil:
			text += " " + ev.Stream.Name
		case ev.Connection != nil:
			text += " " + ev.Connection.Name
		case ev.Signal != nil:
			text += " " + ev.Signal.Name + ":" + ev.Signal.Data
		}
		if ev.Reason != "" {
			text += " " + string(ev.Reason)
		}
		names = append(names, text)
	}
	return names
}

// leg is media that only remembers.
type leg struct {
	mu         sync.Mutex
	published  []PublishedTrack
	subscribed []TrackID
	muted      map[TrackID]bool
	refuse     map[string]protocol.Code // by MID
	generation uint64
	closed     bool
}

func (l *leg) Publish(offer string, tracks []PublishedTrack) (string, map[TrackID]*protocol.ErrorBody, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if offer == "bad" {
		return "", nil, protocol.Errorf(protocol.CodeOfferInvalid, "bad")
	}
	refused := map[TrackID]*protocol.ErrorBody{}
	l.published = nil
	for _, t := range tracks {
		if code := l.refuse[t.MID]; code != "" {
			refused[t.TrackID] = protocol.Errorf(code, "no")
			continue
		}
		l.published = append(l.published, t)
	}
	return "answer to " + offer, refused, nil
}

func (l *leg) Subscribe(tracks []TrackID) (*protocol.Offer, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if fmt.Sprint(tracks) == fmt.Sprint(l.subscribed) {
		return nil, nil
	}
	l.subscribed = tracks
	l.generation++
	return &protocol.Offer{Generation: l.generation, SDP: "offer"}, nil
}

func (l *leg) Answer(a protocol.Answer) (*protocol.Offer, error) {
	if a.Generation != l.generation {
		return nil, protocol.Errorf(protocol.CodeAnswerInvalid, "of another generation")
	}
	return nil, nil
}
func (l *leg) Restart() (*protocol.Offer, error) {
	return &protocol.Offer{Generation: 99, SDP: "restart"}, nil
}
func (l *leg) Drop([]TrackID) {}
func (l *leg) SetMuted(t TrackID, muted bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.muted[t] = muted
}
func (l *leg) Close() { l.mu.Lock(); l.closed = true; l.mu.Unlock() }

type plane struct {
	mu   sync.Mutex
	legs []*leg
	fail error
}

func (p *plane) NewLeg() (MediaLeg, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fail != nil {
		return nil, p.fail
	}
	l := &leg{muted: map[TrackID]bool{}, refuse: map[string]protocol.Code{"h264": protocol.CodeCodecUnsupported}}
	p.legs = append(p.legs, l)
	return l, nil
}

// memory is a store in memory.
type memory struct {
	mu    sync.Mutex
	lines []protocol.ChatLine
	full  bool
}

func (s *memory) HasSession(_ context.Context, id protocol.SessionID) (bool, error) {
	return id == "s1" || id == "s2", nil
}
func (s *memory) AppendChat(_ context.Context, _ protocol.SessionID, l protocol.ChatLine) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.full {
		return errors.New("disk full")
	}
	s.lines = append(s.lines, l)
	return nil
}
func (s *memory) Chat(_ context.Context, _ protocol.SessionID, limit int) ([]protocol.ChatLine, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]protocol.ChatLine(nil), s.lines[max(0, len(s.lines)-limit):]...), nil
}

// world is a manager with what stands around it.
type world struct {
	*testing.T
	manager *Manager
	plane   *plane
	store   *memory
}

func newWorld(t *testing.T) *world {
	w := &world{T: t, plane: &plane{}, store: &memory{}}
	w.manager = NewManager(Config{Store: w.store, Media: w.plane, Limits: protocol.DefaultLimits(), Server: "parley test", MaxConnections: 5})
	t.Cleanup(func() {
		if err := w.manager.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return w
}

var (
	everything = protocol.Capabilities{Publish: true, Subscribe: true, Signal: true, ForceMute: true, ForceUnpublish: true, ForceDisconnect: true}
	publisher  = protocol.Capabilities{Publish: true, Subscribe: true, Signal: true}
	subscriber = protocol.Capabilities{Subscribe: true, Signal: true}
	pubOnly    = protocol.Capabilities{Publish: true}
)

func (w *world) join(name string, caps protocol.Capabilities, hello protocol.Hello) (*Member, *client, protocol.Welcome) {
	w.Helper()
	c := &client{room: -1}
	hello.Versions = []int{1}
	m, err := w.manager.Join(w.Context(), Grant{SessionID: "s1", Capabilities: caps, Name: name}, hello, 1, c)
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { m.Leave(protocol.ReasonClientDisconnected) })
	got := c.take()
	var welcome protocol.Welcome
	if len(got) != 1 || got[0].Type != protocol.TypeWelcome || got[0].ID != 1 || json.Unmarshal(got[0].Data, &welcome) != nil {
		w.Fatalf("first messages %+v", got)
	}
	return m, c, welcome
}

// ask sends a request and returns the code of its error, or "" and the reply in out.
func (w *world) ask(m *Member, c *client, kind protocol.MessageType, data, out any) protocol.Code {
	w.Helper()
	raw, err := json.Marshal(data)
	if err != nil {
		w.Fatal(err)
	}
	m.Request(w.Context(), protocol.Message{Type: kind, ID: 77, Data: raw})
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, msg := range c.got {
		if msg.ID != 77 {
			continue
		}
		if msg.Type == protocol.TypeError {
			var body protocol.ErrorBody
			if err := json.Unmarshal(msg.Data, &body); err != nil {
				w.Fatal(err)
			}
			return body.Code
		}
		if out != nil {
			if err := json.Unmarshal(msg.Data, out); err != nil {
				w.Fatal(err)
			}
		}
		return ""
	}
	return "no answer"
}

func camera(name string) protocol.Publish {
	return protocol.Publish{SDP: "sdp", Streams: []protocol.StreamSource{{Key: "camera", Name: name, AudioMID: "0", VideoMID: "1", HasAudio: true, HasVideo: true}}}
}

func same(t *testing.T, who string, got []string, want ...string) {
	t.Helper()
	if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
		t.Errorf("%s got %q, want %q", who, got, want)
	}
}

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
	a.Leave(protocol.ReasonNetworkDisconnected)
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
		m    *Member
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
	same(t, "Ann", ac.events(t), "muteForced ann")
	same(t, "Mod", modc.events(t), "streamPropertyChanged ann")
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
	a.Leave(protocol.ReasonClientDisconnected)
	b.Leave(protocol.ReasonClientDisconnected)
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
		m, err := w.manager.Join(t.Context(), Grant{SessionID: id, Capabilities: publisher}, protocol.Hello{Versions: []int{1}}, 1, &client{room: -1})
		if err == nil {
			t.Cleanup(func() { m.Leave(protocol.ReasonClientDisconnected) })
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
	_, err := w.manager.Join(t.Context(), Grant{SessionID: "s1"}, protocol.Hello{}, 1, &client{room: -1})
	var body *protocol.ErrorBody
	if !errors.As(err, &body) || body.Code != protocol.CodeServerStopping {
		t.Errorf("%v", err)
	}
}

// Joins, requests and leaves from many goroutines: the race detector and the leak check are the judges.
func TestCrowd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.manager.cfg.MaxConnections = 100
	var wg sync.WaitGroup
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for i := range 30 {
		wg.Go(func() {
			pub := camera("x")
			m, err := w.manager.Join(ctx, Grant{SessionID: "s1", Capabilities: everything}, protocol.Hello{Subscribe: protocol.SubscribeAll, Publish: &pub}, 1, &client{room: 20 + i*10})
			if err != nil {
				t.Error(err)
				return
			}
			for range 10 {
				m.Request(ctx, protocol.Message{Type: protocol.TypeSignal, ID: 2, Data: json.RawMessage(`{"type":"chat","data":"x"}`)})
			}
			m.Leave(protocol.ReasonClientDisconnected)
		})
	}
	wg.Wait()
	w.manager.mu.Lock()
	defer w.manager.mu.Unlock()
	if len(w.manager.sessions) != 0 {
		t.Errorf("%d sessions are left", len(w.manager.sessions))
	}
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
