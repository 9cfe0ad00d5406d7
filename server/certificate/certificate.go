package certificate

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"parley/rtc/protocol"
)

// lookEvery is how often it is looked whether a certificate has changed, or is to be renewed.
const lookEvery = time.Minute

// Source is a certificate that is exchanged while it is used. It is safe for concurrent use.
type Source struct {
	load    func(time.Time) (*loaded, error)
	changed func(was *loaded, now time.Time) bool // load may find another one
	log     *slog.Logger
	current atomic.Pointer[loaded]
	looked  atomic.Int64 // Unix nanoseconds
}

// loaded is a certificate and what its files were like.
type loaded struct {
	certificate *tls.Certificate
	stamp       string
}

// start loads the first one.
func (s *Source) start(now time.Time) (*Source, error) {
	first, err := s.load(now)
	if err != nil {
		return nil, err
	}
	s.current.Store(first)
	s.looked.Store(now.UnixNano())
	return s, nil
}

// Files is a certificate of the owner's: PEM files of the chain, the server's own first, and of its private key. They are read again when they change.
func Files(cert, key string, now time.Time, log *slog.Logger) (*Source, error) {
	stamps := func() string { return stamp(cert) + " " + stamp(key) }
	s := &Source{log: log, changed: func(was *loaded, _ time.Time) bool { return stamps() != was.stamp }}
	s.load = func(time.Time) (*loaded, error) {
		before := stamps() // a change meanwhile is found by the next look
		c, err := tls.LoadX509KeyPair(cert, key)
		if err != nil {
			return nil, fmt.Errorf("load certificate %s with key %s: %w", cert, key, err)
		}
		return &loaded{&c, before}, nil
	}
	return s.start(now)
}

// stamp is another text after a file was written.
func stamp(file string) string {
	info, err := os.Stat(file)
	if err != nil {
		return "?"
	}
	return fmt.Sprint(info.ModTime().UnixNano(), info.Size())
}

// Get is for tls.Config.GetCertificate.
func (s *Source) Get(*tls.ClientHelloInfo) (*tls.Certificate, error) { return s.at(time.Now()), nil }

// at returns the certificate of a moment. Once in a while one caller looks for a newer one; others go on with what there is.
func (s *Source) at(now time.Time) *tls.Certificate {
	was := s.current.Load()
	looked := s.looked.Load()
	if now.Sub(time.Unix(0, looked)) < lookEvery || !s.looked.CompareAndSwap(looked, now.UnixNano()) {
		return was.certificate
	}
	if !s.changed(was, now) {
		return was.certificate
	}
	fresh, err := s.load(now)
	if err != nil { // half written, perhaps
		s.log.Warn("the certificate is not exchanged; the one before is used on", "error", err)
		return was.certificate
	}
	s.current.Store(fresh)
	s.log.Info("the certificate was exchanged", "pin", protocol.PinOf(fresh.certificate.Leaf), "until", fresh.certificate.Leaf.NotAfter)
	return fresh.certificate
}

// Pin is what links say of the certificate.
func (s *Source) Pin() protocol.Pin { return protocol.PinOf(s.current.Load().certificate.Leaf) }

// Name returns the name that the certificate proves to everybody, because an authority that computers trust has signed it; "" is none, and links need the pin.
func (s *Source) Name(now time.Time) string {
	c := s.current.Load().certificate
	between := x509.NewCertPool()
	for _, raw := range c.Certificate[1:] {
		if one, err := x509.ParseCertificate(raw); err == nil {
			between.AddCert(one)
		}
	}
	if _, err := c.Leaf.Verify(x509.VerifyOptions{Intermediates: between, CurrentTime: now}); err != nil {
		return ""
	}
	for _, name := range c.Leaf.DNSNames {
		if !strings.Contains(name, "*") {
			return name
		}
	}
	return ""
}
