package sfu

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// sent is a packet as a Writer got it.
type sent struct {
	seq, index uint64
	timestamp  uint32
	ssrc       uint32
	pt         uint8
	marker     bool
	payload    string
	raw        string
}

// recorder is a Writer that keeps what it gets.
type recorder struct {
	mu   sync.Mutex
	rtp  []sent
	rtcp []rtcp.Packet
}

func (r *recorder) WriteRTP(h, payload []byte, index uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var p packet
	if !p.parse(append(bytes.Clone(h), payload...)) {
		panic("no RTP")
	}
	r.rtp = append(r.rtp, sent{uint64(p.seq), index, p.timestamp, p.ssrc, p.payloadType, p.marker, string(p.payload), string(h) + string(payload)})
}

func (r *recorder) WriteRTCP(raw []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	packets, err := rtcp.Unmarshal(raw)
	if err != nil {
		panic(err)
	}
	switch packets[0].(type) {
	case *rtcp.ReceiverReport, *rtcp.SenderReport:
	default:
		panic("a compound packet begins with a report")
	}
	r.rtcp = append(r.rtcp, packets...)
}

// take returns and forgets.
func (r *recorder) take() ([]sent, []rtcp.Packet) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a, b := r.rtp, r.rtcp
	r.rtp, r.rtcp = nil, nil
	return a, b
}

const upSSRC, downSSRC = 0x1111, 0x2222

// rtpPacket makes a raw packet.
func rtpPacket(seq uint16, ts uint32, marker bool, payload []byte) []byte {
	var h [headerSize]byte
	header(&h, marker, 96, seq, ts, upSSRC)
	return append(h[:], payload...)
}

// keyPayload and deltaPayload are VP8 payloads with a number in them.
func keyPayload(n int) []byte {
	return append([]byte{0x10, 0x50, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01}, fmt.Sprint(n)...)
}
func deltaPayload(n int) []byte { return append([]byte{0x10, 0x51, 0, 0}, fmt.Sprint(n)...) }

// pair is one publisher and one subscriber.
type pair struct {
	pub, sub *recorder
	uplink   *Uplink
	downlink *Downlink
	up       *UpTrack
	down     *DownTrack
	now      time.Duration
}

func newPair(codec Codec) *pair {
	p := &pair{pub: &recorder{}, sub: &recorder{}}
	p.uplink, p.downlink = NewUplink(p.pub, false, nil), NewDownlink(p.sub)
	p.up = p.uplink.Add("0", codec, 96, []uint32{upSSRC})
	p.down = p.downlink.Add(p.up, downSSRC, 100)
	p.downlink.Start(p.down, p.now)
	return p
}

// push sends a VP8 packet up; kind is k(ey) or d(elta).
func (p *pair) push(seq int, key bool) {
	payload := deltaPayload(seq)
	if key {
		payload = keyPayload(seq)
	}
	p.uplink.RTP(rtpPacket(uint16(seq), uint32(seq)*3000, true, payload), p.now)
}

