//go:build linux && !speexdsp && !noprocess

package process

// What the engine reaches at least, in dB.
const (
	steadyEcho   = 30
	driftingEcho = 25
	gainRaises   = 0
	noiseDown    = 9
	liveEcho     = 20
)
