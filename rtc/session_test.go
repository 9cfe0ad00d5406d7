package rtc_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
	"go.uber.org/goleak"

	"parley/rtc"
	"parley/rtc/protocol"
	"parley/server/servertest"
	"parley/server/token"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// deadline bounds every wait of a test: three times what a busy machine was seen to need.
const deadline = 20 * time.Second

// eventually waits until check returns "", and fails with what it returned last.
func eventually(t *testing.T, check func() string) {
	t.Helper()
	end := time.Now().Add(deadline)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		why := check()
		if why == "" {
			return
		}
		if time.Now().After(end) {
			t.Fatal(why)
		}
		<-tick.C
	}
}

// person is a session whose events and tracks are collected.
type person struct {
	*rtc.Session
	t       *testing.T
	mu      sync.Mutex
	events  []string
	numbers map[string]map[uint32]bool // what came, by stream and kind
	welcome protocol.Welcome
	readers sync.WaitGroup
}

func join(t *testing.T, s *servertest.Server, tok string, opt rtc.Options) *person {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	tr := &http.Transport{DisableKeepAlives: true}
	opt.HTTPClient = &http.Client{Transport: tr}
	session, err := rtc.Connect(ctx, s.URL, tok, opt)
	if err != nil {
		t.Fatal(err)
	}
	p := &person{Session: session, t: t, numbers: map[string]map[uint32]bool{}}
	p.readers.Go(p.listen)
	t.Cleanup(p.leave)
	return p
}

func (p *person) leave() {
	if err := p.Close(); err != nil {
		p.t.Error(err)
	}
	p.readers.Wait()
}

func (p *person) listen() {
	for ev := range p.Events() {
		switch ev := ev.(type) {
		case rtc.TrackStarted:
			p.note("trackStarted")
			p.readers.Go(func() { p.read(ev.Track) })
		case rtc.SessionConnected:
			p.mu.Lock()
			p.welcome = ev.Welcome
			p.mu.Unlock()
		case rtc.SessionReconnected:
			p.note("reconnected")
			if ev.Resumed {
				p.note("resumed")
			}
		case rtc.SessionReconnecting:
			p.note("reconnecting")
		case rtc.SessionDisconnected:
			p.note("disconnected " + string(ev.Reason))
		case rtc.Happened:
			text := string(ev.Name)
			if ev.Signal != nil {
				text += " " + ev.Signal.Data
			}
			if ev.HasChanged("away") {
				text += fmt.Sprint(" away=", ev.Connection.Away)
			}
			p.note(text)
		}
	}
}

func (p *person) note(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.events = append(p.events, text)
}

// read collects the numbers that the packets of a track carry.
func (p *person) read(track *rtc.Track) {
	buf := make([]byte, 1500)
	var pkt rtp.Packet
	key := string(track.StreamID) + " " + string(track.Kind)
	for track.Read(&pkt, buf) == nil {
		if len(pkt.Payload) < 4 {
			continue
		}
		p.mu.Lock()
		if p.numbers[key] == nil {
			p.numbers[key] = map[uint32]bool{}
		}
		p.numbers[key][binary.BigEndian.Uint32(pkt.Payload[len(pkt.Payload)-4:])] = true
		p.mu.Unlock()
	}
}

// received returns how many different packets came of a stream's track.
func (p *person) received(id protocol.StreamID, kind protocol.Kind) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.numbers[string(id)+" "+string(kind)])
}

func (p *person) heard(text string) bool { return p.count(text) > 0 }

// count returns how often something was heard.
func (p *person) count(text string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for _, e := range p.events {
		if e == text {
			n++
		}
	}
	return n
}

// untilHeard waits until something was heard so often.
func (p *person) untilHeard(text string, times int) {
	p.t.Helper()
	eventually(p.t, func() string {
		if n := p.count(text); n < times {
			return fmt.Sprintf("heard %q %d times, not %d", text, n, times)
		}
		return ""
	})
}

// frame is a VP8 frame as far as an SFU looks, with a number at its end.
func frame(n uint32, key bool) []byte {
	f := []byte{0x11, 0, 0, 1, 2, 3, 4, 5, 6, 7}
	if key {
		f = []byte{0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01}
	}
	return binary.BigEndian.AppendUint32(f, n)
}

