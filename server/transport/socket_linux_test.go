package transport

import (
	"encoding/binary"
	"net"
	"slices"
	"syscall"
	"testing"
)

// TestKernelRefusesBurst has bursts refused as a device without segmentation, or a kernel rule, refuses them.
func TestKernelRefusesBurst(t *testing.T) {
	t.Parallel()
	for err, want := range map[error]bool{syscall.EIO: true, syscall.EINVAL: false} {
		t.Run(err.Error(), func(t *testing.T) {
			t.Parallel()
			tr, sink := newTransport(t, Config{}), newSink(t)
			p := &path{addr: sink.LocalAddr().(*net.UDPAddr).AddrPort()}
			b := burst{to: p, data: make([]byte, 250), size: 100, count: 3}
			for i := range 3 {
				binary.BigEndian.PutUint16(b.data[i*100+2:], uint16(i))
			}
			tr.sock.unsent(b, &net.OpError{Err: err}, &tr.ledger)
			if got := readSizes(t, sink, 3); !slices.Equal(got, []int{100, 100, 50}) {
				t.Errorf("sizes %v", got)
			}
			if tr.sock.single.Load() != want {
				t.Errorf("segmentation off: %v", !want)
			}
		})
	}
}
