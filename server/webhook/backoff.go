package webhook

import (
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

// Policy is how deliveries are tried and what is kept of them. A zero field is its default.
type Policy struct {
	Timeout     time.Duration // of one attempt: 10 s
	MinBackoff  time.Duration // before the second attempt: 1 s; it doubles from then on
	MaxBackoff  time.Duration // 30 min
	GiveUp      time.Duration // how long an event is tried: 24 h
	Concurrency int           // hooks that are delivered to at the same time: 32
	MaxPending  int           // events that wait for one hook: 100,000; the oldest are dropped
	MaxLog      int           // entries of one hook in the delivery log: 10,000
}

// resolve fills in the defaults.
func (p Policy) resolve() Policy {
	def := func(d *time.Duration, v time.Duration) {
		if *d <= 0 {
			*d = v
		}
	}
	count := func(n *int, v int) {
		if *n <= 0 {
			*n = v
		}
	}
	def(&p.Timeout, 10*time.Second)
	def(&p.MinBackoff, time.Second)
	def(&p.MaxBackoff, 30*time.Minute)
	def(&p.GiveUp, 24*time.Hour)
	count(&p.Concurrency, 32)
	count(&p.MaxPending, 100_000)
	count(&p.MaxLog, 10_000)
	return p
}

// backoff is how long to wait after one more failure than that many. It doubles up to the most, and between a half of that and the whole is waited, so
// that hooks that failed together do not come back together.
func (p Policy) backoff(failures int) time.Duration {
	d := p.MinBackoff
	for ; failures > 0 && d < p.MaxBackoff; failures-- {
		d *= 2
	}
	d = min(d, p.MaxBackoff)
	return d/2 + rand.N(d/2+1)
}

// retryAfter is how long an answer asks to wait, 0 if it does not, at most as long as events are tried.
func (p Policy) retryAfter(h http.Header, now time.Time) time.Duration {
	text := h.Get("Retry-After")
	if seconds, err := strconv.ParseFloat(text, 64); err == nil {
		if !(seconds > 0) {
			return 0
		}
		return time.Duration(min(seconds*float64(time.Second), float64(p.GiveUp)))
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	return max(0, min(at.Sub(now), p.GiveUp))
}
