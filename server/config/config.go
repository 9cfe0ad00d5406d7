package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
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
	// ForwardingOff takes media and forwards none: with it a test of a call must fail.
	ForwardingOff bool
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

// Running is what a running server tells other programs of its user, in server.json of the data folder.
type Running struct {
	PID    int    `json:"pid"`
	Listen string `json:"listen"` // address it is bound to
	Host   string `json:"host"`   // HOST:PORT for links
	URL    string `json:"url"`    // http://HOST:PORT
}

// runningFile is its name.
const runningFile = "server.json"

// NewRunning describes a server that is bound to addr. An unspecified address is named by the machine's first address.
func NewRunning(addr net.Addr) Running {
	r := Running{PID: os.Getpid(), Listen: addr.String(), Host: addr.String()}
	if ap, err := netip.ParseAddrPort(addr.String()); err == nil && ap.Addr().IsUnspecified() {
		r.Host = netip.AddrPortFrom(firstAddress(), ap.Port()).String()
	}
	r.URL = "http://" + r.Host
	return r
}

// firstAddress returns an address by which others reach this machine, or loopback.
func firstAddress() netip.Addr {
	addrs, err := net.InterfaceAddrs()
	if err == nil {
		for _, a := range addrs {
			if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().Is4() && !p.Addr().IsLoopback() && !p.Addr().IsLinkLocalUnicast() {
				return p.Addr()
			}
		}
	}
	return netip.AddrFrom4([4]byte{127, 0, 0, 1})
}

// Save writes the file.
func (r Running) Save(folder string) error {
	raw, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("save %s: %w", runningFile, err)
	}
	if err := os.WriteFile(filepath.Join(folder, runningFile), append(raw, '\n'), 0o600); err != nil {
		return fmt.Errorf("save %s: %w", runningFile, err)
	}
	return nil
}

// LoadRunning reads what the server of a data folder says. ok is false when none runs, as far as the file tells.
func LoadRunning(folder string) (r Running, ok bool) {
	raw, err := os.ReadFile(filepath.Join(folder, runningFile))
	if err != nil || json.Unmarshal(raw, &r) != nil || r.URL == "" {
		return Running{}, false
	}
	return r, true
}

// RemoveRunning deletes the file, if it is this process's.
func RemoveRunning(folder string) error {
	if r, ok := LoadRunning(folder); !ok || r.PID != os.Getpid() {
		return nil
	}
	if err := os.Remove(filepath.Join(folder, runningFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove %s: %w", runningFile, err)
	}
	return nil
}
