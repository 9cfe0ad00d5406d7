package session

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"parley/rtc/protocol"
)

// ErrClosed means that the session has ended.
var ErrClosed = errors.New("session closed")

// How much chat a late joiner gets.
const (
	chatLines = 200
	chatBytes = 128 << 10
)

// Session is one session that somebody is in.
type Session struct {
	manager *Manager
	id      protocol.SessionID
	log     *slog.Logger

	calls    chan func()
	quit     chan struct{}
	quitOnce sync.Once
	done     chan struct{}

	// loop state
	seq     uint64
	members []*Member // oldest first
	streams []*stream // oldest first
	chat    []protocol.ChatLine
	loaded  bool // chat was read from the store
	quiet   bool // everybody was muted: streams that come are muted too, until this is lifted
}

// stream is what a member publishes.
type stream struct {
	protocol.Stream
	key     string
	owner   *Member
	classes []string // layout classes
	// forced says that a moderator muted its sound and the owner has not unmuted it since; held, that the owner must not, because the stream came while
	// everybody was muted.
	forced, held bool
}

func newSession(m *Manager, id protocol.SessionID) *Session {
	return &Session{manager: m, id: id, log: m.cfg.Log.With("session", id), calls: make(chan func()), quit: make(chan struct{}), done: make(chan struct{})}
}

// run is the loop. It ends after stop.
func (s *Session) run() {
	defer close(s.done)
	for {
		select {
		case fn := <-s.calls:
			fn()
		case <-s.quit:
			for _, m := range s.members {
				m.leg.Close()
			}
			return
		}
	}
}

// stop ends the loop and waits for it. It must not be called by the loop.
func (s *Session) stop() {
	s.quitOnce.Do(func() { close(s.quit) })
	<-s.done
}

// do runs fn in the loop and waits for it. Once fn was taken it runs to its end, whatever ctx says.
func (s *Session) do(ctx context.Context, fn func()) error {
	ran := make(chan struct{})
	select {
	case s.calls <- func() { defer close(ran); fn() }:
		<-ran
		return nil
	case <-s.done:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *Session) now() int64 { return s.manager.cfg.Now().UnixMilli() }

// emit numbers an event and sends it, encoded once, to every member for whom to is true; nil is everyone.
func (s *Session) emit(ev protocol.Event, to func(*Member) bool) {
	s.seq++
	ev.Seq = s.seq
	encoded := protocol.Encode(protocol.TypeEvent, 0, ev)
	var slow []*Member
	for _, m := range s.members {
		if !m.welcomed || to != nil && !to(m) {
			continue
		}
		if !m.client.Send(encoded) {
			slow = append(slow, m)
		}
	}
	for _, m := range slow {
		s.log.Warn("client does not read its messages", "connection", m.conn.ID)
		s.remove(m, protocol.ReasonNetworkDisconnected)
	}
}

// others is a choice for emit.
func others(me *Member) func(*Member) bool { return func(m *Member) bool { return m != me } }

// only is a choice for emit.
func only(me *Member) func(*Member) bool { return func(m *Member) bool { return m == me } }

// remove takes a member out: its streams end, the others are told.
func (s *Session) remove(m *Member, reason protocol.Reason) {
	at := -1
	for i, other := range s.members {
		if other == m {
			at = i
		}
	}
	if at < 0 {
		return // already gone
	}
	s.members = append(s.members[:at:at], s.members[at+1:]...)
	s.quiet = s.quiet && len(s.members) > 0
	m.gone = true
	m.client.End()
	m.leg.Close()
	var mine []*stream
	for _, st := range s.streams {
		if st.owner == m {
			mine = append(mine, st)
		}
	}
	for _, st := range mine {
		s.endStream(st, reason)
	}
	conn := m.conn
	s.emit(protocol.Event{Name: protocol.ConnectionDestroyed, Connection: &conn, Reason: reason}, nil)
	s.log.Info("connection ended", "connection", m.conn.ID, "reason", reason, "left", len(s.members))
	s.updateSubscriptions()
}

// endStream takes a stream out and tells everyone who is still there.
func (s *Session) endStream(st *stream, reason protocol.Reason) {
	for i, other := range s.streams {
		if other == st {
			s.streams = append(s.streams[:i:i], s.streams[i+1:]...)
			break
		}
	}
	for _, m := range s.members {
		delete(m.wants, st.ID)
	}
	copied := st.Stream
	s.emit(protocol.Event{Name: protocol.StreamDestroyed, Stream: &copied, Reason: reason}, nil)
}

// goodbye tells everyone that the server goes down and ends their wires.
func (s *Session) goodbye() {
	s.emit(protocol.Event{Name: protocol.SessionDisconnected, Reason: protocol.ReasonServerRotation}, nil)
	for _, m := range s.members {
		m.gone = true
		m.client.End()
		m.leg.Close()
	}
	s.members, s.streams = nil, nil
}

// loadChat reads the session's history once.
func (s *Session) loadChat() {
	if s.loaded {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	lines, err := s.manager.cfg.Store.Chat(ctx, s.id, chatLines)
	if err != nil {
		s.log.Error("read chat", "error", err) // the call goes on without history; the next who joins tries again
		return
	}
	s.chat, s.loaded = lines, true
	s.trimChat()
}

// trimChat keeps the newest lines within the limits of a welcome.
func (s *Session) trimChat() {
	total := 0
	for i := len(s.chat) - 1; i >= 0; i-- {
		total += len(s.chat[i].Text) + len(s.chat[i].Name) + 128
		if total > chatBytes || len(s.chat)-i > chatLines {
			s.chat = append([]protocol.ChatLine(nil), s.chat[i+1:]...)
			return
		}
	}
}

// find returns a member or stream by id, or nil.
func (s *Session) member(id protocol.ConnectionID) *Member {
	for _, m := range s.members {
		if m.conn.ID == id {
			return m
		}
	}
	return nil
}

func (s *Session) stream(id protocol.StreamID) *stream {
	for _, st := range s.streams {
		if st.ID == id {
			return st
		}
	}
	return nil
}
