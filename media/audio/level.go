package audio

import (
	"math"
	"sync/atomic"
)

// Silence is the RFC 6464 level of digital silence.
const Silence = 127

// Level is how loud a piece of sound is, both measures from 0 (silence) to 1 (full scale).
type Level struct {
	RMS, Peak float32
}

// Measure returns the level of pcm; none at all is silent.
func Measure(pcm []int16) Level {
	if len(pcm) == 0 {
		return Level{}
	}
	var sum uint64
	var peak int32
	for _, s := range pcm {
		v := int32(s)
		sum += uint64(v * v) // at most 2^30: it fits an int32
		peak = max(peak, v, -v)
	}
	rms := math.Sqrt(float64(sum)/float64(len(pcm))) / 32768
	return Level{RMS: float32(rms), Peak: float32(peak) / 32768}
}

// DBov returns the level as the header extension of RFC 6464 carries it: 0 is full scale, 127 is silence, each step is one
// decibel below the last.
func (l Level) DBov() uint8 {
	if l.RMS <= 0 {
		return Silence
	}
	db := -20 * math.Log10(float64(l.RMS))
	return uint8(math.Round(min(max(db, 0), Silence)))
}

// FromDBov turns a level of RFC 6464 into 0..1, the inverse of DBov.
func FromDBov(db uint8) float32 {
	if db >= Silence {
		return 0
	}
	return float32(math.Pow(10, -float64(db)/20))
}

// Meter follows a level for display: it rises at once and falls within half a second. One goroutine updates it; any may read.
// The zero value is silent and ready for use.
type Meter struct {
	shown atomic.Uint32 // bits of a float32
}

// meterHalf is the number of samples in which a meter falls to half: 80 ms.
const meterHalf = 3840

// Update measures pcm, moves the meter, and returns what was measured.
func (m *Meter) Update(pcm []int16) Level {
	level := Measure(pcm)
	fall := float32(math.Exp2(-float64(len(pcm)) / meterHalf))
	shown := max(level.RMS, m.Value()*fall)
	if shown < 1.0/32768 {
		shown = 0
	}
	m.shown.Store(math.Float32bits(shown))
	return level
}

// Value returns where the meter stands, from 0 to 1.
func (m *Meter) Value() float32 { return math.Float32frombits(m.shown.Load()) }
