package node

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// behindProxies lets requests that come from reverse proxies count as coming from where the proxies say. Without proxies to trust, X-Forwarded-For is
// nobody's word.
func behindProxies(trusted []netip.Prefix, next http.Handler) http.Handler {
	if len(trusted) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if from, ok := forwardedFor(trusted, r); ok {
			again := *r
			again.RemoteAddr = net.JoinHostPort(from.String(), "0")
			r = &again
		}
		next.ServeHTTP(w, r)
	})
}

// forwardedFor returns the last address on a request's way that is no proxy's.
func forwardedFor(trusted []netip.Prefix, r *http.Request) (netip.Addr, bool) {
	isProxy := func(a netip.Addr) bool {
		return slices.ContainsFunc(trusted, func(p netip.Prefix) bool { return p.Contains(a.Unmap()) })
	}
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !isProxy(peer.Addr()) {
		return netip.Addr{}, false
	}
	way := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, text := range slices.Backward(way) {
		a, err := netip.ParseAddr(strings.TrimSpace(text))
		if err != nil {
			return netip.Addr{}, false
		}
		if !isProxy(a) {
			return a, true
		}
	}
	return netip.Addr{}, false
}