// send publishes frames and packets until stop is closed; each key frame request is answered by a key frame.
type sender struct {
	pub   *rtc.Publisher
	keys  chan struct{}
	stop  chan struct{}
	halt  func()       // once
	sent  atomic.Int64 // frames
	asked atomic.Int64 // key frames asked for
	done  sync.WaitGroup
}

func camera(keys chan struct{}) rtc.StreamConfig {
	return rtc.StreamConfig{Key: "camera", Name: "cam", VideoType: protocol.VideoCamera, Audio: true, Video: true, Width: 640, Height: 360, FrameRate: 30, KeyFrame: func() {
		select {
		case keys <- struct{}{}:
		default:
		}
	}}
}

func (p *person) send(keys chan struct{}) *sender {
	s := &sender{pub: p.Publishers()[0], keys: keys, stop: make(chan struct{})}
	s.done.Go(func() {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for n := uint32(0); ; n++ {
			key := n == 0
			select {
			case <-s.stop:
				return
			case <-s.keys:
				key = true
				s.asked.Add(1)
			case <-tick.C:
			}
			if err := s.pub.WriteVideo(frame(n, key), time.Duration(n)*33*time.Millisecond); err != nil {
				p.t.Error(err)
			}
			s.sent.Add(1)
			if err := s.pub.WriteAudio(frame(n, false), time.Duration(n)*20*time.Millisecond, false); err != nil {
				p.t.Error(err)
			}
		}
	})
	s.halt = sync.OnceFunc(func() { close(s.stop); s.done.Wait() })
	p.t.Cleanup(s.halt)
	return s
}

func flows(p *person, id protocol.StreamID, kind protocol.Kind) func() string {
	start := p.received(id, kind)
	return func() string {
		if n := p.received(id, kind); n < start+20 {
			return fmt.Sprintf("%d packets of %s came, from %d on", n, kind, start)
		}
		return ""
	}
}

func TestThreeInASession(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t)
	id := server.Session()
	keys := make(chan struct{}, 1)
	ann := join(t, server, server.Token(id, "publisher", "Ann"), rtc.Options{Publish: []rtc.StreamConfig{camera(keys)}})
	ann.send(keys)
	stream := ann.Publishers()[0].StreamID()
	if stream == "" {
		t.Fatal("no stream id after Connect: ", ann.Publishers()[0].Err())
	}
	ben := join(t, server, server.Token(id, "publisher", "Ben"), rtc.Options{})
	sue := join(t, server, server.Token(id, "subscriber", "Sue"), rtc.Options{Subscribe: protocol.SubscribeAudio})
	eventually(t, flows(ben, stream, protocol.KindVideo))
	eventually(t, flows(ben, stream, protocol.KindAudio))
	eventually(t, flows(sue, stream, protocol.KindAudio))
	if n := sue.received(stream, protocol.KindVideo); n > 0 {
		t.Errorf("who wanted audio only got %d packets of video", n)
	}
	// Rights.
	var body *protocol.ErrorBody
	for range 2 { // what was refused once can be tried again
		_, err := sue.Publish(t.Context(), rtc.StreamConfig{Key: "x", Audio: true})
		if !errors.As(err, &body) || body.Code != protocol.CodeForbidden {
			t.Errorf("a subscriber publishes: %v", err)
		}
	}
	if err := ben.ForceMute(t.Context(), stream); !errors.As(err, &body) || body.Code != protocol.CodeForbidden {
		t.Errorf("a publisher mutes: %v", err)
	}
	// Chat.
	if _, err := sue.Signal(t.Context(), protocol.Signal{Type: "chat", Data: "hello"}); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() string {
		if !ann.heard("signal hello") || !ben.heard("signal hello") || !sue.heard("signal hello") {
			return "the chat line has not reached all"
		}
		return ""
	})
	// Subscribing on demand.
	if err := sue.Subscribe(t.Context(), stream, true, true); err != nil {
		t.Fatal(err)
	}
	eventually(t, flows(sue, stream, protocol.KindVideo))
	ann.leave()
	eventually(t, func() string {
		if !ben.heard("streamDestroyed") || !ben.heard("connectionDestroyed") {
			return "Ben does not know that Ann left"
		}
		return ""
	})
}

