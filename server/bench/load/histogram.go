package load

import (
	"math/bits"
	"time"
)

// Histogram counts durations in buckets of about 3 %. It is not safe for concurrent use.
type Histogram struct {
	buckets [64 << subBits]uint64
	count   uint64
	max     time.Duration
}

// subBits says that each power of two has 32 buckets.
const subBits = 5

func bucket(d time.Duration) int {
	v := uint64(max(d, 0))
	if v < 1<<subBits {
		return int(v)
	}
	shift := bits.Len64(v) - subBits - 1
	return (shift+1)<<subBits + int(v>>shift) - 1<<subBits
}

// lowest is the smallest duration of a bucket.
func lowest(i int) time.Duration {
	if i < 1<<subBits {
		return time.Duration(i)
	}
	shift := i>>subBits - 1
	return time.Duration(1<<subBits+i&(1<<subBits-1)) << shift
}

// Add counts one.
func (h *Histogram) Add(d time.Duration) {
	h.buckets[bucket(d)]++
	h.count++
	h.max = max(h.max, d)
}

// Count returns how many were added.
func (h *Histogram) Count() uint64 { return h.count }

// Max returns the longest.
func (h *Histogram) Max() time.Duration { return h.max }

// Quantile returns what a share q of the durations is at most, within 3 %; 0 when there are none.
func (h *Histogram) Quantile(q float64) time.Duration {
	want := uint64(q * float64(h.count))
	seen := uint64(0)
	for i, n := range h.buckets {
		if seen += n; n > 0 && seen > want {
			return min(lowest(i+1), h.max)
		}
	}
	return h.max
}
