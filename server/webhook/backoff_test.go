package webhook

import (
	"math"
	"net/http"
	"testing"
	"time"
)

func TestBackoff(t *testing.T) {
	t.Parallel()
	p := Policy{}.resolve()
	for failures, most := range map[int]time.Duration{0: time.Second, 1: 2 * time.Second, 5: 32 * time.Second, 10: 1024 * time.Second, 11: 30 * time.Minute, 1000: 30 * time.Minute, math.MaxInt: 30 * time.Minute} {
		seen := map[bool]bool{}
		for range 200 {
			d := p.backoff(failures)
			if d < most/2 || d > most {
				t.Fatalf("%d failures: %v", failures, d)
			}
			seen[d > most*3/4] = true
		}
		if len(seen) != 2 {
			t.Errorf("%d failures: no jitter", failures)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	p := Policy{}.resolve()
	now := time.Date(2025, 5, 1, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Duration{
		"": 0, "0": 0, "-5": 0, "120": 2 * time.Minute, "1e300": 24 * time.Hour, "99999999999999999999": 24 * time.Hour, "NaN": 0, "Inf": 24 * time.Hour, "soon": 0,
		"Thu, 01 May 2025 13:00:00 GMT": time.Hour, "Thu, 01 May 2025 11:00:00 GMT": 0, "Thu, 01 May 2031 11:00:00 GMT": 24 * time.Hour,
	} {
		if got := p.retryAfter(http.Header{"Retry-After": {text}}, now); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}