func rtcpOf(t *testing.T, packets ...rtcp.Packet) []byte {
	t.Helper()
	raw, err := rtcp.Marshal(packets)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func count[T any](packets []rtcp.Packet) int {
	n := 0
	for _, p := range packets {
		if _, ok := p.(T); ok {
			n++
		}
	}
	return n
}

func TestForwardFromTheKeyFrameOn(t *testing.T) {
	t.Parallel()
	p := newPair(VP8)
	if _, feedback := p.pub.take(); count[*rtcp.PictureLossIndication](feedback) != 1 {
		t.Errorf("a new subscriber asks for a key frame: %v", feedback)
	}
	for i := range 5 {
		p.push(65530+i, false)
	}
	if got, _ := p.sub.take(); len(got) != 0 {
		t.Errorf("%d packets before the key frame", len(got))
	}
	for i := 5; i < 20; i++ { // over the wrap
		p.push(65530+i, i == 5)
	}
	got, _ := p.sub.take()
	if len(got) != 15 {
		t.Fatalf("%d packets", len(got))
	}
	for i, s := range got {
		if s.seq != (got[0].seq+uint64(i))&0xffff || s.index != got[0].index+uint64(i) || s.ssrc != downSSRC || s.pt != 100 || !s.marker {
			t.Errorf("packet %d: %+v", i, s)
		}
	}
	if got[0].seq >= 1<<15 || got[0].index != got[0].seq {
		t.Errorf("first number %d, index %d", got[0].seq, got[0].index)
	}
	if got[14].payload != string(deltaPayload(65549)) || got[14].timestamp != 65549*3000 {
		t.Errorf("%+v", got[14])
	}
}

func TestLossReorderAndDuplicates(t *testing.T) {
	t.Parallel()
	p := newPair(VP8)
	p.pub.take()
	p.push(100, true)
	p.push(101, false)
	p.push(104, false) // 102, 103 are missing
	p.push(103, false) // 103 was late
	p.push(103, false) // and came twice
	got, _ := p.sub.take()
	if len(got) != 4 || got[2].seq != got[0].seq+4 || got[3].seq != got[0].seq+3 {
		t.Errorf("%+v", got)
	}
	asked := 0
	for range 20 {
		p.now += 10 * time.Millisecond
		p.uplink.Tick(p.now)
		_, feedback := p.pub.take()
		for _, f := range feedback {
			if n, ok := f.(*rtcp.TransportLayerNack); ok {
				asked++
				if seqs := n.Nacks[0].PacketList(); len(seqs) != 1 || seqs[0] != 102 {
					t.Errorf("asked for %v", seqs)
				}
			}
		}
	}
	if asked != maxTries {
		t.Errorf("asked %d times", asked)
	}
	p.push(102, false)
	if got, _ := p.sub.take(); len(got) != 1 {
		t.Errorf("the retransmission is not passed on: %+v", got)
	}
	if s := p.up.Stats(); s.Packets != 5 || s.Duplicates != 1 || s.Missed != 0 || s.Nacks != maxTries {
		t.Errorf("%+v", s)
	}
}

func TestHugeGapAsksForAKeyFrame(t *testing.T) {
	t.Parallel()
	p := newPair(VP8)
	p.push(1, true)
	p.pub.take()
	p.push(1000, false)
	p.now += time.Second
	p.uplink.Tick(p.now)
	_, feedback := p.pub.take()
	if count[*rtcp.TransportLayerNack](feedback) != 0 || count[*rtcp.PictureLossIndication](feedback) != 1 {
		t.Errorf("%v", feedback)
	}
}

func TestNackIsAnsweredBitForBit(t *testing.T) {
	t.Parallel()
	p := newPair(VP8)
	for i := range 100 {
		p.push(65500+i, i == 0)
	}
	first, _ := p.sub.take()
	want := []int{3, 50, 99}
	var pairs []rtcp.NackPair
	for _, i := range want {
		pairs = append(pairs, rtcp.NackPair{PacketID: uint16(first[i].seq)})
	}
	pairs = append(pairs, rtcp.NackPair{PacketID: uint16(first[99].seq) + 1, LostPackets: 0xffff}) // never sent
	pairs = append(pairs, rtcp.NackPair{PacketID: uint16(first[0].seq) - 1})                       // from before the start
	p.downlink.RTCP(rtcpOf(t, &rtcp.TransportLayerNack{MediaSSRC: downSSRC, Nacks: pairs}), p.now)
	again, _ := p.sub.take()
	if len(again) != len(want) {
		t.Fatalf("%d packets sent again", len(again))
	}
	for n, i := range want {
		if again[n] != first[i] {
			t.Errorf("packet %d differs", i)
		}
	}
}

func TestResendsAreBounded(t *testing.T) {
	t.Parallel()
	p := newPair(VP8)
	p.push(1, true)
	first, _ := p.sub.take()
	nack := rtcpOf(t, &rtcp.TransportLayerNack{MediaSSRC: downSSRC, Nacks: []rtcp.NackPair{{PacketID: uint16(first[0].seq)}}})
	p.now = time.Hour
	for range 3 * resendPerSecond {
		p.downlink.RTCP(nack, p.now)
	}
	if again, _ := p.sub.take(); len(again) != resendPerSecond {
		t.Errorf("%d sent again within a second", len(again))
	}
}

func TestKeyFrameRequestsAreMerged(t *testing.T) {
	t.Parallel()
	p := newPair(VP8)
	p.pub.take()
	pli := rtcpOf(t, &rtcp.PictureLossIndication{MediaSSRC: downSSRC})
	fir := rtcpOf(t, &rtcp.FullIntraRequest{MediaSSRC: 0, FIR: []rtcp.FIREntry{{SSRC: downSSRC}}})
	total := 0
	for range 200 { // two seconds, no key frame comes
		p.now += 10 * time.Millisecond
		p.downlink.RTCP(pli, p.now)
		p.downlink.RTCP(fir, p.now)
		p.uplink.Tick(p.now)
		_, feedback := p.pub.take()
		total += count[*rtcp.PictureLossIndication](feedback)
	}
	if total != 4 {
		t.Errorf("%d requests in two seconds", total)
	}
	p.push(1, true)
	for range 200 {
		p.now += 10 * time.Millisecond
		p.uplink.Tick(p.now)
	}
	if _, feedback := p.pub.take(); count[*rtcp.PictureLossIndication](feedback) != 0 {
		t.Error("asked on after the key frame came")
	}
}

func TestMuteStopsAndResumesAtAKeyFrame(t *testing.T) {
	t.Parallel()
	p := newPair(VP8)
	p.push(1, true)
	p.push(2, false)
	p.up.SetMuted(true, p.now)
	p.push(3, true)
	p.pub.take()
	p.now += time.Minute
	p.up.SetMuted(false, p.now)
	if _, feedback := p.pub.take(); count[*rtcp.PictureLossIndication](feedback) != 1 {
		t.Errorf("%v", feedback)
	}
	p.push(4, false)
	p.push(5, true)
	got, _ := p.sub.take()
	if len(got) != 3 || got[2].seq != got[1].seq+1 || got[2].payload != string(keyPayload(5)) {
		t.Errorf("%+v", got)
	}
}

func TestAudioNeedsNoKeyFrame(t *testing.T) {
	t.Parallel()
	p := newPair(Opus)
	p.uplink.RTP(rtpPacket(7, 960, false, []byte("opus")), 0)
	p.uplink.RTP(rtpPacket(9, 2880, false, []byte("opus")), 0)
	if got, _ := p.sub.take(); len(got) != 2 || got[1].seq != got[0].seq+2 {
		t.Errorf("%+v", got)
	}
	p.uplink.Tick(time.Second)
	_, feedback := p.pub.take()
	if count[*rtcp.TransportLayerNack](feedback)+count[*rtcp.PictureLossIndication](feedback) != 0 {
		t.Errorf("%v", feedback)
	}
}

func TestRubbishIsCountedAndDropped(t *testing.T) {
	t.Parallel()
	p := newPair(VP8)
	p.push(1, true)
	p.sub.take()
	for _, payload := range [][]byte{{0x10}, {0x90}, {0x90, 0x80}, {0x90, 0x80, 0x80}, {0x90, 0xf0, 0x01, 0x02}, []byte("\x10\x00\x00\x00not a start code"), make([]byte, maxPayload+1)} {
		p.uplink.RTP(rtpPacket(2, 1, true, payload), 0)
	}
	wrong := rtpPacket(2, 1, true, deltaPayload(2))
	wrong[1] = 97
	p.uplink.RTP(wrong, 0)
	for _, raw := range [][]byte{nil, {0x80}, make([]byte, 12), bytes.Repeat([]byte{0xff}, 40), rtpPacket(2, 1, true, nil)[:11]} {
		p.uplink.RTP(raw, 0)
		p.uplink.RTCP(raw, 0)
		p.downlink.RTCP(raw, 0)
	}
	if got, _ := p.sub.take(); len(got) != 0 {
		t.Errorf("%+v", got)
	}
	if s := p.up.Stats(); s.Malformed != 8 {
		t.Errorf("%+v", s)
	}
	p.push(2, false)
	if got, _ := p.sub.take(); len(got) != 1 {
		t.Error("nothing passes any more")
	}
}

func TestSectionsNameBindsAnUnknownSSRC(t *testing.T) {
	t.Parallel()
	rec := &recorder{}
	l := NewUplink(rec, false, nil)
	l.SetMIDExtension(3)
	u := l.Add("v1", VP8, 96, nil)
	d := NewDownlink(rec)
	d.Start(d.Add(u, downSSRC, 100), 0)
	with := func(mid string) []byte {
		raw := rtpPacket(1, 1, true, nil)
		raw[0] |= 0x10
		ext := append([]byte{3<<4 | byte(len(mid)-1)}, mid...)
		for len(ext)%4 != 0 {
			ext = append(ext, 0)
		}
		raw = append(raw, 0xbe, 0xde, 0, byte(len(ext)/4))
		return append(append(raw, ext...), keyPayload(1)...)
	}
	l.RTP(with("v2"), 0)
	l.RTP(rtpPacket(1, 1, true, keyPayload(1)), 0)
	if got, _ := rec.take(); len(got) != 0 {
		t.Errorf("%+v", got)
	}
	l.RTP(with("v1"), 0)
	l.RTP(rtpPacket(2, 1, true, deltaPayload(2)), 0)
	if got, _ := rec.take(); len(got) != 2 {
		t.Errorf("%+v", got)
	}
	l.Remove(u)
	l.RTP(rtpPacket(3, 1, true, deltaPayload(3)), 0)
	if got, _ := rec.take(); len(got) != 0 {
		t.Error("a removed track forwards")
	}
}

func TestReports(t *testing.T) {
	t.Parallel()
	p := newPair(VP8)
	ntp := uint64(3_900_000_000) << 32
	p.push(10, true)
	p.push(11, false)
	p.push(14, false) // two lost
	p.uplink.RTCP(rtcpOf(t, &rtcp.SenderReport{SSRC: upSSRC, NTPTime: ntp, RTPTime: 5000}), p.now)
	p.pub.take()
	p.now += 2 * time.Second
	p.uplink.Tick(p.now)
	_, feedback := p.pub.take()
	rr, ok := feedback[0].(*rtcp.ReceiverReport)
	if !ok || len(rr.Reports) != 1 {
		t.Fatalf("%v", feedback)
	}
	if r := rr.Reports[0]; r.SSRC != upSSRC || r.TotalLost != 2 || r.FractionLost != 2*256/5 || r.LastSequenceNumber != 14 || r.Delay != 2<<16 || r.LastSenderReport != uint32(ntp>>16) {
		t.Errorf("%+v", r)
	}
	p.downlink.Tick(p.now)
	_, reports := p.sub.take()
	sr, ok := reports[0].(*rtcp.SenderReport)
	if !ok || sr.SSRC != downSSRC || sr.NTPTime != ntp+2<<32 || sr.RTPTime != 5000+180000 || sr.PacketCount != 3 {
		t.Errorf("%+v", reports)
	}
}

// TestReportsTravelTogether looks at the reports of many tracks to one subscriber: as few packets as hold them, once a second.
func TestReportsTravelTogether(t *testing.T) {
	t.Parallel()
	p := newPair(Opus)
	for i := range maxReports {
		p.downlink.Start(p.downlink.Add(p.up, uint32(1000+i), 100), 0)
	}
	p.uplink.RTCP(rtcpOf(t, &rtcp.SenderReport{SSRC: upSSRC, NTPTime: 1 << 32, RTPTime: 1}), 0)
	p.uplink.RTP(rtpPacket(7, 960, false, []byte("opus")), 0)
	packets := 0
	w := &counter{recorder: p.sub, rtcp: &packets}
	p.downlink.writer = w
	for at := time.Second; at < 3*time.Second; at += 50 * time.Millisecond {
		p.downlink.Tick(at)
	}
	_, reports := p.sub.take()
	if packets != 2*2 || count[*rtcp.SenderReport](reports) != 2*(maxReports+1) {
		t.Errorf("%d packets with %d reports", packets, count[*rtcp.SenderReport](reports))
	}
}

// counter counts the RTCP packets to a recorder.
type counter struct {
	*recorder
	rtcp *int
}

func (c *counter) WriteRTCP(raw []byte) {
	*c.rtcp++
	c.recorder.WriteRTCP(raw)
}

// TestMissingPacketsAreUrgent looks at what Tick and the uplink's owner are told of gaps.
func TestMissingPacketsAreUrgent(t *testing.T) {
	t.Parallel()
	urgent := 0
	l := NewUplink(&recorder{}, false, func() { urgent++ })
	l.Add("0", VP8, 96, []uint32{upSSRC})
	push := func(seq uint16) { l.RTP(rtpPacket(seq, 1, true, deltaPayload(int(seq))), 0) }
	push(1)
	push(2)
	if urgent != 0 || l.Tick(0) {
		t.Errorf("urgent without a gap: %d", urgent)
	}
	push(4)
	push(6)
	if urgent != 1 || !l.Tick(0) {
		t.Errorf("two gaps were urgent %d times", urgent)
	}
	push(3)
	push(5)
	if l.Tick(0) {
		t.Error("urgent with everything there")
	}
	push(8)
	if urgent != 2 {
		t.Errorf("urgent %d times", urgent)
	}
}

func TestOffForwardsNothing(t *testing.T) {
	t.Parallel()
	rec := &recorder{}
	l, d := NewUplink(rec, true, nil), NewDownlink(rec)
	u := l.Add("0", VP8, 96, []uint32{upSSRC})
	d.Start(d.Add(u, downSSRC, 100), 0)
	l.RTP(rtpPacket(1, 1, true, keyPayload(1)), 0)
	if got, _ := rec.take(); len(got) != 0 || u.Stats().Packets != 1 {
		t.Errorf("%+v, %+v", got, u.Stats())
	}
}

// Joins, leaves, mutes and NACKs while packets flow: the race detector is the judge.
func TestCrowd(t *testing.T) {
	t.Parallel()
	p := newPair(VP8)
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := range 5000 {
			p.push(i, i%50 == 0)
		}
	})
	for range 4 {
		wg.Go(func() {
			link := NewDownlink(&recorder{})
			for i := range 200 {
				d := link.Add(p.up, uint32(1000+i), 100)
				link.Start(d, 0)
				link.RTCP(rtcpOf(t, &rtcp.TransportLayerNack{MediaSSRC: d.ssrc, Nacks: []rtcp.NackPair{{PacketID: uint16(i), LostPackets: 0xffff}}}), 0)
				link.Tick(time.Duration(i) * time.Second)
				p.up.SetMuted(i%7 == 0, 0)
				link.Remove(d)
			}
			link.Close()
		})
	}
	wg.Wait()
	if n := len(*p.up.downs.Load()); n != 1 {
		t.Errorf("%d tracks are left", n)
	}
}

