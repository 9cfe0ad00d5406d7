package mmsg

import (
	"encoding/binary"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"
)

// header is struct mmsghdr.
type header struct {
	msg unix.Msghdr
	n   uint32
	_   uint32
}

// controlSize is room for one segment size.
var controlSize = unix.CmsgSpace(2)

// Batch is a row of messages. It is not safe for concurrent use.
type Batch struct {
	headers []header
	vectors []unix.Iovec
	names   []unix.RawSockaddrInet4
	control []byte
	n       int
}

// NewBatch returns a batch of up to size messages (the kernel takes 1024).
func NewBatch(size int) *Batch {
	b := &Batch{headers: make([]header, size), vectors: make([]unix.Iovec, size), names: make([]unix.RawSockaddrInet4, size), control: make([]byte, size*controlSize)}
	for i := range b.headers {
		b.headers[i].msg.Iov = &b.vectors[i]
		b.headers[i].msg.Iovlen = 1
	}
	return b
}

// Address is where a message goes.
type Address = unix.RawSockaddrInet4

// AddressOf returns an IPv4 address as the kernel has it.
func AddressOf(a netip.AddrPort) Address {
	s := Address{Family: unix.AF_INET, Addr: a.Addr().As4()}
	binary.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(&s.Port))[:], a.Port())
	return s
}

// AddrPort returns an address that the kernel gave.
func AddrPort(a *Address) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), binary.BigEndian.Uint16((*[2]byte)(unsafe.Pointer(&a.Port))[:]))
}

// Full reports whether no message has room.
func (b *Batch) Full() bool { return b.n == len(b.headers) }

// Len returns how many messages were added.
func (b *Batch) Len() int { return b.n }

// Add adds a message to send; data and to are not copied and must stay until Send. Packets of segment bytes are made of data, when segment is not 0.
func (b *Batch) Add(data []byte, to *Address, segment int) {
	h := &b.headers[b.n].msg
	b.vectors[b.n].Base = &data[0]
	b.vectors[b.n].SetLen(len(data))
	h.Name, h.Namelen = (*byte)(unsafe.Pointer(to)), unix.SizeofSockaddrInet4
	h.Control, h.Controllen = nil, 0
	if segment != 0 {
		c := b.control[b.n*controlSize:]
		cm := (*unix.Cmsghdr)(unsafe.Pointer(&c[0]))
		cm.Level, cm.Type = unix.IPPROTO_UDP, unix.UDP_SEGMENT
		cm.SetLen(unix.CmsgLen(2))
		binary.NativeEndian.PutUint16(c[unix.CmsgLen(0):], uint16(segment))
		h.Control = &c[0]
		h.SetControllen(controlSize)
	}
	b.n++
}

// Send sends what was added and empties the batch. It returns how many messages the kernel did not take.
//
// The call does not wait, so the scheduler need not know of it.
func (b *Batch) Send(fd int) (refused int) {
	for at := 0; at < b.n; {
		n, _, errno := unix.RawSyscall6(unix.SYS_SENDMMSG, uintptr(fd), uintptr(unsafe.Pointer(&b.headers[at])), uintptr(b.n-at), unix.MSG_DONTWAIT, 0, 0)
		if errno != 0 {
			refused++
			at++
			continue
		}
		at += int(n)
	}
	b.n = 0
	return refused
}

// Receiver is a row of buffers. It is not safe for concurrent use.
type Receiver struct {
	*Batch
	buffers [][]byte
}

// NewReceiver returns a receiver of up to count datagrams of size bytes.
func NewReceiver(count, size int) *Receiver {
	r := &Receiver{Batch: NewBatch(count), buffers: make([][]byte, count)}
	for i := range r.buffers {
		r.buffers[i] = make([]byte, size)
		r.vectors[i].Base = &r.buffers[i][0]
		r.vectors[i].SetLen(size)
		r.headers[i].msg.Name = (*byte)(unsafe.Pointer(&r.names[i]))
	}
	return r
}

// Receive takes what has arrived, without waiting. It returns 0 and EAGAIN when that is nothing.
func (r *Receiver) Receive(fd int) (int, error) {
	for i := range r.headers {
		r.headers[i].msg.Namelen = unix.SizeofSockaddrInet4
	}
	n, _, errno := unix.RawSyscall6(unix.SYS_RECVMMSG, uintptr(fd), uintptr(unsafe.Pointer(&r.headers[0])), uintptr(len(r.headers)), unix.MSG_DONTWAIT, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}

// Get returns a datagram that Receive took, valid until the next Receive, and who sent it.
func (r *Receiver) Get(i int) ([]byte, *Address) { return r.buffers[i][:r.headers[i].n], &r.names[i] }
