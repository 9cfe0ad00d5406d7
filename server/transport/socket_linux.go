package transport

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"strconv"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// maxControl is room for a source address and a segment size.
const maxControl = 64

// message is the kernel's struct mmsghdr: one datagram, or one burst, of a batch.
type message struct {
	unix.Msghdr
	n uint32 // bytes received
}

// batches is what sending many at once needs, on Linux: the memory of a system call, laid out once.
//
// The system calls never wait, so Go's scheduler is not told of them: it would take the processor away from a long one and start a thread
// for others, at a tenth of the whole cost of forwarding. What waits is the poller, when there is nothing to read or no room to write.
type batches struct {
	raw  syscall.RawConn
	four bool // a socket of IPv4 alone

	// of the flushing goroutine
	out      [maxBatch]message
	vectors  [maxBatch]unix.Iovec
	control  [maxBatch][maxControl]byte
	write    func(fd uintptr) bool
	at, end  int // of out: what is left to be sent
	writeErr error
}

func (b *batches) open(s *socket) error {
	var err error
	if b.raw, err = s.conn.SyscallConn(); err != nil {
		return err
	}
	b.four = isFour(b.raw)
	for i := range b.out {
		b.out[i].Iov = &b.vectors[i]
		b.out[i].SetIovlen(1)
	}
	b.write = b.writeSome
	var set error
	err = b.raw.Control(func(fd uintptr) {
		if s.pktinfo {
			if b.four {
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

// rawAddr is an address as the kernel has it: for a socket of IPv4 alone, and for others, where IPv4 is mapped.
type rawAddr struct {
	four unix.RawSockaddrInet4
	six  unix.RawSockaddrInet6
}

func rawAddrOf(a netip.AddrPort) *rawAddr {
	r := &rawAddr{}
	var port [2]byte
	binary.BigEndian.PutUint16(port[:], a.Port())
	r.six.Family, r.six.Port, r.six.Addr = unix.AF_INET6, binary.NativeEndian.Uint16(port[:]), a.Addr().As16()
	if scope, err := strconv.ParseUint(a.Addr().Zone(), 10, 32); err == nil {
		r.six.Scope_id = uint32(scope)
	}
	if ip := a.Addr().Unmap(); ip.Is4() {
		r.four.Family, r.four.Port, r.four.Addr = unix.AF_INET, r.six.Port, ip.As4()
	}
	return r
}

// inBatch is where a batch is read to.
type inBatch struct {
	ms      [maxRead]message
	vectors [maxRead]unix.Iovec
	names   [maxRead]unix.RawSockaddrInet6 // room for IPv4 too
	control [maxRead][maxControl]byte
	bufs    [maxRead][maxDatagram]byte

	read func(fd uintptr) bool
	wait bool
	n    int
	err  error
}

func newInBatch() *inBatch {
	in := &inBatch{}
	for i := range in.ms {
		m := &in.ms[i]
		in.vectors[i].Base = &in.bufs[i][0]
		in.vectors[i].SetLen(maxDatagram)
		m.Iov = &in.vectors[i]
		m.SetIovlen(1)
		m.Name = (*byte)(unsafe.Pointer(&in.names[i]))
		m.Control = &in.control[i][0]
	}
	in.read = in.readSome
	in.n = maxRead
	return in
}

// readSome takes what has arrived. It returns false when that is nothing and is to be waited for.
func (in *inBatch) readSome(fd uintptr) bool {
	for i := range in.n { // those that the last call has changed
		in.ms[i].Namelen = unix.SizeofSockaddrInet6
		in.ms[i].SetControllen(maxControl)
	}
	n, _, errno := unix.RawSyscall6(unix.SYS_RECVMMSG, fd, uintptr(unsafe.Pointer(&in.ms[0])), maxRead, unix.MSG_DONTWAIT, 0, 0)
	in.n, in.err = 0, nil
	switch errno {
	case 0:
		in.n = int(n)
	case unix.EAGAIN, unix.EINTR:
		return !in.wait
	default:
		in.err = errno
	}
	return true
}

// readBatch takes what has arrived. With wait, it waits until there is something; else it may return 0.
func (s *socket) readBatch(in *inBatch, wait bool) (int, error) {
	in.wait = wait
	if err := s.raw.Read(in.read); err != nil {
		return 0, err
	}
	return in.n, in.err
}

// get returns the datagram i of the batch.
func (in *inBatch) get(i int) ([]byte, origin) {
	m, name := &in.ms[i], &in.names[i]
	var port [2]byte
	binary.NativeEndian.PutUint16(port[:], name.Port) // lies where that of IPv4 does
	var ip netip.Addr
	if name.Family == unix.AF_INET {
		ip = netip.AddrFrom4((*unix.RawSockaddrInet4)(unsafe.Pointer(name)).Addr)
	} else if ip = netip.AddrFrom16(name.Addr).Unmap(); name.Scope_id != 0 && ip.Is6() {
		ip = ip.WithZone(strconv.FormatUint(uint64(name.Scope_id), 10))
	}
	return in.bufs[i][:m.n], origin{addr: netip.AddrPortFrom(ip, binary.BigEndian.Uint16(port[:])), oob: in.control[i][:m.Controllen]}
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
	for i := range bursts {
		s.lay(i, &bursts[i])
	}
	s.at, s.end = 0, len(bursts)
	for s.at < s.end {
		s.writeErr = nil
		if err := s.raw.Write(s.write); err != nil {
			return // closed
		}
		if s.writeErr != nil {
			s.unsent(bursts[s.at], s.writeErr, l)
			s.at++
		}
	}
	clear(s.vectors[:len(bursts)]) // what they point to goes back to its pool
}

// lay makes the message i of a burst.
func (s *socket) lay(i int, b *burst) {
	m := &s.out[i]
	s.vectors[i].Base = &b.data[0]
	s.vectors[i].SetLen(len(b.data))
	if s.four {
		m.Name, m.Namelen = (*byte)(unsafe.Pointer(&b.to.raw.four)), unix.SizeofSockaddrInet4
	} else {
		m.Name, m.Namelen = (*byte)(unsafe.Pointer(&b.to.raw.six)), unix.SizeofSockaddrInet6
	}
	oob := append(s.control[i][:0], b.to.oob...)
	if b.count > 1 {
		var size [2]byte
		binary.NativeEndian.PutUint16(size[:], uint16(b.size))
		oob = control(oob, unix.IPPROTO_UDP, unix.UDP_SEGMENT, size[:])
	}
	m.Control = nil
	if len(oob) > 0 {
		m.Control = &oob[0]
	}
	m.SetControllen(len(oob))
}

// writeSome sends what is left, until the kernel refuses one. It returns false when there is no room.
func (s *batches) writeSome(fd uintptr) bool {
	for s.at < s.end {
		n, _, errno := unix.RawSyscall6(unix.SYS_SENDMMSG, fd, uintptr(unsafe.Pointer(&s.out[s.at])), uintptr(s.end-s.at), unix.MSG_DONTWAIT, 0, 0)
		switch errno {
		case 0:
			s.at += int(n)
		case unix.EINTR:
		case unix.EAGAIN:
			return false
		default:
			s.writeErr = errno
			return true
		}
	}
	return true
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
