package playout

import (
	"sync"
	"sync/atomic"
	"time"

	"parley/media"
	"parley/media/audio"
	"parley/media/codec"
)

// AudioConfig says how sound is played out.
type AudioConfig struct {
	Decoder  codec.AudioDecoder // used by Read alone; Close closes it
	MinDelay time.Duration      // the least the target may be; 0 is 20 ms
	MaxDelay time.Duration      // the most; 0 is 400 ms
}

// Audio turns the RTP packets of one sound track into sound that never stops: an adaptive jitter buffer before a decoder. It is
// an audio.Source.
//
// The network's goroutine calls Push, the mixer's calls Read; the other methods are safe for concurrent use. Read makes the next
// 20 ms when it has none left. A packet that is missing then is made from the copy in the next one if that is there and has one, else
// concealed for up to 100 ms, then silent. Where the sender had nothing to send (DTX: the timestamp jumps, the sequence number
// does not) its noise goes on for a while, and nothing is counted as lost. The delay aims at what the measured jitter needs, between
// MinDelay and MaxDelay. It changes by periods of the voice's pitch, taken out or put in where the sound repeats itself, a few in a second; where nobody
// speaks, or when it is far too long or too short, by as many as it takes.
type Audio struct {
	mu    sync.Mutex // held for a copy of one packet at most
	queue audioQueue // guarded by mu
	clock audioClock // guarded by mu

	state   atomic.Int32 // audioIdle and so on
	left    atomic.Int64 // samples of frame that are not yet read
	meter   audio.Meter
	decoder codec.AudioDecoder
	render  audioRender // of the goroutine that reads
}

// audioClock is what is being played.
type audioClock struct {
	timestamp int64         // of the sample that Read gives next
	read      time.Duration // when it was last asked
	playing   bool
}

const (
	audioIdle int32 = iota
	audioReading
	audioClosing // closed while being read: the reader closes the decoder
	audioClosed
)

const (
	perMs      = 48 // samples in a millisecond
	audioFrame = int64(codec.FrameSamples)
)

// NewAudio returns a playout that is silent until packets come.
func NewAudio(cfg AudioConfig) *Audio {
	a := &Audio{decoder: cfg.Decoder}
	a.render.decoder = cfg.Decoder
	a.render.voices, _ = cfg.Decoder.(voiceTeller)
	a.queue.delay = newAudioDelay(cfg.MinDelay, cfg.MaxDelay)
	return a
}

// Push takes one RTP packet that arrived at arrival, on any monotonic clock. It copies payload and does not allocate. Packets may
// come late, twice or out of order.
func (a *Audio) Push(seq uint16, timestamp uint32, payload []byte, arrival time.Duration) {
	left := a.left.Load()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.queue.push(seq, timestamp, payload, arrival, left)
}

// Read fills pcm, of any length, and returns its length. It does not block. After Close it gives silence.
func (a *Audio) Read(pcm []int16) int {
	if !a.state.CompareAndSwap(audioIdle, audioReading) {
		clear(pcm)
		return len(pcm)
	}
	r := &a.render
	for done := 0; done < len(pcm); {
		if r.at == r.length {
			a.next()
		}
		n := copy(pcm[done:], r.frame[r.at:r.length])
		r.at += n
		done += n
	}
	left := int64(r.length - r.at)
	a.left.Store(left)
	a.meter.Update(pcm)
	a.told(left)
	if !a.state.CompareAndSwap(audioReading, audioIdle) {
		a.decoder.Close()
		a.state.Store(audioClosed)
	}
	return len(pcm)
}

// next makes the next frame.
func (a *Audio) next() {
	a.mu.Lock()
	step := a.queue.step(a.render.payload[:], a.render.calm)
	a.mu.Unlock()
	made, change := a.render.next(step)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.queue.rendered(step, made, int64(change))
}

// told sets the clock after a Read.
func (a *Audio) told(left int64) {
	now := media.Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.clock = audioClock{timestamp: a.queue.play - left, read: now, playing: a.queue.playing && a.queue.dry == 0}
}

// SetMinDelay changes the least that the target may be, 20 ms to MaxDelay, for pictures that come later than their sound.
func (a *Audio) SetMinDelay(d time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.queue.delay.setLeast(d)
}

// Playing returns the RTP timestamp of the sound that Read gives next, and when, by media.Now, it was last called: that sample leaves the loudspeaker as much
// later as the output is late. ok is false while nothing comes. It is what pictures are put in step with.
func (a *Audio) Playing() (timestamp uint32, read time.Duration, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return uint32(a.clock.timestamp), a.clock.read, a.clock.playing
}

// Close closes the decoder, or lets a Read that is under way do so. It does not wait and is idempotent.
func (a *Audio) Close() error {
	for {
		switch {
		case a.state.CompareAndSwap(audioIdle, audioClosed):
			return a.decoder.Close()
		case a.state.CompareAndSwap(audioReading, audioClosing):
			return nil
		case a.state.Load() >= audioClosing:
			return nil
		}
	}
}

// Level returns how loud the sound is that is being played, from 0 to 1, for display.
func (a *Audio) Level() float32 { return a.meter.Value() }

// AudioStats counts what happened since the start.
type AudioStats struct {
	PacketsReceived uint64
	PacketsLost     uint64 // missing when they were to be played
	Recovered       uint64 // of these, made from the copy in the next packet
	Played          uint64 // frames of 20 ms that were played, recovered and concealed ones included
	Concealed       uint64 // frames of 20 ms made up that can be heard, for lost packets and for late ones
	Late            uint64 // packets that came after their time, and copies of what was played
	Shortened       uint64 // samples left out to shorten the delay
	Lengthened      uint64 // samples put in to lengthen it
	TargetDelayMs   int    // what the jitter needs
	DelayMs         int    // what it is: from the arrival of a packet that was not held up to its play
	JitterMs        int    // nearly all packets are held up less than this
}

// Stats returns the counters.
func (a *Audio) Stats() AudioStats {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := a.queue.stats
	s.TargetDelayMs = int(a.queue.delay.target / perMs)
	s.DelayMs = int(a.queue.delay.current / perMs)
	s.JitterMs = int(a.queue.delay.jitter / perMs)
	return s
}
