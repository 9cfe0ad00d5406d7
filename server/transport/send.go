package transport

import (
	"sync"
	"sync/atomic"
)

const (
	maxPending = 256  // packets a Conn may hold until the next Flush. Full: the newest is dropped and counted
	maxPacket  = 1500 // bytes, sealed. Bigger ones are dropped and counted: they would travel in fragments, if at all
	maxSlab    = 128 << 10
)

// slab holds sealed packets, one after the other.
type slab struct {
	buf   []byte
	sizes []uint16
}

// outbound is the sending half of a Conn.
type outbound struct {
	mu     sync.Mutex
	slab   *slab // nil: nothing is pending
	queued bool  // the Conn is on the dirty list
	ended  bool

	packets, bytes, early, full atomic.Uint64
}

// WriteRTP seals a packet into what the next Flush sends, and keeps neither slice. index is the roll-over counter and the sequence number,
// as SRTP counts: it must start below 2^15 for each SSRC, and never serve twice but for the very same bytes. Before the Conn is connected,
// and while the pending slab is full, the packet is dropped and counted.
func (c *Conn) WriteRTP(header, payload []byte, index uint64) {
	if len(header) < 12 {
		c.out.full.Add(1)
		return
	}
	if s, k := c.room(len(header) + len(payload)); s != nil {
		start := len(s.buf)
		sealed, err := k.rtp.seal(s.buf, header, payload, index)
		c.pend(s, sealed, start, err)
	}
}

// WriteRTCP seals a compound packet into what the next Flush sends, under the terms of WriteRTP.
func (c *Conn) WriteRTCP(packet []byte) {
	if len(packet) < 8 {
		c.out.full.Add(1)
		return
	}
	if s, k := c.room(len(packet)); s != nil {
		start := len(s.buf)
		sealed, err := k.sealRTCP(s.buf, packet)
		c.pend(s, sealed, start, err)
	}
}

// room returns the pending slab with room for a packet of size bytes and its seal, with the lock held for pend, and the keys
// to seal it with; or nil when the packet is dropped, which is counted.
func (c *Conn) room(size int) (*slab, *keys) {
	if size+sealRoom > maxPacket {
		c.out.full.Add(1)
		return nil, nil
	}
	k := c.sendable()
	if k == nil {
		return nil, nil
	}
	c.out.mu.Lock()
	s := c.out.open(c.t)
	if s == nil {
		c.out.mu.Unlock()
		c.out.full.Add(1)
		return nil, nil
	}
	s.buf = reserve(s.buf, size+sealRoom)
	return s, k
}

func (c *Conn) sendable() *keys {
	k := c.keys.Load()
	if k == nil || c.ice.selected.Load() == nil {
		c.out.early.Add(1)
		return nil
	}
	return k
}

// open returns the pending slab, nil when it is full. It is called with the lock held.
func (o *outbound) open(t *Transport) *slab {
	if o.ended {
		return nil
	}
	if o.slab == nil {
		o.slab = t.slabs.Get().(*slab)
	}
	if len(o.slab.sizes) >= maxPending {
		return nil
	}
	return o.slab
}

// pend ends what WriteRTP and WriteRTCP began: it enters the sealed packet, lets go of the lock and puts the Conn on the dirty list.
func (c *Conn) pend(s *slab, sealed []byte, start int, err error) {
	if err != nil {
		s.buf = s.buf[:start]
		c.out.mu.Unlock()
		c.out.full.Add(1)
		return
	}
	s.buf = sealed
	s.sizes = append(s.sizes, uint16(len(sealed)-start))
	news := !c.out.queued
	c.out.queued = true
	c.out.mu.Unlock()
	if news {
		c.t.out.add(c)
	}
}

// take hands the pending slab to the flusher.
func (o *outbound) take() *slab {
	o.mu.Lock()
	defer o.mu.Unlock()
	s := o.slab
	o.slab, o.queued = nil, false
	return s
}

