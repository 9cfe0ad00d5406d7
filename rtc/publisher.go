package rtc

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/webrtc/v4"

	"parley/rtc/peer"
	"parley/rtc/protocol"
)

// StreamConfig says what is published.
type StreamConfig struct {
	Key          string // unique in the session, e.g. "camera"
	Name         string
	VideoType    protocol.VideoType
	Audio, Video bool // which tracks there are
	// Muted tracks are there, but send nothing until SetMuted.
	AudioMuted, VideoMuted bool
	Width, Height          int
	FrameRate              float64
	// KeyFrame is called, from any goroutine, when a subscriber wants a key frame; it must not wait. It may be nil.
	KeyFrame func()
}

// Publisher is a stream that this client publishes. It outlives reconnects, but not a moderator who ends the stream: it is closed then, and Publish makes
// another. Each Write method is for one goroutine at a time; the
// others are safe for concurrent use.
type Publisher struct {
	session *Session
	audio   atomic.Pointer[peer.Sender] // nil while not published
	video   atomic.Pointer[peer.Sender]

	mu     sync.Mutex
	cfg    StreamConfig
	id     protocol.StreamID
	err    error // why the server refused the stream
	closed bool
}

func newPublisher(s *Session, cfg StreamConfig) *Publisher {
	if cfg.KeyFrame == nil {
		cfg.KeyFrame = func() {}
	}
	return &Publisher{session: s, cfg: cfg}
}

// StreamID returns the stream's id on the server; after a reconnect it is another one, while reconnecting none.
func (p *Publisher) StreamID() protocol.StreamID {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.id
}

// Err returns why the server refused the stream, or nil.
func (p *Publisher) Err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

// WriteVideo sends an encoded VP8 frame with its presentation time on any clock that does not jump. Without a connection it is dropped.
func (p *Publisher) WriteVideo(frame []byte, t time.Duration) error {
	if s := p.video.Load(); s != nil {
		return s.WriteVideo(frame, t)
	}
	return nil
}

// WriteAudio sends an Opus packet likewise. voiceStarts marks the first after silence.
func (p *Publisher) WriteAudio(packet []byte, t time.Duration, voiceStarts bool) error {
	if s := p.audio.Load(); s != nil {
		return s.WriteAudio(packet, t, voiceStarts)
	}
	return nil
}

// Loss returns the share of packets that the server missed, 0 to 1: the worse of audio and video.
func (p *Publisher) Loss() float64 {
	loss := 0.0
	for _, s := range []*peer.Sender{p.audio.Load(), p.video.Load()} {
		if s != nil {
			loss = max(loss, s.Loss())
		}
	}
	return loss
}

// SetMuted tells the others that a track is silent or dark, or that it is back. The caller stops writing before it mutes, and starts after it unmuted. While
// reconnecting it counts for the next connection.
func (p *Publisher) SetMuted(ctx context.Context, kind protocol.Kind, muted bool) error {
	p.mu.Lock()
	if kind == protocol.KindAudio {
		p.cfg.AudioMuted = muted
	} else {
		p.cfg.VideoMuted = muted
	}
	p.mu.Unlock()
	return p.update(ctx, func(cfg *StreamConfig, u *protocol.Update) {
		on := !cfg.AudioMuted
		if kind == protocol.KindAudio {
			u.HasAudio = &on
			return
		}
		on = !cfg.VideoMuted
		u.HasVideo = &on
	})
}

// SetSize tells the others the picture's size in pixels and its rate.
func (p *Publisher) SetSize(ctx context.Context, width, height int, rate float64) error {
	p.mu.Lock()
	same := p.cfg.Width == width && p.cfg.Height == height && p.cfg.FrameRate == rate
	p.cfg.Width, p.cfg.Height, p.cfg.FrameRate = width, height, rate
	p.mu.Unlock()
	if same {
		return nil
	}
	return p.update(ctx, func(_ *StreamConfig, u *protocol.Update) { u.Width, u.Height, u.FrameRate = &width, &height, &rate })
}

// update sends a change, which fill describes; a stream that is not there yet takes it along when it is published. It takes turns with negotiations, for
// these say the same things: the last that the server hears must be the newest.
func (p *Publisher) update(ctx context.Context, fill func(*StreamConfig, *protocol.Update)) error {
	select {
	case p.session.publishing <- struct{}{}:
		defer func() { <-p.session.publishing }()
	case <-ctx.Done():
		return ctx.Err()
	}
	p.mu.Lock()
	u := protocol.Update{StreamID: p.id}
	fill(&p.cfg, &u)
	p.mu.Unlock()
	if u.StreamID == "" {
		return nil
	}
	err := p.session.ask(ctx, protocol.TypeUpdate, u, nil)
	if errors.Is(err, ErrClosed) {
		return nil
	}
	return err
}

