package transport

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// ErrClosed is returned by what is asked of a Transport or Conn after its Close.
var ErrClosed = errors.New("transport closed")

const (
	handshakeTimeout = 30 * time.Second
	consentTimeout   = 30 * time.Second // RFC 7675, 5.1
	firstFrameWithin = 10 * time.Second
)

// Config is what a Transport is made of.
type Config struct {
	ListenUDP   string           // "host:port"; ":0" is allowed
	Announce    []netip.AddrPort // UDP addresses in candidates; empty: from the bound address
	AnnounceTCP []netip.AddrPort // passive ICE-TCP candidates; empty: none
	Logger      *slog.Logger     // nil: discards

	handshake, consent, firstFrame time.Duration // shorter in tests
}

// Transport is the media end of a server: one UDP port, any number of TCP connections, and the clients behind them. Its methods are safe
// for concurrent use.
type Transport struct {
	cfg      Config
	log      *slog.Logger
	sock     *socket
	cert     tls.Certificate
	digest   string // SHA-256 of the certificate, as in a=fingerprint
	announce []netip.AddrPort
	tcp      atomic.Pointer[[]netip.AddrPort]

	routes routes
	out    flusher
	links  linkSet
	slabs  sync.Pool
	ledger ledger

	done  chan struct{}
	close sync.Once
	wg    sync.WaitGroup // reader, housekeeper, state notices
}

// New opens the UDP socket and starts to read.
func New(cfg Config) (*Transport, error) {
	if cfg.handshake == 0 {
		cfg.handshake = handshakeTimeout
	}
	if cfg.consent == 0 {
		cfg.consent = consentTimeout
	}
	if cfg.firstFrame == 0 {
		cfg.firstFrame = firstFrameWithin
	}
	log := cfg.Logger
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	cert, digest, err := newCertificate()
	if err != nil {
		return nil, fmt.Errorf("make certificate: %w", err)
	}
	sock, err := listen(cfg.ListenUDP)
	if err != nil {
		return nil, fmt.Errorf("listen udp %s: %w", cfg.ListenUDP, err)
	}
	t := &Transport{cfg: cfg, log: log, sock: sock, cert: cert, digest: digest, announce: slices.Clone(cfg.Announce), done: make(chan struct{})}
	if len(t.announce) == 0 {
		if t.announce, err = hostAddresses(sock.addr); err != nil {
			return nil, errors.Join(fmt.Errorf("list addresses: %w", err), sock.close())
		}
	}
	t.slabs.New = func() any { return new(slab) }
	t.routes.init()
	t.SetAnnounceTCP(cfg.AnnounceTCP)
	t.wg.Go(t.read)
	t.wg.Go(t.keepHouse)
	return t, nil
}

// UDPAddr is the address that the UDP socket is bound to.
func (t *Transport) UDPAddr() netip.AddrPort { return t.sock.addr }

// SetAnnounceTCP replaces the passive ICE-TCP candidates. Call it before the first Conn describes itself.
func (t *Transport) SetAnnounceTCP(addrs []netip.AddrPort) {
	addrs = slices.Clone(addrs)
	t.tcp.Store(&addrs)
}

// NewConn makes the server's end of one peer connection. h is told what arrives on it until its Close.
func (t *Transport) NewConn(h Handler) (*Conn, error) {
	c, err := newConn(t, h)
	if err != nil {
		return nil, fmt.Errorf("new connection: %w", err)
	}
	if !t.routes.add(c) {
		return nil, fmt.Errorf("new connection: %w", ErrClosed)
	}
	return c, nil
}

// Close closes every Conn, the TCP connections and the socket, and waits for all goroutines. It must not be called from a Handler.
func (t *Transport) Close() error {
	var err error
	t.close.Do(func() {
		for _, c := range t.routes.shut() {
			err = errors.Join(err, c.Close())
		}
		t.Flush()
		close(t.done)
		t.links.shut()
		err = errors.Join(err, t.sock.close())
		t.wg.Wait()
	})
	return err
}

// keepHouse fails what did not connect, expires what fell silent and reports what was dropped.
func (t *Transport) keepHouse() {
	period := min(time.Second, t.cfg.consent/4, t.cfg.handshake/4)
	ticker := time.NewTicker(period)
	defer ticker.Stop()
	reported := time.Now()
	for {
		select {
		case <-t.done:
			return
		case now := <-ticker.C:
			for _, c := range t.routes.all() {
				c.tick(now)
			}
			if now.Sub(reported) >= time.Second {
				t.ledger.report(t.log)
				reported = now
			}
		}
	}
}

// ledger counts what concerns no single Conn, to be reported in one sentence per second.
type ledger struct {
	rubbish, refused, sendErrors, readErrors, overlaps atomic.Uint64
	said                                               [5]uint64 // by report only
}

func (l *ledger) report(log *slog.Logger) {
	now := [5]uint64{l.rubbish.Load(), l.refused.Load(), l.sendErrors.Load(), l.readErrors.Load(), l.overlaps.Load()}
	if now == l.said {
		return
	}
	old := l.said
	l.said = now
	log.Warn("media packets dropped", "unroutable", now[0]-old[0], "checks refused", now[1]-old[1], "send errors", now[2]-old[2],
		"read errors", now[3]-old[3], "overlapping", now[4]-old[4])
}
