package load

import "time"

// Tally is what was measured between Begin and End.
type Tally struct {
	Took     time.Duration
	Sent     uint64 // packets by Sources
	Read     uint64 // by Sinks, those that were sent again included
	Again    uint64 // of these, what had come already
	Foreign  uint64 // of these, without a stamp: padding
	Latency  Histogram
	Expected int64 // packets by their numbers, over all Sinks
	Missing  int64 // of these, what has not come, after what was sent again
	Sinks    int
	Silent   int // Sinks that nothing came for

	began time.Duration
}

func (t *Tally) take(fresh, stamped bool, latency time.Duration) {
	t.Read++
	switch {
	case !fresh:
		t.Again++
	case !stamped:
		t.Foreign++
	default:
		t.Latency.Add(latency)
	}
}

// Begin begins to measure the Sinks that there are; later ones do not count.
func (l *Loop) Begin() error {
	return l.Do(func() {
		l.tally = &Tally{began: l.now}
		for _, p := range l.peers {
			for _, s := range p.sinks {
				s.counts, s.first, s.unique = true, -1, 0
			}
		}
	})
}

// Pause ends the counting of packets; what is missing may still come until End.
func (l *Loop) Pause() (*Tally, error) {
	var t *Tally
	err := l.Do(func() {
		t, l.tally = l.tally, nil
		t.Took = l.now - t.began
	})
	return t, err
}

// End counts what is missing.
func (l *Loop) End(t *Tally) error {
	return l.Do(func() {
		for _, p := range l.peers {
			for _, s := range p.sinks {
				if !s.counts {
					continue
				}
				t.Sinks++
				if s.first < 0 {
					t.Silent++
					continue
				}
				t.Expected += s.last - s.first + 1
				t.Missing += s.last - s.first + 1 - s.unique
			}
		}
	})
}
