package peer

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// Subscribing is the PeerConnection that a client receives on. Answer is for one goroutine at a time.
type Subscribing struct {
	pc      *webrtc.PeerConnection
	readers sync.WaitGroup

	mu     sync.Mutex
	closed bool
}

// NewSubscribing makes one. changed is called, from any goroutine, when its Path has changed; started, from a goroutine of its own, when the first
// packet of a track has come.
func (a *API) NewSubscribing(changed func(), started func(*RemoteTrack)) (*Subscribing, error) {
	pc, err := a.connection(changed)
	if err != nil {
		return nil, err
	}
	s := &Subscribing{pc: pc}
	pc.OnTrack(func(t *webrtc.TrackRemote, r *webrtc.RTPReceiver) {
		if !s.enter() {
			return
		}
		defer s.readers.Done()
		remote := &RemoteTrack{pc: pc, track: t}
		s.readers.Go(func() { remote.feedback(r) })
		started(remote)
	})
	return s, nil
}

// enter counts a track that starts among the readers. It reports false when that comes too late: pion calls also while it closes.
func (s *Subscribing) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.readers.Add(1)
	}
	return !s.closed
}

// feedback reads a receiver's RTCP, which is also what makes its interceptors work, until the track ends.
func (t *RemoteTrack) feedback(r *webrtc.RTPReceiver) {
	for {
		packets, _, err := r.ReadRTCP()
		if err != nil {
			return
		}
		for _, p := range packets {
			if report, ok := p.(*rtcp.SenderReport); ok && report.SSRC == uint32(t.track.SSRC()) {
				t.report.Store(report)
			}
		}
	}
}

// Answer answers an offer of the server.
func (s *Subscribing) Answer(offer string) (string, error) {
	// pion stops a section's receiver with every offer in which the section is inactive, but makes a new one only after the first: a section
	// that was inactive twice would never receive again. Called recvonly it is stopped and renewed once, and the answer still says inactive.
	offer = strings.ReplaceAll(offer, "a=inactive\r\n", "a=recvonly\r\n")
	if err := s.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer}); err != nil {
		return "", fmt.Errorf("take offer: %w", err)
	}
	answer, err := s.pc.CreateAnswer(nil)
	if err != nil {
		return "", fmt.Errorf("make answer: %w", err)
	}
	if err := s.pc.SetLocalDescription(answer); err != nil {
		return "", fmt.Errorf("make answer: %w", err)
	}
	return answer.SDP, nil
}

// Close ends the connection and waits, also for started, which must not wait itself by then. Reads of its tracks end with io.EOF.
func (s *Subscribing) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	err := s.pc.Close()
	s.readers.Wait()
	if err != nil {
		return fmt.Errorf("close subscribing connection: %w", err)
	}
	return nil
}

// RemoteTrack is a track that is received. Read is for one goroutine; the rest for any.
type RemoteTrack struct {
	pc     *webrtc.PeerConnection
	track  *webrtc.TrackRemote
	report atomic.Pointer[rtcp.SenderReport] // the last; nil before the first
}

// SenderReport returns which NTP time the sender's clock showed at an RTP timestamp, as its last report says; ok is false before there is one.
func (t *RemoteTrack) SenderReport() (ntp uint64, timestamp uint32, ok bool) {
	r := t.report.Load()
	if r == nil {
		return 0, 0, false
	}
	return r.NTPTime, r.RTPTime, true
}

// StreamID returns the id of the stream that the track belongs to.
func (t *RemoteTrack) StreamID() string { return t.track.StreamID() }

// Video reports whether the track is video; else it is audio.
func (t *RemoteTrack) Video() bool { return t.track.Kind() == webrtc.RTPCodecTypeVideo }

// Read waits for the next packet and parses it into p, whose payload then points into buf (1500 bytes do). Once the track has ended it returns
// an error.
func (t *RemoteTrack) Read(p *rtp.Packet, buf []byte) error {
	for {
		n, _, err := t.track.Read(buf)
		if err != nil {
			return fmt.Errorf("read track: %w", err)
		}
		if p.Unmarshal(buf[:n]) == nil {
			return nil
		}
	}
}

// RequestKeyFrame asks the server for a key frame. The server merges what many ask.
func (t *RemoteTrack) RequestKeyFrame() error {
	if err := t.pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: uint32(t.track.SSRC())}}); err != nil {
		return fmt.Errorf("ask for key frame: %w", err)
	}
	return nil
}
