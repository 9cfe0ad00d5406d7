package peer

import (
	"fmt"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/nack"
	"github.com/pion/interceptor/pkg/report"
	"github.com/pion/logging"
	"github.com/pion/webrtc/v4"
)

// Payload types of what we send; what we receive is as the server offers it.
const (
	payloadVP8  = 96
	payloadOpus = 111
)

// How soon a broken path is noticed.
const (
	iceDisconnected = 4 * time.Second
	iceFailed       = 6 * time.Second
	iceKeepAlive    = time.Second
)

// API makes PeerConnections. One serves any number of them, from any goroutine.
type API struct{ api *webrtc.API }

// Codecs that both directions use.
var (
	vp8 = webrtc.RTPCodecParameters{PayloadType: payloadVP8, RTPCodecCapability: webrtc.RTPCodecCapability{
		MimeType: webrtc.MimeTypeVP8, ClockRate: 90000,
		RTCPFeedback: []webrtc.RTCPFeedback{{Type: "nack"}, {Type: "nack", Parameter: "pli"}, {Type: "ccm", Parameter: "fir"}},
	}}
	opus = webrtc.RTPCodecParameters{PayloadType: payloadOpus, RTPCodecCapability: webrtc.RTPCodecCapability{
		MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2, SDPFmtpLine: "minptime=10;useinbandfec=1",
	}}
)

// NewAPI returns an API. change, which may be nil, adjusts the settings (a test's network).
func NewAPI(change func(*webrtc.SettingEngine)) (*API, error) {
	m := &webrtc.MediaEngine{}
	if err := m.RegisterCodec(vp8, webrtc.RTPCodecTypeVideo); err != nil {
		return nil, fmt.Errorf("peer: %w", err)
	}
	if err := m.RegisterCodec(opus, webrtc.RTPCodecTypeAudio); err != nil {
		return nil, fmt.Errorf("peer: %w", err)
	}
	r := &interceptor.Registry{}
	responder, err := nack.NewResponderInterceptor(nack.ResponderSize(512))
	if err != nil {
		return nil, fmt.Errorf("peer: %w", err)
	}
	// The default interval of 100 ms loses frames that 20 ms save.
	generator, err := nack.NewGeneratorInterceptor(nack.GeneratorSize(512), nack.GeneratorInterval(20*time.Millisecond), nack.GeneratorMaxNacksPerPacket(5))
	if err != nil {
		return nil, fmt.Errorf("peer: %w", err)
	}
	receivers, err := report.NewReceiverInterceptor()
	if err != nil {
		return nil, fmt.Errorf("peer: %w", err)
	}
	for _, f := range []interceptor.Factory{responder, generator, receivers} {
		r.Add(f)
	}
	s := webrtc.SettingEngine{LoggerFactory: &logging.DefaultLoggerFactory{Writer: discard{}, DefaultLogLevel: logging.LogLevelDisabled}}
	s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6, webrtc.NetworkTypeTCP4, webrtc.NetworkTypeTCP6})
	s.SetIncludeLoopbackCandidate(true) // a server on this computer
	s.SetICETimeouts(iceDisconnected, iceFailed, iceKeepAlive)
	s.SetRelayAcceptanceMinWait(0) // the server is ice-lite: waiting for a better pair only costs time
	s.SetSRTPProtectionProfiles(dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AEAD_AES_256_GCM, dtls.SRTP_AES128_CM_HMAC_SHA1_80)
	// As DTLS server, pion would pick AES-256-GCM, which costs more and protects no better here.
	if err := s.SetAnsweringDTLSRole(webrtc.DTLSRoleClient); err != nil {
		return nil, fmt.Errorf("peer: %w", err)
	}
	if change != nil {
		change(&s)
	}
	return &API{api: webrtc.NewAPI(webrtc.WithMediaEngine(m), webrtc.WithInterceptorRegistry(r), webrtc.WithSettingEngine(s))}, nil
}

// discard is an io.Writer.
type discard struct{}

func (discard) Write(b []byte) (int, error) { return len(b), nil }

// connection makes a PeerConnection that calls changed, from any goroutine, when the state of its path has changed.
func (a *API) connection(changed func()) (*webrtc.PeerConnection, error) {
	pc, err := a.api.NewPeerConnection(webrtc.Configuration{BundlePolicy: webrtc.BundlePolicyMaxBundle})
	if err != nil {
		return nil, fmt.Errorf("peer connection: %w", err)
	}
	pc.OnConnectionStateChange(func(webrtc.PeerConnectionState) { changed() })
	return pc, nil
}
