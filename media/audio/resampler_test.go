package audio

import (
	"errors"
	"math"
	"slices"
	"testing"

	"parley/media"
)

// fit returns the amplitude of hz in pcm at 48 kHz, and the RMS of all else.
func fit(pcm []int16, hz float64) (amplitude, rest float64) {
	var c, s float64
	for i, v := range pcm {
		sin, cos := math.Sincos(2 * math.Pi * hz * float64(i) / 48000)
		c += float64(v) * cos
		s += float64(v) * sin
	}
	c, s = 2*c/float64(len(pcm)), 2*s/float64(len(pcm))
	for i, v := range pcm {
		sin, cos := math.Sincos(2 * math.Pi * hz * float64(i) / 48000)
		d := float64(v) - c*cos - s*sin
		rest += d * d
	}
	return math.Hypot(c, s), math.Sqrt(rest / float64(len(pcm)))
}

func TestResamplerKeepsATone(t *testing.T) {
	t.Parallel()
	for _, rate := range []int{8000, 11025, 16000, 22050, 32000, 44100, 44101, 48000, 96000, 192000} {
		r, err := NewResampler(rate, 1)
		if err != nil {
			t.Fatal(err)
		}
		in := tone(rate, 1000, float64(rate), 10000)
		var out []int16
		for piece := range slices.Chunk(in, 441) {
			out = r.Append(out, piece)
		}
		if d := 48000 - len(out); d < 0 || d > 48000*64/rate {
			t.Errorf("%d Hz: a second became %d samples", rate, len(out))
		}
		amplitude, rest := fit(out[4800:43200], 1000)
		if math.Abs(amplitude-10000) > 50 || rest > 5 {
			t.Errorf("%d Hz: amplitude %.1f with %.2f of other sound", rate, amplitude, rest)
		}
		// The output is not late: the first zero crossing upwards after the start is where the tone has one.
		if v := out[48*100]; v > 1400 || v < -1400 {
			t.Errorf("%d Hz: %d at a zero crossing", rate, v)
		}
	}
}

func TestResamplerTakesOutWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	r, err := NewResampler(96000, 1)
	if err != nil {
		t.Fatal(err)
	}
	out := r.Append(nil, tone(96000, 30000, 96000, 10000))
	if got := Measure(out[4800:]); got.Peak > 0.0005 {
		t.Errorf("a tone of 30 kHz is heard at %v", got.Peak)
	}
}

func TestResamplerMixesStereoDown(t *testing.T) {
	t.Parallel()
	for _, rate := range []int{44100, 48000} {
		r, err := NewResampler(rate, 2)
		if err != nil {
			t.Fatal(err)
		}
		in := make([]int16, 2*rate)
		for i := range rate {
			in[2*i], in[2*i+1] = 1000, 3000
		}
		out := r.Append(nil, in)
		for i, v := range out[100 : len(out)-100] {
			if v < 1999 || v > 2001 {
				t.Fatalf("%d Hz: sample %d is %d, want 2000", rate, i, v)
			}
		}
	}
}

func TestResamplerInPiecesIsTheSame(t *testing.T) {
	t.Parallel()
	in := tone(44100, 777, 44100, 20000)
	whole, _ := NewResampler(44100, 1)
	want := whole.Append(nil, in)
	for _, size := range []int{1, 7, 441, 5000} {
		r, _ := NewResampler(44100, 1)
		var got []int16
		for piece := range slices.Chunk(in, size) {
			before := len(got)
			got = r.Append(got, piece)
			if n := len(got) - before; n > r.MaxOut(len(piece)) {
				t.Errorf("%d samples gave %d, more than the %d promised", len(piece), n, r.MaxOut(len(piece)))
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("in pieces of %d the output differs", size)
		}
	}
}

func TestResamplerRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range [][2]int{{0, 1}, {-1, 1}, {48000, 0}, {48000, 3}, {1 << 30, 1}} {
		if _, err := NewResampler(c[0], c[1]); !errors.Is(err, media.ErrFormat) {
			t.Errorf("%v: %v", c, err)
		}
	}
}

func BenchmarkResample10ms(b *testing.B) {
	r, _ := NewResampler(44100, 2)
	in := make([]int16, 882)
	out := make([]int16, 0, r.MaxOut(441))
	b.ReportAllocs()
	for b.Loop() {
		out = r.Append(out[:0], in)
	}
}
