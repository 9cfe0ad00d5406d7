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
// that or the session's last connection leaves. An active one therefore needs somebody in the session.
func (m *Manager) MuteAll(ctx context.Context, id protocol.SessionID, active bool, excluded []protocol.StreamID) error {
	return m.within(ctx, id, func(s *Session) *protocol.ErrorBody {
		switch {
		case !active:
			s.letSpeak()
		case len(s.members) == 0:
			return protocol.Errorf(protocol.CodeSessionUnknown, "Nobody is in the session: there is nobody to mute.")
		default:
			s.muteEverybody(excluded)
		}
		return nil
	})
}

// Signal sends a signal of the server's API to everyone, or to the connection p.To. A chat line is kept also when nobody is there.
func (m *Manager) Signal(ctx context.Context, id protocol.SessionID, p protocol.Signal) error {
	if body := p.Validate(m.cfg.Limits); body != nil {
		return body
	}
	return m.within(ctx, id, func(s *Session) *protocol.ErrorBody {
		if to := s.member(p.To); to != nil && !to.caps.Signal {
			return protocol.Errorf(protocol.CodeForbidden, "The connection's role takes no signals.")
		}
		_, body := s.deliver(p, protocol.Connection{Name: APIName})
		return body
	})
}

// Disconnect takes a connection out of its session.
func (m *Manager) Disconnect(ctx context.Context, id protocol.SessionID, connection protocol.ConnectionID) error {
	return m.within(ctx, id, func(s *Session) *protocol.ErrorBody { return s.disconnect(connection) })
}

// within runs fn in the loop of a session, which it holds for as long.
func (m *Manager) within(ctx context.Context, id protocol.SessionID, fn func(*Session) *protocol.ErrorBody) error {
	s, err := m.open(ctx, id)
	if err != nil {
		return err
	}
	defer m.release(id)
	var body *protocol.ErrorBody
	if err := s.do(ctx, func() { body = fn(s) }); err != nil {
		return protocol.Errorf(protocol.CodeServerStopping, "The server is stopping, or the caller went away.")
	}
	if body != nil {
		return body
	}
	return nil
}
