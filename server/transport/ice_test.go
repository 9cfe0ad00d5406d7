package transport

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pion/stun/v4"
	"github.com/pion/webrtc/v4"
)

func TestICERestart(t *testing.T) {
	t.Parallel()
	c := newCall(t, Config{}, clientConfig{}, clientConfig{role: webrtc.DTLSRoleClient}, 100)
	c.send(t, 50)
	wasPub, wasSub := c.pub.Stats().Remote, c.sub.Stats().Remote

	again := publish(t, c.pubPC, c.pub, &webrtc.OfferOptions{ICERestart: true})
	if field(again, "ice-ufrag") == field(c.answer, "ice-ufrag") {
		t.Error("the answer to a restart has the old user name")
	}
	eventually(t, func() string {
		if c.pub.Stats().Remote == wasPub {
			return "the publisher did not move"
		}
		return ""
	})
	c.pubPC.connected()
	c.send(t, 50)

	c.sub.RestartICE()
	offer := subscribe(t, c.subPC, c.sub, []OfferMedia{videoOffer("0", testSSRC)})
	if field(offer, "ice-ufrag") == field(c.offer, "ice-ufrag") {
		t.Error("the offer after a restart has the old user name")
	}
	eventually(t, func() string {
		if c.sub.Stats().Remote == wasSub {
			return "the subscriber did not move"
		}
		return ""
	})
	c.subPC.connected()
	c.send(t, 50)
	eventually(t, func() string {
		c.tr.routes.mu.RLock()
		defer c.tr.routes.mu.RUnlock()
		if n := len(c.tr.routes.ufrags); n != 2 {
			return fmt.Sprintf("%d user names are known, want 2", n)
		}
		return ""
	})
}

// field is the first value of an attribute.
func field(text, key string) string {
	_, rest, _ := strings.Cut(text, "a="+key+":")
	value, _, _ := strings.Cut(rest, "\r\n")
	return value
}

func TestRenegotiationAddsSections(t *testing.T) {
	t.Parallel()
	c := newCall(t, Config{}, clientConfig{}, clientConfig{role: webrtc.DTLSRoleClient}, 100)
	c.send(t, 10)
	audio, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2}, "mic", "stream")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.pubPC.AddTrack(audio); err != nil {
		t.Fatal(err)
	}
	answer := publish(t, c.pubPC, c.pub, nil)
	if field(answer, "group") != "BUNDLE 0 1" || field(answer, "ice-ufrag") != field(c.answer, "ice-ufrag") || !strings.Contains(answer, "a=rtpmap:111 opus/48000/2") {
		t.Errorf("answer:\n%s", answer)
	}
	subscribe(t, c.subPC, c.sub, []OfferMedia{videoOffer("0", testSSRC),
		{MID: "1", Kind: "audio", Codec: opus(), SSRC: 77, MSID: "stream", TrackID: "sound", CNAME: "ann"}})
	<-c.got.seen
	header := func(seq byte) []byte { return []byte{0x80, 111, 0, seq, 0, 0, 0, 0, 0, 0, 0, 77} }
	c.sub.WriteRTP(header(1), []byte("\x10aaa\x00\x00\x00\x00"), 1)
	c.tr.Flush()
	if track := <-c.got.seen; track.Kind() != webrtc.RTPCodecTypeAudio || track.ID() != "sound" {
		t.Errorf("the second track is %s %s", track.Kind(), track.ID())
	}
	c.send(t, 10)
	// A removed section stays, inactive.
	gone := videoOffer("0", testSSRC)
	gone.Inactive = true
	offer := subscribe(t, c.subPC, c.sub, []OfferMedia{gone, {MID: "1", Kind: "audio", Codec: opus(), SSRC: 77, MSID: "stream", TrackID: "sound", CNAME: "ann"}})
	if strings.Count(offer, "a=inactive") != 1 || strings.Count(offer, "m=") != 2 {
		t.Errorf("offer:\n%s", offer)
	}
	if states := c.subH.told(); !slices.Equal(states, []State{StateConnected}) {
		t.Errorf("states: %v", states)
	}
}

