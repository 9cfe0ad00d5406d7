package session

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"github.com/google/uuid"

	"parley/rtc/protocol"
)

// join makes a member of who comes, or lets it wait for admission, or says why not.
func (s *Session) join(a *arrival, client Client) (*Member, error) {
	if s.ending { // it was on its way when goodbye was said
		return nil, protocol.Errorf(protocol.CodeServerStopping, "The server is stopping.")
	}
	waits, body := s.admissible(a)
	if body != nil {
		return nil, body
	}
	name := a.grant.Name
	if name == "" {
		name = a.hello.Name
	}
	m := &Member{
		session: s, arrival: a, caps: a.grant.Capabilities, grantedRole: a.grant.Role, client: client, wants: map[protocol.StreamID]want{},
		conn: protocol.Connection{ID: protocol.ConnectionID(uuid.NewString()), CreationTime: s.now(), Data: a.grant.Data, Name: name, Role: a.grant.Role},
	}
	if a.pass != nil && a.pass.Role != "" {
		s.roleOfPass(m, *a.pass)
	}
	if waits {
		return m, s.wait(m)
	}
	return m, s.enter(m)
}

// admissible says whether a newcomer must wait for admission, or why it may not come in.
func (s *Session) admissible(a *arrival) (waits bool, body *protocol.ErrorBody) {
	moderates := a.grant.Capabilities.Moderate
	switch {
	case s.rules.banned(a.grant.Fingerprint) || a.pass != nil && a.pass.Banned:
		return false, protocol.Errorf(protocol.CodeBanned, "A moderator has removed you from this session for good.")
	case moderates || a.pass != nil:
		return false, nil
	case s.rules.State.Locked:
		return false, protocol.Errorf(protocol.CodeSessionLocked, "A moderator has locked the session: nobody gets in any more.")
	}
	return s.rules.State.Lobby || a.grant.Invite != "" && s.rules.bannedAddress(a.grant.Address), nil
}

// enter makes m one of the session: it sends it the welcome and tells the others. On an error m is not in.
func (s *Session) enter(m *Member) error {
	s.supersede(m.arrival.pass)
	if len(s.members) >= s.manager.cfg.Bounds.MaxConnections {
		return protocol.Errorf(protocol.CodeTooMany, "The session is full.")
	}
	leg, err := s.manager.cfg.Media.NewLeg()
	if err != nil {
		s.log.Error("new media leg", "error", err)
		return protocol.Errorf(protocol.CodeMediaFailed, "The server could not make room for media.")
	}
	m.leg = leg
	s.beginLife()
	s.loadChat()
	for _, st := range s.streams {
		m.wantByMode(st)
	}
	// The others hear of the connection before they hear of its streams.
	conn := m.conn
	s.observe(Observed{Name: protocol.ConnectionCreated, Connection: &conn})
	s.emit(protocol.Event{Name: protocol.ConnectionCreated, Connection: &conn}, nil)
	s.members = append(s.members, m)
	welcome := s.welcome(m)
	welcome.ResumeToken, m.resume = m.arrival.resume()
	if p := m.arrival.hello.Publish; p != nil && len(p.Streams) > 0 {
		welcome.Published, welcome.PublishError = s.publish(m, *p)
	}
	s.finish(m, &welcome, m.leg.Subscribe, m.arrival.helloID)
	if s.rules.keepsOut() || m.conn.Role != m.arrival.grant.Role {
		s.savePasses(m)
	}
	s.log.Info("connection created", "connection", m.conn.ID, "client", m.arrival.hello.Client, "members", len(s.members))
	return nil
}

// finish completes a welcome and sends it, and what must follow it.
func (s *Session) finish(m *Member, welcome *protocol.Welcome, subscribe func([]TrackID) (*protocol.Offer, error), helloID uint64) {
	if m.caps.Subscribe {
		var err error
		if welcome.Offer, err = subscribe(s.tracksFor(m)); err != nil {
			s.log.Error("offer", "connection", m.conn.ID, "error", err)
		}
	}
	s.describe(welcome, m)
	m.welcomed = true
	if !m.send(protocol.Encode(protocol.TypeWelcome, helloID, welcome)) {
		s.cutSlow(m)
		return
	}
	if welcome.Resumed != nil {
		return
	}
	for _, st := range slices.Clone(s.streams) {
		if st.owner == m && st.forced {
			copied := st.Stream
			s.emit(protocol.Event{Name: protocol.MuteForced, Stream: &copied}, only(m))
		}
	}
}

// welcome begins a welcome with what does not change any more.
func (s *Session) welcome(m *Member) protocol.Welcome {
	return protocol.Welcome{
		Version: m.arrival.hello.Version(), Server: s.manager.cfg.Server, SessionID: s.info.ID,
		Connections: []protocol.Connection{}, Streams: []protocol.Stream{}, Chat: []protocol.ChatLine{},
		IceServers: s.manager.cfg.IceServers, Limits: s.manager.cfg.Limits, ResumeFor: int(s.manager.cfg.Bounds.ResumeFor / time.Second),
	}
}

// describe fills in what m finds in the session, as it is after the event welcome.Seq.
func (s *Session) describe(welcome *protocol.Welcome, m *Member) {
	welcome.Seq, welcome.Session, welcome.You, welcome.Capabilities = s.seq, s.rules.State, m.conn, m.caps
	for _, other := range s.members {
		if other != m {
			welcome.Connections = append(welcome.Connections, other.conn)
		}
	}
	for _, st := range s.streams {
		switch {
		case st.owner != m:
			welcome.Streams = append(welcome.Streams, st.Stream)
		case welcome.Resumed != nil:
			welcome.Resumed.Streams = append(welcome.Resumed.Streams, st.Stream)
		}
	}
	if m.caps.Moderate {
		for _, w := range s.waiting {
			welcome.Waiting = append(welcome.Waiting, w.conn)
		}
	}
	if m.caps.Signal {
		welcome.Chat = append(welcome.Chat, s.chat.lines...)
	}
}

// supersede ends the connection that a pass is of, if it is there still: its client has come back as another one, or has handed the pass on. One admission
// is for one.
func (s *Session) supersede(p *Pass) {
	if p == nil {
		return
	}
	if at := slices.IndexFunc(s.members, func(m *Member) bool { return m.resume == p.Resume }); at >= 0 {
		s.remove(s.members[at], protocol.ReasonNetworkDisconnected)
	}
}

// resume returns a newcomer's resume token and its hash. Who comes by a pass keeps the token: what is decided about the client later, a ban or a lesser
// role, then holds for everything that it can show.
func (a *arrival) resume() (token, hash string) {
	if a.pass != nil {
		return a.hello.Resume.Token, a.pass.Resume
	}
	return newResume()
}

// newResume makes a resume token and its hash.
func newResume() (token, hash string) {
	token = rand.Text() // 130 random bits
	return token, hashResume(token)
}

// hashResume is how a resume token is kept.
func hashResume(token string) string {
	sum := sha256.Sum256([]byte("parley resume " + token))
	return hex.EncodeToString(sum[:16])
}
