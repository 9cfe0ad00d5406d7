package audio

import (
	"slices"
	"sync"
	"sync/atomic"
)

// Source is something that is heard: mono at media.SampleRate. Read is called by the mixer's goroutine, must not block, and
// returns how many samples of pcm it filled; the rest counts as silence.
type Source interface {
	Read(pcm []int16) (n int)
}

// Mixer adds up what is heard. Mix is called by one goroutine; sources come and go from any.
type Mixer struct {
	sources atomic.Pointer[[]*mixed] // immutable snapshot, newest wins
	change  sync.Mutex               // one writer of snapshots at a time; Mix does not take it

	// of the goroutine that mixes
	sum  [mixChunk]int32
	part [mixChunk]int16
	gain float32 // of the limiter, at most 1
}

// mixed gives each Add an identity, so that a source may be added twice.
type mixed struct{ source Source }

// mixChunk is the piece that is mixed at a time, and the limiter's view ahead: 10 ms.
const mixChunk = 480

// NewMixer returns a mixer without sources, which is silent.
func NewMixer() *Mixer {
	m := &Mixer{gain: 1}
	m.sources.Store(&[]*mixed{})
	return m
}

// Add lets src be heard until remove is called. A Read of src may still be running when remove returns, but none begins after
// the Mix that runs meanwhile. Both are safe for concurrent use, and removing again does nothing.
func (m *Mixer) Add(src Source) (remove func()) {
	added := &mixed{src}
	m.change.Lock()
	defer m.change.Unlock()
	next := append(slices.Clone(*m.sources.Load()), added)
	m.sources.Store(&next)
	return func() {
		m.change.Lock()
		defer m.change.Unlock()
		next := slices.DeleteFunc(slices.Clone(*m.sources.Load()), func(x *mixed) bool { return x == added })
		m.sources.Store(&next)
	}
}

// Len returns how many sources are heard. It is safe for concurrent use.
func (m *Mixer) Len() int { return len(*m.sources.Load()) }

// Mix fills out with the sum of all sources. Where the sum is beyond full scale a limiter turns all of it down at once and up
// again within half a second, so that two who shout are loud, not distorted. A single source passes unchanged.
func (m *Mixer) Mix(out []int16) {
	sources := *m.sources.Load()
	for len(out) > 0 {
		n := min(len(out), mixChunk)
		m.mix(out[:n], sources)
		out = out[n:]
	}
}

func (m *Mixer) mix(out []int16, sources []*mixed) {
	sum := m.sum[:len(out)]
	clear(sum)
	for _, s := range sources {
		part := m.part[:len(out)]
		n := min(max(s.source.Read(part), 0), len(part))
		for i, v := range part[:n] {
			sum[i] += int32(v)
		}
	}
	m.limit(out, sum)
}

// limit writes sum, turned down where it has to be, to out.
func (m *Mixer) limit(out []int16, sum []int32) {
	var peak int32
	for _, v := range sum {
		peak = max(peak, v, -v-1) // -32768 is within
	}
	target := float32(1)
	if peak > 32767 {
		target = 32767 / float32(peak)
	}
	if m.gain == 1 && target == 1 {
		for i, v := range sum {
			out[i] = int16(v)
		}
		return
	}
	const attack = 32 // samples: short enough that hardly anything is clipped, long enough not to click
	step, ramp := (target-m.gain)/attack, attack
	if target > m.gain {
		// Up again: a tenth of the way in 10 ms.
		step, ramp = (target-m.gain)/10/float32(len(sum)), len(sum)
	}
	for i, v := range sum {
		if i < ramp {
			m.gain += step
		}
		out[i] = saturate(float32(v) * m.gain)
	}
	if m.gain > 0.999 && target == 1 {
		m.gain = 1
	}
}