func TestStreamsComeAndGo(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t)
	id := server.Session()
	ann := join(t, server, server.Token(id, "publisher", "Ann"), rtc.Options{})
	ben := join(t, server, server.Token(id, "publisher", "Ben"), rtc.Options{})
	// Several rounds: sections of streams that ended are taken over by later ones, on both sides.
	for round := range 3 {
		keys := make(chan struct{}, 1)
		pub, err := ann.Publish(t.Context(), camera(keys))
		if err != nil {
			t.Fatal(err)
		}
		s := ann.send(keys)
		eventually(t, flows(ben, pub.StreamID(), protocol.KindVideo))
		eventually(t, flows(ben, pub.StreamID(), protocol.KindAudio))
		if err := pub.SetMuted(t.Context(), protocol.KindAudio, true); err != nil {
			t.Fatal(err)
		}
		s.halt()
		if err := pub.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		eventually(t, func() string {
			n := 0
			ben.mu.Lock()
			defer ben.mu.Unlock()
			for _, e := range ben.events {
				if e == "streamDestroyed" {
					n++
				}
			}
			if n != round+1 {
				return fmt.Sprintf("%d streams ended", n)
			}
			return ""
		})
	}
}

func TestModeratorMutesAndRemoves(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t)
	id := server.Session()
	keys := make(chan struct{}, 1)
	ann := join(t, server, server.Token(id, "publisher", "Ann"), rtc.Options{Publish: []rtc.StreamConfig{camera(keys)}})
	ann.send(keys)
	mod := join(t, server, server.Token(id, "moderator", "Mod"), rtc.Options{})
	stream := ann.Publishers()[0].StreamID()
	eventually(t, flows(mod, stream, protocol.KindAudio))
	if err := mod.ForceMute(t.Context(), stream); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() string {
		if !ann.heard("muteForced") {
			return "Ann does not know that she was muted"
		}
		return ""
	})
	eventually(t, flows(mod, stream, protocol.KindVideo)) // the picture goes on
	ann.mu.Lock()
	conn := ann.welcome.You.ID
	ann.mu.Unlock()
	if err := mod.ForceDisconnect(t.Context(), conn); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() string {
		if !ann.heard("disconnected forceDisconnected") {
			return "Ann does not know that she was removed"
		}
		return ""
	})
}

func TestServerRestart(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t)
	id := server.Session()
	keys := make(chan struct{}, 1)
	ann := join(t, server, server.Token(id, "publisher", "Ann"), rtc.Options{Publish: []rtc.StreamConfig{camera(keys)}})
	ann.send(keys)
	ben := join(t, server, server.Token(id, "publisher", "Ben"), rtc.Options{})
	eventually(t, flows(ben, ann.Publishers()[0].StreamID(), protocol.KindVideo))
	server.Stop()
	eventually(t, func() string {
		if !ben.heard("reconnecting") {
			return "Ben does not know that the server is gone"
		}
		return ""
	})
	if _, err := ben.Signal(t.Context(), protocol.Signal{Data: "x"}, rtc.NoRetry); !errors.Is(err, rtc.ErrClosed) {
		t.Errorf("a signal without a wire: %v", err)
	}
	said := make(chan error, 1)
	go func() { // ended by the answer
		_, err := ben.Signal(t.Context(), protocol.Signal{Data: "after all"})
		said <- err
	}()
	servertest.Start(t, servertest.Listen(server.Host), servertest.Data(server.Data))
	if err := <-said; err != nil {
		t.Errorf("a signal while reconnecting: %v", err)
	}
	eventually(t, func() string {
		if !ben.heard("reconnected") || !ann.heard("reconnected") {
			return "they have not come back"
		}
		return ""
	})
	eventually(t, flows(ben, ann.Publishers()[0].StreamID(), protocol.KindVideo))
	if ben.heard("resumed") {
		t.Error("a server that was restarted knows no connection")
	}
}

// TestDecisionsOutliveTheServer: who was let in need not wait again when the server comes back, and has the role that it was given.
func TestDecisionsOutliveTheServer(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t)
	id := server.Session()
	mod := join(t, server, server.Token(id, "moderator", "Mod"), rtc.Options{})
	waiting := make(chan protocol.Waiting, 9)
	ann := join(t, server, server.Token(id, "subscriber", "Ann"), rtc.Options{Waiting: func(w protocol.Waiting) { waiting <- w }})
	if err := mod.SetRole(t.Context(), ann.You().ID, "publisher", 0); err != nil {
		t.Fatal(err)
	}
	if err := mod.SetLobby(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	ann.untilHeard("sessionPropertyChanged", 1)
	server.Stop()
	ann.untilHeard("reconnecting", 1)
	servertest.Start(t, servertest.Listen(server.Host), servertest.Data(server.Data))
	ann.untilHeard("reconnected", 1)
	if !ann.State().Lobby || ann.You().Role != "publisher" || !ann.Capabilities().Publish || len(waiting) != 0 {
		t.Errorf("%+v, %+v, waited %d times", ann.State(), ann.You(), len(waiting))
	}
}

