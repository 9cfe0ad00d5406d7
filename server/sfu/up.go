package sfu

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
)

// Codec is a codec that tracks can have.
type Codec int

// The codecs.
const (
	VP8 Codec = iota
	Opus
)

// ClockRate returns the RTP clock's rate in Hz.
func (c Codec) ClockRate() uint32 {
	switch c {
	case VP8:
		return 90000
	case Opus:
		return 48000
	}
	return 90000
}

// String returns the codec's name as SDP has it.
func (c Codec) String() string {
	switch c {
	case VP8:
		return "VP8"
	case Opus:
		return "opus"
	}
	return "unknown"
}

// Writer takes packets to a client. Both methods copy what they are given, never wait, and are safe for concurrent use.
type Writer interface {
	WriteRTP(header, payload []byte, index uint64)
	WriteRTCP(packet []byte)
}

// Intervals of feedback to publishers.
const (
	keyFrameEvery = 500 * time.Millisecond // requests for key frames to one publisher, at most
	reportEvery   = time.Second
)

// maxCatchUp bounds the packets of a track that a new subscriber gets at once: a key frame and half a second of 1 Mbit/s.
const maxCatchUp = 100

// UpStats counts what came from a publisher.
type UpStats struct {
	Packets, Bytes  uint64
	Malformed       uint64 // not of the codec, or too large
	Duplicates      uint64
	Missed          int64 // expected and not received
	Nacks           uint64
	KeyFrameAsked   uint64
	KeyFramesPassed uint64
}

// UpTrack is a track as its publisher sends it.
type UpTrack struct {
	codec       Codec
	payloadType uint8
	writer      Writer // to the publisher, for feedback
	off         bool   // forwards nothing: only tests of tests want that
	urgent      func() // packets begin to be missing

	downs atomic.Pointer[[]*DownTrack]
	muted atomic.Bool

	mu       sync.Mutex
	ssrc     uint32
	sequence sequence
	report   reception
	cache    *cache // nil for audio: its loss is concealed, not repaired
	missing  missing
	key      keyFrames
	stats    UpStats
	reports  reports
}

// keyFrames is what is wanted of the publisher, and what came.
type keyFrames struct {
	wanted bool
	asked  time.Duration // when it was last asked
	newest int64         // first packet of the newest key frame; 0: there is none that may be seen
	came   time.Duration // when that came
}

// senderReport is the publisher's last statement of which RTP time is which wall-clock time.
type senderReport struct {
	ntp     uint64 // NTP time
	rtp     uint32
	arrival time.Duration
	known   bool
}

// reports is the state of RTCP reports.
type reports struct {
	sender senderReport
	next   time.Duration // when the next receiver report is due
}

func newUpTrack(codec Codec, payloadType uint8, w Writer) *UpTrack {
	u := &UpTrack{codec: codec, payloadType: payloadType, writer: w, urgent: func() {}, key: keyFrames{asked: -keyFrameEvery}}
	if codec == VP8 {
		u.cache = &cache{}
	}
	none := []*DownTrack{}
	u.downs.Store(&none)
	return u
}

// Codec returns the track's codec.
func (u *UpTrack) Codec() Codec { return u.codec }

// SetMuted stops or resumes forwarding. Subscribers get a key frame after it resumes.
func (u *UpTrack) SetMuted(muted bool, now time.Duration) {
	if u.muted.Swap(muted) == muted || muted {
		return
	}
	u.mu.Lock()
	u.key.newest = 0 // what came before now was not to be seen
	u.mu.Unlock()
	for _, d := range *u.downs.Load() {
		d.resync()
	}
	u.RequestKeyFrame(now)
}

// Stats returns the counters.
func (u *UpTrack) Stats() UpStats {
	u.mu.Lock()
	defer u.mu.Unlock()
	s := u.stats
	s.Missed = u.report.missed(&u.sequence)
	return s
}

// push takes a packet that was parsed. It is called by the publisher's goroutine alone.
func (u *UpTrack) push(p *packet, now time.Duration) {
	ok, gap := u.account(p, now)
	if gap {
		u.urgent()
	}
	if !ok || u.off || u.muted.Load() {
		return
	}
	for _, d := range *u.downs.Load() {
		d.forward(p)
	}
}

// account checks, counts and keeps a packet. It reports whether to forward it, and whether others begin to be missing with it.
func (u *UpTrack) account(p *packet, now time.Duration) (forward, gap bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if p.payloadType != u.payloadType || len(p.payload) > maxPayload {
		u.stats.Malformed++
		return false, false
	}
	if len(p.payload) == 0 {
		// Padding alone (a probe): it takes a sequence number, so it is forwarded as an empty packet.
		p.keyStart = false
	} else if u.codec == VP8 {
		var ok bool
		if p.keyStart, ok = vp8(p.payload); !ok {
			u.stats.Malformed++
			return false, false
		}
	}
	before := u.sequence
	ext, ok := u.sequence.extend(p.seq)
	if !ok {
		u.stats.Malformed++
		return false, false
	}
	p.ext = ext
	if u.cache != nil {
		if !u.cache.put(p) {
			u.stats.Duplicates++
			return false, false
		}
		switch {
		case before.started && ext > before.highest+1:
			gap = u.missing.n == 0
			if !u.missing.gap(before.highest+1, ext, now) {
				u.key.wanted = true
			}
		case before.started && ext < before.highest:
			u.missing.found(ext)
		}
	}
	u.report.received(p.timestamp, now, u.codec.ClockRate())
	u.stats.Packets++
	u.stats.Bytes += uint64(len(p.payload))
	if p.keyStart {
		u.key.wanted = false
		if ext > u.key.newest {
			u.key.newest, u.key.came = ext, now
		}
		u.stats.KeyFramesPassed++
	}
	return true, gap
}

