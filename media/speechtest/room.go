package speechtest

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/dsp/fourier"
)

// Room is where a loudspeaker stands beside a microphone.
type Room struct {
	response []float64
	random   *rand.Rand
}

// roomDecay is the time in seconds in which sound falls by 60 dB.
const roomDecay = 0.25

// NewRoom returns the room of a seed: a direct path that is 9 dB down, first reflections, and a tail that decays within a quarter of a second.
func NewRoom(seed uint64) *Room {
	r := &Room{response: make([]float64, Rate*roomDecay), random: rand.New(rand.NewPCG(seed, 1))}
	r.response[0] = 0.35
	for range 8 {
		r.response[60+r.random.IntN(900)] += 0.3 * (r.random.Float64() - 0.5)
	}
	for i := 400; i < len(r.response); i++ {
		r.response[i] += 0.015 * r.random.NormFloat64() * math.Pow(10, -3*float64(i)/float64(len(r.response)))
	}
	return r
}

// Sound returns what is played as it sounds in the room, at the microphone's place.
func (r *Room) Sound(played []int16) []float64 {
	n := 1
	for n < len(played)+len(r.response) {
		n *= 2
	}
	fft := fourier.NewFFT(n)
	spectrum := func(at func(i int) float64, count int) []complex128 {
		seq := make([]float64, n)
		for i := range count {
			seq[i] = at(i)
		}
		return fft.Coefficients(nil, seq)
	}
	a := spectrum(func(i int) float64 { return float64(played[i]) }, len(played))
	for i, v := range spectrum(func(i int) float64 { return r.response[i] / float64(n) }, len(r.response)) {
		a[i] *= v
	}
	return fft.Sequence(nil, a)[:len(played)]
}

// Hear returns what the microphone hears of a Sound, not rounded: delayed by so many seconds, by a loudspeaker whose clock runs so many millionths faster,
// with the microphone's own noise.
func Hear(sound []float64, delay, ppm float64) []float64 {
	random := rand.New(rand.NewPCG(5, 6))
	taps := fractions()
	heard := make([]float64, len(sound))
	for i := range heard {
		at := (float64(i) - delay*Rate) * (1 + ppm*1e-6)
		k := int(math.Floor(at))
		if k < roomTaps || k+roomTaps >= len(sound) {
			continue
		}
		sum := 2 * random.NormFloat64()
		for j, w := range taps[int((at-float64(k))*roomPhases)] {
			sum += w * sound[k-roomTaps/2+1+j]
		}
		heard[i] = sum
	}
	return heard
}

const (
	roomTaps   = 16
	roomPhases = 2048
)

// fractions are windowed sincs that delay by fractions of a sample.
func fractions() [][roomTaps]float64 {
	taps := make([][roomTaps]float64, roomPhases)
	for p := range taps {
		for i := range taps[p] {
			x := float64(p)/roomPhases - float64(i-roomTaps/2+1)
			w := 0.5 + 0.5*math.Cos(math.Pi*x/(roomTaps/2+1))
			if x != 0 {
				w *= math.Sin(math.Pi*x) / (math.Pi * x)
			}
			taps[p][i] = w
		}
	}
	return taps
}
