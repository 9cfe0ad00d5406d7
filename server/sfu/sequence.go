package sfu

import (
	"time"

	"github.com/pion/rtcp"
)

// maxDropout is how far a sequence number may jump (RFC 3550, appendix A.1). Farther is taken for a restart of the source.
const maxDropout = 3000

// sequence extends 16-bit sequence numbers over their wraps.
type sequence struct {
	started bool
	first   int64
	highest int64
}

// extend returns seq extended. ok is false for a number that is too far behind to be of use.
func (s *sequence) extend(seq uint16) (ext int64, ok bool) {
	if !s.started {
		s.started = true
		s.first, s.highest = int64(seq)+1<<16, int64(seq)+1<<16 // room for packets from before the first
		return s.highest, true
	}
	ext = s.highest + int64(int16(seq-uint16(s.highest)))
	switch {
	case ext > s.highest+maxDropout:
		s.first += ext - s.highest - 1 // a restart, not a loss
		s.highest = ext
	case ext > s.highest:
		s.highest = ext
	case ext < s.highest-maxDropout:
		return 0, false
	}
	return ext, true
}

// reception accounts for what was received, for receiver reports (RFC 3550, section 6.4.1 and appendix A).
type reception struct {
	count      int64
	transit    int64
	hasTransit bool
	jitter     float64 // in RTP time units
	// at the last report
	lastExpected, lastCount int64
}

func (r *reception) received(timestamp uint32, now time.Duration, clock uint32) {
	r.count++
	transit := int64(now)*int64(clock)/int64(time.Second) - int64(timestamp)
	if r.hasTransit {
		d := int64(int32(uint32(transit - r.transit)))
		if d < 0 {
			d = -d
		}
		r.jitter += (float64(d) - r.jitter) / 16
	}
	r.transit, r.hasTransit = transit, true
}

// missed returns how many packets are missing; retransmissions can make it negative.
func (r *reception) missed(s *sequence) int64 {
	if !s.started {
		return 0
	}
	return s.highest - s.first + 1 - r.count
}

// report makes the next report block.
func (r *reception) report(s *sequence) rtcp.ReceptionReport {
	expected := s.highest - s.first + 1
	newExpected, newCount := expected-r.lastExpected, r.count-r.lastCount
	r.lastExpected, r.lastCount = expected, r.count
	fraction := int64(0)
	if lost := newExpected - newCount; lost > 0 && newExpected > 0 {
		fraction = min(255, lost*256/newExpected)
	}
	return rtcp.ReceptionReport{
		FractionLost: uint8(fraction), TotalLost: uint32(min(max(r.missed(s), 0), 1<<23-1)),
		LastSequenceNumber: uint32(s.highest - 1<<16), Jitter: uint32(r.jitter),
	}
}
