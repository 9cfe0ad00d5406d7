package transport

import (
	"encoding/binary"
	"testing"
	"time"
)

// BenchmarkReceive takes sealed packets from the routing by address to the handler.
func BenchmarkReceive(b *testing.B) {
	tr, sink := newTransport(b, Config{}), newSink(b)
	c := ready(b, tr, sink)
	key, salt := make([]byte, 16), []byte("0123456789ab")
	for i := range key {
		key[i] = 2
	}
	sealer, err := newGCMSealer(key, salt)
	if err != nil {
		b.Fatal(err)
	}
	header, payload := make([]byte, 12), make([]byte, 1150)
	header[0] = 0x80
	buf := make([]byte, 0, 2048)
	from := origin{addr: c.Stats().Remote}
	var stuns stunReader
	now := time.Now()
	b.ReportAllocs()
	index := uint64(0)
	for b.Loop() {
		index++
		binary.BigEndian.PutUint16(header[2:], uint16(index))
		sealed, err := sealer.seal(buf, header, payload, index)
		if err != nil {
			b.Fatal(err)
		}
		tr.datagram(sealed, from, &stuns, now)
	}
	if s := c.Stats(); s.Refused != 0 {
		b.Errorf("%+v", s)
	}
}
