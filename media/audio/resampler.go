package audio

import (
	"fmt"
	"math"

	"parley/media"
)

// Resampler brings a stream of mono or stereo sound of any rate to mono at media.SampleRate, by a windowed sinc: what lies
// above half of the lower rate is taken out. It is used by one goroutine.
type Resampler struct {
	channels int
	up, down uint64 // input time advances by down/up samples for each sample of output; no common factor
	table    []float32
	taps     int

	buf   []float32 // input that is still needed
	held  int       // valid samples in buf
	at    int       // first sample in buf under the filter
	phase uint64    // of up: how far between at and at+1
}

const (
	resamplePhases = 256 // filters between two input samples; between two of them is interpolated
	resampleHalf   = 16  // zero crossings of the sinc on each side
	resampleBlock  = 1024
	resampleRoll   = 0.92 // the pass band's end, of half the lower rate
	resampleBeta   = 8    // of the Kaiser window: 80 dB
)

// NewResampler returns a resampler for interleaved sound of the given rate, 4000 to 384000 Hz, and 1 or 2 channels.
func NewResampler(rate, channels int) (*Resampler, error) {
	if rate < 4000 || rate > 384000 || channels < 1 || channels > 2 {
		return nil, fmt.Errorf("resample %d Hz with %d channels: %w", rate, channels, media.ErrFormat)
	}
	a, b := rate, media.SampleRate
	for b != 0 {
		a, b = b, a%b
	}
	r := &Resampler{channels: channels, up: uint64(media.SampleRate / a), down: uint64(rate / a)}
	if rate != media.SampleRate {
		r.design(float64(rate))
		r.buf = make([]float32, r.taps+resampleBlock)
		r.held = r.taps/2 - 1 // silence before the first sample, so that output begins at the time of input
	}
	return r, nil
}

// design fills the table: one row of taps for each phase, and one more to interpolate towards.
func (r *Resampler) design(rate float64) {
	cutoff := resampleRoll * min(1, media.SampleRate/rate) // of the input's Nyquist frequency
	half := int(math.Ceil(resampleHalf / min(1, media.SampleRate/rate)))
	r.taps = 2 * half
	r.table = make([]float32, (resamplePhases+1)*r.taps)
	for p := range resamplePhases + 1 {
		row := r.table[p*r.taps : (p+1)*r.taps]
		sum := 0.0
		for i := range row {
			x := float64(i-half+1) - float64(p)/resamplePhases
			v := cutoff * sinc(cutoff*x) * kaiser(x/float64(half))
			row[i] = float32(v)
			sum += v
		}
		for i := range row {
			row[i] /= float32(sum) // the same gain at every phase, or a steady level would hum
		}
	}
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

func kaiser(x float64) float64 {
	if x <= -1 || x >= 1 {
		return 0
	}
	return bessel(resampleBeta*math.Sqrt(1-x*x)) / bessel(resampleBeta)
}

// bessel is the modified Bessel function of the first kind and order 0.
func bessel(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; term > sum*1e-12; k++ {
		term *= (x / 2 / k) * (x / 2 / k)
		sum += term
	}
	return sum
}

// MaxOut returns the most samples that in samples a channel of input can give: a dst with that much room is not reallocated.
func (r *Resampler) MaxOut(in int) int {
	return int((uint64(in)+1)*r.up/r.down) + 2
}

// Append appends what src, whole frames of interleaved samples, gives to dst and returns it. A remainder stays inside for the
// next call. It allocates only when dst is too small.
func (r *Resampler) Append(dst, src []int16) []int16 {
	if r.table == nil {
		if r.channels == 1 {
			return append(dst, src...)
		}
		for i := 0; i+1 < len(src); i += 2 {
			dst = append(dst, int16((int32(src[i])+int32(src[i+1]))/2))
		}
		return dst
	}
	for len(src) >= r.channels {
		n := min(len(r.buf)-r.held, len(src)/r.channels)
		r.load(src[:n*r.channels])
		src = src[n*r.channels:]
		dst = r.drain(dst)
	}
	return dst
}

func (r *Resampler) load(src []int16) {
	to := r.buf[r.held:]
	if r.channels == 1 {
		for i, s := range src {
			to[i] = float32(s)
		}
		r.held += len(src)
		return
	}
	for i := range len(src) / 2 {
		to[i] = (float32(src[2*i]) + float32(src[2*i+1])) / 2
	}
	r.held += len(src) / 2
}

func (r *Resampler) drain(dst []int16) []int16 {
	for r.at+r.taps <= r.held {
		position := float32(r.phase) / float32(r.up) * resamplePhases
		row := int(position)
		between := position - float32(row)
		a := r.table[row*r.taps:][:r.taps]
		b := r.table[(row+1)*r.taps:][:r.taps]
		in := r.buf[r.at:][:r.taps]
		var x, y float32
		for i, s := range in {
			x += s * a[i]
			y += s * b[i]
		}
		dst = append(dst, saturate(x+(y-x)*between))
		r.phase += r.down
		r.at += int(r.phase / r.up)
		r.phase %= r.up
	}
	// At a low output rate the next sample may lie beyond what is held: at stays relative to the buffer's new start.
	keep := min(r.at, r.held)
	copy(r.buf, r.buf[keep:r.held])
	r.held -= keep
	r.at -= keep
	return dst
}
