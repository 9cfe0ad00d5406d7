package rtc_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parley/rtc"
	"parley/rtc/protocol"
	"parley/rtc/rtctest"
	"parley/server/servertest"
)

// two are Ann, who sends, and Ben, who is behind a border and on a cable. Both send.
type two struct {
	server           *servertest.Server
	id               protocol.SessionID
	border           *rtctest.Border
	cable            *rtctest.Cable
	ann, ben         *person
	fromAnn, fromBen protocol.StreamID
	restarts         atomic.Int64 // of ICE, by Ben
}

// counting is a log handler that counts what says a message.
type counting struct {
	slog.Handler
	message string
	n       *atomic.Int64
}

// Handle implements slog.Handler.
func (h counting) Handle(ctx context.Context, r slog.Record) error {
	if r.Message == h.message {
		h.n.Add(1)
	}
	return h.Handler.Handle(ctx, r)
}

func newTwo(t *testing.T) *two {
	t.Helper()
	c := &two{server: servertest.Start(t), cable: rtctest.NewCable(t)}
	c.id, c.border = c.server.Session(), rtctest.NewBorder(t, c.server.Host)
	keys, keys2 := make(chan struct{}, 1), make(chan struct{}, 1)
	c.ann = join(t, c.server, c.server.Token(c.id, "moderator", "Ann"), rtc.Options{Publish: []rtc.StreamConfig{camera(keys)}})
	c.ann.send(keys)
	log := slog.New(counting{slog.NewTextHandler(t.Output(), nil), "restart ICE", &c.restarts})
	c.ben = join(t, behind(c.server, c.border), c.server.Token(c.id, "publisher", "Ben"),
		rtc.Hasty(rtc.Options{Publish: []rtc.StreamConfig{camera(keys2)}, Network: c.cable.Network, Log: log}))
	c.ben.send(keys2)
	c.fromAnn, c.fromBen = c.ann.Publishers()[0].StreamID(), c.ben.Publishers()[0].StreamID()
	c.flow(t)
	return c
}

// flow waits until pictures and sound flow both ways.
func (c *two) flow(t *testing.T) {
	t.Helper()
	for _, kind := range []protocol.Kind{protocol.KindVideo, protocol.KindAudio} {
		eventually(t, flows(c.ben, c.fromAnn, kind))
		eventually(t, flows(c.ann, c.fromBen, kind))
	}
}

// unbroken checks that the others have heard of no leave and join, and that Ben's ids are what they were.
func (c *two) unbroken(t *testing.T, me protocol.ConnectionID) {
	t.Helper()
	for _, ev := range []string{"connectionDestroyed", "streamDestroyed"} {
		if c.ann.heard(ev) || c.ben.heard(ev) {
			t.Error("somebody heard ", ev)
		}
	}
	if n := c.ann.count("streamCreated"); n != 1 {
		t.Errorf("Ann heard of %d streams", n)
	}
	if id := c.ben.Publishers()[0].StreamID(); id != c.fromBen || c.ben.You().ID != me {
		t.Errorf("Ben's stream is %s and was %s, he is %s and was %s", id, c.fromBen, c.ben.You().ID, me)
	}
}

func TestWireIsCutAndMediaFlow(t *testing.T) {
	t.Parallel()
	c := newTwo(t)
	me := c.ben.You().ID
	for n := range 3 {
		c.border.Cut()
		c.ben.untilHeard("resumed", n+1)
		c.flow(t)
	}
	c.unbroken(t, me)
	if n := c.ben.count("trackStarted"); n != 2 {
		t.Errorf("%d tracks started", n)
	}
}

func TestHalfOpenWire(t *testing.T) {
	t.Parallel()
	c := newTwo(t)
	me := c.ben.You().ID
	c.border.Silence()()
	c.ben.untilHeard("resumed", 1)
	c.flow(t)
	c.unbroken(t, me)
	if n := c.ben.count("trackStarted"); n != 2 {
		t.Errorf("%d tracks started", n)
	}
}

// TestMediaPathComesBack: the wire lives, the path is gone until ICE has given it up; new credentials bring it back.
func TestMediaPathComesBack(t *testing.T) {
	t.Parallel()
	c := newTwo(t)
	me := c.ben.You().ID
	for range 2 {
		before := c.restarts.Load()
		c.cable.Unplug()
		eventually(t, func() string {
			if c.restarts.Load() == before {
				return "nobody restarts ICE"
			}
			return ""
		})
		c.cable.Plug()
		c.flow(t)
	}
	c.unbroken(t, me)
	if c.ben.heard("reconnecting") || c.ben.count("trackStarted") != 2 {
		t.Errorf("Ben heard %q", c.ben.events)
	}
}

// TestMediaPathStaysAway: new credentials do not help, so that new connections are made over a new wire, again and again until the path is back.
func TestMediaPathStaysAway(t *testing.T) {
	t.Parallel()
	c := newTwo(t)
	me := c.ben.You().ID
	c.cable.Unplug()
	c.ben.untilHeard("resumed", 1)
	c.cable.Plug()
	c.flow(t)
	c.unbroken(t, me)
}

