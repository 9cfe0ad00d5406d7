package audio

import (
	"slices"
	"sync"
	"testing"
)

func count(from, n int) []int16 {
	pcm := make([]int16, n)
	for i := range pcm {
		pcm[i] = int16(from + i)
	}
	return pcm
}

func TestRing(t *testing.T) {
	t.Parallel()
	r := NewRing(5) // 8
	if r.Cap() != 8 {
		t.Fatalf("cap %d", r.Cap())
	}
	out := make([]int16, 4)
	if n := r.Read(out); n != 0 || r.Missed() != 4 {
		t.Errorf("an empty ring gave %d samples, missed %d", n, r.Missed())
	}
	r.Write(count(1, 6))
	if n := r.Read(out); n != 4 || !slices.Equal(out, count(1, 4)) || r.Len() != 2 {
		t.Errorf("read %d: %v, %d left", n, out, r.Len())
	}
	out = []int16{9, 9, 9, 9}
	if n := r.Read(out); n != 2 || !slices.Equal(out, []int16{5, 6, 0, 0}) || r.Missed() != 6 {
		t.Errorf("read %d: %v, missed %d", n, out, r.Missed())
	}
	r.Write(count(10, 8))
	r.Write(count(18, 3)) // over 10, 11, 12
	if n := r.Take(out); n != 4 || !slices.Equal(out, count(13, 4)) || r.Dropped() != 3 {
		t.Errorf("after an overrun %d: %v, dropped %d", n, out, r.Dropped())
	}
	r.Write(count(100, 20)) // more than fits at once
	if n := r.Take(out); n != 4 || !slices.Equal(out, count(112, 4)) || r.Dropped() != 3+4+12 {
		t.Errorf("after a flood %d: %v, dropped %d", n, out, r.Dropped())
	}
	r.Discard(1)
	if n := r.Take(out); n != 1 || out[0] != 119 {
		t.Errorf("after a discard %d: %v", n, out)
	}
}

// TestRingIsNotTorn lets a fast producer overrun a consumer: what arrives is in order, each gap is a drop, and all is counted.
func TestRingIsNotTorn(t *testing.T) {
	t.Parallel()
	r := NewRing(1024)
	const total = 300_000
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := 0; i < total; i += 100 {
			r.Write(count(i, 100))
		}
	})
	written := make(chan struct{})
	go func() { wg.Wait(); close(written) }()
	received, last, gaps := 0, int16(-1), 0
	take := func() int {
		out := make([]int16, 333)
		n := r.Take(out)
		for _, v := range out[:n] {
			gaps += int(uint16(v - last - 1))
			last = v
		}
		received += n
		return n
	}
	for running := true; running; {
		take()
		select {
		case <-written:
			running = false
		default:
		}
	}
	for take() > 0 {
	}
	if uint64(received)+r.Dropped() != total {
		t.Errorf("received %d and dropped %d of %d", received, r.Dropped(), total)
	}
	if uint64(gaps)%65536 != r.Dropped()%65536 {
		t.Errorf("gaps of %d samples, %d dropped", gaps, r.Dropped())
	}
}

func TestPathsDoNotAllocate(t *testing.T) {
	r := NewRing(4096)
	pcm := tone(480, 1000, 48000, 30000)
	m := NewMixer()
	for range 3 {
		m.Add(steady(pcm))
	}
	resampler, _ := NewResampler(44100, 1)
	out := make([]int16, 0, resampler.MaxOut(480))
	g := NewGain(0.5)
	var meter Meter
	if n := testing.AllocsPerRun(100, func() {
		r.Write(pcm)
		r.Read(pcm)
		m.Mix(pcm)
		out = resampler.Append(out[:0], pcm)
		g.Apply(pcm)
		meter.Update(pcm)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkRing10ms(b *testing.B) {
	r := NewRing(4096)
	pcm := make([]int16, 480)
	b.ReportAllocs()
	for b.Loop() {
		r.Write(pcm)
		r.Read(pcm)
	}
}
