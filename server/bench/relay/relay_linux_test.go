package relay

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
	"go.uber.org/goleak"

	"parley/server/bench/mmsg"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func key(n byte) (key, salt []byte) {
	return bytes.Repeat([]byte{n}, 16), bytes.Repeat([]byte{n + 1}, 12)
}

func socket(t testing.TB) (*net.UDPConn, netip.AddrPort) {
	t.Helper()
	conn, err := Listen()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn, conn.LocalAddr().(*net.UDPAddr).AddrPort()
}

// packet makes a packet of n bytes of payload.
func packet(t testing.TB, seq uint16, n int) []byte {
	t.Helper()
	header, err := (&rtp.Header{Version: 2, PayloadType: 96, SequenceNumber: seq, SSRC: 7}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return append(header, bytes.Repeat([]byte{byte(seq)}, n)...)
}

// TestRelay sends packets of mixed sizes across a wrap of their numbers to two subscribers, who read them all, bit for bit and in order.
func TestRelay(t *testing.T) {
	t.Parallel()
	for _, row := range Rows() {
		t.Run(string(row), func(t *testing.T) {
			t.Parallel()
			conn, address := socket(t)
			publisher, from := socket(t)
			pubKey, pubSalt := key(1)
			cfg := Config{Row: row, Publishers: []Publisher{{From: from, Key: pubKey, Salt: pubSalt, To: []int{0, 1}}}}
			var subscribers []*net.UDPConn
			for i := range 2 {
				sub, to := socket(t)
				subscribers = append(subscribers, sub)
				k, s := key(byte(10 + i))
				cfg.Subscribers = append(cfg.Subscribers, Subscriber{To: to, Key: k, Salt: s})
			}
			r, err := New(conn, cfg)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(context.Background())
			var running sync.WaitGroup
			running.Go(func() {
				if err := r.Run(ctx); err != nil {
					t.Error(err)
				}
			})
			defer running.Wait()
			defer cancel()
			context, err := srtp.CreateContext(pubKey, pubSalt, profile)
			if err != nil {
				t.Fatal(err)
			}
			var want [][]byte
			for i := range 100 {
				p := packet(t, uint16(65500+i), []int{1000, 1000, 400, 1000, 20}[i%5])
				want = append(want, p)
				sealed, err := context.EncryptRTP(nil, p, nil)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := publisher.WriteToUDPAddrPort(sealed, address); err != nil {
					t.Fatal(err)
				}
			}
			for i, sub := range subscribers {
				readAll(t, sub, byte(10+i), want)
			}
		})
	}
}

func readAll(t *testing.T, sub *net.UDPConn, n byte, want [][]byte) {
	t.Helper()
	k, s := key(n)
	in, err := srtp.CreateContext(k, s, profile)
	if err != nil {
		t.Fatal(err)
	}
	if err := sub.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, maxDatagram)
	for i, w := range want {
		size, err := sub.Read(buf)
		if err != nil {
			t.Fatalf("packet %d: %v", i, err)
		}
		plain, err := in.DecryptRTP(nil, buf[:size], nil)
		if err != nil || !bytes.Equal(plain, w) {
			t.Fatalf("packet %d: %v, %d bytes", i, err, len(plain))
		}
	}
}

func TestBadConfig(t *testing.T) {
	t.Parallel()
	for _, cfg := range []Config{{Row: "pigeon"}, {Row: Sendto, Publishers: []Publisher{{To: []int{0}}}}, {Row: Sendto, Subscribers: []Subscriber{{}}}} {
		if _, err := New(nil, cfg); err == nil {
			t.Errorf("%+v makes a relay", cfg)
		}
	}
}

// BenchmarkRelay takes a frame of four packets from its publisher's datagrams to the sockets of all subscribers, which nobody reads.
func BenchmarkRelay(b *testing.B) {
	for _, row := range []Row{Sendmmsg, Segmented} {
		for _, n := range []int{1, 10, 100} {
			b.Run(fmt.Sprintf("%s/subscribers=%d", row, n), func(b *testing.B) {
				conn, _ := socket(b)
				_, from := socket(b)
				_, to := socket(b)
				k, s := key(1)
				cfg := Config{Row: row, Publishers: []Publisher{{From: from, Key: k, Salt: s}}}
				for i := range n {
					cfg.Subscribers = append(cfg.Subscribers, Subscriber{To: to, Key: k, Salt: s})
					cfg.Publishers[0].To = append(cfg.Publishers[0].To, i)
				}
				r, err := New(conn, cfg)
				if err != nil {
					b.Fatal(err)
				}
				bench(b, r, conn, from)
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(4*n), "ns/packet")
			})
		}
	}
}

func bench(b *testing.B, r *Relay, conn *net.UDPConn, from netip.AddrPort) {
	b.Helper()
	raw, err := conn.SyscallConn()
	if err != nil {
		b.Fatal(err)
	}
	k, s := key(1)
	sealer, err := newSealer(k, s)
	if err != nil {
		b.Fatal(err)
	}
	source := mmsg.AddressOf(from)
	plain := packet(b, 0, 1150)
	buf := make([]byte, 0, maxDatagram)
	seq := uint32(0)
	b.ReportAllocs()
	err = raw.Control(func(fd uintptr) {
		for b.Loop() {
			for range 4 {
				seq++
				binary.BigEndian.PutUint16(plain[2:], uint16(seq))
				r.take(int(fd), sealer.seal(buf, plain, seq>>16), &source)
			}
			r.flush(int(fd))
		}
	})
	if err != nil {
		b.Fatal(err)
	}
}
