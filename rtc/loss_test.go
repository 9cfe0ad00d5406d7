package rtc_test

import (
	"fmt"
	"testing"

	"parley/rtc"
	"parley/rtc/protocol"
	"parley/rtc/rtctest"
	"parley/server/servertest"
)

// TestLossIsRepaired sends over a path that loses every twentieth packet on its way in and again on its way out: what the server missed it asks
// for, and it answers what the subscriber asks for. Sound is not repaired, so it shows that packets are lost at all.
func TestLossIsRepaired(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t)
	id := server.Session()
	keys := make(chan struct{}, 1)
	ann := join(t, server, server.Token(id, "publisher", "Ann"), rtc.Options{Publish: []rtc.StreamConfig{camera(keys)}, Network: rtctest.Lossy(t, 7, 0.05, 0.05)})
	ann.send(keys)
	ben := join(t, server, server.Token(id, "publisher", "Ben"), rtc.Options{Network: rtctest.Lossy(t, 8, 0.05, 0.05)})
	stream := ann.Publishers()[0].StreamID()
	missing := func(kind protocol.Kind) (missing, of int) {
		ben.mu.Lock()
		defer ben.mu.Unlock()
		got := ben.numbers[string(stream)+" "+string(kind)]
		lo, hi := uint32(1<<31), uint32(0)
		for n := range got {
			lo, hi = min(lo, n), max(hi, n)
		}
		if hi < lo+50 {
			return 0, 0
		}
		hi -= 30 // the newest may still be asked for
		for n := lo; n <= hi; n++ {
			if !got[n] {
				missing++
			}
		}
		return missing, int(hi - lo + 1)
	}
	eventually(t, func() string {
		lostVideo, ofVideo := missing(protocol.KindVideo)
		lostAudio, ofAudio := missing(protocol.KindAudio)
		if ofVideo < 400 || lostVideo*100 > ofVideo || lostAudio*40 < ofAudio {
			return fmt.Sprintf("missing: %d of %d pictures, %d of %d packets of sound", lostVideo, ofVideo, lostAudio, ofAudio)
		}
		return ""
	})
}
