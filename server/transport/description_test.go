package transport

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/pion/stun/v4"
)

// browserOffer is what a browser offers for a microphone, a camera with layers and a data channel.
const browserOffer = `v=0
o=- 4611731400430051336 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0 1 2
a=extmap-allow-mixed
a=msid-semantic: WMS stream
m=audio 9 UDP/TLS/RTP/SAVPF 111 63
c=IN IP4 0.0.0.0
a=rtcp:9 IN IP4 0.0.0.0
a=ice-ufrag:wXyZ
a=ice-pwd:by5rZGpnaGZqa2xramRoZ2Zr
a=ice-options:trickle
a=fingerprint:sha-1 00:11
a=fingerprint:sha-256 aa:bb:CC
a=setup:actpass
a=mid:0
a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
a=extmap:4/sendonly urn:ietf:params:rtp-hdrext:sdes:mid
a=sendonly
a=msid:stream mic
a=rtcp-mux
a=rtpmap:111 opus/48000/2
a=rtcp-fb:111 transport-cc
a=fmtp:111 minptime=10;useinbandfec=1
a=rtpmap:63 red/48000/2
a=ssrc:1001 cname:x
a=ssrc:1001 msid:stream mic
m=video 0 UDP/TLS/RTP/SAVPF 96 97
c=IN IP4 0.0.0.0
a=bundle-only
a=mid:1
a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id
a=sendrecv
a=rtcp-mux
a=rtpmap:96 VP8/90000
a=rtcp-fb:* nack
a=rtcp-fb:96 nack pli
a=rtpmap:97 rtx/90000
a=fmtp:97 apt=96
a=rid:h send
a=rid:l send
a=simulcast:send h;l
m=application 9 UDP/DTLS/SCTP webrtc-datachannel
c=IN IP4 0.0.0.0
a=mid:2
a=sctp-port:5000
`

func crlf(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }

func TestParseDescription(t *testing.T) {
	t.Parallel()
	d, err := ParseDescription(crlf(browserOffer))
	if err != nil {
		t.Fatal(err)
	}
	want := &Description{
		ICEUfrag: "wXyZ", ICEPwd: "by5rZGpnaGZqa2xramRoZ2Zr", FingerprintHash: "sha-256", Fingerprint: "AA:BB:CC", Setup: "actpass",
		Media: []Media{
			{
				MID: "0", Kind: "audio", Direction: "sendonly", SSRCs: []uint32{1001},
				Codecs: []Codec{
					{Name: "opus", PayloadType: 111, ClockRate: 48000, Channels: 2, FMTP: "minptime=10;useinbandfec=1", Feedback: []string{"transport-cc"}},
					{Name: "red", PayloadType: 63, ClockRate: 48000, Channels: 2},
				},
				Extensions: map[string]uint8{"urn:ietf:params:rtp-hdrext:ssrc-audio-level": 1, "urn:ietf:params:rtp-hdrext:sdes:mid": 4},
				protos:     []string{"UDP", "TLS", "RTP", "SAVPF"}, formats: []string{"111", "63"},
			},
			{
				MID: "1", Kind: "video", Direction: "sendrecv", RIDs: []string{"h", "l"},
				Codecs: []Codec{
					{Name: "VP8", PayloadType: 96, ClockRate: 90000, Feedback: []string{"nack", "nack pli"}},
					{Name: "rtx", PayloadType: 97, ClockRate: 90000, FMTP: "apt=96", Feedback: []string{"nack"}},
				},
				Extensions: map[string]uint8{ridURI: 10},
				protos:     []string{"UDP", "TLS", "RTP", "SAVPF"}, formats: []string{"96", "97"},
			},
			{
				MID: "2", Kind: "application", Direction: "sendrecv", Extensions: map[string]uint8{},
				protos: []string{"UDP", "DTLS", "SCTP"}, formats: []string{"webrtc-datachannel"},
			},
		},
	}
	if !reflect.DeepEqual(d, want) {
		t.Errorf("got  %+v\nwant %+v", d, want)
	}
}

