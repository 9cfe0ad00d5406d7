//go:build speexdsp && !noprocess

package process

// What the engine reaches at least, in dB. It learns a room slower, and its gain raises what is left of an echo.
const (
	steadyEcho   = 15
	driftingEcho = 13
	gainRaises   = 8
	noiseDown    = 9
	liveEcho     = 10
)
