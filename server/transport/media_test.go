package transport

import (
	"encoding/binary"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

const testSSRC = 0x1234567

// forward returns a function that sends on what it is given, with the SSRC of the subscriber and a counted index, as a track does.
func forward(to *Conn) func([]byte) {
	var roc uint64
	last, begun := uint16(0), false
	return func(b []byte) {
		var h rtp.Header
		n, err := h.Unmarshal(b)
		if err != nil {
			return
		}
		if begun && last > 60000 && h.SequenceNumber < 5000 {
			roc++
		}
		last, begun = h.SequenceNumber, true
		h.SSRC, h.PayloadType, h.Extension, h.Extensions = testSSRC, 96, false, nil
		header, err := h.Marshal()
		if err != nil {
			return
		}
		to.WriteRTP(header, b[n:], roc<<16|uint64(h.SequenceNumber))
	}
}

// received collects the packets of the subscriber's track.
type received struct {
	count atomic.Int64
	wrong atomic.Value // string
	seen  chan *webrtc.TrackRemote
}

func (r *received) watch(pc *client, first uint16) {
	r.seen = make(chan *webrtc.TrackRemote, 8)
	pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		r.seen <- track
		if track.Kind() != webrtc.RTPCodecTypeVideo {
			return
		}
		want := first
		for n := 0; ; n++ {
			p, _, err := track.ReadRTP()
			if err != nil {
				return
			}
			if len(p.Payload) < 8 || p.SequenceNumber != want || binary.BigEndian.Uint32(p.Payload[4:]) != uint32(n) {
				r.wrong.Store(fmt.Sprintf("packet %d: sequence number %d, want %d, %d bytes", n, p.SequenceNumber, want, len(p.Payload)))
			}
			want++
			r.count.Add(1)
		}
	})
}

func (r *received) await(t *testing.T, n int64) {
	t.Helper()
	eventually(t, func() string {
		if got := r.count.Load(); got < n {
			return fmt.Sprintf("%d of %d packets arrived", got, n)
		}
		return ""
	})
	if wrong := r.wrong.Load(); wrong != nil {
		t.Error(wrong)
	}
}

func numbered(first uint16, n int) *rtp.Packet {
	payload := make([]byte, 100+n%7*150)
	payload[0] = 0x10
	binary.BigEndian.PutUint32(payload[4:], uint32(n))
	return &rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: first + uint16(n), Timestamp: uint32(n) * 3000, Marker: n%3 == 2}, Payload: payload}
}

// call is a publisher and a subscriber connected through one transport.
type call struct {
	tr            *Transport
	pubH, subH    *handler
	pub, sub      *Conn
	pubPC, subPC  *client
	track         *webrtc.TrackLocalStaticRTP
	sender        *webrtc.RTPSender
	got           received
	first         uint16
	sent          int
	answer, offer string
}

func newCall(t *testing.T, cfg Config, pubCfg, subCfg clientConfig, first uint16) *call {
	t.Helper()
	c := &call{tr: newTransport(t, cfg), pubH: newHandler(), subH: newHandler(), first: first}
	c.sub = newTestConn(t, c.tr, c.subH)
	c.pubH.rtp = forward(c.sub)
	c.pub = newTestConn(t, c.tr, c.pubH)
	c.pubPC, c.subPC = newClient(t, pubCfg), newClient(t, subCfg)
	c.track, c.sender = videoTrack(t, c.pubPC)
	c.got.watch(c.subPC, first)
	c.offer = subscribe(t, c.subPC, c.sub, []OfferMedia{videoOffer("0", testSSRC)})
	c.answer = publish(t, c.pubPC, c.pub, nil)
	c.subH.await(t, StateConnected)
	c.pubH.await(t, StateConnected)
	c.pubPC.connected()
	c.subPC.connected()
	return c
}

// send publishes n numbered packets, never more ahead of the subscriber than a socket buffer takes.
func (c *call) send(t *testing.T, n int) {
	t.Helper()
	// A client is connected a moment before the server's end is, and what comes in that moment is lost.
	eventually(t, func() string {
		if pub, sub := c.pub.Stats().State, c.sub.Stats().State; pub != StateConnected || sub != StateConnected {
			return "the server's ends are " + pub.String() + " and " + sub.String()
		}
		return ""
	})
	for range n {
		if err := c.track.WriteRTP(numbered(c.first, c.sent)); err != nil {
			t.Fatal(err)
		}
		c.sent++
		if c.sent%50 == 0 {
			c.got.await(t, int64(c.sent)-50)
		}
	}
	c.got.await(t, int64(c.sent))
}

