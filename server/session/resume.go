package session

import (
	"crypto/subtle"
	"time"

	"parley/rtc/protocol"
)

// lose lets a member whose wire is gone stay for a while. Who only waits is gone with the wire.
func (s *Session) lose(m *Member) {
	if !m.in() {
		s.remove(m, protocol.ReasonNetworkDisconnected)
		return
	}
	m.detach()
	m.awayUntil = time.Now().Add(s.manager.cfg.Bounds.ResumeFor)
	m.conn.Away = true
	s.log.Info("connection is away", "connection", m.conn.ID)
	s.connectionChanged(m, "away")
}

// resume gives a member a new wire. The old one, if there still is one, is closed: its end may not have been noticed yet.
func (s *Session) resume(hello protocol.Hello, helloID uint64, client Client) (*Member, error) {
	r := hello.Resume
	m := s.member(r.ConnectionID)
	if m == nil || subtle.ConstantTimeCompare([]byte(m.resume), []byte(hashResume(r.Token))) != 1 {
		return nil, ErrNotResumed
	}
	m.detach()
	m.client, m.welcomed = client, false
	if m.conn.Away {
		m.conn.Away = false
		s.connectionChanged(m, "away")
	}
	s.loadChat()
	welcome := s.welcome(m)
	welcome.Version, welcome.ResumeToken = hello.Version(), r.Token
	welcome.Resumed = &protocol.Resumed{Streams: []protocol.Stream{}, Missed: s.missed.since(r.Seq, m)}
	subscribe := func(tracks []TrackID) (*protocol.Offer, error) {
		if _, err := m.leg.Subscribe(tracks); err != nil {
			return nil, err
		}
		return m.leg.Reoffer()
	}
	if !r.KeepMedia {
		if err := s.renewLeg(m, hello.Publish, &welcome); err != nil {
			s.remove(m, protocol.ReasonNetworkDisconnected)
			return nil, err
		}
		subscribe = m.leg.Subscribe
	}
	s.finish(m, &welcome, subscribe, helloID)
	s.log.Info("connection resumed", "connection", m.conn.ID, "media kept", r.KeepMedia)
	return m, nil
}

// renewLeg gives a member new media: its streams go on, those that it publishes again.
func (s *Session) renewLeg(m *Member, publish *protocol.Publish, welcome *protocol.Welcome) error {
	leg, err := s.manager.cfg.Media.NewLeg()
	if err != nil {
		s.log.Error("new media leg", "error", err)
		return protocol.Errorf(protocol.CodeMediaFailed, "The server could not make room for media.")
	}
	m.leg.Close()
	m.leg = leg
	if publish == nil || len(publish.Streams) == 0 {
		s.endStreams(m, protocol.ReasonMediaStopped)
		s.updateSubscriptions()
		return nil
	}
	if welcome.Published, welcome.PublishError = s.publish(m, *publish); welcome.PublishError != nil {
		s.endStreams(m, protocol.ReasonMediaStopped)
		s.updateSubscriptions()
	}
	return nil
}

// connectionChanged tells everyone, m too, what changed of m.
func (s *Session) connectionChanged(m *Member, changed ...string) {
	conn := m.conn
	ev := protocol.Event{Name: protocol.ConnectionPropertyChanged, Connection: &conn, Changed: changed}
	for _, c := range changed {
		if c == "role" {
			caps := m.caps
			ev.Capabilities = &caps
		}
	}
	s.emit(ev, nil)
}

// Bounds of what is kept for who is away.
const (
	missedEvents = 256
	missedBytes  = 256 << 10
)

// missed keeps the newest events that no welcome tells of: signals, forced mutes and the like.
type missed struct {
	list  []missedEvent
	bytes int
}

type missedEvent struct {
	protocol.Event
	to func(*Member) bool // nil is everyone
}

// size is about what an event takes, in bytes.
func (e *missedEvent) size() int {
	if e.Signal == nil {
		return 512
	}
	return 512 + len(e.Signal.Data)
}

// keep takes an event if it is of that kind.
func (k *missed) keep(ev protocol.Event, to func(*Member) bool) {
	switch ev.Name {
	case protocol.SignalReceived, protocol.MuteForced, protocol.UnmuteAsked, protocol.ChatDeleted:
	default:
		return
	}
	k.list = append(k.list, missedEvent{ev, to})
	k.bytes += k.list[len(k.list)-1].size()
	drop := 0
	for len(k.list)-drop > missedEvents || k.bytes > missedBytes {
		k.bytes -= k.list[drop].size()
		drop++
	}
	k.list = append(k.list[:0], k.list[drop:]...)
}

// since returns what m missed after the event seq, oldest first.
func (k *missed) since(seq uint64, m *Member) []protocol.Event {
	var list []protocol.Event
	for _, e := range k.list {
		if e.Seq > seq && (e.to == nil || e.to(m)) {
			list = append(list, e.Event)
		}
	}
	return list
}
