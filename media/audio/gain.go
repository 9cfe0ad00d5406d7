package audio

import (
	"math"
	"sync/atomic"
)

// Gain multiplies sound by a factor that any goroutine may change; one goroutine applies it. A change is spread over 10 ms so
// that it makes no click.
type Gain struct {
	target  atomic.Uint32 // bits of a float32
	current float32       // of the goroutine that applies it
}

// maxGain bounds a gain: 24 dB.
const maxGain = 16

// NewGain returns a gain that starts at factor.
func NewGain(factor float32) *Gain {
	g := &Gain{}
	g.Set(factor)
	g.current = g.Factor()
	return g
}

// Set changes the factor: 0 mutes, 1 leaves sound as it is, 16 is the most.
func (g *Gain) Set(factor float32) {
	if !(factor > 0) { // NaN too
		factor = 0
	}
	g.target.Store(math.Float32bits(min(factor, maxGain)))
}

// Factor returns what was last set.
func (g *Gain) Factor() float32 { return math.Float32frombits(g.target.Load()) }

// Apply multiplies pcm in place and saturates.
func (g *Gain) Apply(pcm []int16) {
	target := g.Factor()
	if g.current == target && target == 1 {
		return
	}
	const ramp = 480
	step := (target - g.current) / ramp
	n := min(len(pcm), ramp)
	if step == 0 {
		n = 0
	}
	for i, s := range pcm[:n] {
		g.current += step
		pcm[i] = saturate(float32(s) * g.current)
	}
	if n == ramp || step == 0 {
		g.current = target // exactly, whatever was rounded on the way
	}
	for i, s := range pcm[n:] {
		pcm[n+i] = saturate(float32(s) * g.current)
	}
}

func saturate(v float32) int16 {
	switch {
	case v >= 32767:
		return 32767
	case v <= -32768:
		return -32768
	case v < 0:
		return int16(v - 0.5)
	default:
		return int16(v + 0.5)
	}
}
