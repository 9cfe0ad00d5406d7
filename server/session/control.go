package session

import (
	"context"
	"slices"

	"parley/rtc/protocol"
)

// APIName is the name that signals of the server's API carry; they come from no connection.
const APIName = "Server"

// StreamInfo is a stream as the server's API sees it.
type StreamInfo struct {
	protocol.Stream
	Classes []string // layout classes
}

// Streams lists the streams of a session, oldest first. Like all of these methods it answers errors that are *protocol.ErrorBody, and
// sessionUnknown for a session that does not exist; one that nobody is in has no streams.
func (m *Manager) Streams(ctx context.Context, id protocol.SessionID) ([]StreamInfo, error) {
	list := []StreamInfo{}
	err := m.within(ctx, id, func(s *Session) *protocol.ErrorBody {
		for _, st := range s.streams {
			list = append(list, StreamInfo{Stream: st.Stream, Classes: st.classes})
		}
		return nil
	})
	return list, err
}

// SetClassLists sets the layout classes of streams: of all that are named, or of none when one of them is unknown.
func (m *Manager) SetClassLists(ctx context.Context, id protocol.SessionID, classes map[protocol.StreamID][]string) error {
	return m.within(ctx, id, func(s *Session) *protocol.ErrorBody {
		for stream := range classes {
			if s.stream(stream) == nil {
				return protocol.Errorf(protocol.CodeStreamUnknown, "There is no stream %.100q in the session.", stream)
			}
		}
		for stream, list := range classes {
			s.stream(stream).classes = slices.Clone(list)
		}
		return nil
	})
}

// MuteStream silences a stream until its owner unmutes it.
func (m *Manager) MuteStream(ctx context.Context, id protocol.SessionID, stream protocol.StreamID) error {
	return m.within(ctx, id, func(s *Session) *protocol.ErrorBody { return s.muteStream(stream) })
}

// MuteAll silences every stream but those excluded, and with active those that come later too, which stay muted until MuteAll without active lifts
// that or the session ends. An active one therefore needs a live session.
func (m *Manager) MuteAll(ctx context.Context, id protocol.SessionID, active bool, excluded []protocol.StreamID) error {
	return m.within(ctx, id, func(s *Session) *protocol.ErrorBody {
		switch {
		case !active:
			s.letSpeak()
		case !s.live.Load():
			return nobody()
		default:
			s.muteEverybody(excluded)
		}
		return nil
	})
}

// nobody is the answer to who would decide something about a session that nobody is in: it would end before somebody came.
func nobody() *protocol.ErrorBody {
	return protocol.Errorf(protocol.CodeSessionUnknown, "Nobody is in the session.")
}

// Signal sends a signal of the server's API to everyone, or to the connection p.To. A chat line is kept also when nobody is there; Signal returns once
// it is.
func (m *Manager) Signal(ctx context.Context, id protocol.SessionID, p protocol.Signal) error {
	if body := p.Validate(m.cfg.Limits); body != nil {
		return body
	}
	s, err := m.open(ctx, id)
	if err != nil {
		return err
	}
	defer m.release(s)
	delivered := make(chan *protocol.ErrorBody, 1)
	err = s.do(ctx, func() {
		if to := s.member(p.To); to != nil && !to.caps.Signal {
			delivered <- protocol.Errorf(protocol.CodeForbidden, "The connection's role takes no signals.")
			return
		}
		s.deliver(p, protocol.Connection{Name: APIName}, func(_ *protocol.SignalReply, body *protocol.ErrorBody) { delivered <- body })
	})
	if err != nil {
		return stopping()
	}
	select {
	case body := <-delivered:
		if body != nil {
			return body
		}
		return nil
	case <-s.done:
	case <-ctx.Done():
	}
	return stopping()
}

// stopping is the answer to a call that the session did not finish.
func stopping() error {
	return protocol.Errorf(protocol.CodeServerStopping, "The server is stopping, or the caller went away.")
}

// Disconnect takes a connection out of its session.
func (m *Manager) Disconnect(ctx context.Context, id protocol.SessionID, connection protocol.ConnectionID) error {
	return m.within(ctx, id, func(s *Session) *protocol.ErrorBody { return s.disconnect(connection) })
}

// Unpublish ends a stream.
func (m *Manager) Unpublish(ctx context.Context, id protocol.SessionID, stream protocol.StreamID) error {
	return m.within(ctx, id, func(s *Session) *protocol.ErrorBody { return s.unpublish(stream) })
}

