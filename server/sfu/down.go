package sfu

import (
	"sync"
	"time"

	"github.com/pion/rtcp"
)

// resendPerSecond bounds the packets that one subscriber can have sent again, so that it cannot multiply traffic.
const resendPerSecond = 1000

// DownStats counts what went to a subscriber.
type DownStats struct {
	Packets, Bytes uint64
	Resent         uint64
	LostFraction   float64 // of the last report, 0 to 1
}

// DownTrack is a track on its way to one subscriber.
type DownTrack struct {
	up          *UpTrack
	writer      Writer
	ssrc        uint32
	payloadType uint8

	fwd    [headerSize]byte // scratch of forward, which one goroutine calls at a time
	resend struct {         // scratch of nack, likewise
		header  [headerSize]byte
		payload [maxPayload]byte
		budget  int
		since   time.Duration
	}

	mu      sync.Mutex
	active  bool
	waiting bool // for a key frame, or for the first packet
	run     run
	stats   DownStats
	closed  bool
}

// run is a stretch of packets that go out with numbers that follow each other as theirs do.
type run struct {
	offset  int64 // a packet's number here is its number there minus offset
	startIn int64 // its first packet, in the publisher's numbers
	lastOut int64 // highest number sent, over all runs
}

// newDownTrack makes a track that forwards nothing until start. first is its first sequence number: below 2^15, for receivers guess the
// roll-over counter.
func newDownTrack(up *UpTrack, w Writer, ssrc uint32, payloadType uint8, first uint16) *DownTrack {
	d := &DownTrack{up: up, writer: w, ssrc: ssrc, payloadType: payloadType, waiting: true, run: run{lastOut: int64(first&0x7fff) - 1}}
	d.resend.budget = resendPerSecond
	up.attach(d)
	return d
}

// start begins to forward, from the next key frame on.
func (d *DownTrack) start(now time.Duration) {
	d.mu.Lock()
	already := d.active || d.closed
	d.active = d.active || !d.closed
	d.mu.Unlock()
	if !already {
		d.up.RequestKeyFrame(now)
	}
}

// resync makes the track wait for the next key frame.
func (d *DownTrack) resync() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.waiting = true
}

// close ends the track.
func (d *DownTrack) close() {
	d.mu.Lock()
	d.closed, d.active = true, false
	d.mu.Unlock()
	d.up.detach(d)
}

// Stats returns the counters.
func (d *DownTrack) Stats() DownStats {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.stats
}

// forward sends a packet on. The publisher's goroutine calls it.
func (d *DownTrack) forward(p *packet) {
	d.mu.Lock()
	if !d.active {
		d.mu.Unlock()
		return
	}
	if d.waiting {
		if d.up.codec == VP8 && !p.keyStart {
			d.mu.Unlock()
			return
		}
		d.waiting = false
		d.run.offset = p.ext - (d.run.lastOut + 1)
		d.run.startIn = p.ext
	}
	if p.ext < d.run.startIn {
		d.mu.Unlock()
		return // from before the key frame, or from before a pause
	}
	out := p.ext - d.run.offset
	d.run.lastOut = max(d.run.lastOut, out)
	d.stats.Packets++
	d.stats.Bytes += uint64(len(p.payload))
	d.mu.Unlock()
	header(&d.fwd, p.marker, d.payloadType, uint16(out), p.timestamp, d.ssrc)
	d.writer.WriteRTP(d.fwd[:], p.payload, uint64(out))
}

// nack sends packets again, bit for bit as they were (a second nonce for the same number would break AES-GCM). The subscriber's
// goroutine calls it.
func (d *DownTrack) nack(pairs []rtcp.NackPair, now time.Duration) {
	if now-d.resend.since >= time.Second {
		d.resend.since, d.resend.budget = now, resendPerSecond
	}
	for i := range pairs {
		pairs[i].Range(func(seq uint16) bool {
			if d.resend.budget == 0 {
				return false
			}
			d.resendOne(seq)
			return true
		})
	}
}

func (d *DownTrack) resendOne(seq uint16) {
	d.mu.Lock()
	out := d.run.lastOut + int64(int16(seq-uint16(d.run.lastOut)))
	in := out + d.run.offset
	ok := d.active && !d.waiting && out <= d.run.lastOut && in >= d.run.startIn
	d.mu.Unlock()
	if !ok {
		return
	}
	n, timestamp, marker, ok := d.up.cached(in, &d.resend.payload)
	if !ok {
		return
	}
	d.resend.budget--
	header(&d.resend.header, marker, d.payloadType, uint16(out), timestamp, d.ssrc)
	d.writer.WriteRTP(d.resend.header[:], d.resend.payload[:n], uint64(out))
	d.mu.Lock()
	d.stats.Resent++
	d.mu.Unlock()
}

// report makes a sender report, or nil when there is nothing to say.
func (d *DownTrack) report(now time.Duration) rtcp.Packet {
	d.mu.Lock()
	silent := !d.active || d.stats.Packets == 0
	packets, bytes := uint32(d.stats.Packets), uint32(d.stats.Bytes)
	d.mu.Unlock()
	if silent {
		return nil
	}
	ntp, rtp, ok := d.up.clock(now)
	if !ok {
		return nil
	}
	return &rtcp.SenderReport{SSRC: d.ssrc, NTPTime: ntp, RTPTime: rtp, PacketCount: packets, OctetCount: bytes}
}
