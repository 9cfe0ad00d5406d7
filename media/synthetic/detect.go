package synthetic

import (
	"math"

	"parley/media"
)

// dominant is the share of the energy from which a tone is taken for one.
const dominant = 0.25

// Detect finds the strongest of the senders' tones in mono sound, best in 100 ms or more, and its share of all energy. hz is 0 when
// none dominates.
func Detect(samples []int16) (hz float64, level float64) {
	grid := make([]float64, tones)
	for i := range grid {
		grid[i] = lowestHz + stepHz*float64(i)
	}
	for i, share := range Levels(samples, grid...) {
		if share > level {
			hz, level = grid[i], share
		}
	}
	if level < dominant {
		hz = 0
	}
	return hz, level
}

// Levels returns the share that each frequency has of the energy of the sound, 0 to 1, by Goertzel's algorithm under a Hann window.
// Frequencies 40 Hz apart need 50 ms to be told apart. Silence has none.
func Levels(samples []int16, hz ...float64) []float64 {
	shares := make([]float64, len(hz))
	n := float64(len(samples))
	windowed := make([]float64, len(samples))
	energy := 0.0
	for i, s := range samples {
		v := float64(s) * (0.5 - 0.5*math.Cos(2*math.Pi*(float64(i)+0.5)/n))
		windowed[i] = v
		energy += v * v
	}
	if energy < 4*n { // a few bits of noise
		return shares
	}
	for i, f := range hz {
		k := 2 * math.Cos(2*math.Pi*f/media.SampleRate)
		var s1, s2 float64
		for _, v := range windowed {
			s1, s2 = v+k*s1-s2, s1
		}
		power := s1*s1 + s2*s2 - k*s1*s2
		shares[i] = min(1, 3*power/(n*energy)) // a sine has 1
	}
	return shares
}
