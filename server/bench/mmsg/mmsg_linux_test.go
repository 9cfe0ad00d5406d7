package mmsg

import (
	"bytes"
	"errors"
	"net"
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"
)

func TestBatchArrives(t *testing.T) {
	t.Parallel()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // has served
	self := conn.LocalAddr().(*net.UDPAddr).AddrPort()
	to, bad := AddressOf(self), AddressOf(netip.AddrPortFrom(self.Addr(), 0))
	if AddrPort(&to) != self {
		t.Fatalf("%v became %v", self, AddrPort(&to))
	}
	raw, err := conn.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	out, in := NewBatch(3), NewReceiver(8, 100)
	err = raw.Control(func(fd uintptr) {
		if _, err := in.Receive(int(fd)); !errors.Is(err, unix.EAGAIN) {
			t.Errorf("nothing was received with %v", err)
		}
		out.Add([]byte("one"), &to, 0)
		out.Add([]byte("lost"), &bad, 0)
		out.Add([]byte("twoTWOend"), &to, 3)
		if !out.Full() || out.Len() != 3 {
			t.Errorf("%d of 3 are in the batch", out.Len())
		}
		if refused := out.Send(int(fd)); refused != 1 || out.Len() != 0 {
			t.Errorf("%d were refused, %d are left", refused, out.Len())
		}
		var got []byte
		n, err := in.Receive(int(fd))
		for i := range n {
			b, from := in.Get(i)
			got = append(append(got, b...), ' ')
			if AddrPort(from) != self {
				t.Errorf("from %v", AddrPort(from))
			}
		}
		if !bytes.Equal(got, []byte("one two TWO end ")) {
			t.Errorf("received %q, %v", got, err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}
