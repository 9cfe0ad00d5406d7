package playout

import (
	"sync"
	"time"

	"parley/media"
	"parley/media/codec"
	"parley/media/codec/vp8"
)

// How long a gap may wait to be filled by a retransmission, how often a key frame is asked for, and how often Wanted is asked while
// nothing is wanted.
const (
	gapPatience     = 100 * time.Millisecond
	requestInterval = 300 * time.Millisecond
	unwantedPoll    = 200 * time.Millisecond
)

// FrameInfo says where a picture comes from.
type FrameInfo struct {
	Timestamp uint32        // of RTP, 90 kHz
	Arrived   time.Duration // when its last packet came, on media's clock
	KeyFrame  bool
}

// VideoConfig is what a Video works with. All functions are called on its own goroutine and must not call Close.
type VideoConfig struct {
	RequestKeyFrame func()                               // asks the sender for a key frame
	Frame           func(f *media.Frame, info FrameInfo) // a picture; f is valid until it returns
	Wanted          func() bool                          // false: nobody sees it, so nothing is decoded; nil is always wanted
	// Due says when, by media.Now, the picture of an RTP timestamp is to be shown, if that is known: it is decoded then. What waits until then is bounded
	// by the window. nil is at once.
	Due func(timestamp uint32) (at time.Duration, ok bool)
}

// VideoStats counts what a Video has done.
type VideoStats struct {
	FramesDecoded    uint64
	FramesDropped    uint64 // whole frames that were not decoded, or failed to
	PacketsLost      uint64 // given up
	KeyFrameRequests uint64
	Width, Height    int // of the last picture
}

// Video plays a stream of VP8 out. PushRTP belongs to one goroutine; Wake, Stats and Close may be called from any.
type Video struct {
	config VideoConfig
	wake   chan struct{} // holds one token: look again
	done   chan struct{}
	once   sync.Once
	ended  sync.WaitGroup

	mu     sync.Mutex
	window window
	stats  VideoStats

	// loop state
	decoder   codec.VideoDecoder // nil until the first key frame
	buffer    []byte             // the frame being decoded
	frozen    bool               // until a key frame was decoded
	gapSince  time.Duration
	requested time.Duration // when a key frame was asked for; 0 is never
}

// NewVideo starts to play out. Close stops it.
func NewVideo(config VideoConfig) *Video {
	if config.Wanted == nil {
		config.Wanted = func() bool { return true }
	}
	v := &Video{config: config, wake: make(chan struct{}, 1), done: make(chan struct{}), frozen: true}
	v.ended.Go(v.run)
	return v
}

// PushRTP takes a packet in and returns at once. The payload is copied. The window holds 512 packets; when decoding falls so far
// behind that one comes from beyond it, the packets in it are dropped and a key frame is asked for.
func (v *Video) PushRTP(seq uint16, timestamp uint32, marker bool, payload []byte) {
	v.mu.Lock()
	v.window.push(seq, timestamp, marker, payload, media.Now())
	v.mu.Unlock()
	v.Wake()
}

// Wake makes the Video look again whether it is wanted, sooner than it would by itself.
func (v *Video) Wake() {
	select {
	case v.wake <- struct{}{}:
	default:
	}
}

// Stats returns what was done so far.
func (v *Video) Stats() VideoStats {
	v.mu.Lock()
	defer v.mu.Unlock()
	s := v.stats
	s.PacketsLost = v.window.lost
	return s
}

// Close stops playing out and waits until no callback runs any more. It is idempotent.
func (v *Video) Close() {
	v.once.Do(func() { close(v.done) })
	v.ended.Wait()
}

// run is the loop that decodes.
func (v *Video) run() {
	defer func() {
		if v.decoder != nil {
			_ = v.decoder.Close()
		}
	}()
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		wait := unwantedPoll
		if v.config.Wanted() {
			wait = v.advance(media.Now())
		} else {
			v.discard()
		}
		timer.Reset(wait)
		select {
		case <-v.done:
			return
		case <-v.wake:
		case <-timer.C:
		}
	}
}

