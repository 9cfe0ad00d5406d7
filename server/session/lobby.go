package session

import (
	"slices"

	"parley/rtc/protocol"
)

// wait lets a newcomer wait until a moderator decides. It is told that it waits, and nothing else.
func (s *Session) wait(m *Member) error {
	if len(s.waiting) >= s.manager.cfg.Bounds.MaxWaiting {
		return protocol.Errorf(protocol.CodeTooMany, "Too many wait to be let in already. Try again later.")
	}
	s.waiting = append(s.waiting, m)
	m.send(protocol.Encode(protocol.TypeWaiting, 0, protocol.Waiting{SessionID: s.info.ID, ConnectionID: m.conn.ID}))
	conn := m.conn
	s.emit(protocol.Event{Name: protocol.AdmissionRequested, Connection: &conn}, moderators)
	s.log.Info("connection waits for admission", "connection", m.conn.ID, "waiting", len(s.waiting))
	return nil
}

// takeFromWaiting takes m out of those who wait, and reports whether it was there.
func (s *Session) takeFromWaiting(m *Member) bool {
	i := slices.Index(s.waiting, m)
	if i < 0 {
		return false
	}
	s.waiting = slices.Delete(slices.Clone(s.waiting), i, i+1)
	return true
}

// chosen returns those who wait that id names: one, or all when it is "".
func (s *Session) chosen(id protocol.ConnectionID) ([]*Member, *protocol.ErrorBody) {
	if id == "" {
		return slices.Clone(s.waiting), nil
	}
	for _, m := range s.waiting {
		if m.conn.ID == id {
			return []*Member{m}, nil
		}
	}
	return nil, protocol.Errorf(protocol.CodeConnectionUnknown, "Nobody waits by that id.")
}

// admit lets one who waits in, or all. Who finds no room goes on waiting.
func (s *Session) admit(id protocol.ConnectionID) *protocol.ErrorBody {
	chosen, body := s.chosen(id)
	for _, m := range chosen {
		if len(s.members) >= s.manager.cfg.Bounds.MaxConnections {
			return protocol.Errorf(protocol.CodeTooMany, "The session is full: who waits goes on waiting.")
		}
		if m.gone { // who was admitted before it may have cut it off
			continue
		}
		s.takeFromWaiting(m)
		conn := m.conn
		s.emit(protocol.Event{Name: protocol.AdmissionEnded, Connection: &conn, Reason: protocol.ReasonAdmitted}, moderators)
		if err := s.enter(m); err != nil {
			s.turnAway(m, asBody(err))
			continue
		}
		if !m.gone {
			s.savePasses(m)
		}
	}
	return body
}

// refuse turns one who waits away, or all.
func (s *Session) refuse(id protocol.ConnectionID) *protocol.ErrorBody {
	chosen, body := s.chosen(id)
	for _, m := range chosen {
		s.sendRefusal(m)
		s.remove(m, protocol.ReasonRefused)
	}
	return body
}

func (s *Session) sendRefusal(m *Member) {
	m.sendError(m.arrival.helloID, protocol.Errorf(protocol.CodeAdmissionRefused, "You were not let into the session."))
}

// turnAway ends who was admitted and could not enter.
func (s *Session) turnAway(m *Member, body *protocol.ErrorBody) {
	m.sendError(m.arrival.helloID, body)
	m.gone = true
	m.detach()
	s.manager.release(s)
}
