package rtc_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"parley/rtc"
	"parley/rtc/peer"
	"parley/rtc/protocol"
	"parley/rtc/wire"
	"parley/server/servertest"
)

// ignoring is a client that joins and then heeds nothing: it reads its messages and does not act on them, answers no offer, and sends media as long
// as its sockets live.
type ignoring struct {
	t       *testing.T
	wire    *wire.Wire
	pub     *peer.Publishing
	sub     *peer.Subscribing
	welcome protocol.Welcome
	stream  protocol.StreamID
	came    atomic.Int64 // packets that it received
	sent    atomic.Int64
}

func ignore(t *testing.T, s *servertest.Server, token string) *ignoring {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	c := &ignoring{t: t}
	api, err := peer.NewAPI(nil)
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	c.sub, err = api.NewSubscribing(func() {}, func(track *peer.RemoteTrack) { running.Go(func() { c.receive(track) }) })
	if err != nil {
		t.Fatal(err)
	}
	if c.pub, err = api.NewPublishing(func() {}); err != nil {
		t.Fatal(err)
	}
	audio, err := c.pub.Add(webrtc.RTPCodecTypeAudio, func() {})
	if err != nil {
		t.Fatal(err)
	}
	video, err := c.pub.Add(webrtc.RTPCodecTypeVideo, func() {})
	if err != nil {
		t.Fatal(err)
	}
	offer, _, err := c.pub.Offer(false)
	if err != nil {
		t.Fatal(err)
	}
	dialing, stop := context.WithTimeout(ctx, deadline)
	defer stop()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	if c.wire, err = wire.Dial(dialing, "ws"+strings.TrimPrefix(s.URL, "http")+protocol.Path, 8<<20, client); err != nil {
		t.Fatal(err)
	}
	hello := protocol.Hello{Versions: []int{1}, Token: token, Name: "Ignoring", Subscribe: protocol.SubscribeAll, Publish: &protocol.Publish{SDP: offer,
		Streams: []protocol.StreamSource{{Key: "camera", AudioMID: audio.MID(), VideoMID: video.MID(), HasAudio: true, HasVideo: true}}}}
	if err := c.wire.Send(dialing, protocol.TypeHello, 1, hello); err != nil {
		t.Fatal(err)
	}
	msg, err := c.wire.Recv(dialing)
	if err != nil || msg.Type != protocol.TypeWelcome || json.Unmarshal(msg.Data, &c.welcome) != nil || c.welcome.Published == nil || c.welcome.Offer == nil {
		t.Fatalf("%s %s %v", msg.Type, msg.Data, err)
	}
	c.stream = c.welcome.Published.Streams["camera"]
	if err := c.pub.Answer(c.welcome.Published.SDP); err != nil {
		t.Fatal(err)
	}
	answer, err := c.sub.Answer(c.welcome.Offer.SDP)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.wire.Send(dialing, protocol.TypeAnswer, 2, protocol.Answer{Generation: c.welcome.Offer.Generation, SDP: answer}); err != nil {
		t.Fatal(err)
	}
	running.Go(func() {
		for {
			if _, err := c.wire.Recv(ctx); err != nil {
				return
			}
		}
	})
	running.Go(func() { c.send(ctx, audio, video) })
	t.Cleanup(func() {
		cancel()
		c.wire.CloseNow()
		_ = c.pub.Close()
		_ = c.sub.Close()
		running.Wait()
	})
	return c
}

func (c *ignoring) send(ctx context.Context, audio, video *peer.Sender) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for n := uint32(0); ; n++ {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		_ = video.WriteVideo(frame(n, n%20 == 0), time.Duration(n)*33*time.Millisecond) // key frames unasked, too
		_ = audio.WriteAudio(frame(n, false), time.Duration(n)*20*time.Millisecond, false)
		c.sent.Add(1)
	}
}

func (c *ignoring) receive(track *peer.RemoteTrack) {
	buf := make([]byte, 1500)
	var p rtp.Packet
	for track.Read(&p, buf) == nil {
		c.came.Add(1)
	}
}

// stopped waits until a count has stood still while the ignoring client sent fifty times more: half a second.
func (c *ignoring) stopped(what string, count func() int64) {
	c.t.Helper()
	last, since := count(), c.sent.Load()
	eventually(c.t, func() string {
		if n := count(); n != last {
			last, since = n, c.sent.Load()
		}
		if c.sent.Load() < since+50 {
			return what + " still flows"
		}
		return ""
	})
}

// TestClientThatIgnoresEverything is the judge of what the server enforces: whoever does not heed a moderator is cut all the same.
func TestClientThatIgnoresEverything(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		do             func(context.Context, *rtc.Session, *ignoring) error
		audio, in, out bool // what must end: its sound, what it receives, all it sends
	}{
		"mute": {func(ctx context.Context, s *rtc.Session, c *ignoring) error { return s.ForceMute(ctx, c.stream) }, true, false, false},
		"mute everybody": {func(ctx context.Context, s *rtc.Session, c *ignoring) error {
			return s.ForceMute(ctx, "", s.Publishers()[0].StreamID())
		}, true, false, false},
		"unpublish": {func(ctx context.Context, s *rtc.Session, c *ignoring) error { return s.ForceUnpublish(ctx, c.stream) }, true, false, true},
		"disconnect": {func(ctx context.Context, s *rtc.Session, c *ignoring) error {
			return s.ForceDisconnect(ctx, c.welcome.You.ID)
		}, true, true, true},
		"ban": {func(ctx context.Context, s *rtc.Session, c *ignoring) error { return s.Ban(ctx, c.welcome.You.ID) }, true, true, true},
		"lose the right to publish": {func(ctx context.Context, s *rtc.Session, c *ignoring) error {
			return s.SetRole(ctx, c.welcome.You.ID, "subscriber", 0)
		}, true, false, true},
		"lose the right to subscribe": {func(ctx context.Context, s *rtc.Session, c *ignoring) error {
			return s.SetRole(ctx, c.welcome.You.ID, "publisheronly", 0)
		}, false, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := servertest.Start(t)
			id := s.Session()
			keys := make(chan struct{}, 1)
			mod := join(t, s, s.Token(id, "moderator", "Mod"), rtc.Options{Publish: []rtc.StreamConfig{camera(keys)}})
			mod.send(keys)
			bad := ignore(t, s, s.Token(id, "publisher", "Bad"))
			audio := func() int64 { return int64(mod.received(bad.stream, protocol.KindAudio)) }
			video := func() int64 { return int64(mod.received(bad.stream, protocol.KindVideo)) }
			eventually(t, flows(mod, bad.stream, protocol.KindAudio))
			eventually(t, flows(mod, bad.stream, protocol.KindVideo))
			eventually(t, func() string {
				if bad.came.Load() < 20 {
					return "nothing comes in"
				}
				return ""
			})
			ctx, cancel := context.WithTimeout(t.Context(), deadline)
			defer cancel()
			if err := c.do(ctx, mod.Session, bad); err != nil {
				t.Fatal(err)
			}
			if c.audio {
				bad.stopped("its sound", audio)
			} else {
				eventually(t, flows(mod, bad.stream, protocol.KindAudio))
			}
			if c.out {
				bad.stopped("its picture", video)
			} else {
				eventually(t, flows(mod, bad.stream, protocol.KindVideo))
			}
			if c.in {
				bad.stopped("what it receives", bad.came.Load)
				return
			}
			from := bad.came.Load()
			eventually(t, func() string {
				if bad.came.Load() < from+20 {
					return "it receives no more"
				}
				return ""
			})
		})
	}
}