// drop throws away what is pending, for good.
func (o *outbound) drop(t *Transport) {
	s := o.take()
	o.mu.Lock()
	o.ended = true
	o.mu.Unlock()
	if s != nil {
		t.recycle(s)
	}
}

func (t *Transport) recycle(s *slab) {
	if cap(s.buf) > maxSlab {
		return
	}
	s.buf, s.sizes = s.buf[:0], s.sizes[:0]
	t.slabs.Put(s)
}

// flusher sends what is pending, for all Conns. One goroutine at a time does it; whoever calls Flush meanwhile leaves the work to it.
type flusher struct {
	calls atomic.Int32

	mu    sync.Mutex
	dirty []*Conn
	count atomic.Int32 // of dirty

	// touched by the flushing goroutine only
	taken []*Conn
	slabs []*slab
	batch []burst
}

// burst is a run of packets to one client that lie one after the other in memory: all as long as the first but the last, which may be
// shorter.
type burst struct {
	to    *path
	data  []byte
	size  int // of each packet but the last
	count int
}

const (
	maxBatch    = 128   // bursts for one system call
	maxSegments = 64    // packets in a burst; newer kernels take 128
	maxBurst    = 65000 // bytes; an IP datagram ends at 65,507
)

func (f *flusher) add(c *Conn) {
	f.mu.Lock()
	f.dirty = append(f.dirty, c)
	f.count.Store(int32(len(f.dirty)))
	f.mu.Unlock()
}

// waiting is how many Conns have something pending.
func (f *flusher) waiting() int { return int(f.count.Load()) }

// Flush sends what WriteRTP and WriteRTCP have left pending, for all Conns. When another goroutine is at it already, that one sends it
// and Flush returns at once.
func (t *Transport) Flush() {
	if t.out.calls.Add(1) > 1 {
		return
	}
	for n := int32(1); n != 0; n = t.out.calls.Add(-n) {
		n = t.out.calls.Load()
		t.flushOnce()
	}
}

func (t *Transport) flushOnce() {
	f := &t.out
	f.mu.Lock()
	f.dirty, f.taken = f.taken[:0], f.dirty
	f.count.Store(0)
	f.mu.Unlock()
	for _, c := range f.taken {
		s := c.out.take()
		if s == nil {
			continue
		}
		t.collect(c, s)
	}
	t.sendBatch()
	clear(f.taken)
}

// collect sorts a slab into bursts, or hands it to the TCP connection.
func (t *Transport) collect(c *Conn, s *slab) {
	f := &t.out
	p := c.ice.selected.Load()
	if p == nil {
		c.out.early.Add(uint64(len(s.sizes)))
		t.recycle(s)
		return
	}
	c.out.packets.Add(uint64(len(s.sizes)))
	c.out.bytes.Add(uint64(len(s.buf)))
	if p.link != nil {
		p.link.sendSlab(s)
		t.recycle(s)
		return
	}
	f.slabs = append(f.slabs, s)
	segments := t.sock.segments()
	for i, at := 0, 0; i < len(s.sizes); {
		b := burst{to: p, size: int(s.sizes[i])}
		end := at
		for i < len(s.sizes) && b.count < segments {
			n := int(s.sizes[i])
			if n > b.size || end-at+n > maxBurst {
				break
			}
			end += n
			b.count++
			i++
			if n < b.size {
				break
			}
		}
		b.data, at = s.buf[at:end], end
		f.batch = append(f.batch, b)
		if len(f.batch) == maxBatch {
			t.sock.sendBatch(f.batch, &t.ledger)
			clear(f.batch)
			f.batch = f.batch[:0]
		}
	}
}

// sendBatch sends what is collected and gives the slabs back.
func (t *Transport) sendBatch() {
	f := &t.out
	if len(f.batch) > 0 {
		t.sock.sendBatch(f.batch, &t.ledger)
		clear(f.batch)
		f.batch = f.batch[:0]
	}
	for i, s := range f.slabs {
		t.recycle(s)
		f.slabs[i] = nil
	}
	f.slabs = f.slabs[:0]
}
