package client

import (
	"strings"
	"testing"

	"parley/server/bench/load"
	"parley/server/transport"
)

// TestDescriptionsAreUnderstood gives ours to the server's parser.
func TestDescriptionsAreUnderstood(t *testing.T) {
	t.Parallel()
	c := credentials{ufrag: "abcd", pwd: "0123456789abcdef0123456789", fingerprint: strings.Repeat("AB:", 31) + "AB"}
	offer, err := transport.ParseDescription(c.offer([]load.Kind{load.Video, load.Audio}, []uint32{5, 6}))
	if err != nil {
		t.Fatal(err)
	}
	if len(offer.Media) != 2 || offer.Media[0].SSRCs[0] != 5 || offer.Media[1].Codecs[0].Name != "opus" || offer.Setup != "actpass" || offer.ICEPwd != c.pwd {
		t.Errorf("offer %+v", offer)
	}
	theirs, err := parse("v=0\r\na=ice-ufrag:u\r\na=ice-pwd:p\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\na=sendonly\r\na=rtpmap:96 VP8/90000\r\n" +
		"a=ssrc:7 cname:x\r\na=ssrc:7 msid:a b\r\na=candidate:1 1 udp 5 127.0.0.1 4000 typ host\r\na=candidate:2 1 tcp 5 127.0.0.1 4000 typ host tcptype passive\r\n" +
		"m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:1\r\na=inactive\r\na=rtpmap:111 opus/48000/2\r\n")
	if err != nil {
		t.Fatal(err)
	}
	if theirs.ufrag != "u" || theirs.pwd != "p" || theirs.address.String() != "127.0.0.1:4000" || len(theirs.sections) != 2 ||
		theirs.sections[0].ssrc != 7 || theirs.sections[1].direction != "inactive" {
		t.Errorf("theirs %+v", theirs)
	}
	answer, err := transport.ParseDescription(c.answer(theirs))
	if err != nil {
		t.Fatal(err)
	}
	if answer.Setup != "active" || answer.Media[0].Direction != "recvonly" || answer.Media[1].Direction != "inactive" || answer.Media[1].MID != "1" {
		t.Errorf("answer %+v", answer)
	}
	if _, err := parse("v=0\r\nm=video 9 x 96\r\n"); err == nil {
		t.Error("a description without credentials is good")
	}
}
