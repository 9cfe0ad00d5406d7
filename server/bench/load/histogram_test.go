package load

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestBucketsFollowEachOther(t *testing.T) {
	t.Parallel()
	last := -1
	for d := time.Duration(0); d < 1<<20; d++ {
		b := bucket(d)
		if b != last && b != last+1 {
			t.Fatalf("%d is in bucket %d after %d", d, b, last)
		}
		if b != last && lowest(b) != d {
			t.Fatalf("bucket %d begins with %d, not %d", b, d, lowest(b))
		}
		last = b
	}
}

func TestQuantilesAreNear(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	var h Histogram
	var all []time.Duration
	for range 10000 {
		d := time.Duration(r.ExpFloat64() * float64(time.Millisecond))
		all = append(all, d)
		h.Add(d)
	}
	slices.Sort(all)
	for _, q := range []float64{0, 0.5, 0.95, 0.99, 1} {
		want := all[min(int(q*float64(len(all))), len(all)-1)]
		got := h.Quantile(q)
		if got < want || float64(got) > 1.04*float64(want)+2 {
			t.Errorf("quantile %v is %v, want %v", q, got, want)
		}
	}
}