// TestWhatModeratorsDoMeanwhile: a stream that was ended while its owner was away stays ended, and a role that was taken is heard of, whether media are kept
// or new.
func TestWhatModeratorsDoMeanwhile(t *testing.T) {
	t.Parallel()
	for name, keep := range map[string]bool{"media kept": true, "new media": false} {
		for _, role := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, role %v", name, role), func(t *testing.T) {
				t.Parallel()
				c := newTwo(t)
				pub := c.ben.Publishers()[0]
				open := c.border.Shut()
				if keep {
					c.border.Cut()
				} else {
					c.cable.Unplug()
				}
				c.ben.untilHeard("reconnecting", 1)
				var err error
				if role {
					err = c.ann.SetRole(t.Context(), c.ben.You().ID, "subscriber", 0)
				} else {
					err = c.ann.ForceUnpublish(t.Context(), c.fromBen)
				}
				if err != nil {
					t.Fatal(err)
				}
				open()
				c.cable.Plug()
				c.ben.untilHeard("resumed", 1)
				c.ben.untilHeard("streamDestroyed", 1)
				eventually(t, flows(c.ben, c.fromAnn, protocol.KindAudio))
				eventually(t, func() string {
					if found := streams(t, c.server, c.id); len(found) != 1 || len(c.ben.Publishers()) != 0 || pub.StreamID() != "" {
						return fmt.Sprintf("published: %+v, %d publishers, id %q", found, len(c.ben.Publishers()), pub.StreamID())
					}
					return ""
				})
				if role == c.ben.Capabilities().Publish || role != (c.ben.You().Role == "subscriber") || role != c.ben.heard("connectionPropertyChanged") {
					t.Errorf("%+v, %+v, heard %q", c.ben.You(), c.ben.Capabilities(), c.ben.events)
				}
			})
		}
	}
}

// TestPublishDuringCuts publishes and ends a stream while the wire is cut at random moments.
func TestPublishDuringCuts(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t)
	id := server.Session()
	b := rtctest.NewBorder(t, server.Host)
	ann := join(t, behind(server, b), server.Token(id, "publisher", "Ann"), rtc.Options{Publish: []rtc.StreamConfig{camera(nil)}})
	dice := rand.New(rand.NewPCG(3, 3))
	cut := make(chan time.Duration)
	var cutting sync.WaitGroup
	cutting.Go(func() {
		for after := range cut {
			timer := time.NewTimer(after)
			<-timer.C
			b.Cut()
		}
	})
	for n := range 20 {
		cut <- time.Duration(dice.IntN(30)) * time.Millisecond
		key := fmt.Sprint("screen", n)
		screen, err := ann.Publish(t.Context(), rtc.StreamConfig{Key: key, Name: key, VideoType: protocol.VideoScreen, Video: true})
		if err != nil {
			t.Fatal(err)
		}
		eventually(t, func() string {
			if st := streams(t, server, id)[key]; st.ID == "" || st.ID != screen.StreamID() {
				return fmt.Sprintf("the server has %q, the client %q", st.ID, screen.StreamID())
			}
			return ""
		})
		cut <- time.Duration(dice.IntN(10)) * time.Millisecond
		if err := screen.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		eventually(t, func() string {
			if found := streams(t, server, id); len(found) != 1 || found["cam"].ID != ann.Publishers()[0].StreamID() {
				return fmt.Sprintf("published: %+v", found)
			}
			return ""
		})
	}
	close(cut)
	cutting.Wait()
	if !ann.heard("resumed") {
		t.Error("no cut was felt")
	}
}

// TestOutage: nothing passes for twice as long as either end needs to notice.
func TestOutage(t *testing.T) {
	t.Parallel()
	c := newTwo(t)
	me := c.ben.You().ID
	c.cable.Unplug()
	end := c.border.Silence()
	over := time.NewTimer(4 * time.Second)
	defer over.Stop()
	<-over.C
	if c.ben.heard("resumed") {
		t.Error("there is a way around the border")
	}
	if _, err := c.ann.Signal(t.Context(), protocol.Signal{Data: "while you were out"}); err != nil {
		t.Error(err)
	}
	if err := c.ann.ForceMute(t.Context(), c.fromBen); err != nil {
		t.Error(err)
	}
	end()
	c.cable.Plug()
	c.ben.untilHeard("resumed", 1)
	c.ben.untilHeard("signal while you were out", 1)
	c.ben.untilHeard("muteForced", 1)
	eventually(t, flows(c.ben, c.fromAnn, protocol.KindAudio))
	eventually(t, flows(c.ann, c.fromBen, protocol.KindVideo))
	if err := c.ben.Publishers()[0].SetMuted(t.Context(), protocol.KindAudio, false); err != nil {
		t.Error(err)
	}
	c.flow(t)
	c.unbroken(t, me)
}
