package rtc

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"parley/rtc/peer"
	"parley/rtc/protocol"
)

// Publish publishes a stream. When the wire is lost meanwhile it is published over the next one; ctx bounds the wait. Refusals are *protocol.ErrorBody.
func (s *Session) Publish(ctx context.Context, cfg StreamConfig) (*Publisher, error) {
	if cfg.Key == "" || !cfg.Audio && !cfg.Video {
		return nil, errors.New("publish: a stream needs a key, and audio or video")
	}
	p := newPublisher(s, cfg)
	s.mu.Lock()
	for _, other := range s.publishers {
		if other.cfg.Key == cfg.Key {
			s.mu.Unlock()
			return nil, fmt.Errorf("publish %s: there is a stream with this key", cfg.Key)
		}
	}
	s.publishers = append(s.publishers, p)
	s.mu.Unlock()
	err := s.await(ctx)
	for err == nil {
		if err = s.negotiate(ctx, false); !errors.Is(err, ErrClosed) {
			break
		}
		err = s.await(ctx)
	}
	if err == nil {
		err = p.Err()
	}
	if err != nil {
		s.drop(p)
		return nil, fmt.Errorf("publish %s: %w", cfg.Key, err)
	}
	return p, nil
}

// ended closes the publisher of a stream that the server ended, so that no later negotiation brings it back.
func (s *Session) ended(id protocol.StreamID) {
	for _, p := range s.Publishers() {
		p.mu.Lock()
		mine := p.id == id
		if mine {
			p.id, p.closed = "", true
		}
		p.mu.Unlock()
		if mine {
			p.audio.Store(nil)
			p.video.Store(nil)
			s.drop(p)
		}
	}
}

// drop takes a publisher out.
func (s *Session) drop(p *Publisher) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, other := range s.publishers {
		if other == p {
			s.publishers = append(s.publishers[:i:i], s.publishers[i+1:]...)
			break
		}
	}
}

// muted notes that a moderator muted a stream.
func (s *Session) muted(id protocol.StreamID) {
	for _, p := range s.Publishers() {
		p.mu.Lock()
		if p.id == id {
			p.cfg.AudioMuted = true
		}
		p.mu.Unlock()
	}
}

