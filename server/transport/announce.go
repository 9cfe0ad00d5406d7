package transport

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
)

// maxAnnounced bounds the candidates of a machine with many interfaces: each costs every client checks.
const maxAnnounced = 16

// hostAddresses lists what a client can reach a socket bound to addr at: the address itself, or that of every interface that is up. The
// loopback address is listed only when there is nothing else.
func hostAddresses(addr netip.AddrPort) ([]netip.AddrPort, error) {
	if !addr.Addr().IsUnspecified() {
		return []netip.AddrPort{addr}, nil
	}
	interfaces, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	var found, loopback []netip.AddrPort
	for _, i := range interfaces {
		if i.Flags&net.FlagUp == 0 {
			continue
		}
		addrs, err := i.Addrs()
		if err != nil {
			continue // the interface went away
		}
		for _, a := range addrs {
			prefix, err := netip.ParsePrefix(a.String())
			if err != nil {
				continue
			}
			ip := prefix.Addr().Unmap()
			switch {
			case addr.Addr().Is4() && !ip.Is4(), ip.IsLinkLocalUnicast():
			case ip.IsLoopback():
				loopback = append(loopback, netip.AddrPortFrom(ip, addr.Port()))
			case len(found) < maxAnnounced:
				found = append(found, netip.AddrPortFrom(ip, addr.Port()))
			}
		}
	}
	if len(found) == 0 {
		found = loopback
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("no interface is up")
	}
	return found, nil
}

// candidates are the values of the a=candidate lines: UDP before TCP, in the order announced (RFC 8445, 5.1.2.1; RFC 6544, 4.2).
func (t *Transport) candidates() []string {
	var lines []string
	add := func(addr netip.AddrPort, proto string, typePref, localPref uint32, more string) {
		priority := typePref<<24 | localPref<<8 | 255
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%d 1 %s %d %s %d typ host %s", len(lines)+1, proto, priority, addr.Addr(), addr.Port(), more)))
	}
	for i, a := range t.announce {
		add(a, "udp", 126, uint32(65535-i), "")
	}
	for i, a := range *t.tcp.Load() {
		add(a, "tcp", 90, 4<<13|uint32(8191-i), "tcptype passive")
	}
	return lines
}
