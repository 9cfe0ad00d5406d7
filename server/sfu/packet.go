package sfu

import "encoding/binary"

// packet is an RTP packet, parsed once. Its slices point into the datagram.
type packet struct {
	payloadType uint8
	marker      bool
	seq         uint16
	timestamp   uint32
	ssrc        uint32
	extensions  []byte // one-byte form (RFC 8285), nil when there are none
	payload     []byte // without padding
	ext         int64  // seq, extended over wraps; set by the UpTrack
	keyStart    bool   // first packet of a key frame; set by the UpTrack
}

// parse reads an RTP packet (RFC 3550, section 5.1). It reports whether it is one.
func (p *packet) parse(b []byte) bool {
	if len(b) < 12 || b[0]>>6 != 2 {
		return false
	}
	p.marker = b[1]&0x80 != 0
	p.payloadType = b[1] & 0x7f
	p.seq = binary.BigEndian.Uint16(b[2:])
	p.timestamp = binary.BigEndian.Uint32(b[4:])
	p.ssrc = binary.BigEndian.Uint32(b[8:])
	at := 12 + 4*int(b[0]&0x0f)
	p.extensions = nil
	if b[0]&0x10 != 0 {
		if len(b) < at+4 {
			return false
		}
		profile, length := binary.BigEndian.Uint16(b[at:]), 4*int(binary.BigEndian.Uint16(b[at+2:]))
		at += 4
		if len(b) < at+length {
			return false
		}
		if profile == 0xbede {
			p.extensions = b[at : at+length]
		}
		at += length
	}
	if len(b) < at {
		return false
	}
	p.payload = b[at:]
	if b[0]&0x20 != 0 {
		n := len(p.payload)
		if n == 0 || int(p.payload[n-1]) == 0 || int(p.payload[n-1]) > n {
			return false
		}
		p.payload = p.payload[:n-int(p.payload[n-1])]
	}
	return true
}

// extension returns the value of a one-byte header extension, or nil.
func (p *packet) extension(id uint8) []byte {
	b := p.extensions
	for len(b) > 0 {
		if b[0] == 0 { // padding
			b = b[1:]
			continue
		}
		this, length := b[0]>>4, int(b[0]&0x0f)+1
		if this == 15 || len(b) < 1+length {
			return nil
		}
		if this == id {
			return b[1 : 1+length]
		}
		b = b[1+length:]
	}
	return nil
}

// headerSize is the size of the headers that we send: no sources, no extensions.
const headerSize = 12

// header writes an RTP header.
func header(dst *[headerSize]byte, marker bool, payloadType uint8, seq uint16, timestamp, ssrc uint32) {
	dst[0] = 2 << 6
	dst[1] = payloadType
	if marker {
		dst[1] |= 0x80
	}
	binary.BigEndian.PutUint16(dst[2:], seq)
	binary.BigEndian.PutUint32(dst[4:], timestamp)
	binary.BigEndian.PutUint32(dst[8:], ssrc)
}

// vp8 looks into a VP8 payload descriptor (RFC 7741, section 4.2). ok is false when the payload cannot be VP8; keyStart says that
// it is the first packet of a key frame.
func vp8(payload []byte) (keyStart, ok bool) {
	if len(payload) < 1 {
		return false, false
	}
	first := payload[0]
	at := 1
	if first&0x80 != 0 { // X
		if len(payload) < 2 {
			return false, false
		}
		flags := payload[1]
		at = 2
		if flags&0x80 != 0 { // I
			if len(payload) < at+1 {
				return false, false
			}
			if payload[at]&0x80 != 0 {
				at++
			}
			at++
		}
		if flags&0x40 != 0 { // L
			at++
		}
		if flags&0x30 != 0 { // T or K
			at++
		}
	}
	if len(payload) <= at {
		return false, false
	}
	start := first&0x10 != 0 && first&0x07 == 0
	if !start {
		return false, true
	}
	// The frame tag (RFC 6386, section 9.1): bit 0 is 0 for a key frame, which then has a start code.
	if payload[at]&1 != 0 {
		return false, true
	}
	if len(payload) < at+10 || payload[at+3] != 0x9d || payload[at+4] != 0x01 || payload[at+5] != 0x2a {
		return false, false
	}
	return true, true
}
