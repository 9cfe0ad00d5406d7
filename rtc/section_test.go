package rtc_test

import (
	"testing"

	"parley/rtc"
	"parley/rtc/protocol"
	"parley/server/servertest"
)

func TestSectionThatWasLongInactiveIsTakenOver(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t)
	id := server.Session()
	stay := join(t, server, server.Token(id, "publisher", "Stay"), rtc.Options{})
	come := func() (*person, *sender) {
		keys := make(chan struct{}, 1)
		p := join(t, server, server.Token(id, "publisher", "Ann"), rtc.Options{Publish: []rtc.StreamConfig{camera(keys)}})
		return p, p.send(keys)
	}
	for range 2 {
		// Two leave one after the other: the sections of the first are offered as inactive twice. Then somebody takes them over.
		ann, annSends := come()
		ben, benSends := come()
		for _, p := range []*person{ann, ben} {
			eventually(t, flows(stay, p.Publishers()[0].StreamID(), protocol.KindAudio))
			eventually(t, flows(stay, p.Publishers()[0].StreamID(), protocol.KindVideo))
		}
		annSends.halt()
		ann.leave()
		benSends.halt()
		ben.leave()
		cleo, cleoSends := come()
		eventually(t, flows(stay, cleo.Publishers()[0].StreamID(), protocol.KindAudio))
		eventually(t, flows(stay, cleo.Publishers()[0].StreamID(), protocol.KindVideo))
		cleoSends.halt()
		cleo.leave()
	}
}
