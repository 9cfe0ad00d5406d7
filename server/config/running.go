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
	"slices"
	"strings"
)

// Running is what a running server tells other programs of its user, in server.json of the data folder.
type Running struct {
	PID    int    `json:"pid"`
	Listen string `json:"listen"`         // address it is bound to
	Host   string `json:"host"`           // HOST:PORT for links
	Also   string `json:"also,omitempty"` // further ones, separated by commas
	URL    string `json:"url"`            // http://HOST:PORT
	Pin    string `json:"pin,omitempty"`  // of the certificate's key, for links
	Name   string `json:"name,omitempty"` // that the certificate proves to everybody; then there is no pin
}

// runningFile is its name.
const runningFile = "server.json"

// maxAddresses bounds the addresses that are told of one server.
const maxAddresses = 8

// NewRunning describes a server that is bound to addr, and reached from outside by the addresses announced. An unspecified address is named by the machine's.
func NewRunning(addr net.Addr, announced []netip.AddrPort) Running {
	r := Running{PID: os.Getpid(), Listen: addr.String(), Host: addr.String()}
	if ap, err := netip.ParseAddrPort(addr.String()); err == nil {
		all := Usable(ap, announced)
		r.Host, r.Also = all[0].String(), join(all[1:])
	}
	r.URL = "http://" + r.Host
	return r
}

// Usable returns the addresses by which others reach a server that is bound to an address: loopback where there is nothing else.
func Usable(bound netip.AddrPort, announced []netip.AddrPort) []netip.AddrPort {
	all := []netip.AddrPort{bound}
	if bound.Addr().IsUnspecified() {
		all = nil
		for _, a := range machineAddresses() {
			all = append(all, netip.AddrPortFrom(a, bound.Port()))
		}
	}
	for _, a := range announced {
		if a = netip.AddrPortFrom(a.Addr(), bound.Port()); !slices.Contains(all, a) {
			all = append(all, a)
		}
	}
	if len(all) == 0 {
		all = append(all, netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), bound.Port()))
	}
	return all[:min(len(all), maxAddresses)]
}

// machineAddresses returns the addresses of this machine but loopback and those of one link alone: IPv4 first, which more networks carry.
func machineAddresses() []netip.Addr {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	var all []netip.Addr
	for _, a := range addrs {
		if p, err := netip.ParsePrefix(a.String()); err == nil && !p.Addr().IsLoopback() && !p.Addr().IsLinkLocalUnicast() {
			all = append(all, p.Addr())
		}
	}
	slices.SortStableFunc(all, func(a, b netip.Addr) int { return a.BitLen() - b.BitLen() })
	return all
}

func join(all []netip.AddrPort) string {
	texts := make([]string, len(all))
	for i, a := range all {
		texts[i] = a.String()
	}
	return strings.Join(texts, ",")
}

// Link returns the link for an invite, with the pin if the server has one. host is HOST:PORT, or "" for all that the server is known by.
func (r Running) Link(invite, host string) string {
	also := ""
	switch {
	case host != "":
	case r.Name != "":
		_, port, _ := net.SplitHostPort(r.Host)
		host = net.JoinHostPort(r.Name, port)
	default:
		host, also = r.Host, r.Also
	}
	link := "parley://" + host + "/" + invite
	switch {
	case r.Pin != "":
		link += "#pin=" + r.Pin
	case r.Name != "":
		link += "#tls"
	default:
		return link
	}
	if also != "" {
		link += "&also=" + also
	}
	return link
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
