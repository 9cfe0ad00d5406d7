package sfu

import (
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
)

// feedbackSSRC is the sender of our feedback. We send no media on an uplink, so any number does.
const feedbackSSRC = 1

// write sends RTCP as a compound packet, which begins with a report (RFC 3550, section 6.1).
func write(w Writer, packets ...rtcp.Packet) {
	switch packets[0].(type) {
	case *rtcp.ReceiverReport, *rtcp.SenderReport:
	default:
		packets = append([]rtcp.Packet{&rtcp.ReceiverReport{SSRC: feedbackSSRC}}, packets...)
	}
	raw, err := rtcp.Marshal(packets)
	if err != nil {
		return // a list over RTCP's own bounds: what it asks for is asked for again
	}
	w.WriteRTCP(raw)
}

// Uplink is everything one publisher sends.
type Uplink struct {
	writer Writer
	off    bool
	urgent func()

	bySSRC  atomic.Pointer[map[uint32]*UpTrack]
	unknown atomic.Uint64 // packets of no track
	parsed  packet        // scratch of RTP

	mu     sync.Mutex
	tracks []*upEntry
	midExt uint8 // header extension that carries the section's name; 0 is none
}

type upEntry struct {
	track *UpTrack
	mid   string
	ssrcs []uint32
}

// NewUplink returns an uplink whose feedback goes to w. With off, it takes and accounts for everything and forwards nothing, which
// shows that a test of a call can fail. urgent, which may be nil, is called by RTP when packets begin to be missing: Tick is then to come soon.
func NewUplink(w Writer, off bool, urgent func()) *Uplink {
	if urgent == nil {
		urgent = func() {}
	}
	l := &Uplink{writer: w, off: off, urgent: urgent}
	l.bySSRC.Store(&map[uint32]*UpTrack{})
	return l
}

// Add makes a track for a media section: its packets are known by the SSRCs that the offer names, or else by the section's name.
func (l *Uplink) Add(mid string, codec Codec, payloadType uint8, ssrcs []uint32) *UpTrack {
	u := newUpTrack(codec, payloadType, l.writer)
	u.off, u.urgent = l.off, l.urgent
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tracks = append(l.tracks, &upEntry{track: u, mid: mid, ssrcs: nil})
	for _, ssrc := range ssrcs {
		l.bind(ssrc, l.tracks[len(l.tracks)-1])
	}
	return u
}

// SetMIDExtension says which header extension carries a section's name (RFC 8843, section 15); 0 is none.
func (l *Uplink) SetMIDExtension(id uint8) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.midExt = id
}

// Remove forgets a track.
func (l *Uplink) Remove(u *UpTrack) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, e := range l.tracks {
		if e.track == u {
			l.tracks = append(l.tracks[:i:i], l.tracks[i+1:]...)
			break
		}
	}
	next := maps.Clone(*l.bySSRC.Load())
	maps.DeleteFunc(next, func(_ uint32, t *UpTrack) bool { return t == u })
	l.bySSRC.Store(&next)
}

// maxSSRCs bounds the numbers that one section may go by.
const maxSSRCs = 4

// bind makes a track known by an SSRC.
func (l *Uplink) bind(ssrc uint32, e *upEntry) {
	if len(e.ssrcs) >= maxSSRCs || ssrc == 0 {
		return
	}
	next := maps.Clone(*l.bySSRC.Load())
	if next[ssrc] != nil {
		return
	}
	next[ssrc] = e.track
	l.bySSRC.Store(&next)
	e.ssrcs = append(e.ssrcs, ssrc)
	e.track.mu.Lock()
	if e.track.ssrc == 0 {
		e.track.ssrc = ssrc
	}
	e.track.mu.Unlock()
}

// RTP takes a packet, valid until it returns.
func (l *Uplink) RTP(raw []byte, now time.Duration) {
	p := &l.parsed
	if !p.parse(raw) {
		l.unknown.Add(1)
		return
	}
	u := (*l.bySSRC.Load())[p.ssrc]
	if u == nil {
		if u = l.resolve(p); u == nil {
			l.unknown.Add(1)
			return
		}
	}
	u.push(p, now)
}

// resolve finds the track of a packet whose SSRC is new, by its section's name.
func (l *Uplink) resolve(p *packet) *UpTrack {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.midExt == 0 {
		return nil
	}
	mid := p.extension(l.midExt)
	for _, e := range l.tracks {
		if len(mid) > 0 && string(mid) == e.mid && len(e.ssrcs) == 0 {
			l.bind(p.ssrc, e)
			return e.track
		}
	}
	return nil
}