func TestWrongFingerprintIsRefused(t *testing.T) {
	t.Parallel()
	tr, h := newTransport(t, Config{}), newHandler()
	c, pc := newTestConn(t, tr, h), newClient(t, clientConfig{})
	videoTrack(t, pc)
	offer := pc.offer(nil)
	first := offer.Fingerprint[:1]
	offer.Fingerprint = map[bool]string{true: "1", false: "0"}[first == "0"] + offer.Fingerprint[1:]
	answer, err := c.Answer(offer, acceptAll(offer))
	if err != nil {
		t.Fatal(err)
	}
	pc.remote(webrtc.SDPTypeAnswer, answer)
	h.await(t, StateFailed)
	if c.keys.Load() != nil {
		t.Error("there are keys")
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	h.await(t, StateClosed)
}

func TestWrongPasswordIsRefused(t *testing.T) {
	t.Parallel()
	tr, h := newTransport(t, Config{handshake: 400 * time.Millisecond}), newHandler()
	c, pc := newTestConn(t, tr, h), newClient(t, clientConfig{})
	videoTrack(t, pc)
	offer := pc.offer(nil)
	answer, err := c.Answer(offer, acceptAll(offer))
	if err != nil {
		t.Fatal(err)
	}
	pwd := field(answer, "ice-pwd")
	pc.remote(webrtc.SDPTypeAnswer, strings.ReplaceAll(answer, pwd, strings.Repeat("x", len(pwd))))
	h.await(t, StateFailed)
	if s := c.Stats(); s.Remote.IsValid() {
		t.Errorf("there is a path to %s", s.Remote)
	}
	if tr.ledger.refused.Load() == 0 {
		t.Error("no check was refused")
	}
}

func TestConsentExpiresAndComesBack(t *testing.T) {
	t.Parallel()
	silent := clientConfig{settings: func(s *webrtc.SettingEngine) { s.SetICETimeouts(time.Minute, time.Minute, time.Minute) }}
	tr, h := newTransport(t, Config{consent: 300 * time.Millisecond}), newHandler()
	c, pc := newTestConn(t, tr, h), newClient(t, silent)
	videoTrack(t, pc)
	publish(t, pc, c, nil)
	h.await(t, StateConnected)
	h.await(t, StateFailed) // its keep-alives come each minute
	if c.Stats().Remote.IsValid() {
		t.Error("there is still a path")
	}
	c.WriteRTCP(make([]byte, 8))
	if c.Stats().DroppedEarly != 1 {
		t.Error("a packet was accepted without a path")
	}
	publish(t, pc, c, &webrtc.OfferOptions{ICERestart: true})
	eventually(t, func() string {
		if states := h.told(); len(states) < 3 || states[2] != StateConnected {
			return fmt.Sprintf("states %v after the restart", states)
		}
		return ""
	})
}

func TestClientThatClosesFails(t *testing.T) {
	t.Parallel()
	c := newCall(t, Config{}, clientConfig{}, clientConfig{role: webrtc.DTLSRoleClient}, 100)
	if err := c.pubPC.Close(); err != nil {
		t.Fatal(err)
	}
	c.pubH.await(t, StateFailed)
	if err := c.sub.Close(); err != nil {
		t.Fatal(err)
	}
	c.subH.await(t, StateClosed)
	eventually(t, func() string {
		if s := c.subPC.ConnectionState(); s != webrtc.PeerConnectionStateClosed {
			return "the client is " + s.String()
		}
		return ""
	})
	if _, err := c.sub.Offer(nil); err == nil {
		t.Error("a closed connection makes offers")
	}
}

// prober speaks STUN to a Conn by hand.
type prober struct {
	t    *testing.T
	sock *net.UDPConn
	to   netip.AddrPort
}

func newProber(t *testing.T, tr *Transport) *prober {
	t.Helper()
	sock, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sock.Close() })
	return &prober{t, sock, netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), tr.UDPAddr().Port())}
}

func (p *prober) send(b []byte) {
	p.t.Helper()
	if _, err := p.sock.WriteToUDPAddrPort(b, p.to); err != nil {
		p.t.Fatal(err)
	}
}

