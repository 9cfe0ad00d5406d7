package model

import (
	"math"
	"sync/atomic"
)

// Level is a sound level that moves, from 0 (silence) to 1. The media path writes it, the presenter reads it while painting; both
// may do so from any goroutine.
type Level struct{ bits atomic.Uint32 }

// Set stores a level.
func (l *Level) Set(v float32) { l.bits.Store(math.Float32bits(v)) }

// Value returns the last level; that of a nil Level is 0.
func (l *Level) Value() float32 {
	if l == nil {
		return 0
	}
	return math.Float32frombits(l.bits.Load())
}