// RTCP takes a compound packet of the publisher.
func (l *Uplink) RTCP(raw []byte, now time.Duration) {
	packets, err := rtcp.Unmarshal(raw)
	if err != nil {
		l.unknown.Add(1)
		return
	}
	tracks := *l.bySSRC.Load()
	for _, p := range packets {
		if sr, ok := p.(*rtcp.SenderReport); ok {
			if u := tracks[sr.SSRC]; u != nil {
				u.senderReport(sr, now)
			}
		}
	}
}

// Tick runs the tracks' clocks. It reports whether it is to be called again soon, in 10 to 20 ms; otherwise some more will do.
func (l *Uplink) Tick(now time.Duration) (soon bool) {
	l.mu.Lock()
	tracks := l.tracks
	l.mu.Unlock()
	for _, e := range tracks {
		soon = e.track.Tick(now) || soon
	}
	return soon
}

// Downlink is everything one subscriber receives.
type Downlink struct {
	writer Writer

	mu         sync.Mutex
	tracks     []*DownTrack
	nextReport time.Duration
}

// NewDownlink returns a downlink that writes to w.
func NewDownlink(w Writer) *Downlink { return &Downlink{writer: w} }

// Add makes a track that forwards up under ssrc, from Start on.
func (l *Downlink) Add(up *UpTrack, ssrc uint32, payloadType uint8) *DownTrack {
	d := newDownTrack(up, l.writer, ssrc, payloadType, uint16(rand.Uint32()))
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tracks = append(l.tracks[:len(l.tracks):len(l.tracks)], d)
	return d
}

// Start lets a track flow.
func (l *Downlink) Start(d *DownTrack, now time.Duration) { d.start(now) }

// Remove ends a track.
func (l *Downlink) Remove(d *DownTrack) {
	d.close()
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, other := range l.tracks {
		if other == d {
			l.tracks = append(l.tracks[:i:i], l.tracks[i+1:]...)
			return
		}
	}
}

// Close ends all tracks.
func (l *Downlink) Close() {
	l.mu.Lock()
	tracks := l.tracks
	l.tracks = nil
	l.mu.Unlock()
	for _, d := range tracks {
		d.close()
	}
}

// RTCP takes a compound packet of the subscriber.
func (l *Downlink) RTCP(raw []byte, now time.Duration) {
	packets, err := rtcp.Unmarshal(raw)
	if err != nil {
		return
	}
	l.mu.Lock()
	tracks := l.tracks
	l.mu.Unlock()
	find := func(ssrc uint32) *DownTrack {
		for _, d := range tracks {
			if d.ssrc == ssrc {
				return d
			}
		}
		return nil
	}
	for _, p := range packets {
		switch p := p.(type) {
		case *rtcp.TransportLayerNack:
			if d := find(p.MediaSSRC); d != nil {
				d.nack(p.Nacks, now)
			}
		case *rtcp.PictureLossIndication:
			if d := find(p.MediaSSRC); d != nil {
				d.up.RequestKeyFrame(now)
			}
		case *rtcp.FullIntraRequest:
			for _, fir := range p.FIR {
				if d := find(fir.SSRC); d != nil {
					d.up.RequestKeyFrame(now)
				}
			}
		case *rtcp.ReceiverReport:
			for _, r := range p.Reports {
				if d := find(r.SSRC); d != nil {
					d.mu.Lock()
					d.stats.LostFraction = float64(r.FractionLost) / 256
					d.mu.Unlock()
				}
			}
		}
	}
}

// maxReports is how many sender reports fit into one packet.
const maxReports = 40

// Tick sends the tracks' sender reports, together, when they are due.
func (l *Downlink) Tick(now time.Duration) {
	l.mu.Lock()
	tracks := l.tracks
	if now < l.nextReport {
		tracks = nil
	}
	if len(tracks) > 0 {
		l.nextReport = now + reportEvery
	}
	l.mu.Unlock()
	var reports []rtcp.Packet
	for _, d := range tracks {
		if sr := d.report(now); sr != nil {
			reports = append(reports, sr)
		}
	}
	for some := range slices.Chunk(reports, maxReports) {
		write(l.writer, some...)
	}
}
