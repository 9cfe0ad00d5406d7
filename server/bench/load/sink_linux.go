package load

import (
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

const (
	windowSize = 1024 // packets that a Sink remembers. A power of two
	maxAsked   = 5    // times that a packet is asked for
	askAgain   = 40 * time.Millisecond
	reordering = 10 * time.Millisecond  // what is missing is not asked for earlier
	keyWithin  = 500 * time.Millisecond // how long a first key frame is waited for before it is asked for
)

// Sink is a track that a Peer receives.
type Sink struct {
	peer  *Peer
	ssrc  uint32
	kind  Kind
	began time.Duration // when joining began

	// loop state
	started       bool
	counts        bool // was there when measuring began
	highest       int64
	window        [windowSize / 64]uint64
	lost          []gap
	first, unique int64 // number of the first packet that counts, and how many since
	last          int64 // highest number
	firstPacket   time.Duration
	key           keyFrame
	keyAsked      time.Duration
}

// gap is a packet that has not come.
type gap struct {
	seq   int64
	due   time.Duration
	asked int
}

// keyFrame is the first key frame, as far as it has come.
type keyFrame struct {
	timestamp  uint32
	start, end int64
	seen       int64
	begun, has bool // has: its end is known
	complete   time.Duration
}

// NewSink adds a track. began is when joining began, by the Loop's Now.
func (p *Peer) NewSink(kind Kind, ssrc uint32, began time.Duration) (*Sink, error) {
	s := &Sink{peer: p, ssrc: ssrc, kind: kind, began: began, first: -1}
	return s, p.loop.Do(func() { p.sinks = append(p.sinks, s) })
}

// Close ends the track: what comes of it counts no more.
func (s *Sink) Close() {
	// An error says that all has ended.
	_ = s.peer.loop.Do(func() {
		for i, other := range s.peer.sinks {
			if other == s {
				s.peer.sinks = append(s.peer.sinks[:i:i], s.peer.sinks[i+1:]...)
				return
			}
		}
	})
}

// Arrivals returns how long after the beginning of the join the first packet came, and a whole key frame; 0 for what has not come.
func (s *Sink) Arrivals() (packet, key time.Duration) {
	_ = s.peer.loop.Do(func() { packet, key = s.firstPacket, s.key.complete }) // 0 when all has ended
	return packet, key
}

// take takes in a packet.
func (s *Sink) take(h *rtp.Header, payload []byte) {
	now := s.peer.loop.now
	if s.firstPacket == 0 {
		s.firstPacket = now - s.began
	}
	fresh := s.count(int64(h.SequenceNumber), now)
	number, sent, ok := stamp(payload)
	if t := s.peer.loop.tally; t != nil && s.counts {
		t.take(fresh, ok, now-sent)
	}
	if !fresh || !ok {
		return
	}
	n := int64(number)
	if s.first < 0 {
		s.first, s.last = n, n-1
	}
	if n >= s.first {
		s.unique++
		s.last = max(s.last, n)
	}
	if s.kind == Video && s.key.complete == 0 {
		s.key.take(h, s.extend(int64(h.SequenceNumber)), payload)
		if s.key.has && s.key.seen == s.key.end-s.key.start+1 {
			s.key.complete = now - s.began
		}
	}
}

// extend returns a sequence number that was counted, extended over wraps.
func (s *Sink) extend(seq int64) int64 {
	return s.highest + int64(int16(uint16(seq)-uint16(s.highest)))
}

// count notes a sequence number and reports whether it is new.
func (s *Sink) count(seq int64, now time.Duration) bool {
	if !s.started {
		s.started = true
		s.highest = seq + 1<<16
		s.mark(s.highest)
		return true
	}
	ext := s.extend(seq)
	if ext <= s.highest-windowSize {
		return false
	}
	if ext > s.highest {
		for missing := max(s.highest+1, ext-windowSize+1); missing < ext; missing++ {
			s.window[missing%windowSize/64] &^= 1 << (missing % 64)
			if s.kind == Video {
				s.lost = append(s.lost, gap{seq: missing, due: now + reordering})
			}
		}
		s.highest = ext
		s.mark(ext)
		return true
	}
	if s.window[ext%windowSize/64]&(1<<(ext%64)) != 0 {
		return false
	}
	s.mark(ext)
	for i := range s.lost {
		if s.lost[i].seq == ext {
			s.lost = append(s.lost[:i], s.lost[i+1:]...)
			break
		}
	}
	return true
}

func (s *Sink) mark(ext int64) { s.window[ext%windowSize/64] |= 1 << (ext % 64) }

// take looks for the first key frame in a packet.
func (k *keyFrame) take(h *rtp.Header, ext int64, payload []byte) {
	if keyStart(payload) && (!k.begun || h.Timestamp != k.timestamp) {
		*k = keyFrame{timestamp: h.Timestamp, start: ext, begun: true}
	}
	if !k.begun || h.Timestamp != k.timestamp {
		return
	}
	k.seen++
	if h.Marker {
		k.end, k.has = ext, true
	}
}

// ask sends a NACK for what is missing, and asks for a key frame when none has come.
func (s *Sink) ask() {
	now := s.peer.loop.now
	if s.kind == Video && s.started && s.key.complete == 0 && now-max(s.keyAsked, s.began+s.firstPacket) > keyWithin {
		s.keyAsked = now
		s.peer.sendRTCP(&rtcp.ReceiverReport{SSRC: 1}, &rtcp.PictureLossIndication{SenderSSRC: 1, MediaSSRC: s.ssrc})
	}
	if len(s.lost) == 0 {
		return
	}
	keep := s.lost[:0]
	var seqs []uint16
	for _, g := range s.lost {
		if now >= g.due {
			if g.asked == maxAsked || g.seq <= s.highest-windowSize {
				continue
			}
			g.asked++
			g.due = now + askAgain
			seqs = append(seqs, uint16(g.seq))
		}
		keep = append(keep, g)
	}
	s.lost = keep
	if len(seqs) > 0 {
		s.peer.sendRTCP(&rtcp.ReceiverReport{SSRC: 1}, &rtcp.TransportLayerNack{SenderSSRC: 1, MediaSSRC: s.ssrc, Nacks: rtcp.NackPairsFromSequenceNumbers(seqs)})
	}
}
