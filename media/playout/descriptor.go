package playout

// part is what the payload of one RTP packet of VP8 holds.
type part struct {
	data  []byte // of the frame, without the descriptor
	start bool   // the frame begins here
	key   bool   // it is a key frame; known at its start only
}

// parseVP8 takes the payload descriptor off, see RFC 7741, section 4.2. ok is false when the payload is cut off or empty.
func parseVP8(payload []byte) (p part, ok bool) {
	const extended, pictureID, level, temporal, keyIndex = 0x80, 0x80, 0x40, 0x20, 0x10
	if len(payload) < 2 {
		return part{}, false
	}
	first, at := payload[0], 1
	if first&extended != 0 {
		flags := payload[1]
		at = 2
		if flags&pictureID != 0 {
			if at >= len(payload) {
				return part{}, false
			}
			if payload[at]&0x80 != 0 { // fifteen bits
				at++
			}
			at++
		}
		if flags&level != 0 {
			at++
		}
		if flags&(temporal|keyIndex) != 0 {
			at++
		}
	}
	if at >= len(payload) {
		return part{}, false
	}
	p.data = payload[at:]
	p.start = first&0x10 != 0 && first&0x0f == 0 // the start of partition 0
	p.key = p.start && p.data[0]&1 == 0
	return p, true
}
