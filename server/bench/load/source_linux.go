package load

import (
	"container/heap"
	"encoding/binary"
	"math/rand/v2"
	"time"

	"github.com/pion/rtcp"
	"golang.org/x/sys/unix"
)

// Kind is what a track carries.
type Kind int

// The kinds.
const (
	Video Kind = iota // VP8, 1 Mbit/s, 30 frames a second
	Audio             // Opus, 32 kbit/s, 50 packets a second
)

// String returns the kind as SDP has it.
func (k Kind) String() string {
	switch k {
	case Video:
		return "video"
	case Audio:
		return "audio"
	}
	return "unknown"
}

// Payload types of what is sent.
const (
	PayloadVP8  = 96
	PayloadOpus = 111
)

const (
	frameRate     = 30
	videoRate     = 1_000_000 // bits a second, of payloads
	keyFactor     = 6         // a key frame is as large as so many others
	maxPayload    = 1188      // what a packetizer puts in a packet of 1200 bytes
	audioEvery    = 20 * time.Millisecond
	audioSize     = 80 // bytes, give or take 20
	historySize   = 512
	rtpHeaderSize = 12
)

// Source is a track that a Peer sends.
type Source struct {
	peer *Peer
	kind Kind
	ssrc uint32
	pt   uint8
	rand *rand.Rand

	// loop state
	at        int // in the schedule, while running
	running   bool
	next      time.Duration
	seq       uint16
	timestamp uint32
	number    uint32
	picture   uint16
	wantKey   bool
	bytes     uint32
	packet    [maxDatagram]byte
	history   [][]byte // sealed, by sequence number
}

// NewSource adds a track, which begins to send at Start. Its frames begin at a moment of its own, drawn from seed.
func (p *Peer) NewSource(kind Kind, ssrc uint32, seed uint64) (*Source, error) {
	s := &Source{peer: p, kind: kind, ssrc: ssrc, pt: PayloadVP8, rand: rand.New(rand.NewPCG(seed, 1)), wantKey: true}
	if kind == Audio {
		s.pt = PayloadOpus
	} else {
		s.history = make([][]byte, historySize)
	}
	s.seq = uint16(s.rand.Uint32()) & 0x7fff
	s.picture = uint16(s.rand.Uint32()) & 0x7fff
	for i := rtpHeaderSize; i < len(s.packet); i++ {
		s.packet[i] = byte(s.rand.Uint32())
	}
	return s, p.loop.Do(func() { p.sources = append(p.sources, s) })
}

// Start begins to send.
func (s *Source) Start() error {
	return s.peer.loop.Do(func() {
		if s.running || s.peer.closed {
			return
		}
		s.running = true
		s.next = s.peer.loop.Now() + time.Duration(s.rand.Int64N(int64(s.interval())))
		heap.Push(&s.peer.loop.due, s)
	})
}

// stop is called by the loop.
func (s *Source) stop() {
	if s.running {
		s.running = false
		heap.Remove(&s.peer.loop.due, s.at)
	}
}

func (s *Source) interval() time.Duration {
	if s.kind == Audio {
		return audioEvery
	}
	return time.Second / frameRate
}

// send sends what is due, and says when that is again.
func (s *Source) send() {
	s.next += s.interval()
	if late := s.peer.loop.now - s.next; late > time.Second {
		s.next += late // the machine stood still: do not send all of it at once
	}
	if s.kind == Audio {
		s.timestamp += 48000 / 50
		s.sendPacket(audioSize-20+s.rand.IntN(41), true)
		return
	}
	s.timestamp += 90000 / frameRate
	s.picture = (s.picture + 1) & 0x7fff
	mean := videoRate / 8 / frameRate
	size := mean*6/10 + s.rand.IntN(mean*8/10)
	key := s.wantKey
	if s.wantKey = false; key {
		size = keyFactor * mean
	}
	for first := true; size > 0; first = false {
		n := min(size, maxPayload-descriptorSize)
		size -= n
		length := max(descriptorSize+n, descriptorSize+keyHeaderSize+1+stampSize)
		putVP8(s.packet[rtpHeaderSize:], s.picture, first, key)
		s.sendPacket(length, size == 0)
	}
}

// sendPacket sends a payload of n bytes that lies in the packet.
func (s *Source) sendPacket(n int, marker bool) {
	p := s.packet[:rtpHeaderSize+n]
	p[0], p[1] = 0x80, s.pt
	if marker {
		p[1] |= 0x80
	}
	binary.BigEndian.PutUint16(p[2:], s.seq)
	binary.BigEndian.PutUint32(p[4:], s.timestamp)
	binary.BigEndian.PutUint32(p[8:], s.ssrc)
	putStamp(p, s.number, s.peer.loop.Now())
	if s.peer.out == nil {
		return
	}
	sealed, err := s.peer.out.EncryptRTP(s.peer.scratch[:0], p, &s.peer.header)
	if err != nil {
		panic("encrypt: " + err.Error()) // we made it
	}
	if s.history != nil {
		slot := &s.history[int(s.seq)%historySize]
		*slot = append((*slot)[:0], sealed...)
	}
	_, _ = unix.Write(s.peer.fd, sealed) // a full socket loses it, and the NACK brings it back
	s.seq++
	s.number++
	s.bytes += uint32(n)
	if t := s.peer.loop.tally; t != nil {
		t.Sent++
	}
}

// resend answers a NACK.
func (s *Source) resend(pairs []rtcp.NackPair) {
	for i := range pairs {
		for _, seq := range pairs[i].PacketList() {
			if behind := s.seq - seq; s.history != nil && behind > 0 && behind < historySize {
				_, _ = unix.Write(s.peer.fd, s.history[int(seq)%historySize])
			}
		}
	}
}

// ntpEpoch is how much earlier NTP counts from.
const ntpEpoch = 2208988800

func (s *Source) report() rtcp.Packet {
	now := time.Now()
	ntp := uint64(now.Unix()+ntpEpoch)<<32 | uint64(now.Nanosecond())<<32/uint64(time.Second)
	return &rtcp.SenderReport{SSRC: s.ssrc, NTPTime: ntp, RTPTime: s.timestamp, PacketCount: s.number, OctetCount: s.bytes}
}
