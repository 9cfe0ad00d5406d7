//go:build !noprocess && (linux || speexdsp)

package process

import (
	"math"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"parley/media/speechtest"
)

func newProcessor(t testing.TB, o Options) *Processor {
	t.Helper()
	p, err := New(&Reference{}, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

// through returns what a processor makes of a sound.
func through(t testing.TB, p *Processor, pcm []int16) []int16 {
	t.Helper()
	out := append([]int16(nil), pcm...)
	for i := 0; i+blockSamples <= len(out); i += blockSamples {
		if err := p.Process(out[i:i+blockSamples], time.Duration(i)*time.Second/speechtest.Rate); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func noise(n int, rms float64) []int16 {
	random := rand.New(rand.NewPCG(1, 2))
	out := make([]int16, n)
	for i := range out {
		out[i] = int16(math.Round(rms * random.NormFloat64()))
	}
	return out
}

func TestNoiseIsTurnedDown(t *testing.T) {
	t.Parallel()
	const s = speechtest.Rate
	fan := noise(10*s, 200)
	clean := through(t, newProcessor(t, Options{Noise: true}), fan)
	if got := speechtest.DB(speechtest.Power(fan[4*s:]), speechtest.Power(clean[4*s:])); got < noiseDown {
		t.Errorf("noise is %.1f dB down", got)
	}
	voice := speechtest.Sentences(t, 10*s)
	for i := range fan {
		fan[i] = fan[i]/4 + voice[i]
	}
	if got := kept(voice, through(t, newProcessor(t, Options{Noise: true}), fan)); got < -3 {
		t.Errorf("the voice is %.1f dB", got)
	}
}

func TestGainRaisesAQuietVoice(t *testing.T) {
	t.Parallel()
	const s = speechtest.Rate
	voice := speechtest.Sentences(t, 12*s)
	for i := range voice {
		voice[i] /= 8
	}
	loud := through(t, newProcessor(t, Options{Gain: true}), voice)
	if got := speechtest.DB(speechtest.Power(loud[6*s:]), speechtest.Power(voice[6*s:])); got < 4 {
		t.Errorf("a quiet voice is raised by %.1f dB", got)
	}
}

func TestOptionsChangeWhileItRuns(t *testing.T) {
	t.Parallel()
	const s = speechtest.Rate
	p := newProcessor(t, Options{})
	fan := noise(6*s, 200)
	if got := through(t, p, fan); speechtest.Power(got) != speechtest.Power(fan) {
		t.Error("with everything off sound is changed")
	}
	var other sync.WaitGroup
	other.Go(func() { p.Set(Options{Noise: true}) })
	other.Wait()
	quiet := through(t, p, fan)
	if got := speechtest.DB(speechtest.Power(fan[3*s:]), speechtest.Power(quiet[3*s:])); got < noiseDown {
		t.Errorf("turned on, noise is %.1f dB down", got)
	}
	p.Set(Options{})
	if got := through(t, p, fan); speechtest.Power(got) != speechtest.Power(fan) {
		t.Error("turned off again, sound is changed")
	}
}

func TestClose(t *testing.T) {
	t.Parallel()
	p := newProcessor(t, Options{Echo: true, Noise: true, Gain: true})
	for range 2 {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
	fan := noise(blockSamples, 200)
	if got := through(t, p, fan); speechtest.Power(got) != speechtest.Power(fan) {
		t.Error("closed, it changes sound")
	}
}

// TestNothingIsAllocated takes half a minute of sound, so that everything that happens now and then has happened.
func TestNothingIsAllocated(t *testing.T) {
	var ref Reference
	p, err := New(&ref, Options{Echo: true, Noise: true, Gain: true})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	played, pcm := noise(blockSamples, 3000), noise(blockSamples, 500)
	now := time.Hour
	if n := testing.AllocsPerRun(3000, func() {
		ref.Played(played, now+20*time.Millisecond)
		if err := p.Process(pcm, now-10*time.Millisecond); err != nil {
			t.Fatal(err)
		}
		now += 10 * time.Millisecond
	}); n != 0 {
		t.Errorf("%v allocations for 10 ms", n)
	}
}

// BenchmarkProcess is the cost of 10 ms.
func BenchmarkProcess(b *testing.B) {
	const s = 10 * speechtest.Rate
	far, near := speechtest.Prompts(b, s), speechtest.Sentences(b, s)
	for _, c := range []struct {
		name string
		o    Options
	}{
		{"echo", Options{Echo: true}}, {"noise", Options{Noise: true}}, {"gain", Options{Gain: true}}, {"all", Options{Echo: true, Noise: true, Gain: true}},
	} {
		b.Run(c.name, func(b *testing.B) {
			var ref Reference
			p, err := New(&ref, c.o)
			if err != nil {
				b.Fatal(err)
			}
			defer p.Close()
			b.ReportAllocs()
			now, at := time.Hour, 0
			var pcm block
			for b.Loop() {
				ref.Played(far[at:at+blockSamples], now+20*time.Millisecond)
				copy(pcm[:], near[at:])
				if err := p.Process(pcm[:], now-10*time.Millisecond); err != nil {
					b.Fatal(err)
				}
				now += 10 * time.Millisecond
				at = (at + blockSamples) % s
			}
		})
	}
}
