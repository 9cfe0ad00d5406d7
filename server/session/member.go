package session

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/google/uuid"

	"parley/rtc/protocol"
)

// Member is one connection of a session, as the gateway holds it. Request and Leave are safe for concurrent use.
type Member struct {
	session *Session
	conn    protocol.Connection
	caps    protocol.Capabilities
	client  Client
	leg     MediaLeg
	classes []string // layout classes that its streams begin with
	leave   sync.Once

	// loop state of the session
	mode  protocol.SubscribeMode
	wants map[protocol.StreamID]want
	gone  bool
	// welcomed is false until the welcome is queued: nothing may come before it.
	welcomed bool
}

// want is what a member receives of a stream.
type want struct{ audio, video bool }

// ID returns the connection's id.
func (m *Member) ID() protocol.ConnectionID { return m.conn.ID }

// Leave takes the connection out of its session. Only the first call counts.
func (m *Member) Leave(reason protocol.Reason) {
	m.leave.Do(func() {
		// The error can only be that the session ended, and then there is nothing to leave.
		_ = m.session.do(context.Background(), func() { m.session.remove(m, reason) })
		m.session.manager.release(m.session.id)
	})
}

// join makes a member, sends it the welcome and tells the others.
func (s *Session) join(grant Grant, hello protocol.Hello, helloID uint64, client Client) (*Member, error) {
	if len(s.members) >= s.manager.cfg.MaxConnections {
		return nil, protocol.Errorf(protocol.CodeTooMany, "The session is full.")
	}
	leg, err := s.manager.cfg.Media.NewLeg()
	if err != nil {
		s.log.Error("new media leg", "error", err)
		return nil, protocol.Errorf(protocol.CodeMediaFailed, "The server could not make room for media.")
	}
	s.loadChat()
	name := grant.Name
	if name == "" {
		name = hello.Name
	}
	m := &Member{
		session: s, caps: grant.Capabilities, classes: grant.Classes, client: client, leg: leg, mode: hello.Subscribe, wants: map[protocol.StreamID]want{},
		conn: protocol.Connection{ID: protocol.ConnectionID(uuid.NewString()), CreationTime: s.now(), Data: grant.Data, Name: name},
	}
	welcome := protocol.Welcome{
		Version: hello.Version(), Server: s.manager.cfg.Server, SessionID: s.id, You: m.conn, Capabilities: m.caps,
		Connections: []protocol.Connection{}, Streams: []protocol.Stream{}, Chat: []protocol.ChatLine{},
		IceServers: s.manager.cfg.IceServers, Limits: s.manager.cfg.Limits,
	}
	for _, st := range s.streams {
		m.wantByMode(st)
	}
	// The others hear of the connection before they hear of its streams.
	conn := m.conn
	s.emit(protocol.Event{Name: protocol.ConnectionCreated, Connection: &conn}, nil)
	s.members = append(s.members, m)
	if hello.Publish != nil && len(hello.Publish.Streams) > 0 {
		published, body := s.publish(m, *hello.Publish)
		welcome.Published, welcome.PublishError = published, body
	}
	if m.caps.Subscribe {
		if welcome.Offer, err = m.leg.Subscribe(s.tracksFor(m)); err != nil {
			s.log.Error("offer", "connection", m.conn.ID, "error", err)
		}
	}
	s.describe(&welcome, m)
	m.welcomed = true
	m.client.Send(protocol.Encode(protocol.TypeWelcome, helloID, welcome))
	for _, st := range slices.Clone(s.streams) {
		if st.owner == m && st.forced {
			copied := st.Stream
			s.emit(protocol.Event{Name: protocol.MuteForced, Stream: &copied}, only(m))
		}
	}
	s.log.Info("connection created", "connection", m.conn.ID, "client", hello.Client, "members", len(s.members))
	return m, nil
}

// describe fills in what m finds in the session, as it is after the event welcome.Seq.
func (s *Session) describe(welcome *protocol.Welcome, m *Member) {
	welcome.Seq = s.seq
	for _, other := range s.members {
		if other != m {
			welcome.Connections = append(welcome.Connections, other.conn)
		}
	}
	for _, st := range s.streams {
		if st.owner != m {
			welcome.Streams = append(welcome.Streams, st.Stream)
		}
	}
	if m.caps.Signal {
		welcome.Chat = append(welcome.Chat, s.chat...)
	}
}

// wantByMode subscribes a member to a stream as its subscribe mode says.
func (m *Member) wantByMode(st *stream) {
	if !m.caps.Subscribe || st.owner == m {
		return
	}
	switch m.mode {
	case protocol.SubscribeAll:
		m.wants[st.ID] = want{audio: true, video: true}
	case protocol.SubscribeAudio:
		m.wants[st.ID] = want{audio: true}
	case protocol.SubscribeNone:
	}
}

// tracksFor lists the tracks that a member receives, oldest stream first.
func (s *Session) tracksFor(m *Member) []TrackID {
	var tracks []TrackID
	for _, st := range s.streams {
		w := m.wants[st.ID]
		if w.audio && st.AudioTrack {
			tracks = append(tracks, TrackID{st.ID, protocol.KindAudio})
		}
		if w.video && st.VideoTrack {
			tracks = append(tracks, TrackID{st.ID, protocol.KindVideo})
		}
	}
	return tracks
}

// updateSubscriptions sends offers to every member whose tracks changed.
func (s *Session) updateSubscriptions() {
	for _, m := range append([]*Member(nil), s.members...) {
		if m.caps.Subscribe && m.welcomed && !m.gone { // a slow one may go while others are told
			s.sendOffer(m, func() (*protocol.Offer, error) { return m.leg.Subscribe(s.tracksFor(m)) })
		}
	}
}

// sendOffer sends the offer that make returns, if any.
func (s *Session) sendOffer(m *Member, make func() (*protocol.Offer, error)) *protocol.ErrorBody {
	offer, err := make()
	if err != nil {
		var body *protocol.ErrorBody
		if errors.As(err, &body) {
			return body
		}
		s.log.Error("offer", "connection", m.conn.ID, "error", err)
		return protocol.Errorf(protocol.CodeMediaFailed, "The server could not make an offer.")
	}
	if offer != nil && !m.client.Send(protocol.Encode(protocol.TypeOffer, 0, offer)) {
		s.remove(m, protocol.ReasonNetworkDisconnected)
	}
	return nil
}
