package session

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"parley/rtc/protocol"
)

// Config is what a Manager works with.
type Config struct {
	Store    Store
	Media    MediaPlane
	Observer Observer // nil is none
	// Rights reads role names: it returns them in their normal form with what they allow. Errors are *protocol.ErrorBody.
	Rights     func(role string) (string, protocol.Capabilities, error)
	Limits     protocol.Limits
	Server     string // name and version, for welcome
	IceServers []protocol.IceServer
	Bounds     Bounds
	Now        func() time.Time // wall clock; nil is time.Now
	Log        *slog.Logger     // nil discards
}

// Bounds are the counts and times of sessions; 0 is the default.
type Bounds struct {
	MaxConnections int           // of one session: 1000
	MaxWaiting     int           // for admission to one session: 200
	MaxSessions    int           // with somebody in them: 10000
	ResumeFor      time.Duration // how long a client may be away: 30 s
	Linger         time.Duration // how long a session stays live without connections: 60 s
}

func (b *Bounds) fill() {
	set := func(v *int, d int) {
		if *v == 0 {
			*v = d
		}
	}
	set(&b.MaxConnections, 1000)
	set(&b.MaxWaiting, 200)
	set(&b.MaxSessions, 10000)
	if b.ResumeFor == 0 {
		b.ResumeFor = 30 * time.Second
	}
	if b.Linger == 0 {
		b.Linger = 60 * time.Second
	}
}

// Manager holds the sessions that are live or that somebody asks about. It is safe for concurrent use.
type Manager struct {
	cfg Config

	mu       sync.Mutex
	sessions map[protocol.SessionID]*held
	closed   bool
	loops    sync.WaitGroup
}

// held is a session and how many members, joins and calls hold it.
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
	cfg.Bounds.fill()
	return &Manager{cfg: cfg, sessions: map[protocol.SessionID]*held{}}
}

// Restore goes on with the sessions that were live when the server ended. Call it once, before anybody joins.
func (m *Manager) Restore(ctx context.Context) error {
	all, err := m.cfg.Store.Live(ctx)
	if err != nil {
		return fmt.Errorf("restore sessions: %w", err)
	}
	for id, state := range all {
		info, ok, err := m.cfg.Store.Session(ctx, id)
		if err != nil {
			return fmt.Errorf("restore session: %w", err)
		}
		if !ok {
			continue
		}
		s, err := m.acquire(info)
		if err != nil {
			return err
		}
		if err := s.do(ctx, func() { s.revive(state) }); err != nil {
			return err
		}
		m.release(s)
	}
	return nil
}

// Join brings a client into its session, or lets it wait for admission. What answers message helloID is the first that the client gets, but for
// waiting. Errors are *protocol.ErrorBody. The caller must end the attachment that it got.
func (m *Manager) Join(ctx context.Context, grant Grant, hello protocol.Hello, helloID uint64, client Client) (*Attachment, error) {
	s, err := m.open(ctx, grant.SessionID)
	if err != nil {
		return nil, err
	}
	pass, err := m.passOf(ctx, grant.SessionID, hello.Resume)
	if err != nil {
		m.release(s)
		return nil, err
	}
	var member *Member
	doErr := s.do(ctx, func() {
		member, err = s.join(&arrival{grant: grant, pass: pass, hello: hello, helloID: helloID}, client)
	})
	if doErr != nil && member == nil {
		err = protocol.Errorf(protocol.CodeServerStopping, "The server is stopping.")
	}
	if err != nil {
		m.release(s) // a member holds the session itself, until it is removed
		return nil, err
	}
	return &Attachment{member: member, client: client}, nil
}