func TestServerGoneForGood(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t)
	ann := join(t, server, server.Token(server.Session(), "publisher", "Ann"), rtc.Options{ReconnectFor: 500 * time.Millisecond})
	server.Stop()
	eventually(t, func() string {
		if !ann.heard("disconnected networkDisconnected") {
			return "the session goes on"
		}
		return ""
	})
}

func TestMediaOverTCP(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t)
	id := server.Session()
	tcp := func(s *webrtc.SettingEngine) { s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeTCP4}) }
	keys := make(chan struct{}, 1)
	ann := join(t, server, server.Token(id, "publisher", "Ann"), rtc.Options{Publish: []rtc.StreamConfig{camera(keys)}, Network: tcp})
	ann.send(keys)
	ben := join(t, server, server.Token(id, "publisher", "Ben"), rtc.Options{Network: tcp})
	eventually(t, flows(ben, ann.Publishers()[0].StreamID(), protocol.KindVideo))
}

func TestForwardingOff(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t, servertest.ForwardingOff)
	id := server.Session()
	keys := make(chan struct{}, 1)
	ann := join(t, server, server.Token(id, "publisher", "Ann"), rtc.Options{Publish: []rtc.StreamConfig{camera(keys)}})
	s := ann.send(keys)
	ben := join(t, server, server.Token(id, "publisher", "Ben"), rtc.Options{})
	if _, err := ben.Signal(t.Context(), protocol.Signal{Data: "x"}); err != nil {
		t.Fatal(err)
	}
	// Ben's connection stands, for the server asks Ann for a key frame on his behalf; and then she sends on.
	var from int64
	eventually(t, func() string {
		if s.asked.Load() == 0 {
			return "nobody asks for a key frame"
		}
		from = s.sent.Load()
		return ""
	})
	eventually(t, func() string {
		if n := s.sent.Load(); n < from+50 {
			return fmt.Sprintf("%d frames sent", n-from)
		}
		return ""
	})
	if n := ben.received(ann.Publishers()[0].StreamID(), protocol.KindVideo); n != 0 {
		t.Errorf("%d packets came", n)
	}
}

func TestRefusedConnects(t *testing.T) {
	t.Parallel()
	server, other := servertest.Start(t), servertest.Start(t)
	id := server.Session()
	now := time.Now()
	for name, c := range map[string]struct {
		token string
		want  protocol.Code
	}{
		"rubbish":         {"rubbish", protocol.CodeTokenInvalid},
		"foreign":         {other.Token(id, "publisher", ""), protocol.CodeTokenProject},
		"expired":         {server.Sign(token.Grant{SessionID: id, Role: "publisher", ExpiresAt: now.Add(-time.Hour)}, now.Add(-2*time.Hour)), protocol.CodeTokenExpired},
		"unknown session": {server.Token("1_nope", "publisher", ""), protocol.CodeSessionUnknown},
	} {
		_, err := rtc.Connect(t.Context(), server.URL, c.token, rtc.Options{})
		var body *protocol.ErrorBody
		if !errors.As(err, &body) || body.Code != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := rtc.Connect(t.Context(), "http://127.0.0.1:1", "x", rtc.Options{}); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("nobody there: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := rtc.Connect(ctx, server.URL, "x", rtc.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	http.DefaultClient.CloseIdleConnections()
}

func TestInvite(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t)
	id := server.Session()
	link, err := rtc.ParseLink(server.Invite(id, 1))
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	reply, err := link.Redeem(t.Context(), "Ann", client)
	if err != nil || reply.SessionID != id {
		t.Fatalf("%+v, %v", reply, err)
	}
	ann := join(t, server, reply.Token, rtc.Options{})
	eventually(t, func() string {
		ann.mu.Lock()
		defer ann.mu.Unlock()
		if ann.welcome.You.Name != "Ann" {
			return "no welcome for Ann"
		}
		return ""
	})
	var body *protocol.ErrorBody
	if _, err := link.Redeem(t.Context(), "Ben", client); !errors.As(err, &body) || body.Code != protocol.CodeInviteUsedUp {
		t.Errorf("%v", err)
	}
}
