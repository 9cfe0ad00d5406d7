package rtc_test

import (
	"testing"

	"parley/rtc"
	"parley/rtc/protocol"
	"parley/server/servertest"
)

func TestCrowdBeyondOneOffer(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t)
	id := server.Session()
	stay := join(t, server, server.Token(id, "subscriber", "Stay"), rtc.Options{})
	var crowd []*person
	for range 32 {
		crowd = append(crowd, join(t, server, server.Token(id, "publisher", "x"), rtc.Options{Subscribe: protocol.SubscribeNone, Publish: []rtc.StreamConfig{camera(nil)}}))
	}
	keys := make(chan struct{}, 1)
	last := join(t, server, server.Token(id, "publisher", "last"), rtc.Options{Subscribe: protocol.SubscribeNone, Publish: []rtc.StreamConfig{camera(keys)}})
	last.send(keys)
	// 64 sections are taken by streams that send nothing. When one ends, the last stream takes its place.
	crowd[7].leave()
	stream := last.Publishers()[0].StreamID()
	eventually(t, flows(stay, stream, protocol.KindAudio))
	eventually(t, flows(stay, stream, protocol.KindVideo))
}

func TestComingAndGoing(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t)
	id := server.Session()
	stay := join(t, server, server.Token(id, "publisher", "Stay"), rtc.Options{Publish: []rtc.StreamConfig{camera(nil)}})
	for n := range 50 {
		p := join(t, server, server.Token(id, "publisher", "Ann"), rtc.Options{Subscribe: protocol.SubscribeNone, Publish: []rtc.StreamConfig{camera(nil)}})
		if n%2 == 0 {
			defer p.leave() // half stay for a while
			if n > 20 {
				continue
			}
		}
		p.leave()
	}
	keys := make(chan struct{}, 1)
	ann := join(t, server, server.Token(id, "publisher", "Ann"), rtc.Options{Publish: []rtc.StreamConfig{camera(keys)}})
	ann.send(keys)
	stream := ann.Publishers()[0].StreamID()
	eventually(t, flows(stay, stream, protocol.KindAudio))
	eventually(t, flows(stay, stream, protocol.KindVideo))
}
