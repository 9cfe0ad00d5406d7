// Package rtctest is the networks that tests of clients run on: real sockets that lose packets by a seed, or everything while they are unplugged, and TCP
// connections that break or fall silent.
package rtctest

import (
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/transport/v5"
	"github.com/pion/transport/v5/stdnet"
	"github.com/pion/webrtc/v4"
)

// Lossy returns settings for a client whose UDP sockets lose a share of the media packets that leave (out) and that arrive (in), each
// 0 to 1. The same seed loses the same ones. What sets a connection up, ICE and DTLS, passes: its retries are others' to test.
func Lossy(t testing.TB, seed uint64, out, in float64) func(*webrtc.SettingEngine) {
	t.Helper()
	std, err := stdnet.NewNet()
	if err != nil {
		t.Fatal(err)
	}
	return func(s *webrtc.SettingEngine) {
		s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
		s.SetNet(&lossyNet{Net: std, dice: &dice{rand: rand.New(rand.NewPCG(seed, 1)), out: out, in: in}})
	}
}

// Cable is the network cable of a client: while it is unplugged none of its UDP packets arrives anywhere. It is safe for concurrent use.
type Cable struct {
	net  *lossyNet
	dice *dice
}

// NewCable returns a cable that is plugged in.
func NewCable(t testing.TB) *Cable {
	t.Helper()
	std, err := stdnet.NewNet()
	if err != nil {
		t.Fatal(err)
	}
	d := &dice{}
	return &Cable{net: &lossyNet{Net: std, dice: d}, dice: d}
}

// Network lets a client use the cable, and notice within a second that it was unplugged.
func (c *Cable) Network(s *webrtc.SettingEngine) {
	s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	s.SetNet(c.net)
	s.SetICETimeouts(400*time.Millisecond, 400*time.Millisecond, 100*time.Millisecond)
}

// Unplug pulls the cable.
func (c *Cable) Unplug() { c.dice.unplugged.Store(true) }

// Plug puts it back.
func (c *Cable) Plug() { c.dice.unplugged.Store(false) }

// dice decide what is lost.
type dice struct {
	unplugged atomic.Bool // everything
	out, in   float64

	mu   sync.Mutex
	rand *rand.Rand
}

// lose reports whether a packet is lost. Media is what RFC 7983 says it is: a first byte of 128 to 191.
func (d *dice) lose(packet []byte, share float64) bool {
	if d.unplugged.Load() {
		return true
	}
	if share == 0 || len(packet) == 0 || packet[0] < 128 || packet[0] > 191 {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.rand.Float64() < share
}

type lossyNet struct {
	transport.Net
	dice *dice
}

// ListenPacket implements transport.Net.
func (n *lossyNet) ListenPacket(network, address string) (net.PacketConn, error) {
	c, err := n.Net.ListenPacket(network, address)
	if err != nil {
		return nil, err
	}
	return &lossyPacketConn{PacketConn: c, dice: n.dice}, nil
}

// ListenUDP implements transport.Net.
func (n *lossyNet) ListenUDP(network string, address *net.UDPAddr) (transport.UDPConn, error) {
	c, err := n.Net.ListenUDP(network, address)
	if err != nil {
		return nil, err
	}
	return &lossyUDPConn{UDPConn: c, dice: n.dice}, nil
}

type lossyPacketConn struct {
	net.PacketConn
	dice *dice
}

// ReadFrom implements net.PacketConn.
func (c *lossyPacketConn) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, addr, err := c.PacketConn.ReadFrom(b)
		if err != nil || !c.dice.lose(b[:n], c.dice.in) {
			return n, addr, err
		}
	}
}

// WriteTo implements net.PacketConn.
func (c *lossyPacketConn) WriteTo(b []byte, addr net.Addr) (int, error) {
	if c.dice.lose(b, c.dice.out) {
		return len(b), nil
	}
	return c.PacketConn.WriteTo(b, addr)
}

type lossyUDPConn struct {
	transport.UDPConn
	dice *dice
}

// ReadFrom implements net.PacketConn.
func (c *lossyUDPConn) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, addr, err := c.UDPConn.ReadFrom(b)
		if err != nil || !c.dice.lose(b[:n], c.dice.in) {
			return n, addr, err
		}
	}
}

// WriteTo implements net.PacketConn.
func (c *lossyUDPConn) WriteTo(b []byte, addr net.Addr) (int, error) {
	if c.dice.lose(b, c.dice.out) {
		return len(b), nil
	}
	return c.UDPConn.WriteTo(b, addr)
}