// RequestKeyFrame asks the publisher for a key frame, soon: requests are merged.
func (u *UpTrack) RequestKeyFrame(now time.Duration) {
	if u.codec != VP8 {
		return
	}
	u.mu.Lock()
	u.key.wanted = true
	ask, ssrc := u.keyDue(now), u.ssrc
	u.mu.Unlock()
	if ask {
		write(u.writer, &rtcp.PictureLossIndication{SenderSSRC: feedbackSSRC, MediaSSRC: ssrc})
	}
}

// recent returns the first packet of a key frame that is younger than the interval of requests, and the newest packet: a new subscriber gets all between,
// and need not wait for another.
func (u *UpTrack) recent(now time.Duration) (from, to int64, ok bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	k := &u.key
	if u.off || u.muted.Load() || k.newest == 0 || now-k.came >= keyFrameEvery || u.sequence.highest-k.newest >= maxCatchUp {
		return 0, 0, false
	}
	return k.newest, u.sequence.highest, true
}

// keyDue reports whether a request is to be sent now, and counts it as sent.
func (u *UpTrack) keyDue(now time.Duration) bool {
	if !u.key.wanted || u.ssrc == 0 || u.muted.Load() || now-u.key.asked < keyFrameEvery {
		return false
	}
	u.key.asked = now
	u.stats.KeyFrameAsked++
	return true
}

// Tick sends what is due: NACKs, a key frame request that had to wait or was not answered, a receiver report. It reports whether it is to be
// called again soon.
func (u *UpTrack) Tick(now time.Duration) (soon bool) {
	u.mu.Lock()
	if u.ssrc == 0 {
		u.mu.Unlock()
		return false
	}
	var out []rtcp.Packet
	if now >= u.reports.next && u.sequence.started {
		u.reports.next = now + reportEvery
		out = append(out, &rtcp.ReceiverReport{SSRC: feedbackSSRC, Reports: []rtcp.ReceptionReport{u.receptionReport(now)}})
	}
	if u.missing.n > 0 {
		var room [maxMissing]uint16
		if seqs := u.missing.due(now, room[:0]); len(seqs) > 0 {
			u.stats.Nacks += uint64(len(seqs))
			out = append(out, &rtcp.TransportLayerNack{SenderSSRC: feedbackSSRC, MediaSSRC: u.ssrc, Nacks: rtcp.NackPairsFromSequenceNumbers(seqs)})
		}
	}
	if u.keyDue(now) {
		out = append(out, &rtcp.PictureLossIndication{SenderSSRC: feedbackSSRC, MediaSSRC: u.ssrc})
	}
	soon = u.missing.n > 0
	u.mu.Unlock()
	if len(out) > 0 {
		write(u.writer, out...)
	}
	return soon
}

func (u *UpTrack) receptionReport(now time.Duration) rtcp.ReceptionReport {
	r := u.report.report(&u.sequence)
	r.SSRC = u.ssrc
	if u.reports.sender.known {
		r.LastSenderReport = uint32(u.reports.sender.ntp >> 16)
		r.Delay = uint32((now - u.reports.sender.arrival) * 65536 / time.Second)
	}
	return r
}

// senderReport takes a publisher's report.
func (u *UpTrack) senderReport(sr *rtcp.SenderReport, now time.Duration) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.reports.sender = senderReport{ntp: sr.NTPTime, rtp: sr.RTPTime, arrival: now, known: true}
}

// clock says which NTP time and RTP time it is now by the publisher's clock.
func (u *UpTrack) clock(now time.Duration) (ntp uint64, rtp uint32, ok bool) {
	u.mu.Lock()
	sr := u.reports.sender
	u.mu.Unlock()
	since := now - sr.arrival
	ntp = sr.ntp + uint64(since/time.Second)<<32 + uint64(since%time.Second)<<32/uint64(time.Second)
	return ntp, sr.rtp + uint32(int64(since)*int64(u.codec.ClockRate())/int64(time.Second)), sr.known
}

// cached copies a packet that was received.
func (u *UpTrack) cached(ext int64, dst *[maxPayload]byte) (n int, timestamp uint32, marker, ok bool) {
	if u.cache == nil {
		return 0, 0, false, false
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.cache.get(ext, dst)
}

// attach adds or removes a DownTrack by replacing the snapshot.
func (u *UpTrack) attach(d *DownTrack) { u.replace(d, true) }
func (u *UpTrack) detach(d *DownTrack) { u.replace(d, false) }

func (u *UpTrack) replace(d *DownTrack, add bool) {
	for {
		old := u.downs.Load()
		next := make([]*DownTrack, 0, len(*old)+1)
		for _, other := range *old {
			if other != d {
				next = append(next, other)
			}
		}
		if add {
			next = append(next, d)
		}
		if u.downs.CompareAndSwap(old, &next) {
			return
		}
	}
}
