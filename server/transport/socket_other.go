//go:build !linux

package transport

import "net/netip"

// batches is empty: without sendmmsg and segmentation, packets are sent one by one.
type batches struct{}

func (b *batches) open(s *socket) error {
	s.single.Store(true)
	return nil
}

// rawAddr is not needed.
type rawAddr struct{}

func rawAddrOf(netip.AddrPort) *rawAddr { return nil }

// inBatch is where one datagram is read to.
type inBatch struct {
	buf  [maxDatagram]byte
	n    int
	addr netip.AddrPort
}

func newInBatch() *inBatch { return new(inBatch) }

func (s *socket) readBatch(in *inBatch, wait bool) (int, error) {
	if !wait {
		return 0, nil
	}
	n, addr, err := s.conn.ReadFromUDPAddrPort(in.buf[:])
	if err != nil {
		return 0, err
	}
	in.n, in.addr = n, netip.AddrPortFrom(addr.Addr().Unmap(), addr.Port())
	return 1, nil
}

func (in *inBatch) get(int) ([]byte, origin) { return in.buf[:in.n], origin{addr: in.addr} }

// destination is unknown: where a machine has several addresses, bind the one that is announced.
func destination([]byte) netip.Addr { return netip.Addr{} }

func sourceControl(netip.Addr, netip.AddrPort) []byte { return nil }

func (s *socket) sendBatch(bursts []burst, l *ledger) {
	for _, b := range bursts {
		s.sendSingly(b, l)
	}
}
