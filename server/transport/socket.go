package transport

import (
	"errors"
	"net"
	"net/netip"
	"sync/atomic"
)

const (
	maxRead      = 64   // datagrams for one system call
	maxDatagram  = 2048 // bytes; longer ones are cut and then refused
	socketBuffer = 4 << 20
)

// socket is the UDP socket. Reading and batches are done by one goroutine each; send may be called by any.
type socket struct {
	conn    *net.UDPConn
	addr    netip.AddrPort // unmapped
	single  atomic.Bool    // the kernel or the device does not segment
	pktinfo bool           // bound to no address: each answer says which one it comes from
	batches
}

func listen(address string) (*socket, error) {
	addr, err := net.ResolveUDPAddr("udp", address)
	if err != nil {
		return nil, err
	}
	network := "udp"
	if addr.IP.To4() != nil {
		network = "udp4"
	}
	conn, err := net.ListenUDP(network, addr)
	if err != nil {
		return nil, err
	}
	// Best effort: the kernel may allow less.
	_ = conn.SetReadBuffer(socketBuffer)
	_ = conn.SetWriteBuffer(socketBuffer)
	bound := conn.LocalAddr().(*net.UDPAddr).AddrPort()
	s := &socket{conn: conn, addr: netip.AddrPortFrom(bound.Addr().Unmap(), bound.Port())}
	s.pktinfo = s.addr.Addr().IsUnspecified()
	if err := s.batches.open(s); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return s, nil
}

func (s *socket) close() error { return s.conn.Close() }

// send sends one datagram.
func (s *socket) send(b []byte, to *path) error {
	_, _, err := s.conn.WriteMsgUDPAddrPort(b, to.oob, to.addr)
	return err
}

// sendSingly sends a burst packet by packet.
func (s *socket) sendSingly(b burst, l *ledger) {
	for data := b.data; len(data) > 0; {
		n := min(b.size, len(data))
		if err := s.send(data[:n], b.to); err != nil {
			l.sendErrors.Add(1)
		}
		data = data[n:]
	}
}

// segments is how many packets a burst may hold.
func (s *socket) segments() int {
	if s.single.Load() {
		return 1
	}
	return maxSegments
}