func FuzzUplink(f *testing.F) {
	f.Add(rtpPacket(1, 1, true, keyPayload(1)))
	f.Add(rtpPacket(1, 1, true, deltaPayload(1)))
	f.Add(append([]byte{0xb0, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0x11, 0x11}, 0xbe, 0xde, 0, 1, 0x30, 0x41, 0, 0, 0x10, 3, 3, 3))
	f.Fuzz(func(t *testing.T, raw []byte) {
		p := newPair(VP8)
		p.uplink.SetMIDExtension(3)
		p.uplink.Add("A", VP8, 96, nil)
		p.uplink.RTP(raw, 0)
		p.uplink.RTCP(raw, 0)
		p.downlink.RTCP(raw, 0)
		var pk packet
		if pk.parse(raw) {
			pk.extension(3)
			vp8(pk.payload)
		}
	})
}

// discard is a Writer that only counts.
type discard struct{ n int }

func (d *discard) WriteRTP(h, payload []byte, _ uint64) { d.n += len(h) + len(payload) }
func (d *discard) WriteRTCP([]byte)                     {}

// BenchmarkForward is the SFU's own part of forwarding a packet, without sealing and sockets. One operation is one packet in; the metric
// ns/forwarded is per packet out.
func BenchmarkForward(b *testing.B) {
	for _, subscribers := range []int{1, 10, 100} {
		b.Run(fmt.Sprint(subscribers), func(b *testing.B) {
			w := &discard{}
			l := NewUplink(w, false, nil)
			u := l.Add("0", VP8, 96, []uint32{upSSRC})
			for i := range subscribers {
				d := NewDownlink(w)
				d.Start(d.Add(u, uint32(i+10), 100), 0)
			}
			payload := make([]byte, 1100)
			_, _ = rand.NewChaCha8([32]byte{}).Read(payload)
			copy(payload, keyPayload(1))
			raw := rtpPacket(0, 0, true, payload)
			for i := range 2 * cacheSize { // the cache gets its memory
				binary.BigEndian.PutUint16(raw[2:], uint16(i))
				l.RTP(raw, 0)
			}
			b.ReportAllocs()
			i := 2 * cacheSize
			for b.Loop() {
				binary.BigEndian.PutUint16(raw[2:], uint16(i))
				l.RTP(raw, time.Duration(i))
				i++
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*subscribers), "ns/forwarded")
		})
	}
}
