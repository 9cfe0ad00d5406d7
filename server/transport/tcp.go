package transport

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"
)

// ErrNotICE is returned by ServeTCP when the connection does not speak ICE-TCP, or nobody here is meant.
var ErrNotICE = errors.New("not an ice-tcp connection of a client")

const (
	maxFrame     = 4096    // bytes of one RFC 4571 frame; clients send what would fit a datagram
	maxTCPQueue  = 1 << 20 // bytes waiting for one TCP connection. Full: it is closed, the client is too slow
	finishWithin = time.Second
	magicCookie  = 0x2112A442
)

// LooksLikeICETCP reports whether a TCP connection whose first bytes these are carries an RFC 4571 framed STUN Binding request, and not
// HTTP or TLS. At least four bytes are needed; up to ten are looked at.
func LooksLikeICETCP(first []byte) bool {
	if len(first) < 4 || binary.BigEndian.Uint16(first[2:]) != 0x0001 {
		return false
	}
	frame := int(binary.BigEndian.Uint16(first))
	if frame < 20 || frame > maxFrame {
		return false
	}
	if len(first) >= 6 && int(binary.BigEndian.Uint16(first[4:]))+20 != frame {
		return false
	}
	return len(first) < 10 || binary.BigEndian.Uint32(first[6:]) == magicCookie
}

// tcpLink is one ICE-TCP connection: read by the caller of ServeTCP, written by a goroutine of its own.
type tcpLink struct {
	conn net.Conn
	wake chan struct{} // holds one
	done chan struct{} // closed when the reader has ended

	mu        sync.Mutex
	c         *Conn  // whose it is; nil until the first check
	queue     []byte // frames, at most maxTCPQueue bytes
	finishing bool
}

// ServeTCP serves an ICE-TCP connection until it ends. The first frame must be a check with the user name of a Conn here, and come within
// 10 seconds; anything else closes the connection.
func (t *Transport) ServeTCP(conn net.Conn) error {
	defer conn.Close() //nolint:errcheck // closing twice is an error and meant
	addr, err := remoteAddr(conn)
	if err != nil {
		return err
	}
	l := &tcpLink{conn: conn, wake: make(chan struct{}, 1), done: make(chan struct{})}
	if !t.links.add(l) {
		return ErrClosed
	}
	defer t.links.remove(l)
	if err := conn.SetReadDeadline(time.Now().Add(t.cfg.firstFrame)); err != nil {
		return fmt.Errorf("set deadline: %w", err)
	}
	var writer sync.WaitGroup
	writer.Go(l.write)
	err = t.readFrames(l, origin{addr: addr, link: l})
	close(l.done)
	_ = conn.Close() // releases a writer that waits for the client
	writer.Wait()
	if c := l.owner(); c != nil {
		c.ice.drop(l)
		if errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) {
			return nil
		}
	}
	return err
}

func remoteAddr(conn net.Conn) (netip.AddrPort, error) {
	addr, err := netip.ParseAddrPort(conn.RemoteAddr().String())
	if err != nil {
		return addr, fmt.Errorf("remote address: %w", err)
	}
	return netip.AddrPortFrom(addr.Addr().Unmap(), addr.Port()), nil
}

// readFrames reads until the connection ends.
func (t *Transport) readFrames(l *tcpLink, from origin) error {
	r := bufio.NewReaderSize(l.conn, maxFrame)
	frame := make([]byte, maxFrame)
	var stuns stunReader
	var owner *Conn
	var extended time.Time
	for {
		var head [2]byte
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return fmt.Errorf("read frame: %w", err)
		}
		n := int(binary.BigEndian.Uint16(head[:]))
		if n == 0 || n > maxFrame {
			return ErrNotICE
		}
		if _, err := io.ReadFull(r, frame[:n]); err != nil {
			return fmt.Errorf("read frame: %w", err)
		}
		now := time.Now()
		switch {
		case classify(frame[:n]) == kindSTUN:
			c := t.stunIn(frame[:n], from, &stuns, now)
			if owner != nil {
				break
			}
			if owner = c; c == nil {
				return ErrNotICE
			}
		case owner == nil:
			return ErrNotICE
		default:
			owner.datagram(frame[:n], now)
		}
		if owner.ctx.Err() != nil {
			return nil
		}
		if now.Sub(extended) > t.cfg.consent/4 {
			if err := l.conn.SetReadDeadline(now.Add(t.cfg.consent)); err != nil {
				return fmt.Errorf("set deadline: %w", err)
			}
			extended = now
		}
		if r.Buffered() < 2 {
			t.Flush()
		}
	}
}

// claim makes c the owner; false when somebody else is.
func (l *tcpLink) claim(c *Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.c == nil {
		l.c = c
	}
	return l.c == c
}

func (l *tcpLink) owner() *Conn {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.c
}

// send queues one frame.
func (l *tcpLink) send(b []byte) {
	l.mu.Lock()
	l.frame(b)
	full := len(l.queue) > maxTCPQueue
	l.mu.Unlock()
	l.queued(full)
}

// sendSlab queues the packets of a slab.
func (l *tcpLink) sendSlab(s *slab) {
	l.mu.Lock()
	at := 0
	for _, n := range s.sizes {
		l.frame(s.buf[at : at+int(n)])
		at += int(n)
	}
	full := len(l.queue) > maxTCPQueue
	l.mu.Unlock()
	l.queued(full)
}

// frame appends one frame, under the lock.
func (l *tcpLink) frame(b []byte) {
	if l.finishing {
		return
	}
	l.queue = binary.BigEndian.AppendUint16(l.queue, uint16(len(b)))
	l.queue = append(l.queue, b...)
}

func (l *tcpLink) queued(full bool) {
	if full {
		_ = l.conn.Close() // the reader ends for it, and says so
		return
	}
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// finish lets the writer send what is queued and ends the connection.
func (l *tcpLink) finish() {
	l.mu.Lock()
	l.finishing = true
	l.mu.Unlock()
	_ = l.conn.SetWriteDeadline(time.Now().Add(finishWithin)) // on a closed connection: nothing left to finish
	l.queued(false)
}

// write is the writing goroutine: it sends all that is queued at a time.
func (l *tcpLink) write() {
	var batch []byte
	for {
		select {
		case <-l.done:
			return
		case <-l.wake:
		}
		l.mu.Lock()
		batch, l.queue = l.queue, batch[:0]
		finishing := l.finishing
		l.mu.Unlock()
		if _, err := l.conn.Write(batch); err != nil || finishing {
			_ = l.conn.Close() // the reader ends for it
			return
		}
	}
}

// linkSet is the TCP connections that are being served.
type linkSet struct {
	mu     sync.Mutex
	closed bool
	all    map[*tcpLink]struct{}
	served sync.WaitGroup
}

func (s *linkSet) add(l *tcpLink) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	if s.all == nil {
		s.all = map[*tcpLink]struct{}{}
	}
	s.all[l] = struct{}{}
	s.served.Add(1)
	return true
}

func (s *linkSet) remove(l *tcpLink) {
	s.mu.Lock()
	delete(s.all, l)
	s.mu.Unlock()
	s.served.Done()
}

// shut lets the connections send what is queued, ends them and waits.
func (s *linkSet) shut() {
	s.mu.Lock()
	s.closed = true
	list := make([]*tcpLink, 0, len(s.all))
	for l := range s.all {
		list = append(list, l)
	}
	s.mu.Unlock()
	for _, l := range list {
		l.finish()
	}
	s.served.Wait()
}
