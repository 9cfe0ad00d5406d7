package sfu

import "time"

// Bounds of asking for lost packets. At 10 % loss and 60 ms round trip, an interval of 20 ms and five tries bring 99 % in time.
const (
	maxMissing = 128
	maxTries   = 5
	firstWait  = 10 * time.Millisecond // reordering is not loss
	nackEvery  = 25 * time.Millisecond
)

// missing is the list of packets that a track has not got. When a gap would not fit, all are given up: a key frame is cheaper. It is not
// safe for concurrent use: its UpTrack guards it.
type missing struct {
	list [maxMissing]lost
	n    int
}

type lost struct {
	ext   int64
	due   time.Duration
	tries int
}

// gap notes that the packets from (inclusive) to to (exclusive) did not come. It reports false when it gave up instead.
func (m *missing) gap(from, to int64, now time.Duration) bool {
	if to-from > int64(maxMissing-m.n) {
		m.n = 0
		return false
	}
	for ext := from; ext < to; ext++ {
		m.list[m.n] = lost{ext: ext, due: now + firstWait}
		m.n++
	}
	return true
}

// found takes a packet off the list.
func (m *missing) found(ext int64) {
	for i := range m.n {
		if m.list[i].ext == ext {
			copy(m.list[i:m.n-1], m.list[i+1:m.n])
			m.n--
			return
		}
	}
}

// due appends the sequence numbers to ask for now and forgets those that were asked for often enough.
func (m *missing) due(now time.Duration, seqs []uint16) []uint16 {
	keep := 0
	for i := range m.n {
		l := m.list[i]
		if now >= l.due {
			if l.tries == maxTries {
				continue
			}
			l.tries++
			l.due = now + nackEvery
			seqs = append(seqs, uint16(l.ext))
		}
		m.list[keep] = l
		keep++
	}
	m.n = keep
	return seqs
}
