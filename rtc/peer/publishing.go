package peer

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"github.com/pion/webrtc/v4"
)

// Publishing is the PeerConnection that a client publishes on. Its negotiation (Add, FreeExcept, Offer, Answer) is for one goroutine at a
// time; tracks are used from any.
type Publishing struct {
	pc      *webrtc.PeerConnection
	free    []*Sender
	all     []*Sender
	epoch   epoch
	readers sync.WaitGroup
}

// NewPublishing makes one without tracks. changed is called, from any goroutine, when its Path has changed.
func (a *API) NewPublishing(changed func()) (*Publishing, error) {
	pc, err := a.connection(changed)
	if err != nil {
		return nil, err
	}
	return &Publishing{pc: pc}, nil
}

// Sender is a media section that carries what one track sends. When its track is done, a later one of its kind takes it over.
type Sender struct {
	kind        webrtc.RTPCodecType
	transceiver *webrtc.RTPTransceiver
	track       *webrtc.TrackLocalStaticRTP
	base        uint32
	reports     reporter
	keyFrame    atomic.Pointer[func()]
	loss        atomic.Uint32 // fraction lost of the last report, in 1/256

	mu     sync.Mutex // the last write for a track that has ended may overlap with the first for the one that takes over
	vp8    codecs.VP8Payloader
	header rtp.Header
}

// Add returns a sender for a track of a kind, with the function that is called, from any goroutine, when a key frame is wanted.
func (p *Publishing) Add(kind webrtc.RTPCodecType, keyFrame func()) (*Sender, error) {
	for i, s := range p.free {
		if s.kind == kind {
			p.free = append(p.free[:i], p.free[i+1:]...)
			s.keyFrame.Store(&keyFrame)
			return s, nil
		}
	}
	codec := vp8
	if kind == webrtc.RTPCodecTypeAudio {
		codec = opus
	}
	track, err := webrtc.NewTrackLocalStaticRTP(codec.RTPCodecCapability, kind.String(), "parley")
	if err != nil {
		return nil, fmt.Errorf("publish track: %w", err)
	}
	t, err := p.pc.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
	if err != nil {
		return nil, fmt.Errorf("publish track: %w", err)
	}
	s := &Sender{kind: kind, transceiver: t, track: track, base: rand.Uint32(), reports: reporter{pc: p.pc, epoch: &p.epoch}}
	s.vp8.EnablePictureID = true
	// Below 2^15: receivers guess the roll-over counter.
	s.header = rtp.Header{Version: 2, SequenceNumber: uint16(rand.Uint32N(1 << 15))}
	s.keyFrame.Store(&keyFrame)
	p.all = append(p.all, s)
	p.readers.Go(s.feedback)
	return s, nil
}

// FreeExcept gives all senders back but those in use, to be taken over by later tracks.
func (p *Publishing) FreeExcept(inUse map[*Sender]bool) {
	none := func() {}
	p.free = p.free[:0]
	for _, s := range p.all {
		if !inUse[s] {
			s.keyFrame.Store(&none)
			p.free = append(p.free, s)
		}
	}
}

// Offer makes the next offer, with new ICE credentials if restart says so. Until an offer is answered it is that one again: pion can neither roll back nor
// replace it. It is not fresh then: it has no new credentials, and no section for what was added since. Candidates need not be waited for: the server learns
// ours from our checks.
func (p *Publishing) Offer(restart bool) (sdp string, fresh bool, err error) {
	if pending := p.pc.PendingLocalDescription(); pending != nil {
		return pending.SDP, false, nil
	}
	offer, err := p.pc.CreateOffer(&webrtc.OfferOptions{ICERestart: restart})
	if err != nil {
		return "", false, fmt.Errorf("make offer: %w", err)
	}
	if err := p.pc.SetLocalDescription(offer); err != nil {
		return "", false, fmt.Errorf("make offer: %w", err)
	}
	return offer.SDP, true, nil
}

// Answer takes the server's answer.
func (p *Publishing) Answer(sdp string) error {
	if err := p.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: sdp}); err != nil {
		return fmt.Errorf("take answer: %w", err)
	}
	return nil
}

// Close ends the connection and waits.
func (p *Publishing) Close() error {
	err := p.pc.Close()
	p.readers.Wait()
	if err != nil {
		return fmt.Errorf("close publishing connection: %w", err)
	}
	return nil
}

// MID returns the name of the sender's media section, once it was offered.
func (s *Sender) MID() string { return s.transceiver.Mid() }

// Loss returns the share of packets that the server missed, 0 to 1, as of its last report.
func (s *Sender) Loss() float64 { return float64(s.loss.Load()) / 256 }

// mtu leaves room for IP, UDP, SRTP and TURN within 1280 bytes.
const mtu = 1200

// WriteVideo packetizes and sends one encoded VP8 frame, presented at t of any clock that does not jump. It is for one goroutine at a time.
func (s *Sender) WriteVideo(frame []byte, t time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	payloads := s.vp8.Payload(mtu-12, frame)
	for i, payload := range payloads {
		s.header.Marker = i == len(payloads)-1
		if err := s.write(payload, t, 90000); err != nil {
			return err
		}
	}
	return nil
}

// WriteAudio sends one Opus packet. voiceStarts marks the first after silence. It is for one goroutine at a time.
func (s *Sender) WriteAudio(packet []byte, t time.Duration, voiceStarts bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.header.Marker = voiceStarts
	return s.write(packet, t, 48000)
}

// write sends a packet, under the lock.
func (s *Sender) write(payload []byte, t time.Duration, clock int64) error {
	s.header.Timestamp = s.base + uint32(int64(t)/1000*clock/1_000_000)
	p := rtp.Packet{Header: s.header, Payload: payload}
	s.header.SequenceNumber++
	if err := s.track.WriteRTP(&p); err != nil && !errors.Is(err, io.ErrClosedPipe) {
		return fmt.Errorf("send packet: %w", err)
	}
	s.reports.wrote(s.transceiver.Sender(), p.Timestamp, t, len(payload))
	return nil
}

// feedback reads RTCP until the connection is closed.
func (s *Sender) feedback() {
	for {
		packets, _, err := s.transceiver.Sender().ReadRTCP()
		if err != nil {
			return
		}
		for _, p := range packets {
			switch p := p.(type) {
			case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
				(*s.keyFrame.Load())()
			case *rtcp.ReceiverReport:
				for _, r := range p.Reports {
					s.loss.Store(uint32(r.FractionLost))
				}
			}
		}
	}
}