// Ban takes a connection out and keeps it out until the session ends.
func (m *Manager) Ban(ctx context.Context, id protocol.SessionID, connection protocol.ConnectionID) error {
	return m.within(ctx, id, func(s *Session) *protocol.ErrorBody { return s.ban(connection) })
}

// SetState locks a live session, or sets its lobby, or both; nil leaves one as it is.
func (m *Manager) SetState(ctx context.Context, id protocol.SessionID, locked, lobby *bool) error {
	return m.within(ctx, id, func(s *Session) *protocol.ErrorBody {
		if !s.live.Load() {
			return nobody()
		}
		if locked != nil {
			s.setLock(*locked)
		}
		if lobby != nil {
			s.setLobby(*lobby)
		}
		return nil
	})
}

// Admit lets one who waits in, or all when connection is "".
func (m *Manager) Admit(ctx context.Context, id protocol.SessionID, connection protocol.ConnectionID) error {
	return m.within(ctx, id, func(s *Session) *protocol.ErrorBody { return s.admit(connection) })
}

// Refuse turns one who waits away, or all.
func (m *Manager) Refuse(ctx context.Context, id protocol.SessionID, connection protocol.ConnectionID) error {
	return m.within(ctx, id, func(s *Session) *protocol.ErrorBody { return s.refuse(connection) })
}

// SetRole gives a connection a role.
func (m *Manager) SetRole(ctx context.Context, id protocol.SessionID, r protocol.SetRole) error {
	if body := r.Validate(); body != nil {
		return body
	}
	return m.within(ctx, id, func(s *Session) *protocol.ErrorBody { return s.setRole(r) })
}

// LowerHand lowers a connection's hand.
func (m *Manager) LowerHand(ctx context.Context, id protocol.SessionID, connection protocol.ConnectionID) error {
	return m.within(ctx, id, func(s *Session) *protocol.ErrorBody {
		target := s.member(connection)
		if target == nil {
			return connectionUnknown()
		}
		s.setHand(target, false)
		return nil
	})
}

// AskUnmute asks the owner of a stream to unmute it.
func (m *Manager) AskUnmute(ctx context.Context, id protocol.SessionID, stream protocol.StreamID) error {
	return m.within(ctx, id, func(s *Session) *protocol.ErrorBody { return s.askUnmute(protocol.Connection{Name: APIName}, stream) })
}

// Chat returns the newest lines of a session's chat, oldest first.
func (m *Manager) Chat(ctx context.Context, id protocol.SessionID) ([]protocol.ChatLine, error) {
	list := []protocol.ChatLine{}
	err := m.within(ctx, id, func(s *Session) *protocol.ErrorBody {
		if !s.loadChat() {
			return protocol.Errorf(protocol.CodeStoreFailed, "The server could not read its store.")
		}
		list = append(list, s.chat.lines...)
		return nil
	})
	return list, err
}

// DeleteChat takes a line out of the chat.
func (m *Manager) DeleteChat(ctx context.Context, id protocol.SessionID, line string) error {
	return m.within(ctx, id, func(s *Session) *protocol.ErrorBody { return s.deleteChat(line) })
}

// Overview is a session as the server's API sees it.
type Overview struct {
	Live        bool                  `json:"live"`
	State       protocol.SessionState `json:"state"`
	Connections []protocol.Connection `json:"connections"` // oldest first
	Waiting     []protocol.Connection `json:"waiting"`     // oldest first
}

// Overview describes who is in a session, who waits, and what was decided.
func (m *Manager) Overview(ctx context.Context, id protocol.SessionID) (Overview, error) {
	o := Overview{Connections: []protocol.Connection{}, Waiting: []protocol.Connection{}}
	err := m.within(ctx, id, func(s *Session) *protocol.ErrorBody {
		o.Live, o.State = s.live.Load(), s.rules.State
		for _, member := range s.members {
			o.Connections = append(o.Connections, member.conn)
		}
		for _, member := range s.waiting {
			o.Waiting = append(o.Waiting, member.conn)
		}
		return nil
	})
	return o, err
}

// within runs fn in the loop of a session, which it holds for as long.
func (m *Manager) within(ctx context.Context, id protocol.SessionID, fn func(*Session) *protocol.ErrorBody) error {
	s, err := m.open(ctx, id)
	if err != nil {
		return err
	}
	defer m.release(s)
	var body *protocol.ErrorBody
	if err := s.do(ctx, func() { body = fn(s) }); err != nil {
		return stopping()
	}
	if body != nil {
		return body
	}
	return nil
}
