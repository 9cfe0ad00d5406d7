package session

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"parley/rtc/protocol"
)

// Config is what a Manager works with.
type Config struct {
	Store      Store
	Media      MediaPlane
	Limits     protocol.Limits
	Server     string // name and version, for welcome
	IceServers []protocol.IceServer
	Now        func() time.Time // nil is time.Now
	Log        *slog.Logger     // nil discards
	// MaxConnections bounds the connections of one session, MaxSessions the sessions with somebody in them; 0 is the default.
	MaxConnections, MaxSessions int
}

// Manager holds the sessions that somebody is in. It is safe for concurrent use.
type Manager struct {
	cfg Config

	mu       sync.Mutex
	sessions map[protocol.SessionID]*held
	closed   bool
	loops    sync.WaitGroup
}

// held is a session and how many connections or joins hold it.
type held struct {
	session *Session
	refs    int
}

// NewManager returns a manager without sessions.
func NewManager(cfg Config) *Manager {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.MaxConnections == 0 {
		cfg.MaxConnections = 1000
	}
	if cfg.MaxSessions == 0 {
		cfg.MaxSessions = 10000
	}
	return &Manager{cfg: cfg, sessions: map[protocol.SessionID]*held{}}
}

// Join brings a client into its session. The welcome, as the answer to message helloID, is the first that client gets. Errors are
// *protocol.ErrorBody. The caller must call Leave on the member that it got.
func (m *Manager) Join(ctx context.Context, grant Grant, hello protocol.Hello, helloID uint64, client Client) (*Member, error) {
	s, err := m.open(ctx, grant.SessionID)
	if err != nil {
		return nil, err
	}
	var member *Member
	doErr := s.do(ctx, func() { member, err = s.join(grant, hello, helloID, client) })
	if doErr != nil && member == nil {
		err = protocol.Errorf(protocol.CodeServerStopping, "The server is stopping.")
	}
	if err != nil {
		m.release(grant.SessionID)
		return nil, err
	}
	return member, nil
}

// open returns a session that exists, held until release.
func (m *Manager) open(ctx context.Context, id protocol.SessionID) (*Session, error) {
	ok, err := m.cfg.Store.HasSession(ctx, id)
	if err != nil {
		m.cfg.Log.Error("look session up", "session", id, "error", err)
		return nil, protocol.Errorf(protocol.CodeStoreFailed, "The server could not read its store.")
	}
	if !ok {
		return nil, protocol.Errorf(protocol.CodeSessionUnknown, "There is no such session.")
	}
	return m.acquire(id)
}

// acquire returns the running session, started if need be, and holds it.
func (m *Manager) acquire(id protocol.SessionID) (*Session, error) {
	m.mu.Lock()
	h := m.sessions[id]
	if m.closed {
		m.mu.Unlock()
		return nil, protocol.Errorf(protocol.CodeServerStopping, "The server is stopping.")
	}
	if h == nil && len(m.sessions) >= m.cfg.MaxSessions {
		m.mu.Unlock()
		return nil, protocol.Errorf(protocol.CodeTooMany, "The server is full.")
	}
	if h == nil {
		h = &held{session: newSession(m, id)}
		m.sessions[id] = h
		m.loops.Go(h.session.run)
	}
	h.refs++
	m.mu.Unlock()
	return h.session, nil
}

// release lets a session go; the last one to do so ends its loop.
func (m *Manager) release(id protocol.SessionID) {
	m.mu.Lock()
	h := m.sessions[id]
	if h == nil {
		m.mu.Unlock()
		return
	}
	h.refs--
	last := h.refs == 0
	if last {
		delete(m.sessions, id)
	}
	m.mu.Unlock()
	if last {
		h.session.stop()
	}
}

// Close says goodbye to every client (reason serverRotation) and ends all sessions. Joins are refused from then on.
func (m *Manager) Close(ctx context.Context) error {
	m.mu.Lock()
	m.closed = true
	all := make([]*Session, 0, len(m.sessions))
	for _, h := range m.sessions {
		all = append(all, h.session)
	}
	m.mu.Unlock()
	for _, s := range all {
		if err := s.do(ctx, s.goodbye); err != nil && !errors.Is(err, ErrClosed) {
			return err
		}
		s.stop()
	}
	m.loops.Wait()
	return nil
}
