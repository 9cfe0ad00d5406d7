package transport

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/logging"
	"github.com/pion/srtp/v3"
)

// profiles are the SRTP protection profiles, best first.
func profiles() []dtls.SRTPProtectionProfile {
	return []dtls.SRTPProtectionProfile{dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AEAD_AES_256_GCM, dtls.SRTP_AES128_CM_HMAC_SHA1_80}
}

// handshake runs on the DTLS goroutine of a Conn: the handshake, then until the end whatever else comes over DTLS, which is thrown away
// but for its end.
func (c *Conn) handshake(remote remoteEnd) {
	defer c.wg.Done()
	conn, err := c.dtlsConn(remote)
	if err != nil {
		c.t.log.Error("start dtls", "error", err)
		c.fail()
		return
	}
	if err = conn.HandshakeContext(c.ctx); err == nil {
		err = c.takeKeys(conn, remote.weAreClient)
	}
	if err != nil {
		if c.ctx.Err() == nil {
			c.t.log.Info("dtls handshake", "error", err)
		}
		_ = conn.Close() // the handshake's error says it all
		c.fail()
		return
	}
	closed := make(chan struct{})
	stop := context.AfterFunc(c.ctx, func() {
		defer close(closed)
		_ = conn.Close() // sends close_notify; there is nobody to tell of an error
	})
	buf := make([]byte, 2048)
	for err = nil; err == nil; {
		_, err = conn.Read(buf)
	}
	if !stop() {
		<-closed
		return
	}
	_ = conn.Close()
	c.fail()
}

func (c *Conn) dtlsConn(remote remoteEnd) (*dtls.Conn, error) {
	shared := []dtls.Option{
		dtls.WithCertificates(c.t.cert),
		dtls.WithSRTPProtectionProfiles(profiles()...),
		dtls.WithInsecureSkipVerify(true), // the fingerprint stands for the chain
		dtls.WithVerifyPeerCertificate(func(shown [][]byte, _ [][]*x509.Certificate) error {
			return verifyPeer(remote.hash, remote.fingerprint, shown)
		}),
		dtls.WithExtendedMasterSecret(dtls.RequireExtendedMasterSecret),
		dtls.WithLoggerFactory(&logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled}),
	}
	if remote.weAreClient {
		opts := make([]dtls.ClientOption, len(shared))
		for i, o := range shared {
			opts[i] = o
		}
		return dtls.ClientWithOptions(c.link, dtlsAddr{}, opts...)
	}
	opts := make([]dtls.ServerOption, len(shared), len(shared)+2)
	for i, o := range shared {
		opts[i] = o
	}
	// ICE has verified the address already: no round trip for a cookie.
	opts = append(opts, dtls.WithClientAuth(dtls.RequireAnyClientCert), dtls.WithInsecureSkipVerifyHello(true))
	return dtls.ServerWithOptions(c.link, dtlsAddr{}, opts...)
}

// takeKeys exports the SRTP keys (RFC 5764, 4.2) and opens the Conn for media.
func (c *Conn) takeKeys(conn *dtls.Conn, client bool) error {
	profile, ok := conn.SelectedSRTPProtectionProfile()
	if !ok {
		return errors.New("no srtp profile in common")
	}
	state, ok := conn.ConnectionState()
	if !ok {
		return errors.New("no dtls state")
	}
	config := &srtp.Config{Profile: srtp.ProtectionProfile(profile)}
	if err := config.ExtractSessionKeysFromDTLS(&state, client); err != nil {
		return fmt.Errorf("export srtp keys: %w", err)
	}
	k, err := newKeys(config)
	if err != nil {
		return fmt.Errorf("make srtp keys: %w", err)
	}
	c.life.heard.Store(time.Now().UnixNano())
	c.keys.Store(k)
	c.says.post(c, StateConnected)
	return nil
}

// dtlsAddr is all that DTLS is told of addresses: where the client is may change under it.
type dtlsAddr struct{}

func (dtlsAddr) Network() string { return "ice" }
func (dtlsAddr) String() string  { return "client" }

// maxQueuedDTLS bounds the records that wait for the DTLS goroutine. Full: the newest is dropped, DTLS sends again.
const maxQueuedDTLS = 32

// dtlsLink is the net.PacketConn between DTLS and the path of choice.
type dtlsLink struct {
	c      *Conn
	in     chan []byte
	closed chan struct{}
	once   sync.Once

	mu      sync.Mutex
	timer   *time.Timer
	expired chan struct{} // closed when the read deadline has passed
}

func newDTLSLink(c *Conn) *dtlsLink {
	return &dtlsLink{c: c, in: make(chan []byte, maxQueuedDTLS), closed: make(chan struct{}), expired: make(chan struct{})}
}

// put copies a record that arrived.
func (l *dtlsLink) put(b []byte) {
	if len(l.in) == cap(l.in) {
		return
	}
	select {
	case l.in <- append([]byte(nil), b...):
	default:
	}
}

func (l *dtlsLink) ReadFrom(b []byte) (int, net.Addr, error) {
	l.mu.Lock()
	expired := l.expired
	l.mu.Unlock()
	select {
	case <-expired:
		return 0, nil, os.ErrDeadlineExceeded
	default:
	}
	select {
	case record := <-l.in:
		return copy(b, record), dtlsAddr{}, nil
	case <-l.closed:
		return 0, nil, net.ErrClosed
	case <-expired:
		return 0, nil, os.ErrDeadlineExceeded
	}
}

func (l *dtlsLink) WriteTo(b []byte, _ net.Addr) (int, error) {
	if p := l.c.ice.selected.Load(); p != nil {
		l.c.t.send(b, p)
	}
	return len(b), nil // lost otherwise, as datagrams may be
}

// SetReadDeadline works as for a pipe. DTLS hangs past the deadline of its handshake when this does nothing.
func (l *dtlsLink) SetReadDeadline(t time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.timer != nil && !l.timer.Stop() {
		<-l.expired // the timer's function has run, or is about to
	}
	l.timer = nil
	select {
	case <-l.expired:
		l.expired = make(chan struct{})
	default:
	}
	if t.IsZero() {
		return nil
	}
	expired := l.expired
	if d := time.Until(t); d > 0 {
		l.timer = time.AfterFunc(d, func() { close(expired) })
	} else {
		close(expired)
	}
	return nil
}

func (l *dtlsLink) SetDeadline(t time.Time) error    { return l.SetReadDeadline(t) }
func (l *dtlsLink) SetWriteDeadline(time.Time) error { return nil } // a write never waits
func (l *dtlsLink) LocalAddr() net.Addr              { return dtlsAddr{} }

// Close is called by DTLS at its end.
func (l *dtlsLink) Close() error {
	l.end()
	return nil
}

// end releases the reader.
func (l *dtlsLink) end() {
	l.once.Do(func() { close(l.closed) })
	_ = l.SetReadDeadline(time.Time{}) // stops the timer
}