// read returns the next STUN message that arrives.
func (p *prober) read() *stun.Message {
	p.t.Helper()
	b := make([]byte, 2048)
	if err := p.sock.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
		p.t.Fatal(err)
	}
	for {
		n, from, err := p.sock.ReadFromUDPAddrPort(b)
		if err != nil {
			p.t.Fatal(err)
		}
		if from != p.to {
			p.t.Errorf("answered from %s, asked at %s", from, p.to)
		}
		if m := (&stun.Message{Raw: b[:n]}); m.Decode() == nil {
			return m
		}
	}
}

func request(c *Conn, more ...stun.Setter) []byte {
	local := c.ice.current()
	setters := append([]stun.Setter{stun.BindingRequest, stun.TransactionID, stun.NewUsername(local.ufrag + ":peer"),
		stun.RawAttribute{Type: stun.AttrICEControlling, Value: make([]byte, 8)}}, more...)
	return stun.MustBuild(append(setters, stun.NewShortTermIntegrity(local.pwd), stun.Fingerprint)...).Raw
}

var nominate = stun.RawAttribute{Type: stun.AttrUseCandidate}

func TestChecks(t *testing.T) {
	t.Parallel()
	for _, listen := range []string{"127.0.0.1:0", "0.0.0.0:0", ":0"} {
		t.Run(listen, func(t *testing.T) {
			t.Parallel()
			tr := newTransport(t, Config{ListenUDP: listen})
			c := newTestConn(t, tr, newHandler())
			p := newProber(t, tr)
			p.send(request(c, nominate))
			m := p.read()
			var mapped stun.XORMappedAddress
			if err := mapped.GetFrom(m); err != nil || m.Type != stun.BindingSuccess || mapped.Port != p.sock.LocalAddr().(*net.UDPAddr).Port {
				t.Errorf("answer %s, %v", m, err)
			}
			if err := stun.NewShortTermIntegrity(c.ice.current().pwd).Check(m); err != nil {
				t.Error(err)
			}
			if got := c.Stats().Remote.String(); got != p.sock.LocalAddr().String() {
				t.Errorf("the path leads to %s", got)
			}
			p.send(request(c, stun.RawAttribute{Type: stun.AttrICEControlled, Value: make([]byte, 8)}))
			var code stun.ErrorCodeAttribute
			if m := p.read(); code.GetFrom(m) != nil || code.Code != stun.CodeRoleConflict {
				t.Errorf("a second controlled side is told %s", m)
			}
			// With the client's description we ask back.
			for _, q := range c.ice.setRemote(credentials{"peer", "passwordpasswordpassword"}, time.Now()) {
				tr.ask(q)
			}
			if m := p.read(); m.Type != stun.BindingRequest || stun.NewShortTermIntegrity("passwordpasswordpassword").Check(m) != nil || stun.Fingerprint.Check(m) != nil {
				t.Errorf("asked %s", m)
			}
		})
	}
}

func TestUntrustedChecksAreIgnored(t *testing.T) {
	t.Parallel()
	tr := newTransport(t, Config{})
	c := newTestConn(t, tr, newHandler())
	local := c.ice.current()
	unsigned := stun.MustBuild(stun.BindingRequest, stun.TransactionID, stun.NewUsername(local.ufrag+":peer"), nominate, stun.Fingerprint).Raw
	noFingerprint := stun.MustBuild(stun.BindingRequest, stun.TransactionID, stun.NewUsername(local.ufrag+":peer"), nominate, stun.NewShortTermIntegrity(local.pwd)).Raw
	wrong := stun.MustBuild(stun.BindingRequest, stun.TransactionID, stun.NewUsername(local.ufrag+":peer"), nominate, stun.NewShortTermIntegrity("wrong"), stun.Fingerprint).Raw
	stranger := stun.MustBuild(stun.BindingRequest, stun.TransactionID, stun.NewUsername("nobody:peer"), nominate, stun.NewShortTermIntegrity(local.pwd), stun.Fingerprint).Raw
	broken := request(c, nominate)
	broken[len(broken)-1] ^= 1
	p := newProber(t, tr)
	for _, b := range [][]byte{unsigned, noFingerprint, wrong, stranger, broken, append(request(c, nominate), 0), {}, {0}, []byte("GET / HTTP/1.1\r\n\r\n"), bytes.Repeat([]byte{0x80}, 100), bytes.Repeat([]byte{22}, 100), make([]byte, 4000)} {
		p.send(b)
	}
	// USE-CANDIDATE behind MESSAGE-INTEGRITY is not the client's word.
	late := stun.MustBuild(stun.BindingRequest, stun.TransactionID, stun.NewUsername(local.ufrag+":peer"), stun.NewShortTermIntegrity(local.pwd), nominate, stun.Fingerprint).Raw
	p.send(late)
	if m := p.read(); m.Type != stun.BindingSuccess || !bytes.Equal(m.TransactionID[:], late[8:20]) {
		t.Errorf("the first answer is %s", m)
	}
	if s := c.Stats(); s.Remote.IsValid() {
		t.Errorf("there is a path to %s", s.Remote)
	}
}

