package client

import (
	"context"
	"crypto/rand"
	"encoding/hex"
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
	"github.com/pion/stun/v4"

	"parley/server/bench/load"
)

// checkEvery is how soon an unanswered connectivity check is repeated.
const checkEvery = 50 * time.Millisecond

// end is one peer connection while it is made: ICE as the controlling side with the one pair that there is, then DTLS as client.
type end struct {
	peer  *load.Peer
	ours  credentials
	first sync.Once
	found chan struct{} // closed when a check was answered
	dtls  *link
	conn  *dtls.Conn

	// set by connect, before the loop calls
	theirs *remote
}

func newEnd(l *load.Loop, id *Identity) (*end, error) {
	peer, err := l.NewPeer()
	if err != nil {
		return nil, err
	}
	e := &end{peer: peer, found: make(chan struct{}), ours: credentials{ufrag: random(4), pwd: random(16), fingerprint: id.fingerprint}}
	e.dtls = newLink(peer)
	return e, nil
}

func random(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails, by its documentation
	return hex.EncodeToString(b)
}

// connect finds the server, shakes hands and opens the peer for media.
func (e *end) connect(ctx context.Context, id *Identity, theirs *remote) error {
	e.theirs = theirs
	e.peer.Other = e.other
	e.peer.KeepAlive = e.check
	if !theirs.address.IsValid() {
		return errors.New("the server names no UDP address")
	}
	if err := e.peer.Connect(theirs.address); err != nil {
		return err
	}
	again := time.NewTicker(checkEvery)
	defer again.Stop()
	for e.check(); ; e.check() {
		select {
		case <-e.found:
			return e.shake(ctx, id)
		case <-again.C:
		case <-ctx.Done():
			return fmt.Errorf("no answer to connectivity checks: %w", ctx.Err())
		}
	}
}

// check sends a connectivity check that nominates.
func (e *end) check() {
	m, err := stun.Build(stun.BindingRequest, stun.TransactionID, stun.NewUsername(e.theirs.ufrag+":"+e.ours.ufrag),
		stun.RawAttribute{Type: stun.AttrPriority, Value: []byte{126, 255, 255, 255}},
		stun.RawAttribute{Type: stun.AttrICEControlling, Value: make([]byte, 8)},
		stun.RawAttribute{Type: stun.AttrUseCandidate},
		stun.NewShortTermIntegrity(e.theirs.pwd), stun.Fingerprint)
	if err != nil {
		panic("build check: " + err.Error()) // we made it
	}
	_ = e.peer.Send(m.Raw) // is repeated
}

// other takes STUN and DTLS. The loop calls it.
func (e *end) other(b []byte) {
	if !stun.IsMessage(b) {
		e.dtls.put(b)
		return
	}
	m := &stun.Message{Raw: append([]byte(nil), b...)}
	if m.Decode() != nil {
		return
	}
	switch m.Type {
	case stun.BindingSuccess:
		e.first.Do(func() { close(e.found) })
	case stun.BindingRequest:
		at := e.peer.Local()
		answer, err := stun.Build(stun.NewTransactionIDSetter(m.TransactionID), stun.BindingSuccess,
			stun.XORMappedAddress{IP: at.Addr().AsSlice(), Port: int(at.Port())}, stun.NewShortTermIntegrity(e.ours.pwd), stun.Fingerprint)
		if err == nil {
			_ = e.peer.Send(answer.Raw) // is asked again
		}
	}
}

// shake does the DTLS handshake and exports the keys (RFC 5764, 4.2).
func (e *end) shake(ctx context.Context, id *Identity) error {
	conn, err := dtls.ClientWithOptions(e.dtls, linkAddr{}, dtls.WithCertificates(id.certificate),
		dtls.WithSRTPProtectionProfiles(dtls.SRTP_AEAD_AES_128_GCM), dtls.WithInsecureSkipVerify(true), // it measures, and loopback is all it sees
		dtls.WithExtendedMasterSecret(dtls.RequireExtendedMasterSecret),
		dtls.WithLoggerFactory(&logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled}))
	if err != nil {
		return fmt.Errorf("start dtls: %w", err)
	}
	e.conn = conn
	if err := conn.HandshakeContext(ctx); err != nil {
		return fmt.Errorf("dtls handshake: %w", err)
	}
	state, ok := conn.ConnectionState()
	if !ok {
		return errors.New("no dtls state")
	}
	config := &srtp.Config{Profile: srtp.ProtectionProfileAeadAes128Gcm}
	if err := config.ExtractSessionKeysFromDTLS(&state, true); err != nil {
		return fmt.Errorf("export srtp keys: %w", err)
	}
	k := config.Keys
	return e.peer.SetKeys(load.Keys{LocalKey: k.LocalMasterKey, LocalSalt: k.LocalMasterSalt, RemoteKey: k.RemoteMasterKey, RemoteSalt: k.RemoteMasterSalt})
}

// close says goodbye.
func (e *end) close() {
	if e.conn != nil {
		_ = e.conn.Close() // sends close_notify; there is nobody to tell of an error
	}
	e.dtls.end()
	e.peer.Close()
}

// linkAddr is all that DTLS is told of addresses.
type linkAddr struct{}

func (linkAddr) Network() string { return "udp" }
func (linkAddr) String() string  { return "server" }

// maxQueued bounds the records that wait for DTLS. Full: the newest is dropped, DTLS sends again.
const maxQueued = 32

// link is the net.PacketConn between DTLS and a peer's socket.
type link struct {
	peer   *load.Peer
	in     chan []byte
	closed chan struct{}
	once   sync.Once

	mu       sync.Mutex
	deadline time.Time
}

func newLink(p *load.Peer) *link {
	return &link{peer: p, in: make(chan []byte, maxQueued), closed: make(chan struct{})}
}

func (l *link) put(b []byte) {
	if len(l.in) == cap(l.in) {
		return
	}
	l.in <- append([]byte(nil), b...) // the loop alone puts, so there is room
}

func (l *link) ReadFrom(b []byte) (int, net.Addr, error) {
	l.mu.Lock()
	deadline := l.deadline
	l.mu.Unlock()
	var expired <-chan time.Time
	if !deadline.IsZero() {
		t := time.NewTimer(time.Until(deadline))
		defer t.Stop()
		expired = t.C
	}
	select {
	case record := <-l.in:
		return copy(b, record), linkAddr{}, nil
	case <-l.closed:
		return 0, nil, net.ErrClosed
	case <-expired:
		return 0, nil, os.ErrDeadlineExceeded
	}
}

func (l *link) WriteTo(b []byte, _ net.Addr) (int, error) {
	_ = l.peer.Send(b) // lost otherwise, as datagrams may be
	return len(b), nil
}

// SetReadDeadline holds for reads that begin after it; those under way end with Close.
func (l *link) SetReadDeadline(t time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.deadline = t
	return nil
}

func (l *link) SetDeadline(t time.Time) error    { return l.SetReadDeadline(t) }
func (l *link) SetWriteDeadline(time.Time) error { return nil } // a write never waits
func (l *link) LocalAddr() net.Addr              { return linkAddr{} }

// Close is called by DTLS at its end.
func (l *link) Close() error {
	l.end()
	return nil
}

func (l *link) end() { l.once.Do(func() { close(l.closed) }) }
