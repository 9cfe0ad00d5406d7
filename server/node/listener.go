package node

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"time"

	"parley/server/transport"
)

// sniffTimeout bounds the wait for a TCP connection's first bytes, maxSniffing how many may wait.
const (
	sniffTimeout = 10 * time.Second
	maxSniffing  = 1024
)

// portShare lets HTTP, HTTPS and ICE-TCP share one TCP port: it looks at each connection's first bytes, keeps those of media and hands the
// others on as a net.Listener, those that begin with TLS as *tls.Conn; http.Server bounds their handshakes by the time for a header.
type portShare struct {
	net.Listener
	transport *transport.Transport
	tls       *tls.Config
	http      chan net.Conn
	sniffing  chan struct{} // slots
	ctx       context.Context
	cancel    context.CancelFunc
	running   sync.WaitGroup
}

func newPortShare(l net.Listener, t *transport.Transport, cfg *tls.Config) *portShare {
	ctx, cancel := context.WithCancel(context.Background())
	s := &portShare{Listener: l, transport: t, tls: cfg, http: make(chan net.Conn), sniffing: make(chan struct{}, maxSniffing), ctx: ctx, cancel: cancel}
	s.running.Go(s.accept)
	return s
}

// Accept returns the next connection that is not media's.
func (s *portShare) Accept() (net.Conn, error) {
	select {
	case c := <-s.http:
		return c, nil
	case <-s.ctx.Done():
		return nil, net.ErrClosed
	}
}

// Close stops listening, ends media connections and waits.
func (s *portShare) Close() error {
	s.cancel()
	err := s.Listener.Close()
	s.running.Wait()
	if errors.Is(err, net.ErrClosed) {
		return nil // http.Server closes it too
	}
	return err
}

func (s *portShare) accept() {
	for {
		select {
		case s.sniffing <- struct{}{}: // full: later ones wait in the kernel
		case <-s.ctx.Done():
			return
		}
		c, err := s.Listener.Accept()
		if err != nil {
			if s.ctx.Err() != nil || errors.Is(err, net.ErrClosed) {
				return
			}
			<-s.sniffing
			// Out of files, most likely: others' connections end and it goes on.
			if !s.pause(50 * time.Millisecond) {
				return
			}
			continue
		}
		s.running.Go(func() { s.sniff(c) })
	}
}

// pause waits, and reports false when the listener is closed meanwhile.
func (s *portShare) pause(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-s.ctx.Done():
		return false
	}
}

// sniff decides whose connection c is.
func (s *portShare) sniff(c net.Conn) {
	stop := context.AfterFunc(s.ctx, func() { _ = c.Close() })
	defer stop()
	r := bufio.NewReaderSize(c, 4<<10)
	_ = c.SetReadDeadline(time.Now().Add(sniffTimeout))
	first, err := r.Peek(8)
	_ = c.SetReadDeadline(time.Time{})
	<-s.sniffing
	if err != nil {
		_ = c.Close()
		return
	}
	sniffed := &sniffedConn{Conn: c, r: r}
	if transport.LooksLikeICETCP(first) {
		_ = s.transport.ServeTCP(sniffed) // says by itself why it ended
		return
	}
	var handed net.Conn = sniffed
	if looksLikeTLS(first) {
		handed = tls.Server(sniffed, s.tls)
	}
	select {
	case s.http <- handed:
	case <-s.ctx.Done():
		_ = c.Close()
	}
}

// looksLikeTLS reports whether a connection begins with a TLS handshake record (RFC 8446, section 5.1) that holds a ClientHello.
func looksLikeTLS(first []byte) bool {
	return len(first) >= 6 && first[0] == 22 && first[1] == 3 && first[5] == 1
}

// sniffedConn reads what was peeked first.
type sniffedConn struct {
	net.Conn
	r *bufio.Reader
}

func (c *sniffedConn) Read(b []byte) (int, error) { return c.r.Read(b) }
