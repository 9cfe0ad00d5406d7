package load

import (
	"encoding/binary"
	"time"
)

// stampSize is what a packet ends in: a mark, the packet's number in its track, and when it was sent.
const (
	stampSize = 16
	stampMark = 0x70726c79
)

// putStamp writes the stamp to the end of a payload.
func putStamp(payload []byte, number uint32, sent time.Duration) {
	b := payload[len(payload)-stampSize:]
	binary.BigEndian.PutUint32(b, stampMark)
	binary.BigEndian.PutUint32(b[4:], number)
	binary.BigEndian.PutUint64(b[8:], uint64(sent))
}

// stamp reads the stamp of a payload. ok is false when there is none.
func stamp(payload []byte) (number uint32, sent time.Duration, ok bool) {
	if len(payload) < stampSize {
		return 0, 0, false
	}
	b := payload[len(payload)-stampSize:]
	return binary.BigEndian.Uint32(b[4:]), time.Duration(binary.BigEndian.Uint64(b[8:])), binary.BigEndian.Uint32(b) == stampMark
}

const (
	descriptorSize = 4  // VP8 payload descriptor with a picture id of 15 bits (RFC 7741, 4.2)
	keyHeaderSize  = 10 // of a VP8 key frame (RFC 6386, 9.1)
)

// putVP8 writes the descriptor of a packet of a frame, and the frame's header when it is the first.
func putVP8(payload []byte, picture uint16, first, key bool) {
	payload[0] = 0x80
	payload[1] = 0x80
	binary.BigEndian.PutUint16(payload[2:], picture|0x8000)
	if !first {
		return
	}
	payload[0] |= 0x10
	h := payload[descriptorSize:]
	if !key {
		h[0] |= 1
		return
	}
	copy(h, []byte{0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01}) // 640 x 360
}

// keyStart reports whether a payload begins a key frame, as putVP8 writes it.
func keyStart(payload []byte) bool {
	return len(payload) > descriptorSize+keyHeaderSize && payload[0]&0x10 != 0 && payload[descriptorSize]&1 == 0
}
