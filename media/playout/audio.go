package playout

import (
	"sync"
	"sync/atomic"
	"time"

	"parley/media/audio"
	"parley/media/codec"
)

// AudioConfig says how sound is played out.
type AudioConfig struct {
	Decoder  codec.AudioDecoder // used by Read alone; Close closes it
	MinDelay time.Duration      // the least the target may be; 0 is 20 ms
	MaxDelay time.Duration      // the most; 0 is 200 ms
}

// Audio turns the RTP packets of one sound track into sound that never stops: an adaptive jitter buffer before a decoder. It is
// an audio.Source.
//
// The network's goroutine calls Push, the mixer's calls Read; the other methods are safe for concurrent use. Read asks for
// 20 ms when it has none left. A packet that is missing then is made from the copy in the next one if that is there, else
// concealed for up to 100 ms, then silent. Where the sender had nothing to send (DTX: the timestamp jumps, the sequence number
// does not) there is silence, and nothing is counted as lost. The delay aims at what the measured jitter needs, between
// MinDelay and MaxDelay; it changes by whole frames dropped or repeated where the sound is quiet, and by dropping in speech only
// when it is far too long.
type Audio struct {
	mu    sync.Mutex // held for a copy of one packet at most
	queue audioQueue // guarded by mu

	state   atomic.Int32 // audioIdle and so on
	left    atomic.Int64 // samples of frame that are not yet read
	meter   audio.Meter
	decoder codec.AudioDecoder

	// of the goroutine that reads
	payload   [audioMaxPacket]byte
	frame     [codec.FrameSamples]int16
	faded     [codec.FrameSamples]int16 // what a dropped frame would have been, to fade from
	at        int                       // first sample of frame that is not yet read
	repeat    bool                      // play frame once more, to lengthen the delay
	concealed int                       // frames in a row
	quiet     bool                      // the last frame that was decoded could hardly be heard
	sinceDrop int                       // frames since one was dropped in speech
}

const (
	audioIdle int32 = iota
	audioReading
	audioClosing // closed while being read: the reader closes the decoder
	audioClosed
)

const (
	audioMaxConcealed = 5          // frames: 100 ms
	audioQuiet        = 0.003      // RMS under which a frame may be dropped or repeated: 50 dB below full scale
	audioFarTooLong   = 80 * perMs // beyond the target, in samples: drop in speech too
	audioDropEvery    = 10         // frames: at most one in ten is dropped in speech
	audioFade         = 240        // samples: 5 ms from a dropped frame into the one after it
	perMs             = 48         // samples in a millisecond
	audioFrame        = int64(codec.FrameSamples)
)

// NewAudio returns a playout that is silent until packets come.
func NewAudio(cfg AudioConfig) *Audio {
	a := &Audio{decoder: cfg.Decoder, at: codec.FrameSamples}
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
	for done := 0; done < len(pcm); {
		if a.at == len(a.frame) {
			a.next()
			a.at = 0
		}
		n := copy(pcm[done:], a.frame[a.at:])
		a.at += n
		done += n
	}
	a.left.Store(int64(len(a.frame) - a.at))
	a.meter.Update(pcm)
	if !a.state.CompareAndSwap(audioReading, audioIdle) {
		a.decoder.Close()
		a.state.Store(audioClosed)
	}
	return len(pcm)
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
	Concealed       uint64 // frames of 20 ms made up that can be heard, for lost packets and for late ones
	Late            uint64 // packets that came after their time, and copies of what was played
	Dropped         uint64 // frames left out to shorten the delay
	Inserted        uint64 // frames put in to lengthen it
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

// next makes the next frame.
func (a *Audio) next() {
	if a.repeat {
		a.repeat = false
		return
	}
	a.sinceDrop++
	dropped := false
	for {
		a.mu.Lock()
		step := a.queue.step(a.payload[:], a.quiet)
		a.mu.Unlock()
		a.render(step)
		if step.kind != audioPlay || dropped {
			break
		}
		a.quiet = audio.Measure(a.frame[:]).RMS < audioQuiet
		if a.quiet && step.excess < -audioTooShort {
			a.repeat = true
			a.changed(1)
			break
		}
		tooLong := a.quiet && step.excess > audioTooLong ||
			step.excess > audioFarTooLong && a.sinceDrop >= audioDropEvery
		if !tooLong || !step.more {
			break
		}
		dropped = true
		a.sinceDrop = 0
		a.faded = a.frame
		a.changed(-1)
	}
	if dropped {
		for i := range a.frame[:audioFade] {
			from, to := int32(a.faded[i]), int32(a.frame[i])
			a.frame[i] = int16(from + (to-from)*int32(i)/audioFade)
		}
	}
}

// changed tells the queue that the delay grew by so many frames.
func (a *Audio) changed(frames int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.queue.changed(frames)
}

// render fills frame with what the step asks for.
func (a *Audio) render(step audioStep) {
	var n int
	var err error
	packet := a.payload[:step.size]
	switch step.kind {
	case audioPlay:
		n, err = a.decoder.Decode(packet, a.frame[:])
	case audioRecover:
		n, err = a.decoder.DecodeFEC(packet, a.frame[:])
	case audioSilence:
		a.concealed = 0
		clear(a.frame[:])
		return
	case audioConceal:
	}
	if step.kind != audioConceal && err == nil {
		a.concealed = 0
		clear(a.frame[min(max(n, 0), len(a.frame)):])
		return
	}
	a.concealed++
	if a.concealed > audioMaxConcealed {
		clear(a.frame[:])
		return
	}
	if n, err = a.decoder.Conceal(a.frame[:]); err != nil {
		n = 0
	}
	clear(a.frame[min(max(n, 0), len(a.frame)):])
	if a.concealed == audioMaxConcealed {
		for i := range a.frame { // the last one fades out, so that the silence does not click
			a.frame[i] = int16(int(a.frame[i]) * (len(a.frame) - i) / len(a.frame))
		}
	}
}
