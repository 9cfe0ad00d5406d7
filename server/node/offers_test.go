package node

import (
	"fmt"
	"log/slog"
	"testing"

	"parley/rtc/protocol"
	"parley/server/session"
	"parley/server/sfu"
	"parley/server/transport"
)

// nowhere is an sfu.Writer.
type nowhere struct{}

func (nowhere) WriteRTP([]byte, []byte, uint64) {}
func (nowhere) WriteRTCP([]byte)                {}

func TestFullOfferLeavesNoSectionUnused(t *testing.T) {
	t.Parallel()
	tr, err := transport.New(transport.Config{ListenUDP: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	p := newPlane(tr, false, slog.New(slog.DiscardHandler))
	made, err := p.NewLeg()
	if err != nil {
		t.Fatal(err)
	}
	l := made.(*leg)
	t.Cleanup(func() {
		l.Close()
		p.Close()
		if err := tr.Close(); err != nil {
			t.Error(err)
		}
	})
	up := sfu.NewUplink(nowhere{}, false, nil)
	track := func(n int, kind protocol.Kind, codec sfu.Codec) session.TrackID {
		id := session.TrackID{StreamID: protocol.StreamID(fmt.Sprint("stream-", n)), Kind: kind}
		p.setTrack(id, up.Add("", codec, 100, nil))
		return id
	}
	var want []session.TrackID
	for n := range maxSections/2 + 1 { // one more than there is room for
		want = append(want, track(n, protocol.KindAudio, sfu.Opus), track(n, protocol.KindVideo, sfu.VP8))
	}
	offered := func(want []session.TrackID) map[protocol.StreamID]string {
		t.Helper()
		offer, err := l.Subscribe(want)
		if err != nil {
			t.Fatal(err)
		}
		l.offers.underWay = false // as answered
		found := map[protocol.StreamID]string{}
		if offer != nil {
			for _, tr := range offer.Tracks {
				found[tr.StreamID] += string(tr.Kind)
			}
		}
		return found
	}
	last := want[len(want)-1].StreamID
	if found := offered(want); len(found) != maxSections/2 || found[last] != "" {
		t.Fatalf("%d streams, the last %q", len(found), found[last])
	}
	// A picture ends. The last stream's sound still finds no section, but its picture takes the one that became free.
	want = append(want[:1:1], want[2:]...)
	offered(want)
	if found := offered(want); found[last] != "video" {
		t.Errorf("of the last stream %q is offered", found[last])
	}
}
