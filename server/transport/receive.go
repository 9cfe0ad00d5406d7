package transport

import (
	"errors"
	"net"
	"sync/atomic"
	"time"
)

// maxEarly bounds the media packets that are kept while the handshake ends: the client may have its keys before we have ours. Full: the
// newest is dropped; the client's first key frame is asked for again then.
const maxEarly = 64

// inbound is the receiving half of a Conn.
type inbound struct {
	// busy is held by the one goroutine that hands out a packet. Only a client that moves between UDP and TCP keeps two at it: then the
	// packet of the second is dropped, so that no reader waits for another.
	busy  atomic.Bool
	early [][]byte // by the holder of busy

	packets, bytes, refused atomic.Uint64
}

// maxHeld bounds the packets, by estimate, that are sealed before any is sent: what is read while others are sealed joins them, and costs less then,
// but the first should not wait for ever.
const maxHeld = 2048

// read is the goroutine of the UDP socket. It flushes when nothing is left to be read, not on a timer.
func (t *Transport) read() {
	in := newInBatch()
	var stuns stunReader
	for {
		n, err := t.sock.readBatch(in, true)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		for held := 0; n > 0; n, err = t.sock.readBatch(in, false) {
			now := time.Now()
			for i := range n {
				packet, from := in.get(i)
				t.datagram(packet, from, &stuns, now)
				if held++; held*t.out.waiting() >= maxHeld {
					t.Flush()
					held = 0
				}
			}
			if held >= maxRead {
				break
			}
		}
		t.Flush()
		if err != nil {
			t.ledger.readErrors.Add(1) // an ICMP error of somebody's, for one; the next read tells when the socket is closed
		}
	}
}

// datagram takes in one UDP datagram.
func (t *Transport) datagram(b []byte, from origin, stuns *stunReader, now time.Time) {
	switch classify(b) {
	case kindSTUN:
		t.stunIn(b, from, stuns, now)
	case kindRubbish:
		t.ledger.rubbish.Add(1)
	default:
		if c := t.routes.byAddr(from.addr); c != nil {
			c.datagram(b, now)
		} else {
			t.ledger.rubbish.Add(1)
		}
	}
}

type kind int

const (
	kindRubbish kind = iota
	kindSTUN
	kindDTLS
	kindMedia
)

// classify tells apart what shares the port by its first byte (RFC 7983).
func classify(b []byte) kind {
	switch {
	case len(b) >= 20 && b[0] <= 3:
		return kindSTUN
	case len(b) >= 13 && b[0] >= 20 && b[0] <= 63:
		return kindDTLS
	case len(b) >= 12 && b[0] >= 128 && b[0] <= 191:
		return kindMedia
	}
	return kindRubbish
}

// isRTCP tells RTCP from RTP by its packet type (RFC 5761, 4), which is why payload types 64 to 95 are never offered.
func isRTCP(b []byte) bool { return b[1] >= 192 && b[1] <= 223 }

// datagram takes in what is not STUN.
func (c *Conn) datagram(b []byte, now time.Time) {
	if classify(b) == kindDTLS {
		c.link.put(b)
		return
	}
	if classify(b) != kindMedia {
		c.t.ledger.rubbish.Add(1)
		return
	}
	if !c.in.busy.CompareAndSwap(false, true) {
		c.t.ledger.overlaps.Add(1)
		return
	}
	k := c.keys.Load()
	switch {
	case k == nil:
		if len(c.in.early) < maxEarly {
			c.in.early = append(c.in.early, append([]byte(nil), b...))
		}
	default:
		for _, e := range c.in.early {
			c.media(k, e, now)
		}
		c.in.early = nil
		c.media(k, b, now)
	}
	c.in.busy.Store(false)
}

// media decrypts a packet in place and hands it out.
func (c *Conn) media(k *keys, b []byte, now time.Time) {
	if isRTCP(b) {
		plain, err := k.in.DecryptRTCP(b, b, &k.inRTCP)
		if err != nil {
			c.in.refused.Add(1)
			return
		}
		c.count(len(b))
		c.h.RTCP(plain, now)
		return
	}
	plain, err := k.in.DecryptRTP(b, b, &k.inRTP)
	if err != nil {
		c.in.refused.Add(1)
		return
	}
	c.count(len(b))
	c.h.RTP(plain, now)
}

func (c *Conn) count(n int) {
	c.in.packets.Add(1)
	c.in.bytes.Add(uint64(n))
}
