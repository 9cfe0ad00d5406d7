package transport

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
)

// ready makes a Conn that is connected to sink, without a handshake.
func ready(t testing.TB, tr *Transport, sink *net.UDPConn) *Conn {
	t.Helper()
	c := newTestConn(t, tr, newHandler())
	addr := sink.LocalAddr().(*net.UDPAddr).AddrPort()
	c.checked(origin{addr: addr}, c.ice.current().ufrag, true, time.Now())
	k, _ := testKeys(t, srtp.ProtectionProfileAeadAes128Gcm)
	c.life.heard.Store(time.Now().UnixNano())
	c.keys.Store(k)
	return c
}

func newSink(t testing.TB) *net.UDPConn {
	t.Helper()
	sink, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sink.Close() })
	return sink
}

// readSizes reads n datagrams and returns their sizes, and fails when their numbers are out of order.
func readSizes(t *testing.T, sink *net.UDPConn, n int) []int {
	t.Helper()
	b := make([]byte, 2048)
	var sizes []int
	if err := sink.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		size, err := sink.Read(b)
		if err != nil {
			t.Fatalf("after %d of %d: %v", i, n, err)
		}
		if seq := binary.BigEndian.Uint16(b[2:]); int(seq) != i {
			t.Fatalf("number %d came as %d", seq, i)
		}
		sizes = append(sizes, size)
	}
	return sizes
}

func TestBurstsKeepSizeAndOrder(t *testing.T) {
	t.Parallel()
	for _, single := range []bool{false, true} {
		t.Run(fmt.Sprint(single), func(t *testing.T) {
			t.Parallel()
			tr, sink := newTransport(t, Config{}), newSink(t)
			c := ready(t, tr, sink)
			if single {
				tr.sock.single.Store(true)
			}
			var want []int
			for i := range 120 {
				n := []int{1000, 1000, 1000, 400, 900, 1000, 20}[i%7]
				if i >= 40 {
					n = 300 // a burst longer than one system call takes
				}
				header, err := (&rtp.Header{Version: 2, SequenceNumber: uint16(i), SSRC: 1}).Marshal()
				if err != nil {
					t.Fatal(err)
				}
				c.WriteRTP(header, make([]byte, n), uint64(i))
				want = append(want, 12+n+16)
			}
			tr.Flush()
			if got := readSizes(t, sink, 120); !slices.Equal(got, want) {
				t.Errorf("sizes %v", got)
			}
			if tr.ledger.sendErrors.Load() != 0 {
				t.Error("there were send errors")
			}
		})
	}
}

// TestUnreachableClientHoldsUpNobody sends to an address that the kernel refuses, among others.
func TestUnreachableClientHoldsUpNobody(t *testing.T) {
	t.Parallel()
	tr, sink := newTransport(t, Config{}), newSink(t)
	bad := ready(t, tr, newSink(t))
	bad.checked(origin{addr: netip.MustParseAddrPort("127.0.0.1:0")}, bad.ice.current().ufrag, true, time.Now())
	bad.ice.mu.Lock()
	bad.ice.selected.Store(bad.ice.paths[len(bad.ice.paths)-1])
	bad.ice.mu.Unlock()
	good := ready(t, tr, sink)
	header := make([]byte, 12)
	header[0] = 0x80
	bad.WriteRTP(header, make([]byte, 10), 0)
	good.WriteRTP(header, make([]byte, 10), 0)
	tr.Flush()
	readSizes(t, sink, 1)
	if tr.ledger.sendErrors.Load() != 1 {
		t.Errorf("%d send errors", tr.ledger.sendErrors.Load())
	}
}

