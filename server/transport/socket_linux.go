package transport

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"syscall"
	"unsafe"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
	"golang.org/x/sys/unix"
)

// maxControl is room for a source address and a segment size.
const maxControl = 64

// batcher is recvmmsg and sendmmsg.
type batcher interface {
	ReadBatch(ms []ipv4.Message, flags int) (int, error)
	WriteBatch(ms []ipv4.Message, flags int) (int, error)
}

// batches is what sending many at once needs, on Linux.
type batches struct {
	io   batcher
	ms   []ipv4.Message
	bufs [maxBatch][1][]byte
	oob  [maxBatch][maxControl]byte
}

func (b *batches) open(s *socket) error {
	b.ms = make([]ipv4.Message, maxBatch)
	raw, err := s.conn.SyscallConn()
	if err != nil {
		return err
	}
	four := isFour(raw)
	if four {
		b.io = ipv4.NewPacketConn(s.conn)
	} else {
		b.io = ipv6.NewPacketConn(s.conn)
	}
	var set error
	err = raw.Control(func(fd uintptr) {
		if s.pktinfo {
			if four {
				set = unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_PKTINFO, 1)
			} else {
				set = unix.SetsockoptInt(int(fd), unix.IPPROTO_IPV6, unix.IPV6_RECVPKTINFO, 1)
			}
		}
		// Asking for the segment size tells whether the kernel knows it at all (4.18).
		if _, err := unix.GetsockoptInt(int(fd), unix.IPPROTO_UDP, unix.UDP_SEGMENT); err != nil {
			s.single.Store(true)
		}
	})
	return errors.Join(err, set)
}

// isFour reports whether the socket is one of IPv4 alone.
func isFour(raw syscall.RawConn) bool {
	four := false
	err := raw.Control(func(fd uintptr) {
		domain, err := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_DOMAIN)
		four = err == nil && domain == unix.AF_INET
	})
	return err == nil && four
}

// inBatch is where a batch is read to.
type inBatch struct {
	ms []ipv4.Message
}

func newInBatch() *inBatch {
	in := &inBatch{ms: make([]ipv4.Message, maxRead)}
	for i := range in.ms {
		in.ms[i].Buffers = [][]byte{make([]byte, maxDatagram)}
		in.ms[i].OOB = make([]byte, maxControl)
	}
	return in
}

func (s *socket) readBatch(in *inBatch) (int, error) {
	return s.io.ReadBatch(in.ms, 0)
}

// get returns the datagram i of the batch.
func (in *inBatch) get(i int) ([]byte, origin) {
	m := &in.ms[i]
	addr := m.Addr.(*net.UDPAddr).AddrPort()
	return m.Buffers[0][:m.N], origin{addr: netip.AddrPortFrom(addr.Addr().Unmap(), addr.Port()), oob: m.OOB[:m.NN]}
}

// destination finds the address that a datagram was sent to in its control data; zero when that says nothing.
func destination(oob []byte) netip.Addr {
	for len(oob) >= unix.SizeofCmsghdr {
		h, data, rest, err := unix.ParseOneSocketControlMessage(oob)
		if err != nil {
			break
		}
		switch {
		case h.Level == unix.IPPROTO_IP && h.Type == unix.IP_PKTINFO && len(data) >= unix.SizeofInet4Pktinfo:
			return netip.AddrFrom4([4]byte(data[8:12]))
		case h.Level == unix.IPPROTO_IPV6 && h.Type == unix.IPV6_PKTINFO && len(data) >= unix.SizeofInet6Pktinfo:
			return netip.AddrFrom16([16]byte(data[:16]))
		}
		oob = rest
	}
	return netip.Addr{}
}

// sourceControl is the control data that makes local the source of a datagram to addr: of IP_PKTINFO as it was asked, of IPV6_PKTINFO with
// mapped addresses for IPv4 on a socket of both. nil when local is zero.
func sourceControl(local netip.Addr, _ netip.AddrPort) []byte {
	switch {
	case local.Is4():
		ip := local.As4()
		data := make([]byte, unix.SizeofInet4Pktinfo)
		copy(data[4:8], ip[:]) // ipi_spec_dst
		return control(nil, unix.IPPROTO_IP, unix.IP_PKTINFO, data)
	case local.Is6():
		ip := local.As16()
		data := make([]byte, unix.SizeofInet6Pktinfo)
		copy(data, ip[:])
		return control(nil, unix.IPPROTO_IPV6, unix.IPV6_PKTINFO, data)
	}
	return nil
}

// control appends one control message to b.
func control(b []byte, level, kind int32, data []byte) []byte {
	start := len(b)
	for range unix.CmsgSpace(len(data)) {
		b = append(b, 0)
	}
	h := (*unix.Cmsghdr)(unsafe.Pointer(&b[start]))
	h.Level, h.Type = level, kind
	h.SetLen(unix.CmsgLen(len(data)))
	copy(b[start+unix.CmsgLen(0):], data)
	return b
}

// sendBatch sends bursts, at most maxBatch of them.
func (s *socket) sendBatch(bursts []burst, l *ledger) {
	for i, b := range bursts {
		m := &s.ms[i]
		s.bufs[i][0] = b.data
		m.Buffers, m.Addr = s.bufs[i][:], b.to.udp
		m.OOB = append(s.oob[i][:0], b.to.oob...)
		if b.count > 1 {
			var size [2]byte
			binary.NativeEndian.PutUint16(size[:], uint16(b.size))
			m.OOB = control(m.OOB, unix.IPPROTO_UDP, unix.UDP_SEGMENT, size[:])
		}
	}
	for at := 0; at < len(bursts); {
		n, err := s.io.WriteBatch(s.ms[at:len(bursts)], 0)
		at += max(n, 0)
		if err == nil || at >= len(bursts) {
			continue
		}
		if errors.Is(err, net.ErrClosed) {
			return
		}
		s.unsent(bursts[at], err, l)
		at++
	}
}

// unsent goes on with a burst that the kernel did not take. A device without checksum offload cannot segment (EIO); a burst may break one
// of the kernel's rules for it (EINVAL).
func (s *socket) unsent(b burst, err error, l *ledger) {
	switch {
	case b.count > 1 && errors.Is(err, unix.EIO):
		s.single.Store(true)
		s.sendSingly(b, l)
	case b.count > 1 && errors.Is(err, unix.EINVAL):
		s.sendSingly(b, l)
	default:
		l.sendErrors.Add(uint64(b.count))
	}
}