// turn waits until nobody else negotiates, and returns what ends that turn.
func (s *Session) turn(ctx context.Context) (done func(), err error) {
	select {
	case s.publishing <- struct{}{}:
		return func() { <-s.publishing }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// negotiate tells the server what is published now; restart gives the path new ICE credentials with it.
func (s *Session) negotiate(ctx context.Context, restart bool) error {
	done, err := s.turn(ctx)
	if err != nil {
		return err
	}
	defer done()
	c, err := s.current()
	if err != nil {
		return err
	}
	for {
		all, err := c.publish(ctx, restart)
		if err != nil && c.ctx.Err() != nil {
			err = errors.Join(ErrClosed, err) // whatever it was: media may have been closed with the call
		}
		if err != nil || all {
			return err
		}
	}
}

// publish makes one exchange of what is published. It reports whether that was all: an offer that had no answer comes first.
func (c *call) publish(ctx context.Context, restart bool) (all bool, err error) {
	m := c.media
	publish, all, err := c.session.describe(m, restart)
	if err != nil {
		m.spoiled.Store(true)
		return false, err
	}
	m.said, m.unsure = publish.Streams, true
	var out protocol.Published
	if err := c.request(ctx, protocol.TypePublish, publish, &out); err != nil {
		return false, err
	}
	if err := m.pub.Answer(out.SDP); err != nil {
		m.spoiled.Store(true)
		return false, err
	}
	m.unsure = false
	c.session.assign(&out, nil, false)
	return all, nil
}

// publishAll prepares new PeerConnections for everything that is published, and returns what hello says of it; nil is nothing.
func (s *Session) publishAll(ctx context.Context, m *media) (*protocol.Publish, error) {
	done, err := s.turn(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	all := s.Publishers()
	for _, p := range all {
		p.audio.Store(nil)
		p.video.Store(nil)
	}
	if len(all) == 0 {
		return nil, nil
	}
	publish, _, err := s.describe(m, false)
	if err != nil {
		return nil, err
	}
	m.said, m.unsure = publish.Streams, true
	return publish, nil
}

// describe gives each publisher its senders, frees those of publishers that are gone, and makes the offer. It reports whether that has all that there is to
// say.
func (s *Session) describe(m *media, restart bool) (publish *protocol.Publish, all bool, err error) {
	publishers := s.Publishers()
	inUse := map[*peer.Sender]bool{}
	for _, p := range publishers {
		if err := p.attach(m.pub, inUse); err != nil {
			return nil, false, err
		}
	}
	m.pub.FreeExcept(inUse)
	sdp, fresh, err := m.pub.Offer(restart)
	if err != nil {
		return nil, false, err
	}
	all = fresh || !restart
	publish = &protocol.Publish{SDP: sdp, Streams: []protocol.StreamSource{}}
	for _, p := range publishers {
		src, offered := p.source()
		if !offered {
			all = false
			continue
		}
		publish.Streams = append(publish.Streams, src)
	}
	return publish, all, nil
}

// forgetStreams takes note that the server knows nothing that was published.
func (s *Session) forgetStreams() {
	for _, p := range s.Publishers() {
		p.mu.Lock()
		p.id, p.err, p.unsaid = "", nil, unsaid{}
		p.mu.Unlock()
	}
}

// assign notes the ids and refusals that the server answered with; out is nil when it refused everything. A stream that has not the id any more that it had
// before a resume was ended meanwhile: it is returned, and its publisher keeps that id until the program hears of the end.
func (s *Session) assign(out *protocol.Published, refusal *protocol.ErrorBody, resumed bool) (ended []protocol.Stream) {
	if out == nil {
		out = &protocol.Published{}
	}
	you, _, _ := s.roster.own()
	for _, p := range s.Publishers() {
		body := refusal
		if b := out.Refused[p.cfg.Key]; b != nil {
			body = b
		}
		p.mu.Lock()
		if p.err = nil; body != nil {
			p.err = body
		}
		if id := out.Streams[p.cfg.Key]; resumed && p.id != "" && p.id != id {
			ended = append(ended, p.stream(you.ID))
		} else {
			p.id = id
		}
		p.mu.Unlock()
	}
	return ended
}

// missing returns the streams that are not among those that the server has.
func (s *Session) missing(has []protocol.Stream) (ended []protocol.Stream) {
	you, _, _ := s.roster.own()
	for _, p := range s.Publishers() {
		p.mu.Lock()
		if p.id != "" && !slices.ContainsFunc(has, func(st protocol.Stream) bool { return st.ID == p.id }) {
			ended = append(ended, p.stream(you.ID))
		}
		p.mu.Unlock()
	}
	return ended
}

// catchUp tells the server what it does not know of what is published: what changed while there was no wire, or had no answer.
func (c *call) catchUp() {
	s := c.session
	if err := c.sayPublished(); err != nil {
		if c.ctx.Err() == nil {
			s.log.Warn("publish again", "error", err)
		}
		return
	}
	for _, p := range s.Publishers() {
		if err := p.sayMuted(c.ctx); err != nil && c.ctx.Err() == nil {
			s.log.Warn("mute again", "error", err)
		}
	}
}

// sayPublished negotiates if what is published is not what was said last, or if that had no answer.
func (c *call) sayPublished() error {
	s, m := c.session, c.media
	done, err := s.turn(c.ctx)
	if err != nil {
		return err
	}
	now := []protocol.StreamSource{}
	for _, p := range s.Publishers() {
		src, _ := p.source()
		now = append(now, src)
	}
	same := slices.Equal(now, m.said) && !m.unsure
	done()
	if same {
		return nil
	}
	return s.negotiate(c.ctx, false)
}
