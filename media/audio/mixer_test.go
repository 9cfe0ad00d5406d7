package audio

import (
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"
)

// steady is a source that repeats itself.
type steady []int16

func (s steady) Read(pcm []int16) int { return copy(pcm, s) }

type sourceFunc func(pcm []int16) int

func (f sourceFunc) Read(pcm []int16) int { return f(pcm) }

func TestMixerAddsUp(t *testing.T) {
	t.Parallel()
	m := NewMixer()
	out := []int16{7, 7, 7}
	m.Mix(out)
	if !slices.Equal(out, []int16{0, 0, 0}) {
		t.Errorf("nobody is heard as %v", out)
	}
	a := steady{100, -32768, 32767}
	removeA := m.Add(a)
	m.Mix(out)
	if !slices.Equal(out, a) {
		t.Errorf("one source is heard as %v", out)
	}
	removeA()
	removeA()
	m.Add(steady{1, 2}) // shorter than asked
	m.Add(steady{10, 20, 30})
	m.Add(sourceFunc(func(pcm []int16) int { clear(pcm); return len(pcm) + 5 })) // says more than there is
	removeTwin := m.Add(steady{1, 2})
	m.Mix(out)
	if !slices.Equal(out, []int16{12, 24, 30}) || m.Len() != 4 {
		t.Errorf("%d sources are heard as %v", m.Len(), out)
	}
	removeTwin()
	m.Mix(out)
	if !slices.Equal(out, []int16{11, 22, 30}) {
		t.Errorf("after one left: %v", out)
	}
}

func TestMixerLimits(t *testing.T) {
	t.Parallel()
	m := NewMixer()
	loud := steady(tone(480, 500, 48000, 30000)) // 5 periods: continuous when repeated
	m.Add(loud)
	remove := m.Add(loud)
	out := make([]int16, 960)
	for range 10 {
		m.Mix(out)
	}
	amplitude, rest := fit(out, 500)
	if amplitude < 32000 || amplitude > 32768 || rest > 50 {
		t.Errorf("two loud tones: amplitude %.0f with %.1f of distortion", amplitude, rest)
	}
	remove()
	for range 40 {
		m.Mix(out)
	}
	if !slices.Equal(out[:480], loud) {
		t.Errorf("the limiter did not open again: gain %v", m.gain)
	}
	for range 50 {
		m.Add(steady{-32768, -32768})
	}
	m.Mix(out[:2])
	if out[0] != -32768 || out[1] > -30000 {
		t.Errorf("50 sources at full scale give %v", out[:2])
	}
}

func TestMixerWhileSourcesChange(t *testing.T) {
	t.Parallel()
	m := NewMixer()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 200 {
				m.Add(steady{1})()
			}
		})
	}
	out := make([]int16, 480)
	for range 200 {
		m.Mix(out)
	}
	wg.Wait()
	m.Mix(out)
	if m.Len() != 0 || out[0] != 0 {
		t.Errorf("%d sources left, %d heard", m.Len(), out[0])
	}
}

func BenchmarkMix10ms(b *testing.B) {
	for _, n := range []int{1, 10, 50} {
		b.Run(fmt.Sprintf("sources=%d", n), func(b *testing.B) {
			m := NewMixer()
			for i := range n {
				m.Add(steady(tone(480, 100*float64(i+1), 48000, 30000/math.Sqrt(float64(n)))))
			}
			out := make([]int16, 480)
			b.ReportAllocs()
			for b.Loop() {
				m.Mix(out)
			}
		})
	}
}
