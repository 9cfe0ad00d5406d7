package audio

import (
	"math"
	"testing"

	"parley/media/speechtest"
)

// remake sends sound through a stretcher in pieces of 20 ms; change makes the piece longer or shorter.
func remake(pcm []int16, change func(s *Stretcher, i int, piece []int16) int) []int16 {
	var s Stretcher
	var out []int16
	var piece [960 + Period]int16
	for i := 0; i+960 <= len(pcm); i += 960 {
		copy(piece[:], pcm[i:i+960])
		n := change(&s, i/960, piece[:])
		s.Played(piece[:n])
		out = append(out, piece[:n]...)
	}
	return out
}

// crude is what Stretcher is not: a cut.
func crude(_ *Stretcher, i int, piece []int16) int {
	if i%5 == 4 {
		copy(piece[300:], piece[600:960])
		return 660
	}
	return 960
}

func TestStretcherDoesNotClick(t *testing.T) {
	t.Parallel()
	const seconds = 10
	voices := map[string][]int16{
		"tone": tone(seconds*48000, 330, 48000, 9000), "high tone": tone(seconds*48000, 1870, 48000, 5000),
		"synthetic voice": speechtest.Sentences(t, seconds*48000), "recorded voice": speechtest.Prompts(t, seconds*48000),
		"silence": make([]int16, seconds*48000),
	}
	for name, pcm := range voices {
		before, _ := speechtest.Clicks(pcm)
		if cut, _ := speechtest.Clicks(remake(pcm, crude)); name != "silence" && cut < before+30 {
			t.Errorf("%s: crude cuts make %d clicks of %d: this measures nothing", name, cut, before)
		}
		for _, c := range []struct {
			name        string
			change      func(s *Stretcher, i int, piece []int16) int
			least, most float64 // of the length that there was
		}{
			{"shorter", func(s *Stretcher, i int, p []int16) int {
				if i%3 != 0 {
					return 960
				}
				return s.Shorten(p, 960, 0.5)
			}, 0.78, 0.97},
			{"much shorter", func(s *Stretcher, _ int, p []int16) int { return s.Shorten(p, 960, -1) }, 0.37, 0.75},
			{"longer", func(s *Stretcher, i int, p []int16) int {
				if i%3 != 0 {
					return 960
				}
				return s.Lengthen(p, 960, 0.5)
			}, 1.03, 1.21},
			{"much longer", func(s *Stretcher, _ int, p []int16) int { return s.Lengthen(p, 960, -1) }, 1.25, 1.63},
		} {
			out := remake(pcm, c.change)
			if got := float64(len(out)) / float64(len(pcm)); got < c.least || got > c.most {
				t.Errorf("%s, %s: %.2f of its length", name, c.name, got)
			}
			clicks, at := speechtest.Clicks(out)
			if clicks > before+2 {
				t.Errorf("%s, %s: %d clicks, %d before, at %v", name, c.name, clicks, before, at)
			}
			if got := speechtest.DB(speechtest.Power(out)+1, speechtest.Power(pcm)+1); math.Abs(got) > 1 {
				t.Errorf("%s, %s: %.1f dB louder", name, c.name, got)
			}
		}
	}
}

// TestStretcherKeepsThePitch of a tone, which a resampler would not.
func TestStretcherKeepsThePitch(t *testing.T) {
	t.Parallel()
	pcm := tone(4*48000, 400, 48000, 9000)
	for name, out := range map[string][]int16{
		"shorter": remake(pcm, func(s *Stretcher, _ int, p []int16) int { return s.Shorten(p, 960, 0.5) }),
		"longer":  remake(pcm, func(s *Stretcher, _ int, p []int16) int { return s.Lengthen(p, 960, 0.5) }),
	} {
		amplitude, rest := fit(out[4800:4800+48000], 400)
		if amplitude < 8500 || rest > 900 {
			t.Errorf("%s: amplitude %.0f, distortion %.0f", name, amplitude, rest)
		}
	}
}

// TestStretcherJoins pieces that have nothing to do with each other, and sound with silence.
func TestStretcherJoins(t *testing.T) {
	t.Parallel()
	pcm := speechtest.Sentences(t, 20*48000)
	pieces := func(join bool) []int16 {
		at := 0
		return remake(pcm, func(s *Stretcher, i int, p []int16) int {
			if i%7 == 3 { // the sound before ends
				clear(p[:960])
				if join {
					s.End(p[:960])
				}
				return 960
			}
			broken := i%7 == 4 || i%5 == 4
			if broken { // and goes on elsewhere
				at = (at + 37*960 + 7*i) % (len(pcm) - 960)
			}
			copy(p[:960], pcm[at:])
			at = (at + 960) % (len(pcm) - 960)
			if join && broken {
				s.Join(p[:960])
			}
			return 960
		})
	}
	rough, _ := speechtest.Clicks(pieces(false))
	clicks, where := speechtest.Clicks(pieces(true))
	if rough < 100 || clicks > rough/20 {
		t.Errorf("%d clicks where nothing is joined; joined, %d at %v", rough, clicks, where)
	}
}

func TestStretcherLeavesWhatItCannotDo(t *testing.T) {
	t.Parallel()
	var s Stretcher
	pcm := tone(960, 330, 48000, 9000)
	for _, n := range []int{0, 100, 839, 960} {
		if got := s.Lengthen(pcm[:n:n], n, 0); got != n {
			t.Errorf("with no room %d became %d", n, got)
		}
	}
	if got := s.Shorten(pcm, 500, 0); got != 500 {
		t.Errorf("a piece that is too short became %d", got)
	}
	noise := make([]int16, 960+Period)
	seed := uint32(1)
	for i := range noise {
		seed = seed*1664525 + 1013904223
		noise[i] = int16(seed >> 17)
	}
	if got := s.Shorten(noise, 960, 0.95); got != 960 {
		t.Error("noise is found to repeat itself")
	}
	s.Join(nil)
	s.End(nil)
	s.Played(nil)
}

func BenchmarkStretcher(b *testing.B) {
	pcm := speechtest.Sentences(b, 10*48000)
	for name, change := range map[string]func(s *Stretcher, p []int16) int{
		"pass":     func(*Stretcher, []int16) int { return 960 },
		"shorten":  func(s *Stretcher, p []int16) int { return s.Shorten(p, 960, 0) },
		"lengthen": func(s *Stretcher, p []int16) int { return s.Lengthen(p, 960, 0) },
	} {
		b.Run(name, func(b *testing.B) {
			var s Stretcher
			var piece [960 + Period]int16
			at := 0
			b.ReportAllocs()
			for b.Loop() {
				copy(piece[:], pcm[at:at+960])
				s.Played(piece[:change(&s, piece[:])])
				at = (at + 960) % len(pcm)
			}
		})
	}
}
