package peer

import (
	"sync"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"
)

// epoch is the wall clock's time at 0 of the clock that what is sent is presented by. All senders of a connection share it, so that receivers can put sound
// and pictures in step to the millisecond, however long each takes from its device to the network. (pion's own reports take the time at which a packet was
// written for the one at which it was recorded.)
type epoch struct {
	mu sync.Mutex
	at time.Time // zero until something is sent
}

// epochFar is how far a sender's clock may be from the epoch before it gets another one.
const epochFar = 2 * time.Second

// of returns the epoch for a sender whose clock shows t now.
func (e *epoch) of(now time.Time, t time.Duration) time.Time {
	at := now.Add(-t)
	e.mu.Lock()
	defer e.mu.Unlock()
	if d := at.Sub(e.at); e.at.IsZero() || d > epochFar || d < -epochFar {
		e.at = at // the first, or the wall clock was set, or this sender's clock is another
	}
	return e.at
}

// reporter sends the sender reports of one track (RFC 3550 section 6.4.1). It belongs to the goroutine that writes the track.
type reporter struct {
	pc              *webrtc.PeerConnection
	epoch           *epoch
	own             time.Time // the epoch that this track uses
	next            time.Time
	packets, octets uint32
}

// reportEvery is how often a report is sent while there is something to report.
const reportEvery = time.Second

// wrote takes that a packet was sent, presented at t, which is its RTP timestamp.
func (r *reporter) wrote(sender *webrtc.RTPSender, timestamp uint32, t time.Duration, size int) {
	r.packets++
	r.octets += uint32(size)
	now := time.Now()
	if now.Before(r.next) {
		return
	}
	if d := now.Sub(r.own.Add(t)); r.own.IsZero() || d > epochFar || d < -epochFar {
		r.own = r.epoch.of(now, t)
	}
	encodings := sender.GetParameters().Encodings
	if len(encodings) == 0 {
		return
	}
	// The first one soon, the second after it: a single one may be lost.
	if r.next = now.Add(reportEvery); r.packets == 1 {
		r.next = now.Add(reportEvery / 5)
	}
	report := &rtcp.SenderReport{
		SSRC: uint32(encodings[0].SSRC), NTPTime: ntp(r.own.Add(t)), RTPTime: timestamp, PacketCount: r.packets, OctetCount: r.octets,
	}
	_ = r.pc.WriteRTCP([]rtcp.Packet{report}) // a connection that is down sends nothing, which its path tells
}

// ntp returns a time in the format of NTP, seconds since 1900 in 32.32 bits.
func ntp(t time.Time) uint64 {
	const from1900To1970 = 2_208_988_800
	return uint64(t.Unix()+from1900To1970)<<32 | uint64(t.Nanosecond())<<32/uint64(time.Second)
}