// passOf finds the pass of a client that says it was in before; nil is none. id is the session that its token opens: what a pass of another says, of
// another project perhaps, counts for nothing here.
func (m *Manager) passOf(ctx context.Context, id protocol.SessionID, r *protocol.Resume) (*Pass, error) {
	if r == nil {
		return nil, nil
	}
	pass, ok, err := m.cfg.Store.Pass(ctx, id, hashResume(r.Token))
	if err != nil {
		m.cfg.Log.Error("look pass up", "session", id, "error", err)
		return nil, protocol.Errorf(protocol.CodeStoreFailed, "The server could not read its store.")
	}
	if !ok {
		return nil, nil
	}
	return &pass, nil
}

// ErrNotResumed means that a connection is not known, or not by that token: the client is to join anew.
var ErrNotResumed = errors.New("no such connection to resume")

// Resume gives a connection a new wire. The welcome, as the answer to message helloID, is the first that the client gets. It returns ErrNotResumed, or
// a *protocol.ErrorBody.
func (m *Manager) Resume(ctx context.Context, hello protocol.Hello, helloID uint64, client Client) (*Attachment, error) {
	m.mu.Lock()
	h := m.sessions[hello.Resume.SessionID]
	if h == nil || m.closed {
		m.mu.Unlock()
		return nil, ErrNotResumed
	}
	h.refs++
	m.mu.Unlock()
	defer m.release(h.session)
	var member *Member
	var err error
	if doErr := h.session.do(ctx, func() { member, err = h.session.resume(hello, helloID, client) }); doErr != nil {
		return nil, ErrNotResumed
	}
	if err != nil {
		return nil, err
	}
	return &Attachment{member: member, client: client}, nil
}

// open returns a session that exists, held until release.
func (m *Manager) open(ctx context.Context, id protocol.SessionID) (*Session, error) {
	info, ok, err := m.cfg.Store.Session(ctx, id)
	if err != nil {
		m.cfg.Log.Error("look session up", "session", id, "error", err)
		return nil, protocol.Errorf(protocol.CodeStoreFailed, "The server could not read its store.")
	}
	if !ok {
		return nil, protocol.Errorf(protocol.CodeSessionUnknown, "There is no such session.")
	}
	return m.acquire(info)
}

// acquire returns the running session, started if need be, and holds it.
func (m *Manager) acquire(info Info) (*Session, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	h := m.sessions[info.ID]
	switch {
	case m.closed:
		return nil, protocol.Errorf(protocol.CodeServerStopping, "The server is stopping.")
	case h == nil && len(m.sessions) >= m.cfg.Bounds.MaxSessions:
		return nil, protocol.Errorf(protocol.CodeTooMany, "The server is full.")
	case h == nil:
		h = &held{session: newSession(m, info)}
		m.sessions[info.ID] = h
		m.loops.Go(h.session.run)
	}
	h.refs++
	return h.session, nil
}

// release lets a session go. Its loop ends with the last one to do so, unless the session is live. It does not wait, so the loop may call it.
func (m *Manager) release(s *Session) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if h := m.sessions[s.info.ID]; h != nil && h.session == s {
		h.refs--
		m.retire(h)
	}
}

// ended is called by a session's loop when it is no longer live.
func (m *Manager) ended(s *Session) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if h := m.sessions[s.info.ID]; h != nil && h.session == s {
		m.retire(h)
	}
}

// retire ends a session's loop if nothing needs it. m.mu is held.
func (m *Manager) retire(h *held) {
	if h.refs == 0 && !h.session.live.Load() {
		delete(m.sessions, h.session.info.ID)
		h.session.stop()
	}
}

// Close says goodbye to every client (reason serverRotation) and ends all sessions; those that are live can be restored. Joins are refused from then on.
func (m *Manager) Close(ctx context.Context) error {
	m.mu.Lock()
	m.closed = true
	all := make([]*Session, 0, len(m.sessions))
	for _, h := range m.sessions {
		all = append(all, h.session)
	}
	m.mu.Unlock()
	var err error
	for _, s := range all {
		if doErr := s.do(ctx, s.goodbye); doErr != nil && !errors.Is(doErr, ErrClosed) {
			err = doErr
		}
		s.stop()
	}
	m.loops.Wait()
	return err
}
