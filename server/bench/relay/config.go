package relay

import (
	"fmt"
	"net/netip"
)

// Row is a way to send.
type Row string

// The rows.
const (
	Sendto    Row = "sendto"
	Sendmmsg  Row = "sendmmsg"
	Segmented Row = "gso"
)

// Rows returns all rows, dearest first.
func Rows() []Row { return []Row{Sendto, Sendmmsg, Segmented} }

// Config is all that a relay knows.
type Config struct {
	Row         Row
	Publishers  []Publisher
	Subscribers []Subscriber
}

// Publisher is where packets come from.
type Publisher struct {
	From      netip.AddrPort
	Key, Salt []byte // that it encrypts with
	To        []int  // indexes of Subscribers
}

// Subscriber is where packets go.
type Subscriber struct {
	To        netip.AddrPort
	Key, Salt []byte // to encrypt with
}

func (c *Config) check() error {
	switch c.Row {
	case Sendto, Sendmmsg, Segmented:
	default:
		return fmt.Errorf("no row %q", c.Row)
	}
	for _, s := range c.Subscribers {
		if !s.To.Addr().Is4() {
			return fmt.Errorf("subscriber at %v, which is no IPv4 address", s.To)
		}
	}
	for _, p := range c.Publishers {
		for _, to := range p.To {
			if to < 0 || to >= len(c.Subscribers) {
				return fmt.Errorf("no subscriber %d", to)
			}
		}
	}
	return nil
}
