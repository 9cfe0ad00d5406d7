package audio

import (
	"math"
	"math/rand/v2"
	"testing"

	"parley/media/speechtest"
)

// said returns how many blocks of 10 ms pass until a voice is heard, or -1.
func said(pcm []int16) int {
	var v Voice
	for i := 0; i+480 <= len(pcm); i += 480 {
		if v.Update(pcm[i : i+480]) {
			return i / 480
		}
	}
	return -1
}

func generate(n int, f func(i int) float64) []int16 {
	out := make([]int16, n)
	for i := range out {
		out[i] = saturate(float32(f(i)))
	}
	return out
}

func TestVoice(t *testing.T) {
	t.Parallel()
	const s = 48000
	random := rand.New(rand.NewPCG(1, 2))
	noise := func(rms float64) func(int) float64 { return func(int) float64 { return rms * random.NormFloat64() } }
	scaled := func(pcm []int16, by float64, under func(int) float64) []int16 {
		return generate(len(pcm), func(i int) float64 { return float64(pcm[i])*by + under(i) })
	}
	quiet := noise(3)
	pause := generate(s, quiet)
	for _, c := range []struct {
		name  string
		pcm   []int16
		voice bool
	}{
		{"a synthetic voice", scaled(speechtest.Sentences(t, 5*s), 1, quiet), true},
		{"a recorded voice", scaled(speechtest.Prompts(t, 8*s), 1, quiet), true},
		{"a quiet voice", scaled(speechtest.Sentences(t, 5*s), 0.1, quiet), true},
		{"a voice over a fan", append(generate(2*s, noise(150)), scaled(speechtest.Sentences(t, 5*s), 1, noise(150))...), true},
		{"silence", make([]int16, 5*s), false},
		{"a fan", generate(10*s, noise(500)), false},
		{"a fan that starts", append(pause, generate(10*s, noise(2000))...), false},
		{"hum", generate(10*s, func(i int) float64 {
			return 2000*math.Sin(2*math.Pi*100*float64(i)/s) + 800*math.Sin(2*math.Pi*300*float64(i)/s) + quiet(i)
		}), false},
		{"hum that starts and stops", append(pause, generate(10*s, func(i int) float64 {
			if i/(s/2)%2 == 0 {
				return quiet(i)
			}
			return 4000*math.Sin(2*math.Pi*120*float64(i)/s) + quiet(i)
		})...), false},
		{"keys", generate(10*s, func(i int) float64 { // six a second
			return quiet(i) + 9000*random.NormFloat64()*math.Exp(-float64(i%8000)/200)
		}), false},
		{"knocking", generate(10*s, func(i int) float64 {
			return quiet(i) + 12000*math.Sin(2*math.Pi*150*float64(i)/s)*math.Exp(-float64(i%16000)/900)
		}), false},
	} {
		got := said(c.pcm)
		if (got >= 0) != c.voice {
			t.Errorf("%s: heard after %d blocks", c.name, got)
		}
		if c.voice && got > 400 {
			t.Errorf("%s: heard after %d ms", c.name, got*10)
		}
	}
	var v Voice
	if v.Update(make([]int16, 100)) {
		t.Error("100 samples are a voice")
	}
}

// TestSpeaking counts how often it changes its mind.
func TestSpeaking(t *testing.T) {
	t.Parallel()
	const s = 48000
	follow := func(pcm []int16) (changes []int) {
		var sp Speaking
		on := false
		for i := 0; i+480 <= len(pcm); i += 480 {
			sp.Update(pcm[i : i+480])
			if sp.Value() != on {
				on = !on
				changes = append(changes, i/480)
			}
		}
		return changes
	}
	silence := make([]int16, 3*s)
	talk := append(append(append([]int16{}, silence...), speechtest.Sentences(t, 10*s)...), silence...)
	got := follow(talk)
	if len(got) != 2 || got[0] < 300 || got[0] > 345 || got[1] < 1390 || got[1] > 1450 {
		t.Errorf("ten seconds of speech from block 300 on: changes at blocks %v", got)
	}
	// A pause of 0.7 s within.
	pause := append(append(append([]int16{}, talk[:5*s]...), make([]int16, 7*s/10)...), talk[5*s:]...)
	if got := follow(pause); len(got) != 2 {
		t.Errorf("with a short pause: changes at blocks %v", got)
	}
	for name, pcm := range map[string][]int16{
		"a click each second": generate(10*s, func(i int) float64 { return 20000 * math.Exp(-float64(i%s)/500) }),
		"noise":               generate(10*s, func(i int) float64 { return 60 * math.Sin(float64(i*i)) }),
	} {
		if got := follow(pcm); len(got) != 0 {
			t.Errorf("%s: changes at blocks %v", name, got)
		}
	}
}

func BenchmarkVoice10ms(b *testing.B) {
	pcm := speechtest.Sentences(b, 480000)
	var v Voice
	b.ReportAllocs()
	for i := 0; b.Loop(); i = (i + 480) % len(pcm) {
		v.Update(pcm[i : i+480])
	}
}

func BenchmarkSpeaking10ms(b *testing.B) {
	pcm := speechtest.Sentences(b, 480000)
	var s Speaking
	b.ReportAllocs()
	for i := 0; b.Loop(); i = (i + 480) % len(pcm) {
		s.Update(pcm[i : i+480])
	}
}
