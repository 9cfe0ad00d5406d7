package session

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/rtc/protocol"
)

// client keeps what it was sent.
type client struct {
	mu    sync.Mutex
	got   []protocol.Message
	room  int // how many more messages it takes; below zero is endless
	ended bool
	came  chan struct{} // of one slot: something came
}

func newClient(room int) *client { return &client{room: room, came: make(chan struct{}, 1)} }

func (c *client) Send(raw []byte) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.room == 0 {
		return false
	}
	c.room--
	m, err := protocol.Decode(raw, 16)
	if err != nil {
		panic(err)
	}
	c.got = append(c.got, m)
	select {
	case c.came <- struct{}{}:
	default:
	}
	return true
}

func (c *client) End() { c.mu.Lock(); c.ended = true; c.mu.Unlock() }

func (c *client) Cut(last []byte) {
	c.mu.Lock()
	c.room = -1
	c.mu.Unlock()
	c.Send(last)
	c.End()
}

// answer waits for the answer to message id, and leaves it there.
func (c *client) answer(id uint64) protocol.Message {
	late := time.NewTimer(10 * time.Second)
	defer late.Stop()
	for {
		c.mu.Lock()
		for _, m := range c.got {
			if m.ID == id {
				c.mu.Unlock()
				return m
			}
		}
		c.mu.Unlock()
		select {
		case <-c.came:
		case <-late.C:
			return protocol.Message{}
		}
	}
}

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
		case ev.Session != nil:
			text += fmt.Sprintf(" %v", *ev.Session)
		}
		if len(ev.Changed) > 0 && ev.Connection != nil {
			text += " " + strings.Join(ev.Changed, ",")
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
func (l *leg) Reoffer() (*protocol.Offer, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return &protocol.Offer{Generation: l.generation, SDP: "again"}, nil
}
func (l *leg) Restart() (*protocol.Offer, error) {
	return &protocol.Offer{Generation: 99, SDP: "restart"}, nil
}
func (l *leg) Drop(tracks []TrackID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.published = slices.DeleteFunc(l.published, func(p PublishedTrack) bool { return slices.Contains(tracks, p.TrackID) })
}
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
	mu     sync.Mutex
	lines  []ChatEntry
	full   bool
	hold   chan struct{} // not nil: lines are kept when it is closed
	live   map[protocol.SessionID][]byte
	passes map[string]Pass // by session and resume
	kept   func()          // called when lines were kept, before their keeper goes on
}

func (s *memory) Session(_ context.Context, id protocol.SessionID) (Info, bool, error) {
	return Info{ID: id, Project: "app", Options: Options{Lobby: id == "lobby"}}, id == "s1" || id == "s2" || id == "lobby", nil
}
func (s *memory) AppendChat(_ context.Context, _ protocol.SessionID, lines []ChatEntry) error {
	s.mu.Lock()
	hold := s.hold
	s.mu.Unlock()
	if hold != nil {
		<-hold
	}
	defer func() {
		if s.kept != nil {
			s.kept()
		}
	}()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.full {
		return errors.New("disk full")
	}
	for i := range lines {
		if at := slices.IndexFunc(s.lines, func(e ChatEntry) bool { return e.Key != "" && e.Key == lines[i].Key }); at >= 0 {
			lines[i] = s.lines[at]
			lines[i].Known = true
			continue
		}
		s.lines = append(s.lines, lines[i])
	}
	return nil
}
func (s *memory) Chat(_ context.Context, _ protocol.SessionID, limit int) ([]protocol.ChatLine, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var lines []protocol.ChatLine
	for _, e := range s.lines[max(0, len(s.lines)-limit):] {
		lines = append(lines, e.ChatLine)
	}
	return lines, nil
}
func (s *memory) DeleteChat(_ context.Context, _ protocol.SessionID, id string) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := len(s.lines)
	s.lines = slices.DeleteFunc(s.lines, func(e ChatEntry) bool { return e.ID == id })
	return len(s.lines) < before, nil
}
func (s *memory) SaveLive(_ context.Context, id protocol.SessionID, state []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.live[id] = state
	return nil
}
func (s *memory) SavePasses(_ context.Context, id protocol.SessionID, passes []Pass) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range passes {
		s.passes[string(id)+" "+p.Resume] = p
	}
	return nil
}
func (s *memory) Pass(_ context.Context, id protocol.SessionID, resume string) (Pass, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.passes[string(id)+" "+resume]
	return p, ok, nil
}
func (s *memory) EndLive(_ context.Context, id protocol.SessionID) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.live, id)
	clear(s.passes)
	return nil
}
func (s *memory) Live(context.Context) (map[protocol.SessionID][]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := map[protocol.SessionID][]byte{}
	for id, state := range s.live {
		all[id] = state
	}
	return all, nil
}

// observer keeps what it hears as "name subject reason".
type observer struct {
	mu   sync.Mutex
	list []string
}

func (o *observer) Observe(e Observed) {
	o.mu.Lock()
	defer o.mu.Unlock()
	text := string(e.Name)
	if e.Project != "app" || e.Time == 0 {
		text = "incomplete " + text
	}
	switch {
	case e.Stream != nil:
		text += " " + e.Stream.Name + " of " + e.Connection.Name
	case e.Connection != nil:
		text += " " + e.Connection.Name
	}
	o.list = append(o.list, strings.TrimSpace(text+" "+string(e.Reason)))
}

func (o *observer) take() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	list := o.list
	o.list = nil
	return list
}

// world is a manager with what stands around it.
type world struct {
	*testing.T
	manager  *Manager
	plane    *plane
	store    *memory
	observer *observer
}

