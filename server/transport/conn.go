package transport

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// State is how far a Conn has come.
type State int

// The states of a Conn. A Conn that failed because its client fell silent is connected again when an ICE restart brings it back.
const (
	StateNew       State = iota // nothing has been heard
	StateConnected              // DTLS is done
	StateFailed                 // the handshake failed, the client closed, or nothing was heard for 30 s
	StateClosed                 // Close was called
)

func (s State) String() string {
	switch s {
	case StateNew:
		return "new"
	case StateConnected:
		return "connected"
	case StateFailed:
		return "failed"
	case StateClosed:
		return "closed"
	}
	return fmt.Sprintf("State(%d)", int(s))
}

// Handler is told what arrives on a Conn.
type Handler interface {
	// RTP takes a plaintext RTP packet that is valid until it returns. Calls of RTP and RTCP for one Conn never overlap, and hold up
	// everybody else's packets: it must not wait.
	RTP(packet []byte, arrival time.Time)
	// RTCP takes a plaintext compound RTCP packet, under the same terms.
	RTCP(packet []byte, arrival time.Time)
	// State is called from a goroutine of its own, in order, and holds up nothing but the next State of this Conn.
	State(s State)
}

// Conn is the server's end of one peer connection. Its methods are safe for concurrent use.
type Conn struct {
	t   *Transport
	h   Handler
	ice ice
	in  inbound
	out outbound

	keys atomic.Pointer[keys] // nil until DTLS is done
	life life
	says notices
	told exchange // what the two sides have told each other

	link   *dtlsLink
	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup // the DTLS goroutine
	close  sync.Once
}

// life is what decides about the end of a Conn.
type life struct {
	deadline atomic.Int64 // for the handshake, Unix nanoseconds; 0: not begun
	heard    atomic.Int64 // latest authenticated check
	failed   atomic.Bool  // lost for good: no handshake, or the client closed
	silent   atomic.Bool  // consent has expired
}

func newConn(t *Transport, h Handler) (*Conn, error) {
	local, err := newCredentials()
	if err != nil {
		return nil, err
	}
	c := &Conn{t: t, h: h}
	c.ice.local = local
	if err := c.told.init(); err != nil {
		return nil, err
	}
	c.link = newDTLSLink(c)
	c.ctx, c.cancel = context.WithCancel(context.Background())
	return c, nil
}

// Close sends close_notify, lets go of the addresses and waits for the goroutine of the Conn. It is idempotent and may be called from State.
// A call of Handler.RTP that is under way on another goroutine may end after it.
func (c *Conn) Close() error {
	c.close.Do(func() {
		c.told.end()
		c.cancel()
		c.wg.Wait()
		c.link.end()
		c.out.drop(c.t)
		ufrags, addrs, links := c.ice.everything()
		c.ice.selected.Store(nil)
		for _, l := range links {
			l.finish()
		}
		c.says.post(c, StateClosed)
		c.t.routes.remove(c, ufrags, addrs)
	})
	return nil
}

// checked takes in an authenticated check.
func (c *Conn) checked(from origin, ufrag string, nominate bool, now time.Time) verdict {
	c.life.heard.Store(now.UnixNano())
	v := c.ice.check(from, ufrag, nominate && !c.life.failed.Load(), c.keys.Load() != nil, now)
	if from.link == nil && c.t.routes.byAddr(from.addr) != c {
		c.t.routes.bind(from.addr, c)
	}
	if v.forget != "" {
		c.t.routes.name(c, "", v.forget)
	}
	if v.evicted != nil && v.evicted.link == nil && !c.ice.reaches(v.evicted.addr) {
		c.t.routes.unbind(v.evicted.addr, c)
	}
	if v.selected {
		c.chosen()
	}
	return v
}

// chosen goes on after a path was chosen: with the handshake, or with the call when the client had fallen silent.
func (c *Conn) chosen() {
	if c.keys.Load() != nil && !c.life.failed.Load() && c.life.silent.CompareAndSwap(true, false) {
		c.says.post(c, StateConnected)
	}
	c.begin()
}

// begin starts the handshake once there are both a path and the client's description: before, the role would be a guess.
func (c *Conn) begin() {
	if c.ice.selected.Load() == nil {
		return
	}
	if remote, ok := c.told.start(&c.wg); ok {
		go c.handshake(remote)
	}
}

// tick fails the handshake that took too long, and the client that was not heard for too long.
func (c *Conn) tick(now time.Time) {
	if c.keys.Load() == nil {
		if d := c.life.deadline.Load(); d != 0 && now.UnixNano() > d {
			c.fail()
		}
		return
	}
	if now.UnixNano()-c.life.heard.Load() > int64(c.t.cfg.consent) && c.life.silent.CompareAndSwap(false, true) {
		c.ice.expire()
		c.says.post(c, StateFailed)
	}
}

// fail ends the handshake for good.
func (c *Conn) fail() {
	if c.life.failed.CompareAndSwap(false, true) {
		c.cancel()
		c.ice.selected.Store(nil)
		c.says.post(c, StateFailed)
	}
}

// described starts the clock of the handshake at the first description.
func (c *Conn) described() {
	c.life.deadline.CompareAndSwap(0, time.Now().Add(c.t.cfg.handshake).UnixNano())
}

// Stats is what a Conn has counted.
type Stats struct {
	State           State
	Profile         string         // SRTP protection profile; empty before the handshake
	Remote          netip.AddrPort // where everything is sent; zero: nowhere
	TCP             bool           // Remote is at the other end of an ICE-TCP connection
	PacketsSent     uint64         // handed to the socket, RTP and RTCP
	BytesSent       uint64
	PacketsReceived uint64 // decrypted, RTP and RTCP
	BytesReceived   uint64
	DroppedEarly    uint64 // written before there was a connection
	DroppedFull     uint64 // written while too much was pending, or too big
	Refused         uint64 // received, not decrypted: forged, replayed or broken
}

// Stats returns the counters as they are.
func (c *Conn) Stats() Stats {
	s := Stats{
		State:           c.says.latest(),
		PacketsSent:     c.out.packets.Load(),
		BytesSent:       c.out.bytes.Load(),
		PacketsReceived: c.in.packets.Load(),
		BytesReceived:   c.in.bytes.Load(),
		DroppedEarly:    c.out.early.Load(),
		DroppedFull:     c.out.full.Load(),
		Refused:         c.in.refused.Load(),
	}
	if k := c.keys.Load(); k != nil {
		s.Profile = k.profile.String()
	}
	if p := c.ice.selected.Load(); p != nil {
		s.Remote, s.TCP = p.addr, p.link != nil
	}
	return s
}

// notices tells the handler of states, in order, from one goroutine at a time that belongs to the Transport: so a State may close its Conn.
type notices struct {
	mu    sync.Mutex
	queue []State // a handful: a state is posted when it changes
	last  State
	busy  bool
}

func (n *notices) post(c *Conn, s State) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.last == StateClosed || n.last == s {
		return
	}
	n.last = s
	n.queue = append(n.queue, s)
	if !n.busy {
		n.busy = true
		c.t.wg.Go(func() { n.tell(c.h) })
	}
}

func (n *notices) tell(h Handler) {
	for {
		n.mu.Lock()
		if len(n.queue) == 0 {
			n.busy = false
			n.mu.Unlock()
			return
		}
		s := n.queue[0]
		n.queue = n.queue[1:]
		n.mu.Unlock()
		h.State(s)
	}
}

func (n *notices) latest() State {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.last
}
