package transport

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"
)

// serveTCP accepts connections for tr until the test ends.
func serveTCP(t *testing.T, tr *Transport) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { _ = tr.ServeTCP(conn) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		_ = tr.Close()
		wg.Wait()
	})
	return netip.MustParseAddrPort(l.Addr().String())
}

func TestCallOverTCP(t *testing.T) {
	t.Parallel()
	tr := newTransport(t, Config{})
	tr.SetAnnounceTCP([]netip.AddrPort{serveTCP(t, tr)})
	c := &call{tr: tr, pubH: newHandler(), subH: newHandler(), first: 65000}
	c.sub = newTestConn(t, tr, c.subH)
	c.pubH.rtp = forward(c.sub)
	c.pub = newTestConn(t, tr, c.pubH)
	c.pubPC, c.subPC = newClient(t, clientConfig{tcp: true}), newClient(t, clientConfig{tcp: true, role: webrtc.DTLSRoleClient})
	c.track, _ = videoTrack(t, c.pubPC)
	c.got.watch(c.subPC, c.first)
	subscribe(t, c.subPC, c.sub, []OfferMedia{videoOffer("0", testSSRC)})
	publish(t, c.pubPC, c.pub, nil)
	c.pubPC.connected()
	c.subPC.connected()
	c.send(t, 1000)
	if s := c.sub.Stats(); !s.TCP || s.PacketsSent != 1000 {
		t.Errorf("subscriber's stats: %+v", s)
	}
	if err := c.sub.Close(); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() string {
		if s := c.subPC.ConnectionState(); s != webrtc.PeerConnectionStateClosed {
			return "the client is " + s.String()
		}
		return ""
	})
}

func TestServeTCPRefuses(t *testing.T) {
	t.Parallel()
	tr := newTransport(t, Config{firstFrame: 200 * time.Millisecond})
	c := newTestConn(t, tr, newHandler())
	frame := func(b []byte) []byte { return append(binary.BigEndian.AppendUint16(nil, uint16(len(b))), b...) }
	stranger := request(newTestConn(t, newTransport(t, Config{}), newHandler()))
	for name, first := range map[string][]byte{
		"silence":           nil,
		"http":              []byte("GET / HTTP/1.1\r\nHost: parley\r\n\r\n"),
		"empty frame":       {0, 0},
		"media first":       frame(append([]byte{0x80}, make([]byte, 40)...)),
		"nobody's name":     frame(stranger),
		"check, then large": append(frame(request(c)), 0xff, 0xff),
	} {
		t.Run(name, func(t *testing.T) {
			here, there := tcpPair(t)
			if first != nil {
				if _, err := there.Write(first); err != nil {
					t.Fatal(err)
				}
			}
			if err := tr.ServeTCP(here); err == nil || errors.Is(err, ErrClosed) {
				t.Errorf("served: %v", err)
			}
		})
	}
}

// TestSlowTCPClientIsClosed fills the queue of a client that does not read.
func TestSlowTCPClientIsClosed(t *testing.T) {
	t.Parallel()
	tr := newTransport(t, Config{})
	c := newTestConn(t, tr, newHandler())
	here, there := tcpPair(t)
	b := request(c, nominate)
	if _, err := there.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(b))), b...)); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- tr.ServeTCP(here) }()
	eventually(t, func() string {
		if !c.Stats().TCP {
			return "there is no path"
		}
		return ""
	})
	p := c.ice.selected.Load()
	for packet := make([]byte, 1200); ; {
		p.link.send(packet)
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("ended with %v", err)
			}
			if c.Stats().Remote.IsValid() {
				t.Error("the path is still there")
			}
			return
		default:
		}
	}
}

func tcpPair(t *testing.T) (here, there net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // the listener has served
	there, err = net.Dial("tcp4", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	here, err = l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = there.Close() })
	return here, there
}

func TestLooksLikeICETCP(t *testing.T) {
	t.Parallel()
	tr := newTransport(t, Config{})
	b := request(newTestConn(t, tr, newHandler()))
	framed := append(binary.BigEndian.AppendUint16(nil, uint16(len(b))), b...)
	for _, c := range []struct {
		first []byte
		want  bool
	}{
		{framed, true}, {framed[:10], true}, {framed[:4], true}, {framed[:3], false}, {nil, false},
		{[]byte("GET / HTTP/1.1"), false}, {[]byte("PRI * HTTP/2.0"), false}, {[]byte("\x00\x50\x00\x01rubbish."), false},
		{[]byte{0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03}, false}, // TLS
	} {
		if got := LooksLikeICETCP(c.first); got != c.want {
			t.Errorf("%q: %v", c.first, got)
		}
	}
}