func newWorld(t *testing.T) *world {
	w := &world{T: t, plane: &plane{}, observer: &observer{}, store: &memory{live: map[protocol.SessionID][]byte{}, passes: map[string]Pass{}}}
	w.open()
	t.Cleanup(w.close)
	return w
}

// open makes the manager; after close it is as after a restart.
func (w *world) open() {
	w.manager = NewManager(Config{Store: w.store, Media: w.plane, Observer: w.observer, Rights: testRights, Limits: protocol.DefaultLimits(), Server: "parley test",
		Bounds: Bounds{MaxConnections: 5, MaxWaiting: 3}})
}

func (w *world) close() {
	if err := w.manager.Close(context.Background()); err != nil {
		w.Error(err)
	}
}

var (
	everything = protocol.Capabilities{Publish: true, Subscribe: true, Signal: true, ForceMute: true, ForceUnpublish: true, ForceDisconnect: true, Moderate: true}
	publisher  = protocol.Capabilities{Publish: true, Subscribe: true, Signal: true}
	subscriber = protocol.Capabilities{Subscribe: true, Signal: true}
	pubOnly    = protocol.Capabilities{Publish: true}
)

var roles = map[string]protocol.Capabilities{"moderator": everything, "publisher": publisher, "subscriber": subscriber, "publisheronly": pubOnly}

func testRights(role string) (string, protocol.Capabilities, error) {
	caps, ok := roles[role]
	if !ok {
		return "", caps, protocol.Errorf(protocol.CodeRoleUnknown, "no such role")
	}
	return role, caps, nil
}

// person is somebody who came.
type person struct {
	*Attachment
	*client
	welcome protocol.Welcome
}

// come lets somebody come, and fails unless it is let in or waits. The rest that comes with the welcome stays with the client.
func (w *world) come(grant Grant, hello protocol.Hello) *person {
	w.Helper()
	if grant.SessionID == "" {
		grant.SessionID = "s1"
	}
	for role, caps := range roles {
		if caps == grant.Capabilities {
			grant.Role = role
		}
	}
	p := &person{client: newClient(-1)}
	hello.Versions = []int{1}
	var err error
	if p.Attachment, err = w.manager.Join(w.Context(), grant, hello, 1, p.client); err != nil {
		w.Fatal(err)
	}
	w.Cleanup(p.Leave)
	p.client.mu.Lock()
	defer p.client.mu.Unlock()
	if len(p.got) > 0 && p.got[0].Type == protocol.TypeWelcome {
		w.readWelcome(p, 1)
	}
	return p
}

// readWelcome takes the welcome that answers message id off the client, which is locked.
func (w *world) readWelcome(p *person, id uint64) {
	w.Helper()
	at := slices.IndexFunc(p.got, func(m protocol.Message) bool { return m.Type == protocol.TypeWelcome })
	if at < 0 || p.got[at].ID != id || json.Unmarshal(p.got[at].Data, &p.welcome) != nil {
		w.Fatalf("no welcome in %+v", p.got)
	}
	p.got = p.got[at+1:]
}

func (w *world) join(name string, caps protocol.Capabilities, hello protocol.Hello) (*Attachment, *client, protocol.Welcome) {
	w.Helper()
	p := w.come(Grant{Capabilities: caps, Name: name}, hello)
	if p.welcome.Version == 0 {
		w.Fatal("not welcome")
	}
	return p.Attachment, p.client, p.welcome
}

// ask sends a request and returns the code of its error, or "" and the reply in out.
func (w *world) ask(m *Attachment, c *client, kind protocol.MessageType, data, out any) protocol.Code {
	w.Helper()
	raw, err := json.Marshal(data)
	if err != nil {
		w.Fatal(err)
	}
	c.forget(77)
	if !m.Request(w.Context(), protocol.Message{Type: kind, ID: 77, Data: raw}) {
		return "gone"
	}
	msg := c.answer(77)
	switch {
	case msg.Type == protocol.TypeError:
		var body protocol.ErrorBody
		if err := json.Unmarshal(msg.Data, &body); err != nil {
			w.Fatal(err)
		}
		return body.Code
	case msg.Type != protocol.TypeReply:
		return "no answer"
	case out != nil:
		if err := json.Unmarshal(msg.Data, out); err != nil {
			w.Fatal(err)
		}
	}
	return ""
}

// must asks, and fails when it is refused.
func (w *world) must(p *person, kind protocol.MessageType, data any) {
	w.Helper()
	if code := w.ask(p.Attachment, p.client, kind, data, nil); code != "" {
		w.Fatalf("%s: %s", kind, code)
	}
}

// forget drops answers to message id.
func (c *client) forget(id uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.got = slices.DeleteFunc(c.got, func(m protocol.Message) bool { return m.ID == id })
}

// silent reports whether the leg that was made as number n does not forward a stream's sound.
func (w *world) silent(n int, id protocol.StreamID) bool {
	w.plane.mu.Lock()
	l := w.plane.legs[n]
	w.plane.mu.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.muted[TrackID{id, protocol.KindAudio}]
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

// waitFor waits until n messages with an id have come.
func (c *client) waitFor(id uint64, n int) {
	late := time.NewTimer(10 * time.Second)
	defer late.Stop()
	for {
		c.mu.Lock()
		have := 0
		for _, m := range c.got {
			if m.ID == id {
				have++
			}
		}
		c.mu.Unlock()
		if have >= n {
			return
		}
		select {
		case <-c.came:
		case <-late.C:
			return
		}
	}
}

// codeIn returns " code" of an error message, or "".
func codeIn(m protocol.Message) string {
	var body protocol.ErrorBody
	if m.Type != protocol.TypeError || json.Unmarshal(m.Data, &body) != nil {
		return ""
	}
	return " " + string(body.Code)
}