func TestParseDescriptionRefuses(t *testing.T) {
	t.Parallel()
	head, section, _ := strings.Cut(browserOffer, "m=audio")
	for name, text := range map[string]string{
		"empty":       "",
		"rubbish":     "hello",
		"too long":    browserOffer + strings.Repeat("a=x\n", maxDescription/4),
		"too many":    head + strings.Repeat("m=audio 9 UDP/TLS/RTP/SAVPF 0\n", maxMedia+1),
		"mid twice":   browserOffer + "m=audio" + section,
		"mid of rune": strings.Replace(browserOffer, "a=mid:0", "a=mid:\x010", 1),
	} {
		if _, err := ParseDescription(crlf(text)); !errors.Is(err, ErrDescription) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAnswerText(t *testing.T) {
	t.Parallel()
	tr := newTransport(t, Config{})
	c := newTestConn(t, tr, newHandler())
	d, err := ParseDescription(crlf(browserOffer))
	if err != nil {
		t.Fatal(err)
	}
	text, err := c.Answer(d, map[string]Accept{"1": {Codec: d.Media[1].Codecs[0], Extensions: map[string]uint8{ridURI: 10}}})
	if err != nil {
		t.Fatal(err)
	}
	local := c.ice.current()
	want := fmt.Sprintf(`v=0
o=- %d 1 IN IP4 127.0.0.1
s=-
t=0 0
a=ice-lite
a=extmap-allow-mixed
a=msid-semantic:WMS *
a=group:BUNDLE 1
m=audio 0 UDP/TLS/RTP/SAVPF 111 63
c=IN IP4 0.0.0.0
a=mid:0
a=inactive
m=video 9 UDP/TLS/RTP/SAVPF 96
c=IN IP4 0.0.0.0
a=mid:1
a=rtcp-mux
a=rtcp-rsize
a=rtpmap:96 VP8/90000
a=rtcp-fb:96 nack
a=rtcp-fb:96 nack pli
a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id
a=recvonly
a=rid:h recv
a=rid:l recv
a=simulcast:recv h;l
a=ice-ufrag:%s
a=ice-pwd:%s
a=fingerprint:sha-256 %s
a=setup:passive
a=candidate:1 1 udp 2130706431 127.0.0.1 %d typ host
a=end-of-candidates
m=application 0 UDP/DTLS/SCTP webrtc-datachannel
c=IN IP4 0.0.0.0
a=mid:2
a=inactive
`, c.told.session, local.ufrag, local.pwd, tr.digest, tr.UDPAddr().Port())
	if text != crlf(want) {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
	other := *d
	other.Fingerprint = "00:00"
	if _, err := c.Answer(&other, nil); !errors.Is(err, ErrDescription) {
		t.Errorf("another fingerprint: %v", err)
	}
	if err := c.SetAnswer(d); !errors.Is(err, ErrDescription) {
		t.Errorf("an answer without an offer: %v", err)
	}
}

func TestDescriptionsThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	tr := newTransport(t, Config{})
	for name, change := range map[string]func(*Description){
		"no ufrag":       func(d *Description) { d.ICEUfrag = "" },
		"short password": func(d *Description) { d.ICEPwd = "short" },
		"odd password":   func(d *Description) { d.ICEPwd = strings.Repeat("ä", 20) },
		"no fingerprint": func(d *Description) { d.Fingerprint = "" },
		"setup":          func(d *Description) { d.Setup = "holdconn" },
		"lite":           func(d *Description) { d.Lite = true },
	} {
		d, err := ParseDescription(crlf(browserOffer))
		if err != nil {
			t.Fatal(err)
		}
		change(d)
		if _, err := newTestConn(t, tr, newHandler()).Answer(d, nil); !errors.Is(err, ErrDescription) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, change := range map[string]func(*OfferMedia){
		"mid":          func(m *OfferMedia) { m.MID = "" },
		"kind":         func(m *OfferMedia) { m.Kind = "application" },
		"msid":         func(m *OfferMedia) { m.MSID = "two words" },
		"cname":        func(m *OfferMedia) { m.CNAME = "x\r\na=y" },
		"payload type": func(m *OfferMedia) { m.Codec.PayloadType = 72 },
		"fmtp":         func(m *OfferMedia) { m.Codec.FMTP = "x\r\na=y" },
	} {
		m := videoOffer("0", 1)
		change(&m)
		if _, err := newTestConn(t, tr, newHandler()).Offer([]OfferMedia{m}); !errors.Is(err, ErrDescription) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzParseDescription(f *testing.F) {
	f.Add(browserOffer)
	f.Add(crlf(browserOffer))
	f.Add("v=0\r\no=- 0 0 IN IP4 0\r\ns=-\r\nt=0 0\r\nm=audio 9 x 111\r\na=rtpmap:111 /\r\na=extmap:999 x\r\na=ssrc:99999999999\r\na=rid:\r\na=fingerprint:sha-256\r\n")
	tr := newTransport(f, Config{})
	f.Fuzz(func(t *testing.T, text string) {
		d, err := ParseDescription(text)
		if err != nil {
			return
		}
		c := newTestConn(t, tr, newHandler())
		defer c.Close() //nolint:errcheck // has none
		answer, err := c.Answer(d, acceptAll(d))
		if err != nil {
			return
		}
		again, err := ParseDescription(answer)
		if err != nil {
			t.Fatalf("%v in our own answer:\n%s", err, answer)
		}
		if len(again.Media) != len(d.Media) {
			t.Fatalf("%d sections were answered with %d", len(d.Media), len(again.Media))
		}
	})
}

// FuzzDatagram feeds whatever may come to the port to a Conn that has a path and keys.
func FuzzDatagram(f *testing.F) {
	tr := newTransport(f, Config{})
	c := ready(f, tr, newSink(f))
	from := origin{addr: c.Stats().Remote}
	local := c.ice.current()
	f.Add(request(c, nominate))
	f.Add(stun.MustBuild(stun.BindingSuccess, stun.TransactionID, stun.NewShortTermIntegrity(local.pwd), stun.Fingerprint).Raw)
	f.Add([]byte{0x80, 201, 0, 1, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Add([]byte{0x9f, 96, 0, 1, 0, 0, 0, 9, 0, 0, 0, 0, 0xbe, 0xde, 0, 1, 0x10, 1, 0, 0})
	f.Add([]byte{22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1})
	var stuns stunReader
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > maxDatagram {
			return
		}
		packet := make([]byte, maxDatagram)[:len(b)] // what follows in the buffer is not the packet's
		copy(packet, b)
		tr.datagram(packet, from, &stuns, time.Now())
		_ = LooksLikeICETCP(b)
		destination(b)
	})
}
