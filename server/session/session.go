package session

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"parley/rtc/protocol"
)

// ErrClosed means that the session has ended.
var ErrClosed = errors.New("session closed")

// Session is one session that is live, or that somebody asks about.
type Session struct {
	manager *Manager
	info    Info
	log     *slog.Logger

	calls    chan func()
	quit     chan struct{}
	quitOnce sync.Once
	done     chan struct{}
	live     atomic.Bool // written by the loop

	// loop state
	seq     uint64
	members []*Member // who is in, oldest first; also those who are away
	waiting []*Member // who waits for admission, oldest first
	streams []*stream // oldest first
	chat    chat
	rules   rules
	missed  missed
	clock   clock
	ending  bool // goodbye was said: nobody comes any more
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

func newSession(m *Manager, info Info) *Session {
	s := &Session{manager: m, info: info, log: m.cfg.Log.With("session", info.ID), calls: make(chan func()), quit: make(chan struct{}), done: make(chan struct{})}
	s.rules.State.Lobby = info.Lobby
	return s
}

// run is the loop. It ends after stop.
func (s *Session) run() {
	defer close(s.done)
	s.clock.start()
	defer s.clock.stop()
	for {
		select {
		case fn := <-s.calls:
			fn()
			s.arm()
		case <-s.clock.due():
			s.expire(time.Now())
			s.arm()
		case <-s.quit:
			for _, m := range s.members {
				m.leg.Close()
			}
			s.chat.keepers.Wait()
			return
		}
	}
}

// stop lets the loop end. It does not wait.
func (s *Session) stop() { s.quitOnce.Do(func() { close(s.quit) }) }

// do runs fn in the loop and waits for it. Once fn was taken it runs to its end, whatever ctx says.
func (s *Session) do(ctx context.Context, fn func()) error {
	ran := make(chan struct{})
	select {
	case s.calls <- func() { defer close(ran); fn() }:
		<-ran
		return nil
	case <-s.quit:
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
	s.missed.keep(ev, to)
	encoded := protocol.Encode(protocol.TypeEvent, 0, ev)
	var slow []*Member
	for _, m := range s.members {
		if !m.welcomed || to != nil && !to(m) {
			continue
		}
		if !m.send(encoded) {
			slow = append(slow, m)
		}
	}
	for _, m := range slow {
		s.cutSlow(m)
	}
}

// tooSlow is the last word to who does not read.
var tooSlow = protocol.Encode(protocol.TypeError, 0, protocol.Errorf(protocol.CodeTooSlow, "You did not read your messages."))

// cutSlow removes a member that does not read its messages.
func (s *Session) cutSlow(m *Member) {
	if m.client != nil {
		s.log.Warn("client does not read its messages", "connection", m.conn.ID)
		m.client.Cut(tooSlow)
	}
	s.remove(m, protocol.ReasonNetworkDisconnected)
}

// observe tells the observer.
func (s *Session) observe(o Observed) {
	if s.manager.cfg.Observer == nil {
		return
	}
	o.Project, o.SessionID, o.Time = s.info.Project, s.info.ID, s.now()
	s.manager.cfg.Observer.Observe(o)
}

// others, only and moderators are choices for emit.
func others(me *Member) func(*Member) bool { return func(m *Member) bool { return m != me } }

func only(me *Member) func(*Member) bool { return func(m *Member) bool { return m == me } }

func moderators(m *Member) bool { return m.caps.Moderate }

// remove takes a member out, from the session or from those who wait: its streams end, the others are told.
func (s *Session) remove(m *Member, reason protocol.Reason) {
	if m.gone {
		return
	}
	m.gone = true
	m.detach()
	defer s.manager.release(s)
	if s.takeFromWaiting(m) {
		conn := m.conn
		s.emit(protocol.Event{Name: protocol.AdmissionEnded, Connection: &conn, Reason: reason}, moderators)
		return
	}
	for i, other := range s.members {
		if other == m {
			s.members = append(s.members[:i:i], s.members[i+1:]...)
			break
		}
	}
	m.leg.Close()
	s.endStreams(m, reason)
	conn := m.conn
	s.observe(Observed{Name: protocol.ConnectionDestroyed, Connection: &conn, Reason: reason})
	s.emit(protocol.Event{Name: protocol.ConnectionDestroyed, Connection: &conn, Reason: reason}, nil)
	s.log.Info("connection ended", "connection", m.conn.ID, "reason", reason, "left", len(s.members))
	s.updateSubscriptions()
	if len(s.members) == 0 {
		s.clock.emptySince = time.Now()
	}
}

// endStreams ends all streams of a member.
func (s *Session) endStreams(m *Member, reason protocol.Reason) {
	for _, st := range append([]*stream(nil), s.streams...) {
		if st.owner == m {
			s.endStream(st, reason)
		}
	}
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
	copied, conn := st.Stream, st.owner.conn
	s.observe(Observed{Name: protocol.StreamDestroyed, Connection: &conn, Stream: &copied, Reason: reason})
	s.emit(protocol.Event{Name: protocol.StreamDestroyed, Stream: &copied, Reason: reason}, nil)
}

// goodbye tells everyone that the server goes down and ends their wires. The session stays live in the store.
func (s *Session) goodbye() {
	s.emit(protocol.Event{Name: protocol.SessionDisconnected, Reason: protocol.ReasonServerRotation}, nil)
	for _, m := range s.waiting {
		m.sendError(m.arrival.helloID, protocol.Errorf(protocol.CodeServerStopping, "The server is stopping."))
	}
	all := append(append([]*Member(nil), s.members...), s.waiting...)
	streams := s.streams
	s.clock.emptySince, s.ending = time.Now(), true
	s.members, s.waiting, s.streams = nil, nil, nil // nobody is told of the others any more; what follows is for webhooks alone
	for _, st := range streams {
		copied, conn := st.Stream, st.owner.conn
		s.observe(Observed{Name: protocol.StreamDestroyed, Connection: &conn, Stream: &copied, Reason: protocol.ReasonNetworkDisconnected})
	}
	for _, m := range all {
		if m.in() {
			conn := m.conn
			s.observe(Observed{Name: protocol.ConnectionDestroyed, Connection: &conn, Reason: protocol.ReasonNetworkDisconnected})
			m.leg.Close()
		}
		m.gone = true
		m.detach()
		s.manager.release(s)
	}
}

// member returns who is in by id, or nil.
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
