package transport

import (
	"fmt"
	"os"
	"runtime/pprof"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/interceptor"
	"github.com/pion/webrtc/v4"
	"go.uber.org/goleak"
)

// TestMain fails when goroutines are left over, and says where everybody stands when the tests hang.
func TestMain(m *testing.M) {
	watchdog := time.AfterFunc(3*time.Minute, func() {
		_ = pprof.Lookup("goroutine").WriteTo(os.Stderr, 2)
		os.Exit(3)
	})
	code := m.Run()
	watchdog.Stop()
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// handler records what a Conn tells; rtp and rtcp may be nil.
type handler struct {
	rtp, rtcp func([]byte)
	mu        sync.Mutex
	states    []State
	change    chan struct{}
}

func newHandler() *handler { return &handler{change: make(chan struct{}, 16)} }

func (h *handler) RTP(b []byte, _ time.Time) {
	if h.rtp != nil {
		h.rtp(b)
	}
}

func (h *handler) RTCP(b []byte, _ time.Time) {
	if h.rtcp != nil {
		h.rtcp(b)
	}
}

func (h *handler) State(s State) {
	h.mu.Lock()
	h.states = append(h.states, s)
	h.mu.Unlock()
	h.change <- struct{}{}
}

func (h *handler) told() []State {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.states)
}

// await waits until the handler was told of s as the latest state.
func (h *handler) await(t *testing.T, s State) {
	t.Helper()
	deadline := time.After(10 * time.Second)
	for {
		states := h.told()
		if len(states) > 0 && states[len(states)-1] == s {
			return
		}
		select {
		case <-h.change:
		case <-deadline:
			t.Fatalf("states are %v, want %v", states, s)
		}
	}
}

// eventually polls until why returns "".
func eventually(t *testing.T, why func() string) {
	t.Helper()
	ticker := time.NewTicker(2 * time.Millisecond)
	defer ticker.Stop()
	deadline := time.After(10 * time.Second)
	for {
		reason := why()
		if reason == "" {
			return
		}
		select {
		case <-ticker.C:
		case <-deadline:
			t.Fatal(reason)
		}
	}
}

func newTransport(t testing.TB, cfg Config) *Transport {
	t.Helper()
	if cfg.ListenUDP == "" {
		cfg.ListenUDP = "127.0.0.1:0"
	}
	tr, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tr.Close(); err != nil {
			t.Error(err)
		}
	})
	return tr
}

func newTestConn(t testing.TB, tr *Transport, h Handler) *Conn {
	t.Helper()
	c, err := tr.NewConn(h)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// client is a stock peer connection.
type client struct {
	*webrtc.PeerConnection
	t       testing.TB
	changed chan struct{} // holds one
}

type clientConfig struct {
	role     webrtc.DTLSRole
	profiles []dtls.SRTPProtectionProfile
	tcp      bool
	settings func(*webrtc.SettingEngine)
}

func newClient(t testing.TB, cfg clientConfig) *client {
	t.Helper()
	var settings webrtc.SettingEngine
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetInterfaceFilter(func(name string) bool { return name == "lo" })
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	if cfg.tcp {
		settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeTCP4})
	}
	settings.SetDTLSInsecureSkipHelloVerify(true)
	if cfg.role != 0 {
		if err := settings.SetAnsweringDTLSRole(cfg.role); err != nil {
			t.Fatal(err)
		}
	}
	if cfg.profiles != nil {
		settings.SetSRTPProtectionProfiles(cfg.profiles...)
	}
	if cfg.settings != nil {
		cfg.settings(&settings)
	}
	var media webrtc.MediaEngine
	if err := media.RegisterDefaultCodecs(); err != nil {
		t.Fatal(err)
	}
	api := webrtc.NewAPI(webrtc.WithSettingEngine(settings), webrtc.WithMediaEngine(&media), webrtc.WithInterceptorRegistry(&interceptor.Registry{}))
	pc, err := api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := pc.GracefulClose(); err != nil {
			t.Error(err)
		}
	})
	changed := make(chan struct{}, 1)
	pc.OnConnectionStateChange(func(webrtc.PeerConnectionState) {
		select {
		case changed <- struct{}{}:
		default:
		}
	})
	return &client{pc, t, changed}
}

