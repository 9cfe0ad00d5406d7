package session

import (
	"context"
	"errors"
	"time"

	"parley/rtc/protocol"
)

// Member is one connection of a session, or one that waits for admission. All of it is loop state of the session.
type Member struct {
	session *Session
	conn    protocol.Connection
	caps    protocol.Capabilities
	arrival *arrival
	client  Client // nil while away
	leg     MediaLeg
	resume  string // hash of its resume token
	wants   map[protocol.StreamID]want
	keys    keys // of signals

	gone bool
	// welcomed is false until the welcome is queued: nothing may come before it.
	welcomed bool
	// awayUntil is when a member without a client is given up.
	awayUntil time.Time
	// roleEnds is when a role ends that was handed out for a while, and grantedRole comes back; zero is never.
	roleEnds    time.Time
	grantedRole string
}

// arrival is how a member came: with what right, and what it said.
type arrival struct {
	grant   Grant
	pass    *Pass // it was in before
	hello   protocol.Hello
	helloID uint64
}

// want is what a member receives of a stream.
type want struct{ audio, video bool }

// in reports whether a member is in the session, and neither waits nor has left.
func (m *Member) in() bool { return m.leg != nil && !m.gone }

// send queues a message. It returns false when the client does not read. Who is away is told all of it later, in its welcome.
func (m *Member) send(encoded []byte) bool { return m.client == nil || m.client.Send(encoded) }

// sendError answers message id with an error.
func (m *Member) sendError(id uint64, body *protocol.ErrorBody) {
	m.send(protocol.Encode(protocol.TypeError, id, body))
}

// detach takes the wire away, which closes once what is queued was sent.
func (m *Member) detach() {
	if m.client != nil {
		m.client.End()
		m.client = nil
	}
}

// Attachment is one wire's hold of a member. It ends with Leave, Lose or Cut, whichever is called first; when the member has got another wire
// meanwhile, they do nothing. An Attachment is safe for concurrent use.
type Attachment struct {
	member *Member
	client Client
}

// ID returns the connection's id.
func (a *Attachment) ID() protocol.ConnectionID { return a.member.conn.ID }

// Leave takes the connection out of its session: the client said goodbye.
func (a *Attachment) Leave() {
	a.end(func(s *Session, m *Member) { s.remove(m, protocol.ReasonClientDisconnected) })
}

// Lose says that the wire was lost. The connection goes on for a while, waiting for another.
func (a *Attachment) Lose() { a.end((*Session).lose) }

// Cut takes the connection out of its session: the client does not keep to the protocol.
func (a *Attachment) Cut() {
	a.end(func(s *Session, m *Member) { s.remove(m, protocol.ReasonNetworkDisconnected) })
}

func (a *Attachment) end(fn func(*Session, *Member)) {
	// The error can only be that the session ended, and then there is nothing to leave.
	_ = a.member.session.do(context.Background(), func() {
		if a.member.client == a.client && !a.member.gone {
			fn(a.member.session, a.member)
		}
	})
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
	if offer != nil && !m.send(protocol.Encode(protocol.TypeOffer, 0, offer)) {
		s.cutSlow(m)
	}
	return nil
}

// wantByMode subscribes a member to a stream as its subscribe mode says.
func (m *Member) wantByMode(st *stream) {
	if !m.caps.Subscribe || st.owner == m {
		return
	}
	switch m.arrival.hello.Subscribe {
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
		if m.welcomed && m.in() { // a slow one may go while others are told
			s.updateSubscription(m)
		}
	}
}

// updateSubscription sends m an offer if its tracks changed.
func (s *Session) updateSubscription(m *Member) *protocol.ErrorBody {
	return s.sendOffer(m, func() (*protocol.Offer, error) { return m.leg.Subscribe(s.tracksFor(m)) })
}
