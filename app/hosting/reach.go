package hosting

import "net/netip"

// Reach is who can reach a meeting, as far as the addresses tell.
type Reach int

// The reaches, each wider than the one before.
const (
	ThisComputer Reach = iota // programs on this computer
	Network                   // computers on the same network
	Internet                  // everybody, unless a firewall is in the way
)

// String says it for people.
func (r Reach) String() string {
	switch r {
	case ThisComputer:
		return "this computer"
	case Network:
		return "this network"
	case Internet:
		return "the internet"
	}
	return "nobody"
}

// shared are the addresses of networks behind a provider's router (RFC 6598).
var shared = netip.PrefixFrom(netip.AddrFrom4([4]byte{100, 64, 0, 0}), 10)

// reachOf returns the widest reach of addresses.
func reachOf(addresses []string) Reach {
	widest := ThisComputer
	for _, text := range addresses {
		a, err := netip.ParseAddrPort(text)
		if err != nil {
			continue
		}
		widest = max(widest, reachOfOne(a.Addr().Unmap()))
	}
	return widest
}

func reachOfOne(a netip.Addr) Reach {
	switch {
	case a.IsLoopback():
		return ThisComputer
	case a.IsPrivate(), a.IsLinkLocalUnicast(), shared.Contains(a), !a.IsGlobalUnicast():
		return Network
	}
	return Internet
}
