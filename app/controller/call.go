package controller

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"slices"
	"time"

	"parley/app/config"
	"parley/assets"
	"parley/media"
	"parley/media/audio"
	"parley/media/audio/process"
	"parley/media/video"
	"parley/rtc"
	"parley/rtc/protocol"
)

// Keys of what we publish.
const (
	keyCamera = "camera"
	keyScreen = "screen"
)

// call is one stay in a session: what is received and what the session is made of. The loop calls its methods.
type call struct {
	surroundings
	camera *videoFeed
	screen *videoFeed
	mic    *audioFeed

	// loop state
	session     *rtc.Session
	mixer       *audio.Mixer
	speaker     io.Closer
	opening     *feedRun         // the newest opening of the speaker; nil once the call has ended
	welcome     protocol.Welcome // You, Capabilities, Session and Waiting follow the events
	connections []protocol.Connection
	remotes     []*remote // in the order in which they came
	sharing     *rtc.Publisher
	starting    bool // a screen is being published; sharing follows
	restoring   bool // camera and microphone are being published again
	joined      time.Time
}

// surroundings are what a call works with and tells.
type surroundings struct {
	loop    *loop
	log     *slog.Logger
	devices *Devices
	play    playOptions
	window  bool   // tiles are shown
	notify  func() // a tile has a new picture; any goroutine
	changed func() // look again
	onEvent func(rtc.Event)
	refused func(error) // the server keeps the microphone muted
}

// reconnectFor is how long a lost call is tried to mend before the user is asked.
const reconnectFor = 30 * time.Second

// options makes what Connect is told, with everything that is published at once.
func (c *call) options(name string, subscribe protocol.SubscribeMode) rtc.Options {
	return rtc.Options{Name: name, Client: "parley " + assets.Version, Subscribe: subscribe, Publish: []rtc.StreamConfig{c.ownStream(name)},
		ReconnectFor: reconnectFor, Log: c.log}
}

// begin takes a session that was connected, and listens to it beside the loop until it ends.
func (c *call) begin(s *rtc.Session) {
	c.session = s
	c.mixer = audio.NewMixer()
	c.joined = time.Now()
	for _, p := range s.Publishers() {
		c.publish(p)
	}
	c.loop.beside(func(context.Context) {
		for ev := range s.Events() {
			c.loop.post(func() {
				if c.session == s { // not of an earlier stay, whose end takes its time
					c.take(ev)
				}
			})
		}
	})
}

// openSpeaker opens the speaker beside the loop; done hears what became of it.
func (c *call) openSpeaker(id string, done func(error)) {
	old, sound, run := c.speaker, audible{c.mixer, c.mic.clean.reference}, &feedRun{}
	c.speaker, c.opening = nil, run
	c.loop.beside(func(ctx context.Context) {
		if old != nil {
			_ = old.Close()
		}
		s, err := c.devices.Speaker(ctx, id, sound, func(err error) {
			c.log.Warn("speaker", "device", id, "error", err)
			c.loop.post(func() { done(err) })
		})
		if err != nil && id != deviceOff && !errors.Is(err, context.Canceled) {
			why := err
			c.log.Warn("speaker", "device", id, "error", err)
			c.loop.post(func() { done(why) })
			s, err = c.devices.Speaker(ctx, deviceOff, sound, nil) // the others' clocks must run on
		}
		if err != nil {
			return
		}
		taken := c.loop.post(func() {
			if c.opening != run {
				c.loop.beside(func(context.Context) { _ = s.Close() })
				return
			}
			c.speaker = s
		})
		if !taken {
			_ = s.Close()
		}
	})
}

// take handles an event of the session.
func (c *call) take(ev rtc.Event) {
	switch ev := ev.(type) {
	case rtc.SessionConnected:
		c.enter(ev.Welcome)
	case rtc.SessionReconnected:
		if !ev.Resumed { // else everything goes on, and events follow with what was missed
			c.enter(ev.Welcome)
		}
	case rtc.TrackStarted:
		if r := c.remote(ev.Track.StreamID); r != nil {
			if err := r.play(ev.Track, c.mixer, c.play); err != nil {
				c.log.Error("play track", "stream", ev.Track.StreamID, "error", err)
			}
		}
	case rtc.Happened:
		c.happened(ev.Event)
	case rtc.SessionReconnecting, rtc.SessionDisconnected:
	}
	c.onEvent(ev)
	c.changed()
}

