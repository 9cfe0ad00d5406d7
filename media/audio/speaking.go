package audio

import "sync/atomic"

// Speaking follows whether somebody is speaking, steadily: a cough or a click does not begin it, the pause between two words does not end it, and it lasts a
// second at least. One goroutine updates it; any may read. The zero value is silent and ready for use.
type Speaking struct {
	on    atomic.Bool
	loud  int // samples that were loud less those that were not, from 0 on
	quiet int // samples since it was last loud enough to go on
}

const (
	speakingFrom  = 0.01  // RMS, 40 dB below full scale: loud enough to begin
	speakingOn    = 0.005 // to go on
	speakingBegin = 7200  // samples: 150 ms
	speakingMost  = 14400
	speakingHold  = 48000 // 1 s
)

// Update takes the next sound, some 10 ms of it.
func (s *Speaking) Update(pcm []int16) {
	level := Measure(pcm).RMS
	if s.quiet += len(pcm); level > speakingOn {
		s.quiet = 0
	}
	if level > speakingFrom {
		s.loud = min(s.loud+len(pcm), speakingMost)
	} else {
		s.loud = max(s.loud-len(pcm), 0)
	}
	switch on := s.on.Load(); {
	case !on && s.loud >= speakingBegin:
		s.on.Store(true)
	case on && s.quiet >= speakingHold:
		s.on.Store(false)
	}
}

// Value returns whether somebody is speaking.
func (s *Speaking) Value() bool { return s.on.Load() }
