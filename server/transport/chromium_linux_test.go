package transport

import (
	_ "embed"
	"encoding/binary"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/pion/rtcp"
)

//go:embed testdata/call.html
var callPage []byte

// chromiumReport is what the page tells of what it receives.
type chromiumReport struct {
	FirstFrame float64 `json:"firstFrame"` // ms after the offer was taken
	Frames     int     `json:"frames"`
	Lost       int     `json:"lost"`
	Audio      int     `json:"audio"`
	Error      string  `json:"error"`
}

// browserCall forwards what a page publishes to the same page.
type browserCall struct {
	t        *testing.T
	tr       *Transport
	pub, sub *Conn
	mu       sync.Mutex
	types    map[uint8]OfferMedia // by payload type of the publisher
	ssrcs    map[uint8]uint32
	highest  map[uint8]uint64 // index sent, by payload type
	report   chromiumReport
}

func (b *browserCall) forward(packet []byte) {
	b.mu.Lock()
	pt := packet[1] & 0x7f
	m, ok := b.types[pt]
	if !ok {
		b.mu.Unlock()
		return
	}
	b.ssrcs[pt] = binary.BigEndian.Uint32(packet[8:])
	last, seq := b.highest[pt], binary.BigEndian.Uint16(packet[2:])
	index := last + uint64(int64(int16(seq-uint16(last))))
	if last == 0 {
		index = uint64(seq)
	}
	b.highest[pt] = max(index, last)
	b.mu.Unlock()
	n := 12 + 4*int(packet[0]&15)
	if packet[0]&0x10 != 0 { // the extensions stay behind
		n += 4 + 4*int(binary.BigEndian.Uint16(packet[n+2:]))
	}
	header := append([]byte(nil), packet[:12]...)
	header[0] = 0x80 | packet[0]&0x20
	binary.BigEndian.PutUint32(header[8:], m.SSRC)
	b.sub.WriteRTP(header, packet[n:], index)
}

// feedback asks the publisher for a key frame when the subscriber does.
func (b *browserCall) feedback(packet []byte) {
	packets, err := rtcp.Unmarshal(packet)
	if err != nil {
		return
	}
	for _, p := range packets {
		pli, ok := p.(*rtcp.PictureLossIndication)
		if !ok {
			continue
		}
		b.mu.Lock()
		for pt, m := range b.types {
			if m.SSRC == pli.MediaSSRC {
				out, err := rtcp.Marshal([]rtcp.Packet{&rtcp.ReceiverReport{SSRC: 1}, &rtcp.PictureLossIndication{SenderSSRC: 1, MediaSSRC: b.ssrcs[pt]}})
				if err == nil {
					b.pub.WriteRTCP(out)
				}
			}
		}
		b.mu.Unlock()
	}
}

func (b *browserCall) publish(offer *Description) (string, error) {
	accept := acceptAll(offer)
	b.mu.Lock()
	for _, m := range offer.Media {
		a, ok := accept[m.MID]
		if !ok {
			continue
		}
		b.types[a.Codec.PayloadType] = OfferMedia{MID: m.MID, Kind: m.Kind, Codec: a.Codec, SSRC: 500 + uint32(len(b.types)), MSID: "stream", TrackID: m.Kind, CNAME: "ann"}
	}
	b.mu.Unlock()
	return b.pub.Answer(offer, accept)
}

func (b *browserCall) offer() (string, error) {
	b.mu.Lock()
	var media []OfferMedia
	for _, m := range b.types {
		media = append(media, m)
	}
	b.mu.Unlock()
	return b.sub.Offer(media)
}

func (b *browserCall) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	var text string
	switch r.URL.Path {
	case "/":
		w.Header().Set("Content-Type", "text/html")
		text = string(callPage)
	case "/publish", "/answer":
		var d *Description
		if d, err = ParseDescription(string(body)); err == nil && r.URL.Path == "/publish" {
			text, err = b.publish(d)
		} else if err == nil {
			err = b.sub.SetAnswer(d)
		}
	case "/offer":
		text, err = b.offer()
	case "/report":
		b.mu.Lock()
		err = json.Unmarshal(body, &b.report)
		b.mu.Unlock()
	default:
		http.NotFound(w, r)
		return
	}
	if err != nil {
		b.t.Error(err)
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	_, _ = io.WriteString(w, text) // the page is gone otherwise
}

// TestChromium publishes from a browser to the same browser: its fake camera and microphone arrive, decoded.
func TestChromium(t *testing.T) {
	t.Parallel()
	browser, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatalf("%v (.ci/install test installs it)", err)
	}
	tr := newTransport(t, Config{ListenUDP: "0.0.0.0:0"})
	b := &browserCall{t: t, tr: tr, types: map[uint8]OfferMedia{}, ssrcs: map[uint8]uint32{}, highest: map[uint8]uint64{}}
	pub, sub := newHandler(), newHandler()
	pub.rtp, sub.rtcp = b.forward, b.feedback
	b.pub, b.sub = newTestConn(t, tr, pub), newTestConn(t, tr, sub)
	server := httptest.NewServer(b)
	defer server.Close()
	profile, err := os.MkdirTemp("", "parley-chromium-")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage",
		"--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", "--autoplay-policy=no-user-gesture-required",
		"--user-data-dir="+profile, server.URL)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // its helpers end with it
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		_ = cmd.Wait()            // killed
		_ = os.RemoveAll(profile) // a helper may still be dying in it
	}()
	deadline := time.Now().Add(45 * time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for range tick.C {
		b.mu.Lock()
		r := b.report
		b.mu.Unlock()
		if r.Error != "" || time.Now().After(deadline) {
			t.Fatalf("the page reports %+v; publisher %+v, subscriber %+v", r, b.pub.Stats(), b.sub.Stats())
		}
		if r.Frames >= 30 && r.Audio >= 30 {
			if r.Lost != 0 {
				t.Errorf("%d packets were lost", r.Lost)
			}
			t.Logf("first frame after %.0f ms, %s, %s", r.FirstFrame, b.pub.Stats().Profile, b.sub.Stats().Profile)
			return
		}
	}
}
