package sfu

// cacheSize is how many packets of a video track are kept: about 3 s of 1.5 Mbit/s. A power of two.
const cacheSize = 512

// maxPayload bounds a packet's payload, in bytes. Larger ones are not forwarded: no path of the internet carries them whole.
const maxPayload = 1460

// cache keeps a track's newest packets for retransmission. Slots get their memory when they are first used. It is not safe for
// concurrent use: its UpTrack guards it.
type cache struct {
	slots [cacheSize]slot
}

type slot struct {
	ext       int64
	timestamp uint32
	marker    bool
	used      bool
	payload   []byte
}

// put keeps a packet. It reports false for one that is there already.
func (c *cache) put(p *packet) bool {
	s := &c.slots[uint64(p.ext)%cacheSize]
	if s.used && s.ext == p.ext {
		return false
	}
	if s.used && s.ext > p.ext {
		return true // older than what the slot holds: too late to be asked for
	}
	s.ext, s.timestamp, s.marker, s.used = p.ext, p.timestamp, p.marker, true
	s.payload = append(s.payload[:0], p.payload...)
	return true
}

// get copies a packet's payload into dst.
func (c *cache) get(ext int64, dst *[maxPayload]byte) (n int, timestamp uint32, marker, ok bool) {
	s := &c.slots[uint64(ext)%cacheSize]
	if !s.used || s.ext != ext {
		return 0, 0, false, false
	}
	return copy(dst[:], s.payload), s.timestamp, s.marker, true
}
