package load

import (
	"testing"
	"time"

	"github.com/pion/rtp"
)

// fed is a Sink without a Peer that sends.
func fed() *Sink {
	return &Sink{peer: &Peer{loop: &Loop{tally: &Tally{}, now: time.Second}}, kind: Video, counts: true, first: -1}
}

// feed gives a sink the packet seq of the frame timestamp.
func (s *Sink) feed(seq uint16, number uint32, timestamp uint32, first, key, last bool) {
	payload := make([]byte, 100)
	putVP8(payload, 0, first, key)
	putStamp(payload, number, s.peer.loop.now-time.Millisecond)
	s.take(&rtp.Header{SequenceNumber: seq, Timestamp: timestamp, Marker: last}, payload)
}

func TestSinkCountsWhatIsMissing(t *testing.T) {
	t.Parallel()
	s := fed()
	for _, i := range []int{0, 1, 4, 3, 3, 7, 6, 0} { // 2 and 5 never come; 3 comes late, and again; 0 comes again
		s.feed(uint16(65533+i), uint32(100+i), uint32(i), true, false, true)
	}
	tally := s.peer.loop.tally
	if tally.Read != 8 || tally.Again != 2 || tally.Latency.Count() != 6 {
		t.Errorf("read %d, again %d, latencies %d", tally.Read, tally.Again, tally.Latency.Count())
	}
	if expected := s.last - s.first + 1; expected != 8 || s.unique != 6 {
		t.Errorf("expected %d, unique %d", expected, s.unique)
	}
	if len(s.lost) != 2 || uint16(s.lost[0].seq) != 65535 || uint16(s.lost[1].seq) != 2 {
		t.Errorf("lost %+v", s.lost)
	}
}

// TestSinkSeesWhatTheServerHides takes packets whose sequence numbers follow each other while their own numbers do not.
func TestSinkSeesWhatTheServerHides(t *testing.T) {
	t.Parallel()
	s := fed()
	s.feed(10, 100, 1, true, false, true)
	s.feed(11, 105, 2, true, false, true)
	if expected := s.last - s.first + 1; expected != 6 || s.unique != 2 {
		t.Errorf("expected %d, unique %d", expected, s.unique)
	}
}

func TestSinkWaitsForAWholeKeyFrame(t *testing.T) {
	t.Parallel()
	s := fed()
	s.feed(1, 1, 10, true, false, true)
	s.feed(2, 2, 20, true, true, false)
	s.feed(4, 4, 20, false, true, true)
	if s.firstPacket == 0 || s.key.complete != 0 {
		t.Errorf("with a packet of it missing: first packet %v, key frame %v", s.firstPacket, s.key.complete)
	}
	s.feed(3, 3, 20, false, true, false)
	if s.key.complete == 0 {
		t.Error("the key frame is there and was not seen")
	}
}
