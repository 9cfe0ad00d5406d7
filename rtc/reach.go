package rtc

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"parley/rtc/protocol"
)

// How long one address of a server may take to answer, and how long it is alone in being tried before the next one is tried beside it (RFC 8305, section 5,
// proposes 250 ms).
const (
	reachWithin = 4 * time.Second
	reachNext   = 250 * time.Millisecond
)

// Connect connects to the session that token is for on the link's server, as the function Connect does: over TLS to the server of the pin alone where the
// link has one, also when reconnecting.
func (l Link) Connect(ctx context.Context, token string, opt Options) (*Session, error) {
	opt.HTTPClient = l.Client(opt.HTTPClient)
	return Connect(ctx, l.URL(), token, opt)
}

// Client returns an HTTP client for the link's server, at whichever of its addresses: it sends nothing to anybody else, follows no redirects, and keeps no
// idle connections. For a link that says nothing of all this it is base, or http.DefaultClient if that is nil.
func (l Link) Client(base *http.Client) *http.Client {
	switch {
	case l.Secure() || l.Also != "":
	case base != nil:
		return base
	default:
		return http.DefaultClient
	}
	r := &reaching{link: l, within: reachWithin, next: reachNext}
	return &http.Client{
		// No proxy of the environment: what goes through one is not dialled below, and so not checked.
		Transport:     &http.Transport{DialContext: r.plain, DialTLSContext: r.secure, DisableKeepAlives: true, MaxResponseHeaderBytes: maxReply},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// reaching opens connections to a link's server, whatever address the HTTP client thinks of.
type reaching struct {
	link         Link
	within, next time.Duration
}

func (r *reaching) plain(ctx context.Context, network, _ string) (net.Conn, error) {
	return r.race(ctx, func(ctx context.Context, address string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, network, address)
	})
}

func (r *reaching) secure(ctx context.Context, network, _ string) (net.Conn, error) {
	cfg := r.tls()
	return r.race(ctx, func(ctx context.Context, address string) (net.Conn, error) {
		var d net.Dialer
		raw, err := d.DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		c := tls.Client(raw, cfg)
		if err := c.HandshakeContext(ctx); err != nil {
			_ = raw.Close()
			return nil, fmt.Errorf("%s: %w", address, unproven(err))
		}
		return c, nil
	})
}

// tls says what the server has to prove. There is no session cache, so that every connection proves it anew.
func (r *reaching) tls() *tls.Config {
	host, _, _ := net.SplitHostPort(r.link.Host)
	cfg := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}
	if pin := r.link.Pin; pin != (protocol.Pin{}) {
		// The pin is the proof, not a name or an authority: the certificate's key is the very one of the link, and the handshake shows that the server
		// has its private half.
		cfg.MinVersion = tls.VersionTLS13
		cfg.InsecureSkipVerify = true
		cfg.VerifyConnection = func(s tls.ConnectionState) error {
			if len(s.PeerCertificates) == 0 || protocol.PinOf(s.PeerCertificates[0]) != pin {
				return errPin
			}
			return nil
		}
	}
	return cfg
}

// errPin means that a server has another key than the link says.
var errPin = errors.New("the server's key is not the link's")

// unproven says of a handshake that failed because of who the server is, or because it speaks no TLS, that this is not the server of the link.
func unproven(err error) error {
	var plain tls.RecordHeaderError
	var certificate *tls.CertificateVerificationError
	var name x509.HostnameError
	if errors.Is(err, errPin) || errors.As(err, &plain) || errors.As(err, &certificate) || errors.As(err, &name) {
		return errors.Join(protocol.Errorf(protocol.CodeWrongServer, "This is not the server that the link was made for."), err)
	}
	return err
}

// reached is what an address answered.
type reached struct {
	conn net.Conn
	err  error
}

// race opens connections to the server's addresses, each a moment after the one before or as soon as that has failed, and returns the first that stands.
func (r *reaching) race(ctx context.Context, dial func(context.Context, string) (net.Conn, error)) (net.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	addresses := r.link.Addresses()
	answers := make(chan reached, len(addresses))
	waiting := 0
	defer func() {
		cancel()
		for range waiting { // they end with ctx
			if late := <-answers; late.conn != nil {
				_ = late.conn.Close()
			}
		}
	}()
	next := time.NewTimer(0)
	defer next.Stop()
	var errs []error
	for {
		select {
		case <-next.C:
		case a := <-answers:
			waiting--
			if a.err == nil {
				return a.conn, nil
			}
			errs = append(errs, a.err)
			if len(addresses) == 0 && waiting == 0 {
				return nil, errors.Join(errs...)
			}
		}
		if len(addresses) == 0 {
			continue
		}
		address := addresses[0]
		addresses = addresses[1:]
		waiting++
		go func() { // waited for above
			ctx, cancel := context.WithTimeout(ctx, r.within)
			defer cancel()
			conn, err := dial(ctx, address)
			answers <- reached{conn, err}
		}()
		next.Reset(r.next)
	}
}