func TestPendingIsBounded(t *testing.T) {
	t.Parallel()
	tr, sink := newTransport(t, Config{}), newSink(t)
	c := ready(t, tr, sink)
	header := make([]byte, 12)
	header[0] = 0x80
	for i := range maxPending + 10 {
		c.WriteRTP(header, []byte{1}, uint64(i))
	}
	c.WriteRTP(header, make([]byte, maxPacket), 0)
	c.WriteRTP(nil, nil, 0)
	if s := c.Stats(); s.DroppedFull != 12 {
		t.Errorf("stats %+v", s)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	tr.Flush()
	c.WriteRTP(header, []byte{1}, 0)
	if s := c.Stats(); s.PacketsSent != 0 || s.DroppedEarly != 1 {
		t.Errorf("stats after close %+v", s)
	}
}

// TestManyWriters writes and flushes from many goroutines: everything arrives, and nothing twice.
func TestManyWriters(t *testing.T) {
	t.Parallel()
	const writers, each = 4, 200
	tr := newTransport(t, Config{})
	var sinks []*net.UDPConn
	var conns []*Conn
	for range writers {
		sinks = append(sinks, newSink(t))
		conns = append(conns, ready(t, tr, sinks[len(sinks)-1]))
	}
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for range each {
				tr.Flush()
			}
		})
	}
	for w := range writers {
		wg.Go(func() {
			header := make([]byte, 12)
			header[0] = 0x80
			for i := range each {
				binary.BigEndian.PutUint16(header[2:], uint16(i))
				conns[w].WriteRTP(header, []byte("payload"), uint64(i))
				tr.Flush()
			}
		})
	}
	wg.Wait()
	tr.Flush()
	for _, sink := range sinks {
		readSizes(t, sink, each)
	}
}

func TestCloseIsOrderly(t *testing.T) {
	t.Parallel()
	tr, h := newTransport(t, Config{}), newHandler()
	c := newTestConn(t, tr, h)
	if err := errors.Join(c.Close(), c.Close(), tr.Close(), tr.Close()); err != nil {
		t.Fatal(err)
	}
	h.await(t, StateClosed)
	if _, err := tr.NewConn(h); !errors.Is(err, ErrClosed) {
		t.Errorf("a closed transport makes connections: %v", err)
	}
	here, _ := tcpPair(t)
	if err := tr.ServeTCP(here); !errors.Is(err, ErrClosed) {
		t.Errorf("a closed transport serves: %v", err)
	}
}

func BenchmarkWriteRTP(b *testing.B) {
	for _, n := range []int{1, 10, 100} {
		b.Run(fmt.Sprintf("conns=%d", n), func(b *testing.B) {
			tr, sink := newTransport(b, Config{}), newSink(b)
			var conns []*Conn
			for range n {
				conns = append(conns, ready(b, tr, sink))
			}
			header, payload := make([]byte, 12), make([]byte, 1150)
			header[0] = 0x80
			index := uint64(0)
			b.ReportAllocs()
			for b.Loop() { // a frame of four packets to everybody
				for range 4 {
					index++
					binary.BigEndian.PutUint16(header[2:], uint16(index))
					for _, c := range conns {
						c.WriteRTP(header, payload, index)
					}
				}
				tr.Flush()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(4*n), "ns/packet")
		})
	}
}

// TestBurstsFromAnyAddress sends from sockets that are bound to no address: the source is the one that the client asked.
func TestBurstsFromAnyAddress(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ listen, at string }{{"0.0.0.0:0", "127.0.0.1"}, {"0.0.0.0:0", "127.0.0.2"}, {":0", "127.0.0.2"}, {":0", "::1"}, {"[::1]:0", "::1"}} {
		t.Run(c.listen+" at "+c.at, func(t *testing.T) {
			t.Parallel()
			tr := newTransport(t, Config{ListenUDP: c.listen})
			conn := newTestConn(t, tr, newHandler())
			// A connected socket takes datagrams from the address it asked alone.
			sink, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(c.at), tr.UDPAddr().Port())))
			if err != nil {
				t.Fatal(err)
			}
			defer sink.Close() //nolint:errcheck // has served
			if _, err := sink.Write(request(conn, nominate)); err != nil {
				t.Fatal(err)
			}
			if err := sink.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
				t.Fatal(err)
			}
			if _, err := sink.Read(make([]byte, 2048)); err != nil {
				t.Fatal(err)
			}
			k, _ := testKeys(t, srtp.ProtectionProfileAeadAes128Gcm)
			conn.keys.Store(k)
			header := make([]byte, 12)
			header[0] = 0x80
			for i := range 20 {
				binary.BigEndian.PutUint16(header[2:], uint16(i))
				conn.WriteRTP(header, make([]byte, 1000-i/7*100), uint64(i))
			}
			tr.Flush()
			readSizes(t, sink, 20)
			if n := tr.ledger.sendErrors.Load(); n != 0 || tr.sock.single.Load() {
				t.Errorf("%d send errors, single packets: %v", n, tr.sock.single.Load())
			}
		})
	}
}
