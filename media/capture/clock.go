package capture

import "time"

// packetClock says when packets are to be presented. They follow each other without gaps or overlaps, whatever jitter the driver's times have; when these are
// off for a while, because the first ones were wrong or the sound card's clock is another, it follows them by a small step.
type packetClock struct {
	next  time.Duration // of the next packet
	off   time.Duration // of the driver's time, smoothed
	count int           // packets since the last step, 0 before the first
}

// packetTime is the length of a packet.
const packetTime = 20 * time.Millisecond

const (
	packetStep   = 10 * time.Millisecond // off by so much on average: follow
	packetJump   = 200 * time.Millisecond
	packetSmooth = 50 // packets
)

// stamp returns the time of a packet whose first sound was captured at a given time.
func (c *packetClock) stamp(captured time.Duration) time.Duration {
	captured = captured.Truncate(time.Microsecond) // what RTP clocks can tell apart
	off := captured - c.next
	if c.count == 0 || off > packetJump || off < -packetJump {
		c.next, c.off, c.count = captured, 0, 0
		off = 0
	}
	c.count++
	c.off += (off - c.off) / time.Duration(min(c.count, packetSmooth))
	if c.off > packetStep || c.off < -packetStep {
		c.next += c.off.Truncate(time.Microsecond)
		c.off, c.count = 0, 1
	}
	at := c.next
	c.next += packetTime
	return at
}
