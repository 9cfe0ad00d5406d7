package node

import (
	"crypto/tls"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"parley/rtc/protocol"
	"parley/server/certificate"
	"parley/server/config"
)

// certificateOf returns the certificate that a server is configured with: its owner's, or its own.
func certificateOf(cfg config.Config, log *slog.Logger) (*certificate.Source, error) {
	if cfg.TLS.Cert != "" {
		return certificate.Files(cfg.TLS.Cert, cfg.TLS.Key, time.Now(), log)
	}
	return certificate.Own(cfg.Data, time.Now(), log)
}

// tlsConfig is that of all TLS connections. They carry HTTP/1.1 alone, which wires are upgraded from.
func tlsConfig(s *certificate.Source) *tls.Config {
	return &tls.Config{GetCertificate: s.Get, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}
}

// encrypted refuses plain HTTP if the server is for TLS only. What stays on this computer, and what comes from proxies that are trusted, is taken all the
// same: Vonage's SDKs and reverse proxies speak it there.
func (n *Node) encrypted(trusted []netip.Prefix, next http.Handler) http.Handler {
	if !n.cfg.TLS.Only {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.TLS != nil || stays(r, trusted) {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Connection", "close")
		w.WriteHeader(http.StatusForbidden)
		_ = json.NewEncoder(w).Encode(protocol.Errorf(protocol.CodeTLSRequired, "This server takes encrypted connections only: use https, and a link with its pin."))
	})
}

// stays reports whether a connection comes from this computer, or from a proxy that is trusted.
func stays(r *http.Request, trusted []netip.Prefix) bool {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	from := peer.Addr().Unmap()
	if from.IsLoopback() || slices.ContainsFunc(trusted, func(p netip.Prefix) bool { return p.Contains(from) }) {
		return true
	}
	local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok {
		return false
	}
	own, err := netip.ParseAddrPort(local.String())
	return err == nil && own.Addr().Unmap() == from
}
