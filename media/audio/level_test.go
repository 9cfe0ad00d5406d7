package audio

import (
	"math"
	"testing"
)

func tone(n int, hz, rate, amplitude float64) []int16 {
	pcm := make([]int16, n)
	for i := range pcm {
		pcm[i] = int16(math.Round(amplitude * math.Sin(2*math.Pi*hz*float64(i)/rate)))
	}
	return pcm
}

func TestMeasure(t *testing.T) {
	t.Parallel()
	square := make([]int16, 480)
	for i := range square {
		square[i] = -32768
	}
	for _, c := range []struct {
		name      string
		pcm       []int16
		rms, peak float64
		dbov      uint8
	}{
		{"nothing", nil, 0, 0, 127},
		{"silence", make([]int16, 480), 0, 0, 127},
		{"full scale", square, 1, 1, 0},
		{"sine", tone(4800, 1000, 48000, 32767), 0.7071, 1, 3},
		{"sine 20 dB down", tone(4800, 1000, 48000, 3276.7), 0.07071, 0.1, 23},
		{"one step", []int16{1, -1, 1, -1}, 1.0 / 32768, 1.0 / 32768, 90},
	} {
		got := Measure(c.pcm)
		if math.Abs(float64(got.RMS)-c.rms) > 1e-3 || math.Abs(float64(got.Peak)-c.peak) > 1e-3 || got.DBov() != c.dbov {
			t.Errorf("%s: %+v, %d dBov, want %v, %v, %d", c.name, got, got.DBov(), c.rms, c.peak, c.dbov)
		}
	}
	for db := range uint8(90) {
		if got := (Level{RMS: FromDBov(db)}).DBov(); got != db {
			t.Errorf("%d dBov came back as %d", db, got)
		}
	}
}

func TestMeterRisesAtOnceAndFalls(t *testing.T) {
	t.Parallel()
	var m Meter
	loud := m.Update(tone(480, 1000, 48000, 20000))
	if m.Value() != loud.RMS {
		t.Errorf("meter at %v after a sound of %v", m.Value(), loud.RMS)
	}
	quiet := make([]int16, 480)
	for range 8 { // 80 ms
		m.Update(quiet)
	}
	if got := m.Value() / loud.RMS; math.Abs(float64(got)-0.5) > 0.01 {
		t.Errorf("after 80 ms of silence at %v of the level, want half", got)
	}
	for range 200 {
		m.Update(quiet)
	}
	if m.Value() != 0 {
		t.Errorf("after 2 s of silence at %v", m.Value())
	}
}

func TestGain(t *testing.T) {
	t.Parallel()
	pcm := []int16{1000, -1000, 32767, -32768}
	g := NewGain(1)
	g.Apply(pcm)
	if pcm[0] != 1000 || pcm[3] != -32768 {
		t.Errorf("a gain of 1 changed samples: %v", pcm)
	}
	NewGain(2).Apply(pcm)
	if pcm[0] != 2000 || pcm[1] != -2000 || pcm[2] != 32767 || pcm[3] != -32768 {
		t.Errorf("a gain of 2 gave %v", pcm)
	}
	g.Set(0)
	long := make([]int16, 960)
	for i := range long {
		long[i] = 10000
	}
	g.Apply(long[:300]) // the ramp goes on across calls
	g.Apply(long[300:])
	for i := 1; i < len(long); i++ {
		if d := long[i-1] - long[i]; d < 0 || d > 25 {
			t.Fatalf("muting jumps by %d at %d", d, i)
		}
	}
	g.Apply(long[:480])
	if long[0] != 0 {
		t.Errorf("muted sound is %d", long[0])
	}
	g.Set(float32(math.NaN()))
	if g.Factor() != 0 {
		t.Errorf("not a number became the factor %v", g.Factor())
	}
}
