package process

import (
	"math"
	"math/cmplx"

	"gonum.org/v1/gonum/dsp/fourier"
)

// delayFinder finds by how much an echo is behind its reference, by generalized cross-correlation with phase transform (Knapp and Carter, 1976) at 4 kHz,
// where most of speech is. It belongs to the goroutine that processes.
type delayFinder struct {
	played, heard thinner
	blocks        int // since it last looked
	agreed        int // times in a row that it found about the same
	last          int // what it found
	fft           *fourier.FFT
	window        []float64
	spectra       [2][]complex128
	mean          []complex128 // cross spectrum, without magnitudes
	correlation   []float64
}

const (
	finderRate   = 4000
	finderThin   = 48000 / finderRate
	finderLength = 4096 // samples of the reference, 1 s
	finderHeard  = 2048 // of what is heard, which ends finderAhead before it
	finderAhead  = 400  // 100 ms: an echo may even be found that much before its reference
	finderEvery  = 25   // blocks until it looks again: 250 ms
	finderRarely = 100  // once it has found the echo
	finderForget = 0.75
	finderLow    = 205 // bins: 200 Hz
	finderHigh   = 1843
	finderClear  = 7 // times the correlation's deviation: noise has its highest at 4 to 5
	finderSure   = 3 // times in a row
	finderSame   = 4 // samples, 1 ms
	finderQuiet  = 20
)

// thinner keeps the newest samples of a sound at finderRate.
type thinner struct {
	ring [finderLength]float64
	at   int
}

// add takes a block. The mean of each 12 samples is filter enough: what it lets through from above is alike in both sounds.
func (t *thinner) add(pcm *block) {
	for i := 0; i < len(pcm); i += finderThin {
		sum := 0
		for _, v := range pcm[i : i+finderThin] {
			sum += int(v)
		}
		t.ring[t.at] = float64(sum) / finderThin
		t.at = (t.at + 1) % finderLength
	}
}

// copy fills the beginning of dst with the n samples that end so many before the newest, and the rest with silence. It returns their RMS.
func (t *thinner) copy(dst []float64, n, before int) float64 {
	clear(dst)
	sum := 0.0
	for i := range n {
		v := t.ring[(t.at-before-n+i+2*finderLength)%finderLength]
		dst[i] = v
		sum += v * v
	}
	return math.Sqrt(sum / float64(n))
}

func newDelayFinder() *delayFinder {
	f := &delayFinder{
		fft: fourier.NewFFT(finderLength), window: make([]float64, finderLength), mean: make([]complex128, finderLength/2+1),
		correlation: make([]float64, finderLength),
	}
	for i := range f.spectra {
		f.spectra[i] = make([]complex128, finderLength/2+1)
	}
	return f
}

// reset begins anew, after the reference was moved.
func (f *delayFinder) reset() {
	f.agreed, f.blocks = 0, -finderLength/(finderRate/100) // not before all that is compared is of after the move
	clear(f.mean)
}

// find takes the next block of both sounds. ok says that the delay, in samples of media.SampleRate, is found, as it is at most four times a second.
func (f *delayFinder) find(played, heard *block) (delay float64, ok bool) {
	f.played.add(played)
	f.heard.add(heard)
	every := finderEvery
	if f.agreed >= finderSure {
		every = finderRarely
	}
	if f.blocks++; f.blocks < every {
		return 0, false
	}
	f.blocks = 0
	return f.look()
}

func (f *delayFinder) look() (delay float64, ok bool) {
	if f.played.copy(f.window, finderLength, 0) < finderQuiet {
		return 0, false
	}
	f.fft.Coefficients(f.spectra[0], f.window)
	if f.heard.copy(f.window, finderHeard, finderAhead) < 1 {
		return 0, false
	}
	f.fft.Coefficients(f.spectra[1], f.window)
	for k := finderLow; k < finderHigh; k++ {
		cross := cmplx.Conj(f.spectra[1][k]) * f.spectra[0][k]
		if m := cmplx.Abs(cross); m > 0 {
			cross /= complex(m, 0)
		}
		f.mean[k] = f.mean[k]*finderForget + cross*(1-finderForget)
	}
	f.fft.Sequence(f.correlation, f.mean)
	// heard[i] was recorded with played[start+i]: an echo's correlation is highest at start less its delay.
	const start = finderLength - finderHeard - finderAhead
	best, sum := 0, 0.0
	for i, v := range f.correlation[:finderLength-finderHeard+1] {
		sum += v * v
		if v > f.correlation[best] {
			best = i
		}
	}
	deviation := math.Sqrt(sum / (finderLength - finderHeard + 1))
	if f.correlation[best] < finderClear*deviation {
		f.agreed = 0
		return 0, false
	}
	if d := best - f.last; d > finderSame || d < -finderSame {
		f.agreed = 0
	}
	f.last = best
	f.agreed++
	return float64(start-best) * finderThin, f.agreed >= finderSure
}
