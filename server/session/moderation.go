package session

import (
	"errors"
	"slices"
	"time"

	"parley/rtc/protocol"
)

// asBody returns what an error tells a client.
func asBody(err error) *protocol.ErrorBody {
	var body *protocol.ErrorBody
	if errors.As(err, &body) {
		return body
	}
	return protocol.Errorf(protocol.CodeInternal, "The server had a problem.")
}

// connectionUnknown is the answer to who names nobody.
func connectionUnknown() *protocol.ErrorBody {
	return protocol.Errorf(protocol.CodeConnectionUnknown, "There is no such connection.")
}

// streamUnknown is the answer to who names no stream.
func streamUnknown() *protocol.ErrorBody {
	return protocol.Errorf(protocol.CodeStreamUnknown, "There is no such stream.")
}

// unpublish ends a stream against its owner's will.
func (s *Session) unpublish(id protocol.StreamID) *protocol.ErrorBody {
	st := s.stream(id)
	if st == nil {
		return streamUnknown()
	}
	s.forceEnd(st)
	s.updateSubscriptions()
	return nil
}

// forceEnd ends a stream; its packets go nowhere from then on.
func (s *Session) forceEnd(st *stream) {
	st.owner.leg.Drop([]TrackID{{st.ID, protocol.KindAudio}, {st.ID, protocol.KindVideo}})
	s.endStream(st, protocol.ReasonForceUnpublished)
}

// disconnect takes a connection out against its will.
func (s *Session) disconnect(id protocol.ConnectionID) *protocol.ErrorBody {
	target := s.member(id)
	if target == nil {
		return connectionUnknown()
	}
	s.emit(protocol.Event{Name: protocol.SessionDisconnected, Reason: protocol.ReasonForceDisconnected}, only(target))
	s.remove(target, protocol.ReasonForceDisconnected)
	return nil
}

// ban takes a connection out, also one that waits, and keeps it out until the session ends.
func (s *Session) ban(id protocol.ConnectionID) *protocol.ErrorBody {
	target := s.member(id)
	if target == nil {
		chosen, body := s.chosen(id)
		if body != nil || id == "" {
			return connectionUnknown()
		}
		target = chosen[0]
	}
	first := !s.rules.keepsOut()
	grant := target.arrival.grant
	s.rules.Bans = append(s.rules.Bans, ban{Fingerprint: grant.Fingerprint, Address: grant.Address})
	if len(s.rules.Bans) > maxBans {
		s.rules.Bans = slices.Clone(s.rules.Bans[1:])
	}
	s.saveRules()
	for _, m := range append(slices.Clone(s.members), s.waiting...) {
		if m != target && (grant.Fingerprint == "" || m.arrival.grant.Fingerprint != grant.Fingerprint) {
			continue
		}
		s.putOut(m)
	}
	if first {
		s.savePasses(s.members...)
	}
	return nil
}

// putOut ends who was banned, in the session or before it.
func (s *Session) putOut(m *Member) {
	switch {
	case m.gone:
	case m.in():
		s.storePasses([]Pass{{Resume: m.resume, Banned: true}})
		s.emit(protocol.Event{Name: protocol.SessionDisconnected, Reason: protocol.ReasonForceDisconnected}, only(m))
		s.remove(m, protocol.ReasonForceDisconnected)
	default:
		s.sendRefusal(m)
		s.remove(m, protocol.ReasonRefused)
	}
}

// setLock locks the session, or lifts that.
func (s *Session) setLock(locked bool) {
	s.setState("locked", func(st *protocol.SessionState) *bool { return &st.Locked }, locked)
}

// setLobby lets newcomers wait, or lifts that.
func (s *Session) setLobby(lobby bool) {
	s.setState("lobby", func(st *protocol.SessionState) *bool { return &st.Lobby }, lobby)
}

func (s *Session) setState(name string, field func(*protocol.SessionState) *bool, value bool) {
	at := field(&s.rules.State)
	if *at == value {
		return
	}
	*at = value
	s.saveRules()
	if value {
		s.savePasses(s.members...)
	}
	state := s.rules.State
	s.emit(protocol.Event{Name: protocol.SessionPropertyChanged, Session: &state, Changed: []string{name}}, nil)
}