// discard drops what nobody wants to see; the next picture must be a key frame.
func (v *Video) discard() {
	v.frozen, v.gapSince, v.requested = true, 0, 0
	v.mu.Lock()
	defer v.mu.Unlock()
	for {
		f, ok := v.window.take(v.buffer)
		if !ok {
			break
		}
		v.buffer = f.data
		v.stats.FramesDropped++
	}
	if v.window.begun {
		v.window.clear()
	}
}

// advance decodes all frames that are whole and returns how long nothing needs to be done unless a packet comes.
func (v *Video) advance(now time.Duration) time.Duration {
	for {
		select {
		case <-v.done:
			return 0
		default:
		}
		v.mu.Lock()
		timestamp, ok := v.window.front()
		v.mu.Unlock()
		if !ok {
			break
		}
		if wait := v.early(timestamp); wait > 0 && !v.frozen {
			return wait
		}
		v.mu.Lock()
		f, ok := v.window.take(v.buffer)
		v.mu.Unlock()
		if !ok {
			break // what was there was dropped for what came meanwhile
		}
		v.buffer = f.data
		v.gapSince = 0
		v.play(f)
	}
	wait, again := v.mend(now)
	if again {
		return 0
	}
	return min(wait, v.request(now))
}

// early returns by how much the picture of a timestamp is too early to be shown.
func (v *Video) early(timestamp uint32) time.Duration {
	if v.config.Due == nil {
		return 0
	}
	at, ok := v.config.Due(timestamp)
	if !ok {
		return 0
	}
	return at - media.Now()
}

// play decodes a frame, or drops it while the picture is frozen.
func (v *Video) play(f frame) {
	if f.broken || !f.start {
		v.frozen = true
	}
	if v.frozen && !f.key {
		v.count(func(s *VideoStats) { s.FramesDropped++ })
		return
	}
	picture, err := v.decode(f.data)
	if err != nil {
		v.frozen = true
		v.count(func(s *VideoStats) { s.FramesDropped++ })
		return
	}
	v.frozen = false
	if picture == nil {
		return
	}
	v.mu.Lock()
	v.stats.FramesDecoded++
	v.stats.Width, v.stats.Height = picture.Width, picture.Height
	v.mu.Unlock()
	v.config.Frame(picture, FrameInfo{Timestamp: f.timestamp, Arrived: f.arrived, KeyFrame: f.key})
}

// decode decodes a frame; a Video that is never wanted has no decoder.
func (v *Video) decode(data []byte) (*media.Frame, error) {
	if v.decoder == nil {
		decoder, err := vp8.NewDecoder()
		if err != nil {
			return nil, err
		}
		v.decoder = decoder
	}
	return v.decoder.Decode(data)
}

// count changes the statistics.
func (v *Video) count(change func(*VideoStats)) {
	v.mu.Lock()
	defer v.mu.Unlock()
	change(&v.stats)
}

// mend looks at a gap: while it is young it may be filled yet; then what is missing is given up. again says that there may be
// frames to decode now.
func (v *Video) mend(now time.Duration) (wait time.Duration, again bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	missing, resume, key := v.window.gap()
	switch {
	case !missing:
		v.gapSince = 0
		return time.Hour, false
	case key:
		// A key frame needs nothing that came before it.
	case v.gapSince == 0:
		v.gapSince = now
		return gapPatience, false
	case now-v.gapSince < gapPatience:
		return gapPatience - (now - v.gapSince), false
	}
	v.window.skipTo(resume)
	v.gapSince = 0
	v.frozen = true
	return 0, true
}

// request asks for a key frame while the picture is frozen, unless one is on its way, and returns when to look again.
func (v *Video) request(now time.Duration) time.Duration {
	v.mu.Lock()
	begun := v.window.begun
	arrived, coming := v.window.coming()
	v.mu.Unlock()
	if !v.frozen || !begun {
		return time.Hour
	}
	if coming && now-arrived < requestInterval {
		return requestInterval - (now - arrived)
	}
	if v.requested != 0 && now-v.requested < requestInterval {
		return requestInterval - (now - v.requested)
	}
	v.requested = now
	v.count(func(s *VideoStats) { s.KeyFrameRequests++ })
	v.config.RequestKeyFrame()
	return requestInterval
}
