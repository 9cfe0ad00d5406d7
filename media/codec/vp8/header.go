package vp8

// IsKeyFrame reports whether an encoded frame is a key frame.
func IsKeyFrame(data []byte) bool {
	_, _, ok := Size(data)
	return ok
}

// Size returns the size of the pictures that begin with a key frame; ok is false when data is none. See RFC 6386, section 9.1.
func Size(data []byte) (w, h int, ok bool) {
	if len(data) < 10 || data[0]&1 != 0 || data[3] != 0x9d || data[4] != 0x01 || data[5] != 0x2a {
		return 0, 0, false
	}
	w = (int(data[6]) | int(data[7])<<8) & 0x3fff
	h = (int(data[8]) | int(data[9])<<8) & 0x3fff
	return w, h, w > 0 && h > 0
}