// setRole gives a connection a role, for good or for some seconds.
func (s *Session) setRole(r protocol.SetRole) *protocol.ErrorBody {
	m := s.member(r.ConnectionID)
	if m == nil {
		return connectionUnknown()
	}
	role, caps, err := s.manager.cfg.Rights(r.Role)
	if err != nil {
		return asBody(err)
	}
	d := demotion{Fingerprint: m.arrival.grant.Fingerprint, Role: role}
	if r.Seconds > 0 {
		d.Until = s.now() + int64(r.Seconds)*1000
	}
	granted := m.arrival.grant.Capabilities
	s.rules.demote(d, within(granted, caps) || !within(caps, granted))
	s.saveRules()
	if m.roleEnds.IsZero() {
		m.grantedRole = m.conn.Role
	}
	if r.Seconds == 0 {
		m.grantedRole = role
	}
	s.giveRole(m, role, time.Duration(r.Seconds)*time.Second)
	s.savePasses(m)
	return nil
}

// giveRole makes a role a member's, for some time or, with 0, for good, and cuts at once what it does not allow any more.
func (s *Session) giveRole(m *Member, role string, lasts time.Duration) {
	_, caps, err := s.manager.cfg.Rights(role)
	if err != nil {
		s.log.Error("role", "role", role, "error", err) // all roles were read before
		return
	}
	before := m.caps
	m.caps, m.conn.Role, m.conn.RoleUntil, m.roleEnds = caps, role, 0, time.Time{}
	if lasts > 0 {
		m.roleEnds = time.Now().Add(lasts)
		m.conn.RoleUntil = s.now() + lasts.Milliseconds()
	}
	s.connectionChanged(m, "role")
	if m.gone {
		return // too slow for the news
	}
	if !caps.Publish {
		for _, st := range slices.Clone(s.streams) {
			if st.owner == m {
				s.forceEnd(st)
			}
		}
	}
	if before.Subscribe && !caps.Subscribe {
		clear(m.wants)
	}
	if !before.Subscribe && caps.Subscribe {
		for _, st := range s.streams {
			m.wantByMode(st)
		}
	}
	s.updateSubscriptions()
	if !before.Moderate && caps.Moderate {
		for _, w := range s.waiting {
			conn := w.conn
			s.emit(protocol.Event{Name: protocol.AdmissionRequested, Connection: &conn}, only(m))
		}
	}
}

// roleOfPass gives a member that comes back the role that it had.
func (s *Session) roleOfPass(m *Member, p Pass) {
	left := time.Duration(p.RoleUntil-s.now()) * time.Millisecond
	if p.RoleUntil != 0 && left <= 0 {
		p.Role, p.RoleUntil = p.RoleAfter, 0
	}
	role, caps, err := s.manager.cfg.Rights(p.Role)
	if err != nil {
		s.log.Error("role of a pass", "role", p.Role, "error", err) // it was read when it was given
		return
	}
	m.caps, m.conn.Role, m.conn.RoleUntil, m.grantedRole = caps, role, p.RoleUntil, role
	if p.RoleUntil != 0 {
		m.roleEnds, m.grantedRole = time.Now().Add(left), p.RoleAfter
	}
}

// raiseHand raises or lowers a hand.
func (s *Session) raiseHand(m *Member, r protocol.RaiseHand) *protocol.ErrorBody {
	target := m
	if r.ConnectionID != "" && r.ConnectionID != m.conn.ID {
		if target = s.member(r.ConnectionID); target == nil {
			return connectionUnknown()
		}
		if !m.caps.Moderate || r.Raised {
			return forbidden("raise another's hand, or lower it without being a moderator")
		}
	}
	s.setHand(target, r.Raised)
	return nil
}

func (s *Session) setHand(m *Member, raised bool) {
	switch {
	case raised == (m.conn.HandRaisedAt != 0):
		return
	case raised:
		m.conn.HandRaisedAt = s.now()
	default:
		m.conn.HandRaisedAt = 0
	}
	s.connectionChanged(m, "handRaisedAt")
}

// askUnmute asks the owner of a stream to unmute it, which it then may.
func (s *Session) askUnmute(from protocol.Connection, id protocol.StreamID) *protocol.ErrorBody {
	st := s.stream(id)
	if st == nil {
		return streamUnknown()
	}
	st.held = false
	copied := st.Stream
	s.emit(protocol.Event{Name: protocol.UnmuteAsked, Stream: &copied, Connection: &from}, only(st.owner))
	return nil
}