// offer makes an offer with all candidates.
func (c *client) offer(options *webrtc.OfferOptions) *Description {
	c.t.Helper()
	offer, err := c.CreateOffer(options)
	if err != nil {
		c.t.Fatal(err)
	}
	return c.local(offer)
}

func (c *client) local(d webrtc.SessionDescription) *Description {
	c.t.Helper()
	gathered := webrtc.GatheringCompletePromise(c.PeerConnection)
	if err := c.SetLocalDescription(d); err != nil {
		c.t.Fatal(err)
	}
	<-gathered
	parsed, err := ParseDescription(c.LocalDescription().SDP)
	if err != nil {
		c.t.Fatal(err)
	}
	return parsed
}

func (c *client) remote(kind webrtc.SDPType, text string) {
	c.t.Helper()
	if err := c.SetRemoteDescription(webrtc.SessionDescription{Type: kind, SDP: text}); err != nil {
		c.t.Fatalf("%v in\n%s", err, text)
	}
}

func vp8() Codec {
	return Codec{Name: "VP8", PayloadType: 96, ClockRate: 90000, Feedback: []string{"nack", "nack pli", "ccm fir"}}
}

func opus() Codec {
	return Codec{Name: "opus", PayloadType: 111, ClockRate: 48000, Channels: 2, FMTP: "minptime=10;useinbandfec=1"}
}

// acceptAll accepts every audio and video section with the first codec that we know.
func acceptAll(d *Description) map[string]Accept {
	accept := map[string]Accept{}
	for _, m := range d.Media {
		for _, c := range m.Codecs {
			if c.Name == "VP8" || c.Name == "opus" {
				accept[m.MID] = Accept{Codec: c}
				break
			}
		}
	}
	return accept
}

// publish connects a client that publishes.
func publish(t testing.TB, pc *client, c *Conn, options *webrtc.OfferOptions) string {
	t.Helper()
	offer := pc.offer(options)
	answer, err := c.Answer(offer, acceptAll(offer))
	if err != nil {
		t.Fatal(err)
	}
	pc.remote(webrtc.SDPTypeAnswer, answer)
	return answer
}

// subscribe connects a client that subscribes.
func subscribe(t testing.TB, pc *client, c *Conn, media []OfferMedia) string {
	t.Helper()
	offer, err := c.Offer(media)
	if err != nil {
		t.Fatal(err)
	}
	pc.remote(webrtc.SDPTypeOffer, offer)
	answer, err := pc.CreateAnswer(nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.SetAnswer(pc.local(answer)); err != nil {
		t.Fatal(err)
	}
	return offer
}

func videoTrack(t testing.TB, pc *client) (*webrtc.TrackLocalStaticRTP, *webrtc.RTPSender) {
	t.Helper()
	track, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000}, "camera", "stream")
	if err != nil {
		t.Fatal(err)
	}
	sender, err := pc.AddTrack(track)
	if err != nil {
		t.Fatal(err)
	}
	return track, sender
}

func videoOffer(mid string, ssrc uint32) OfferMedia {
	return OfferMedia{MID: mid, Kind: "video", Codec: vp8(), SSRC: ssrc, MSID: "stream" + mid, TrackID: "track" + mid, CNAME: "ann"}
}

// connected waits until the client may send.
func (c *client) connected() {
	c.t.Helper()
	deadline := time.After(10 * time.Second)
	for c.ConnectionState() != webrtc.PeerConnectionStateConnected {
		select {
		case <-c.changed:
		case <-deadline:
			c.t.Fatalf("the client is %s", c.ConnectionState())
		}
	}
}
