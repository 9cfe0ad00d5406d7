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
// another. Each Write method is for one goroutine at a time; the others are safe for concurrent use.
type Publisher struct {
	session *Session
	audio   atomic.Pointer[peer.Sender] // nil while not published
	video   atomic.Pointer[peer.Sender]

	mu     sync.Mutex
	cfg    StreamConfig
	id     protocol.StreamID
	err    error // why the server refused the stream
	unsaid unsaid
	closed bool
}

// unsaid is which tracks were muted or unmuted without an answer of the server to it.
type unsaid struct{ audio, video bool }

func newPublisher(s *Session, cfg StreamConfig) *Publisher {
	if cfg.KeyFrame == nil {
		cfg.KeyFrame = func() {}
	}
	return &Publisher{session: s, cfg: cfg}
}

// StreamID returns the stream's id on the server, "" while it is not published. It stays when a lost connection is resumed; when the server had forgotten that,
// the stream has another one.
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
// reconnecting it counts from the next connection on. It is also how one unmutes after a moderator's force mute; where that is refused, as *protocol.ErrorBody
// with the code forbidden, the track stays muted.
func (p *Publisher) SetMuted(ctx context.Context, kind protocol.Kind, muted bool) error {
	flag, unsaid := &p.cfg.AudioMuted, &p.unsaid.audio
	if kind == protocol.KindVideo {
		flag, unsaid = &p.cfg.VideoMuted, &p.unsaid.video
	}
	p.mu.Lock()
	if *flag == muted && !*unsaid { // saying it again could undo a moderator's mute that is on its way here
		p.mu.Unlock()
		return nil
	}
	*flag, *unsaid = muted, true
	p.mu.Unlock()
	err := p.sayMuted(ctx)
	var body *protocol.ErrorBody
	p.mu.Lock()
	defer p.mu.Unlock()
	if errors.As(err, &body) && *flag == muted {
		*flag = !muted
	}
	return err
}

// sayMuted tells the server which tracks are muted, as far as that is unsaid.
func (p *Publisher) sayMuted(ctx context.Context) error {
	return p.update(ctx, func(u *protocol.Update) {
		audio, video := !p.cfg.AudioMuted, !p.cfg.VideoMuted
		if p.unsaid.audio {
			u.HasAudio = &audio
		}
		if p.unsaid.video {
			u.HasVideo = &video
		}
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
	return p.update(ctx, func(u *protocol.Update) { u.Width, u.Height, u.FrameRate = &width, &height, &rate })
}

// update sends a change, if fill describes one; a stream that is not there yet takes it along when it is published. It takes turns with negotiations, for
// these say the same things: the last that the server hears must be the newest.
func (p *Publisher) update(ctx context.Context, fill func(*protocol.Update)) error {
	done, err := p.session.turn(ctx)
	if err != nil {
		return err
	}
	defer done()
	p.mu.Lock()
	u := protocol.Update{StreamID: p.id}
	fill(&u)
	p.mu.Unlock()
	if u.StreamID == "" || u == (protocol.Update{StreamID: u.StreamID}) {
		return nil
	}
	if err = p.session.ask(ctx, protocol.TypeUpdate, u, nil); errors.Is(err, ErrClosed) {
		return nil // the next call begins with it
	}
	var body *protocol.ErrorBody
	if err != nil && !errors.As(err, &body) {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.unsaid.audio = p.unsaid.audio && u.HasAudio == nil
	p.unsaid.video = p.unsaid.video && u.HasVideo == nil
	return err
}

// Close ends the stream.
func (p *Publisher) Close(ctx context.Context) error {
	p.mu.Lock()
	again, refused := p.closed, p.id == "" && p.err != nil
	p.closed = true
	p.mu.Unlock()
	if again {
		return nil
	}
	p.session.drop(p)
	if refused { // there is nothing to say of what the server never took
		return nil
	}
	if err := p.session.negotiate(ctx, false); err != nil && !errors.Is(err, ErrClosed) {
		return fmt.Errorf("unpublish: %w", err)
	}
	return nil
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

// source describes the stream to the server. It reports whether its tracks were offered.
func (p *Publisher) source() (src protocol.StreamSource, offered bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	src = protocol.StreamSource{
		Key: p.cfg.Key, Name: p.cfg.Name, VideoType: p.cfg.VideoType, Width: p.cfg.Width, Height: p.cfg.Height, FrameRate: p.cfg.FrameRate,
		HasAudio: p.cfg.Audio && !p.cfg.AudioMuted, HasVideo: p.cfg.Video && !p.cfg.VideoMuted,
	}
	if s := p.audio.Load(); s != nil {
		src.AudioMID = s.MID()
	}
	if s := p.video.Load(); s != nil {
		src.VideoMID = s.MID()
	}
	return src, p.cfg.Audio == (src.AudioMID != "") && p.cfg.Video == (src.VideoMID != "")
}

// stream describes the publisher as the stream that it was.
func (p *Publisher) stream(of protocol.ConnectionID) protocol.Stream {
	return protocol.Stream{
		ID: p.id, ConnectionID: of, Name: p.cfg.Name, VideoType: p.cfg.VideoType, AudioTrack: p.cfg.Audio, VideoTrack: p.cfg.Video,
		HasAudio: p.cfg.Audio && !p.cfg.AudioMuted, HasVideo: p.cfg.Video && !p.cfg.VideoMuted,
		Width: p.cfg.Width, Height: p.cfg.Height, FrameRate: p.cfg.FrameRate,
	}
}
