package transport

import (
	"sync"
	"sync/atomic"
)

const (
	maxPending = 256  // packets a Conn may hold until the next Flush. Full: the newest is dropped and counted
	maxPacket  = 1500 // bytes, sealed. Bigger ones are dropped and counted: they would travel in fragments, if at all
	slabSize   = 8192 // bytes: what a frame takes, mostly
)

// slab holds sealed packets of one Conn, one after the other. Slabs come from a pool and go back to it when they are sent, and all are of one size: the
// memory is that of what is under way, however many Conns there are and whatever they were sent before.
type slab struct {
	buf   [slabSize]byte
	used  int
	sizes []uint16
}

// outbound is the sending half of a Conn.
type outbound struct {
	mu      sync.Mutex
	slabs   []*slab // pending
	pending int     // packets in them
	queued  bool    // the Conn is on the dirty list
	ended   bool

	packets, bytes, early, full atomic.Uint64
}

// WriteRTP seals a packet into what the next Flush sends, and keeps neither slice. index is the roll-over counter and the sequence number,
// as SRTP counts: it must start below 2^15 for each SSRC, and never serve twice but for the very same bytes. Before the Conn is connected,
// and while as much is pending as may be, the packet is dropped and counted.
func (c *Conn) WriteRTP(header, payload []byte, index uint64) {
	if len(header) < 12 {
		c.out.full.Add(1)
		return
	}
	if s, k := c.room(len(header) + len(payload)); s != nil {
		sealed, err := k.rtp.seal(s.buf[:s.used], header, payload, index)
		c.pend(s, len(sealed), err)
	}
}

// WriteRTCP seals a compound packet into what the next Flush sends, under the terms of WriteRTP.
func (c *Conn) WriteRTCP(packet []byte) {
	if len(packet) < 8 {
		c.out.full.Add(1)
		return
	}
	if s, k := c.room(len(packet)); s != nil {
		sealed, err := k.sealRTCP(s.buf[:s.used], packet)
		c.pend(s, len(sealed), err)
	}
}

// room returns a slab with room for a packet of size bytes and its seal, with the lock held for pend, and the keys to seal it with; or nil
// when the packet is dropped, which is counted.
func (c *Conn) room(size int) (*slab, *keys) {
	if size+sealRoom > maxPacket {
		c.out.full.Add(1)
		return nil, nil
	}
	k := c.keys.Load()
	if k == nil || c.ice.selected.Load() == nil {
		c.out.early.Add(1)
		return nil, nil
	}
	o := &c.out
	o.mu.Lock()
	if o.ended || o.pending >= maxPending {
		o.mu.Unlock()
		o.full.Add(1)
		return nil, nil
	}
	if n := len(o.slabs); n > 0 && o.slabs[n-1].used+size+sealRoom <= slabSize {
		return o.slabs[n-1], k
	}
	s := c.t.slabs.Get().(*slab)
	o.slabs = append(o.slabs, s)
	return s, k
}

// pend ends what WriteRTP and WriteRTCP began: it enters the sealed packet, lets go of the lock and puts the Conn on the dirty list.
func (c *Conn) pend(s *slab, end int, err error) {
	o := &c.out
	if err == nil {
		s.sizes = append(s.sizes, uint16(end-s.used))
		s.used = end
		o.pending++
	}
	news := !o.queued
	o.queued = true
	o.mu.Unlock()
	if err != nil {
		o.full.Add(1)
	}
	if news {
		c.t.out.add(c)
	}
}

// take appends what is pending to list.
func (o *outbound) take(list []*slab) []*slab {
	o.mu.Lock()
	defer o.mu.Unlock()
	list = append(list, o.slabs...)
	clear(o.slabs)
	o.slabs, o.pending, o.queued = o.slabs[:0], 0, false
	return list
}

// drop throws away what is pending, for good.
func (o *outbound) drop(t *Transport) {
	o.mu.Lock()
	o.ended = true
	o.mu.Unlock()
	t.recycle(o.take(nil))
}

func (t *Transport) recycle(list []*slab) {
	for _, s := range list {
		s.used, s.sizes = 0, s.sizes[:0]
		t.slabs.Put(s)
	}
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
	maxBatch    = 128 // bursts for one system call
	maxSegments = 64  // packets in a burst; newer kernels take 128
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
		t.collect(c)
	}
	t.sendBatch()
	clear(f.taken)
}

// collect sorts what is pending for a Conn into bursts, or hands it to the TCP connection.
func (t *Transport) collect(c *Conn) {
	f := &t.out
	start := len(f.slabs)
	f.slabs = c.out.take(f.slabs)
	p := c.ice.selected.Load()
	packets, bytes := 0, 0
	for _, s := range f.slabs[start:] {
		packets += len(s.sizes)
		bytes += s.used
	}
	if p == nil {
		c.out.early.Add(uint64(packets))
		return
	}
	c.out.packets.Add(uint64(packets))
	c.out.bytes.Add(uint64(bytes))
	for _, s := range f.slabs[start:] {
		if p.link != nil {
			p.link.sendSlab(s)
			continue
		}
		for at, rest := 0, s.sizes; len(rest) > 0; {
			n, size := run(rest, t.sock.segments())
			f.batch = append(f.batch, burst{to: p, data: s.buf[at : at+size], size: int(rest[0]), count: n})
			at, rest = at+size, rest[n:]
			if len(f.batch) == maxBatch {
				t.sock.sendBatch(f.batch, &t.ledger)
				clear(f.batch)
				f.batch = f.batch[:0]
			}
		}
	}
}

// run is how many packets at the beginning of sizes make a burst, and their bytes.
func run(sizes []uint16, segments int) (n, bytes int) {
	for n < len(sizes) && n < segments && sizes[n] <= sizes[0] {
		bytes += int(sizes[n])
		n++
		if sizes[n-1] < sizes[0] {
			break
		}
	}
	return n, bytes
}

// sendBatch sends what is collected and gives the slabs back.
func (t *Transport) sendBatch() {
	f := &t.out
	if len(f.batch) > 0 {
		t.sock.sendBatch(f.batch, &t.ledger)
		clear(f.batch)
		f.batch = f.batch[:0]
	}
	t.recycle(f.slabs)
	clear(f.slabs)
	f.slabs = f.slabs[:0]
}
