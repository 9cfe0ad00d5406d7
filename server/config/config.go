package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"strconv"

	"github.com/adrg/xdg"

	"parley/server/store"
)

// DefaultListen is where a server listens that was not told otherwise.
const DefaultListen = "127.0.0.1:7880"

// Config is what a server is started with.
type Config struct {
	Data     string   // folder; "" is DefaultData
	Listen   string   // TCP host:port for HTTP, WebSocket and ICE-TCP; "" is DefaultListen
	UDP      string   // port or host:port of all media; "" is the same as Listen
	Announce []string // addresses that candidates name, as IP or IP:PORT; none: those of the machine
	// Webhooks are hooks that are registered while the server is started with them. One without a project is the only project's.
	Webhooks []store.Webhook
	Limits   Limits // the zero value stands for DefaultLimits
	// TrustProxies are addresses and networks of reverse proxies, whose X-Forwarded-For tells where a request came from.
	TrustProxies []string
	TLS          TLS
	// ForwardingOff takes media and forwards none: with it a test of a call must fail.
	ForwardingOff bool
}

// TLS is how a server proves that it is itself. The zero value is a certificate of its own, whose pin links carry, beside plain HTTP.
type TLS struct {
	Cert, Key string // PEM files of another certificate; both or none
	Only      bool   // refuse plain HTTP, but from this computer and from the proxies to trust
}

// DefaultData is the folder of the server's data when none is given.
func DefaultData() string { return filepath.Join(xdg.StateHome, "parley") }

// Resolve fills in the defaults and checks.
func (c Config) Resolve() (Config, error) {
	if c.Data == "" {
		c.Data = DefaultData()
	}
	if c.Listen == "" {
		c.Listen = DefaultListen
	}
	host, port, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return c, fmt.Errorf("listen address %q: write it as HOST:PORT: %w", c.Listen, err)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return c, fmt.Errorf("listen address %q: the port goes from 0 to 65535", c.Listen)
	}
	switch {
	case c.UDP == "":
		c.UDP = net.JoinHostPort(host, port)
	default:
		if _, err := strconv.ParseUint(c.UDP, 10, 16); err == nil {
			c.UDP = net.JoinHostPort(host, c.UDP)
		} else if _, _, err := net.SplitHostPort(c.UDP); err != nil {
			return c, fmt.Errorf("UDP address %q: write it as PORT or HOST:PORT", c.UDP)
		}
	}
	if c.Limits == (Limits{}) {
		c.Limits = DefaultLimits()
	}
	if (c.TLS.Cert == "") != (c.TLS.Key == "") {
		return c, errors.New("a certificate needs its private key: give both --cert and --key, or none of them")
	}
	if _, err := Networks(c.TrustProxies); err != nil {
		return c, err
	}
	_, err = Addresses(c.Announce, 1)
	return c, err
}

// Networks parses addresses and networks (192.0.2.0/24).
func Networks(texts []string) ([]netip.Prefix, error) {
	var all []netip.Prefix
	for _, t := range texts {
		p, err := netip.ParsePrefix(t)
		if err != nil {
			a, addrErr := netip.ParseAddr(t)
			if addrErr != nil {
				return nil, fmt.Errorf("proxy to trust %q: write it as IP or IP/BITS", t)
			}
			p = netip.PrefixFrom(a, a.BitLen())
		}
		all = append(all, p.Masked())
	}
	return all, nil
}

// Addresses parses addresses to announce; those without a port get the one given.
func Addresses(texts []string, port uint16) ([]netip.AddrPort, error) {
	var all []netip.AddrPort
	for _, t := range texts {
		if ip, err := netip.ParseAddr(t); err == nil {
			all = append(all, netip.AddrPortFrom(ip, port))
			continue
		}
		ap, err := netip.ParseAddrPort(t)
		if err != nil || ap.Port() == 0 {
			return nil, fmt.Errorf("address to announce %q: write it as IP or IP:PORT", t)
		}
		all = append(all, ap)
	}
	return all, nil
}