// TestMidCallMoveNeedsAnswer forges the source address of a nomination: media must not follow it.
func TestMidCallMoveNeedsAnswer(t *testing.T) {
	t.Parallel()
	tr := newTransport(t, Config{})
	c := newTestConn(t, tr, newHandler())
	one, two := newProber(t, tr), newProber(t, tr)
	c.ice.setRemote(credentials{"peer", "passwordpasswordpassword"}, time.Now())
	from := func(p *prober) origin {
		return origin{addr: p.sock.LocalAddr().(*net.UDPAddr).AddrPort()}
	}
	ufrag := c.ice.current().ufrag
	c.ice.check(from(one), ufrag, true, false, time.Now())
	v := c.ice.check(from(two), ufrag, true, true, time.Now())
	if v.selected || !v.asking || c.Stats().Remote != from(one).addr {
		t.Fatalf("media went to %s unasked", c.Stats().Remote)
	}
	if c.ice.answered(from(one), v.ask.id) || c.ice.answered(from(two), [12]byte{}) {
		t.Error("a wrong answer counted")
	}
	if !c.ice.answered(from(two), v.ask.id) || c.Stats().Remote != from(two).addr {
		t.Error("the answer did not count")
	}
}

func TestPathsAreBounded(t *testing.T) {
	t.Parallel()
	tr := newTransport(t, Config{})
	c := newTestConn(t, tr, newHandler())
	at := func(port int) origin {
		return origin{addr: netip.AddrPortFrom(netip.MustParseAddr("192.0.2.1"), uint16(port))}
	}
	ufrag := c.ice.current().ufrag
	c.checked(at(1), ufrag, true, time.Now())
	for port := 2; port < 100; port++ {
		c.checked(at(port), ufrag, false, time.Now())
	}
	tr.routes.mu.RLock()
	n := len(tr.routes.addrs)
	tr.routes.mu.RUnlock()
	if n != maxPaths || c.Stats().Remote != at(1).addr || tr.routes.byAddr(at(1).addr) != c {
		t.Errorf("%d addresses, path to %s", n, c.Stats().Remote)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	tr.routes.mu.RLock()
	defer tr.routes.mu.RUnlock()
	if len(tr.routes.addrs)+len(tr.routes.ufrags)+len(tr.routes.conns) != 0 {
		t.Error("a closed connection is still known")
	}
}

// TestHandshakeTimesOut has a client that answers checks and then says nothing, with us in either DTLS role.
func TestHandshakeTimesOut(t *testing.T) {
	t.Parallel()
	for _, setup := range []string{"active", "passive"} {
		t.Run(setup, func(t *testing.T) {
			t.Parallel()
			tr, h := newTransport(t, Config{handshake: 300 * time.Millisecond}), newHandler()
			c := newTestConn(t, tr, h)
			if _, err := c.Offer([]OfferMedia{videoOffer("0", 1)}); err != nil {
				t.Fatal(err)
			}
			d, err := ParseDescription(crlf(browserOffer))
			if err != nil {
				t.Fatal(err)
			}
			d.Setup = setup
			if err := c.SetAnswer(d); err != nil {
				t.Fatal(err)
			}
			newProber(t, tr).send(request(c, nominate))
			eventually(t, func() string {
				c.told.mu.Lock()
				defer c.told.mu.Unlock()
				if !c.told.started {
					return "the handshake has not started"
				}
				return ""
			})
			h.await(t, StateFailed)
			if err := c.Close(); err != nil {
				t.Fatal(err)
			}
			h.await(t, StateClosed)
		})
	}
}
