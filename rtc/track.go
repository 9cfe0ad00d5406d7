package rtc

import (
	"github.com/pion/rtp"

	"parley/rtc/peer"
	"parley/rtc/protocol"
)

// Track is a track of a stream that the session is subscribed to.
type Track struct {
	StreamID protocol.StreamID
	Kind     protocol.Kind

	remote *peer.RemoteTrack
}

// Read waits for the next packet and parses it into p, whose payload then points into buf (1500 bytes do). Any error means that the track has ended. It
// is for one goroutine at a time.
func (t *Track) Read(p *rtp.Packet, buf []byte) error { return t.remote.Read(p, buf) }

// SenderReport returns which NTP time the sender's clock showed at an RTP timestamp, as its last report says: it puts a stream's tracks in step. ok is false
// before there is one, a second or so after the track started. It is safe for concurrent use.
func (t *Track) SenderReport() (ntp uint64, timestamp uint32, ok bool) {
	return t.remote.SenderReport()
}

// RequestKeyFrame asks for a key frame. It is safe for concurrent use.
func (t *Track) RequestKeyFrame() error { return t.remote.RequestKeyFrame() }