// Publish publishes a stream. Refusals are *protocol.ErrorBody.
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
	err := s.negotiate(ctx)
	if err == nil {
		err = p.Err()
	}
	if err != nil {
		s.drop(p)
		return nil, fmt.Errorf("publish %s: %w", cfg.Key, err)
	}
	return p, nil
}

// Close ends the stream.
func (p *Publisher) Close(ctx context.Context) error {
	p.mu.Lock()
	again := p.closed
	p.closed = true
	p.mu.Unlock()
	if again {
		return nil
	}
	p.session.drop(p)
	if err := p.session.negotiate(ctx); err != nil && !errors.Is(err, ErrClosed) {
		return fmt.Errorf("unpublish: %w", err)
	}
	return nil
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

// negotiate tells the server what is published now.
func (s *Session) negotiate(ctx context.Context) error {
	select {
	case s.publishing <- struct{}{}:
		defer func() { <-s.publishing }()
	case <-ctx.Done():
		return ctx.Err()
	}
	c, err := s.current()
	if err != nil {
		return err
	}
	publish, err := s.describe(c)
	if err != nil {
		return err
	}
	var out protocol.Published
	if err := c.request(ctx, protocol.TypePublish, publish, &out); err != nil {
		if !errors.Is(err, ErrClosed) {
			err = errors.Join(err, c.pub.Rollback())
		}
		return err
	}
	if err := c.pub.Answer(out.SDP); err != nil {
		return err
	}
	s.assign(&out)
	return nil
}

// publishAll prepares a new call's PeerConnection for everything that is published, and returns what hello says of it; nil is nothing.
func (s *Session) publishAll(c *call) (*protocol.Publish, error) {
	s.mu.Lock()
	all := append([]*Publisher(nil), s.publishers...)
	s.mu.Unlock()
	for _, p := range all {
		p.audio.Store(nil)
		p.video.Store(nil)
		p.mu.Lock()
		p.id, p.err = "", nil
		p.mu.Unlock()
	}
	if len(all) == 0 {
		return nil, nil
	}
	return s.describe(c)
}

// describe gives each publisher its senders, frees those of publishers that are gone, and makes the offer.
func (s *Session) describe(c *call) (*protocol.Publish, error) {
	s.mu.Lock()
	all := append([]*Publisher(nil), s.publishers...)
	s.mu.Unlock()
	inUse := map[*peer.Sender]bool{}
	for _, p := range all {
		if err := p.attach(c.pub, inUse); err != nil {
			return nil, err
		}
	}
	c.pub.FreeExcept(inUse)
	sdp, err := c.pub.Offer()
	if err != nil {
		return nil, err
	}
	publish := &protocol.Publish{SDP: sdp, Streams: []protocol.StreamSource{}}
	for _, p := range all {
		publish.Streams = append(publish.Streams, p.source())
	}
	return publish, nil
}

// attach gets the publisher's senders.
func (p *Publisher) attach(pub *peer.Publishing, inUse map[*peer.Sender]bool) error {
	for _, t := range []struct {
		want bool
		kind webrtc.RTPCodecType
		at   *atomic.Pointer[peer.Sender]
	}{{p.cfg.Audio, webrtc.RTPCodecTypeAudio, &p.audio}, {p.cfg.Video, webrtc.RTPCodecTypeVideo, &p.video}} {
		if !t.want {
			continue
		}
		s := t.at.Load()
		if s == nil {
			var err error
			if s, err = pub.Add(t.kind, p.cfg.KeyFrame); err != nil {
				return err
			}
			t.at.Store(s)
		}
		inUse[s] = true
	}
	return nil
}

// source describes the stream to the server.
func (p *Publisher) source() protocol.StreamSource {
	p.mu.Lock()
	defer p.mu.Unlock()
	src := protocol.StreamSource{
		Key: p.cfg.Key, Name: p.cfg.Name, VideoType: p.cfg.VideoType, Width: p.cfg.Width, Height: p.cfg.Height, FrameRate: p.cfg.FrameRate,
		HasAudio: p.cfg.Audio && !p.cfg.AudioMuted, HasVideo: p.cfg.Video && !p.cfg.VideoMuted,
	}
	if s := p.audio.Load(); s != nil {
		src.AudioMID = s.MID()
	}
	if s := p.video.Load(); s != nil {
		src.VideoMID = s.MID()
	}
	return src
}

// assign notes the ids and refusals that the server answered with.
func (s *Session) assign(out *protocol.Published) {
	for _, p := range s.Publishers() {
		p.mu.Lock()
		p.id = out.Streams[p.cfg.Key]
		p.err = nil
		if body := out.Refused[p.cfg.Key]; body != nil {
			p.err = body
		}
		p.mu.Unlock()
	}
}
