package sdktest

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"parley/rtc"
	"parley/rtc/protocol"
	"parley/server/servertest"
)

// person is a participant whose events are collected.
type person struct {
	*rtc.Session
	t    *testing.T
	name string
	done sync.WaitGroup

	mu      sync.Mutex
	events  []string
	welcome protocol.Welcome
}

// connect connects with a token; publish is the streams that the person publishes.
func connect(t *testing.T, s *servertest.Server, token, name string, publish ...rtc.StreamConfig) (*person, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	p := &person{t: t, name: name}
	transport := &http.Transport{DisableKeepAlives: true}
	var err error
	p.Session, err = rtc.Connect(ctx, s.URL, token, rtc.Options{Name: name, Publish: publish, ReconnectFor: -1, HTTPClient: &http.Client{Transport: transport}})
	if err != nil {
		return nil, err
	}
	p.done.Go(p.listen)
	t.Cleanup(p.leave)
	p.eventually("connected")
	return p, nil
}

// join is connect for who must get in.
func join(t *testing.T, s *servertest.Server, token, name string, publish ...rtc.StreamConfig) *person {
	t.Helper()
	p, err := connect(t, s, token, name, publish...)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return p
}

func camera(name string) rtc.StreamConfig {
	return rtc.StreamConfig{Key: "camera", Name: name, VideoType: protocol.VideoCamera, Audio: true, Video: true, Width: 640, Height: 360, FrameRate: 30}
}

func (p *person) leave() {
	if err := p.Close(); err != nil {
		p.t.Error(err)
	}
	p.done.Wait()
}

func (p *person) listen() {
	for ev := range p.Events() {
		text := ""
		switch ev := ev.(type) {
		case rtc.SessionConnected:
			p.mu.Lock()
			p.welcome = ev.Welcome
			p.mu.Unlock()
			text = "connected"
		case rtc.SessionDisconnected:
			text = "disconnected " + string(ev.Reason)
		case rtc.Happened:
			text = string(ev.Name)
			if ev.Signal != nil {
				text = fmt.Sprintf("signal %s=%s", ev.Signal.Type, ev.Signal.Data)
			}
			if ev.Stream != nil {
				text += fmt.Sprintf(" %s %v", ev.Stream.Name, ev.Stream.HasAudio)
			}
		default:
			continue
		}
		p.mu.Lock()
		p.events = append(p.events, text)
		p.mu.Unlock()
	}
}

func (p *person) heard(text string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Contains(p.events, text)
}

// forget forgets what was heard.
func (p *person) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.events = nil
}

// eventually waits until text was heard.
func (p *person) eventually(text string) {
	p.t.Helper()
	end := time.Now().Add(deadline)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !p.heard(text) {
		if time.Now().After(end) {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.t.Fatalf("%s never heard %q, but %q", p.name, text, p.events)
		}
		<-tick.C
	}
}

// id returns the connection's id.
func (p *person) id() protocol.ConnectionID { return p.welcomed().You.ID }

func (p *person) welcomed() protocol.Welcome {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.welcome
}

// stream returns the id of the person's stream.
func (p *person) stream() string { return string(p.Publishers()[0].StreamID()) }

// unmute asks for the own sound back.
func (p *person) unmute() error {
	ctx, cancel := context.WithTimeout(p.t.Context(), deadline)
	defer cancel()
	return p.Publishers()[0].SetMuted(ctx, protocol.KindAudio, false)
}
