package process

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// TestPace: of call-backs that are up to 8 ms late, and sometimes much later, the clock is known within half a millisecond and 10 ppm after 30 s.
func TestPace(t *testing.T) {
	t.Parallel()
	for _, ppm := range []float64{0, 40, -250} {
		random := rand.New(rand.NewPCG(1, 2))
		var p pace
		truth := 0.0
		for i := range 3000 {
			truth = 1e9 + float64(i)*blockSamples*ppm*1e-6
			late := random.Float64() * 8 * perMs
			if random.IntN(50) == 0 {
				late += 60 * perMs
			}
			p.observe(truth + late)
		}
		if off := p.now() - truth; math.Abs(off) > perMs/2 {
			t.Errorf("%v ppm: %.1f samples off", ppm, off)
		}
		if off := p.drift()/blockSamples*1e6 - ppm; math.Abs(off) > 10 {
			t.Errorf("%v ppm: found %.1f ppm off", ppm, off)
		}
		// Sound is lost: within half a second it is known again.
		for i := range 40 {
			p.observe(truth + 30*perMs + float64(i)*blockSamples*ppm*1e-6 + random.Float64()*perMs)
		}
		if off := p.now() - truth - 30*perMs; math.Abs(off) > perMs {
			t.Errorf("%v ppm: after a jump %.1f samples off", ppm, off)
		}
	}
}

// TestAlignment reads a rising ramp: each sample says where it was.
func TestAlignment(t *testing.T) {
	t.Parallel()
	var ref Reference
	a := newAlignment(&ref)
	var played block
	pcm := make([]int16, blockSamples)
	now, count := time.Hour, 0
	write := func() {
		for i := range pcm {
			pcm[i] = int16(count % 20000)
			count++
		}
		ref.Played(pcm, now+20*time.Millisecond)
	}
	if !a.take(&played, now) || played[0] != 0 {
		t.Error("before anything is played there is no silence")
	}
	for range 300 {
		write()
		if !a.take(&played, now-10*time.Millisecond) {
			t.Fatal("what was written is not there")
		}
		now += 10 * time.Millisecond
	}
	// The block that was captured 10 ms before now hears, 10 ms ahead of it, what was written 20 ms before now.
	want := count%20000 - 2*blockSamples - blockSamples
	if got := int(played[0]); got < want-2 || got > want+2 {
		t.Errorf("read from %d, want %d", got, want)
	}
	for i := 1; i < len(played); i++ {
		if played[i]-played[i-1] != 1 {
			t.Fatalf("a ramp became %v", played[i-1:i+1])
		}
	}
	// Nothing more is played: silence, and nothing is missing for long.
	missing := 0
	for range 100 {
		now += 10 * time.Millisecond
		if !a.take(&played, now) {
			missing++
		}
	}
	if missing > 13 || played[0] != 0 {
		t.Errorf("after the end %d blocks are missing, and %d is heard", missing, played[0])
	}
}