func TestCallAcrossWrap(t *testing.T) {
	t.Parallel()
	c := newCall(t, Config{}, clientConfig{}, clientConfig{role: webrtc.DTLSRoleClient}, 65000)
	c.send(t, 2000)
	track := <-c.got.seen
	if track.ID() != "track0" || track.StreamID() != "stream0" || track.SSRC() != testSSRC {
		t.Errorf("track %s of stream %s, ssrc %d", track.ID(), track.StreamID(), track.SSRC())
	}
	if s := c.pub.Stats(); s.PacketsReceived != 2000 || s.Refused != 0 || s.State != StateConnected || s.Profile != "SRTP_AEAD_AES_128_GCM" {
		t.Errorf("publisher's stats: %+v", s)
	}
	if s := c.sub.Stats(); s.PacketsSent != 2000 || s.DroppedFull != 0 || s.DroppedEarly != 0 || s.TCP || !s.Remote.Addr().IsLoopback() {
		t.Errorf("subscriber's stats: %+v", s)
	}
}

// TestSenderReport writes RTCP for the subscriber to read.
func TestSenderReport(t *testing.T) {
	t.Parallel()
	c := newCall(t, Config{}, clientConfig{}, clientConfig{role: webrtc.DTLSRoleClient}, 100)
	c.send(t, 1)
	report := make(chan uint32, 1)
	receiver := c.subPC.GetReceivers()[0]
	go func() { // ends with the client
		for {
			packets, _, err := receiver.ReadRTCP()
			if err != nil {
				return
			}
			for _, p := range packets {
				if sr, ok := p.(*rtcp.SenderReport); ok {
					report <- sr.RTPTime
				}
			}
		}
	}()
	sr, err := rtcp.Marshal([]rtcp.Packet{
		&rtcp.SenderReport{SSRC: testSSRC, RTPTime: 4711, PacketCount: 1},
		&rtcp.SourceDescription{Chunks: []rtcp.SourceDescriptionChunk{{Source: testSSRC, Items: []rtcp.SourceDescriptionItem{{Type: rtcp.SDESCNAME, Text: "ann"}}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	c.sub.WriteRTCP(sr)
	c.tr.Flush()
	select {
	case got := <-report:
		if got != 4711 {
			t.Errorf("sender report says %d", got)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("no sender report was read")
	}
}

// TestPictureLoss has the subscriber ask for a key frame.
func TestPictureLoss(t *testing.T) {
	t.Parallel()
	plis := make(chan rtcp.Packet, 64)
	tr, h := newTransport(t, Config{}), newHandler()
	h.rtcp = func(b []byte) {
		packets, err := rtcp.Unmarshal(b)
		if err == nil && len(packets) > 0 {
			select {
			case plis <- packets[0]:
			default:
			}
		}
	}
	sub, pc := newTestConn(t, tr, h), newClient(t, clientConfig{role: webrtc.DTLSRoleClient})
	subscribe(t, pc, sub, []OfferMedia{videoOffer("0", 99)})
	h.await(t, StateConnected)
	eventually(t, func() string {
		if err := pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{SenderSSRC: 1, MediaSSRC: 99}}); err != nil {
			return err.Error()
		}
		select {
		case p := <-plis:
			if pli, ok := p.(*rtcp.PictureLossIndication); !ok || pli.MediaSSRC != 99 {
				t.Fatalf("got %v", p)
			}
			return ""
		default:
			return "no picture loss indication arrived"
		}
	})
}

func TestProfiles(t *testing.T) {
	t.Parallel()
	for _, p := range []struct {
		profile dtls.SRTPProtectionProfile
		name    string
	}{
		{dtls.SRTP_AEAD_AES_128_GCM, "SRTP_AEAD_AES_128_GCM"},
		{dtls.SRTP_AEAD_AES_256_GCM, "SRTP_AEAD_AES_256_GCM"},
		{dtls.SRTP_AES128_CM_HMAC_SHA1_80, "SRTP_AES128_CM_HMAC_SHA1_80"},
	} {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			cfg := clientConfig{role: webrtc.DTLSRoleClient, profiles: []dtls.SRTPProtectionProfile{p.profile}}
			c := newCall(t, Config{}, cfg, cfg, 65400)
			c.send(t, 300)
			if s := c.sub.Stats(); s.Profile != p.name {
				t.Errorf("profile %q", s.Profile)
			}
		})
	}
}

// TestAsDTLSClient has the subscriber answer passive, so that we are the client; and a publisher that offers passive.
func TestAsDTLSClient(t *testing.T) {
	t.Parallel()
	c := newCall(t, Config{}, clientConfig{}, clientConfig{role: webrtc.DTLSRoleServer}, 65400)
	c.send(t, 300)
	if _, client := c.sub.told.role(); !client {
		t.Error("we were the DTLS server")
	}
	if _, client := c.pub.told.role(); client {
		t.Error("we were the DTLS client towards the publisher")
	}
}
