package process

import (
	"sync"
	"time"

	"parley/media"
)

// referenceHeld is how many samples a Reference keeps: what waits in the device's buffer, and what may still echo. A power of two.
const referenceHeld = 1 << 16

// Reference carries what a loudspeaker plays to who cleans what a microphone hears. It keeps the last second; older sound is forgotten. The zero value is
// silent and ready for use. It is safe for concurrent use.
type Reference struct {
	mu    sync.Mutex // held while at most a few hundred samples are copied
	pcm   [referenceHeld]int16
	end   int64         // samples written so far
	heard time.Duration // when the next one will leave the loudspeaker
	turn  int           // changes when the times jump: another device, or a pause
}

// referenceGap is how far times may be from where the count of samples has them before they count as a jump.
const referenceGap = 100 * time.Millisecond

// Played takes mono sound that is handed to a device and leaves the loudspeaker at a time of media.Now. The speaker's goroutine calls it; it does not
// allocate.
func (r *Reference) Played(pcm []int16, heard time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if d := heard - r.heard; d > referenceGap || d < -referenceGap {
		r.turn++
	}
	for i, v := range pcm {
		r.pcm[(r.end+int64(i))%referenceHeld] = v
	}
	r.end += int64(len(pcm))
	r.heard = heard + time.Duration(len(pcm))*time.Second/media.SampleRate
}

// mark is a point in a Reference's sound: sample end is heard at a time. Marks of different turns have nothing to do with each other.
type mark struct {
	turn  int
	end   int64
	heard time.Duration
}

func (r *Reference) mark() mark {
	r.mu.Lock()
	defer r.mu.Unlock()
	return mark{r.turn, r.end, r.heard}
}

// copy fills dst with the samples that begin with one; what is not there, yet or any more, is silence.
func (r *Reference) copy(dst []int16, from int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range dst {
		at := from + int64(i)
		if at < 0 || at >= r.end || at < r.end-referenceHeld {
			dst[i] = 0
			continue
		}
		dst[i] = r.pcm[at%referenceHeld]
	}
}