// enter makes the call what a welcome says.
func (c *call) enter(w protocol.Welcome) {
	c.welcome = w
	c.connections = append([]protocol.Connection(nil), w.Connections...)
	for len(c.remotes) > 0 {
		c.drop(c.remotes[0].stream.ID)
	}
	for _, s := range w.Streams {
		c.add(s)
	}
	if !w.Capabilities.Publish {
		c.silence()
	}
	if c.sharing == nil && !c.starting {
		c.screen.stop()
	}
}

func (c *call) add(s protocol.Stream) {
	if s.ConnectionID == c.welcome.You.ID || c.remote(s.ID) != nil {
		return
	}
	r := &remote{stream: s, level: newLevel()}
	if c.window {
		fit := video.FitCover
		if s.VideoType == protocol.VideoScreen {
			fit = video.FitContain
		}
		r.pictures = &shown{video.NewPictures(fit, false, c.notify), r}
	}
	c.remotes = append(c.remotes, r)
}

func (c *call) drop(id protocol.StreamID) {
	for i, r := range c.remotes {
		if r.stream.ID == id {
			c.remotes = slices.Delete(c.remotes, i, i+1)
			if r.unmix != nil {
				r.unmix()
			}
			c.loop.beside(func(context.Context) { r.close() })
			return
		}
	}
}

func (c *call) remote(id protocol.StreamID) *remote {
	for _, r := range c.remotes {
		if r.stream.ID == id {
			return r
		}
	}
	return nil
}

// name returns the display name of a connection, "" when it gave none.
func (c *call) name(id protocol.ConnectionID) string {
	if id == c.welcome.You.ID {
		return c.welcome.You.Name
	}
	for _, x := range c.connections {
		if x.ID == id {
			return x.Name
		}
	}
	return ""
}

// signal sends a signal; done hears what became of it, in the loop.
func (c *call) signal(sig protocol.Signal, done func(protocol.SignalReply, error)) {
	s := c.session
	if s == nil {
		return
	}
	c.loop.beside(func(ctx context.Context) {
		reply, err := s.Signal(ctx, sig)
		c.loop.post(func() { done(reply, err) })
	})
}

// end leaves. Capture goes on for whoever uses the feeds next; nothing is sent any more. The returned channel is closed when all is left.
func (c *call) end() <-chan struct{} {
	left := make(chan struct{})
	c.camera.setSending(false)
	c.mic.setSending(false)
	c.camera.publisher.Store(nil)
	c.mic.publisher.Store(nil)
	c.screen.stop()
	c.screen.publisher.Store(nil)
	s, sp, remotes := c.session, c.speaker, c.remotes
	c.session, c.speaker, c.opening, c.remotes, c.sharing, c.connections = nil, nil, nil, nil, nil, nil
	c.starting, c.restoring = false, false
	go func() { // waited for by left: it must outlive the loop's context
		defer close(left)
		if s != nil {
			_ = s.Close()
		}
		for _, r := range remotes {
			r.close()
		}
		if sp != nil {
			_ = sp.Close()
		}
	}()
	return left
}

// newCall makes a call with its feeds.
func newCall(l *loop, devices *Devices, log *slog.Logger, notify, changed func(), f config.Flags) *call {
	c := &call{surroundings: surroundings{loop: l, log: log, devices: devices, notify: notify, changed: changed, window: !f.Headless, onEvent: func(rtc.Event) {}, refused: func(error) {}}}
	env := feedEnv{loop: l, log: log, devices: devices, changed: changed}
	c.camera = &videoFeed{feedEnv: env, said: line{loop: l}, want: cameraWant}
	c.screen = &videoFeed{feedEnv: env, said: line{loop: l}, want: screenWant, screen: true}
	c.mic = &audioFeed{feedEnv: env, said: line{loop: l}, refused: c.unmuteRefused, talked: func() {}, clean: cleaning{reference: &process.Reference{}}}
	c.play = playOptions{loop: l, changed: changed}
	if f.Headless {
		c.play.readMarks, c.play.keepSound = true, media.SampleRate/2
	}
	return c
}
