package rtc_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"parley/rtc"
	"parley/rtc/protocol"
	"parley/server/servertest"
)

// border passes TCP connections on to a server. It can cut them, and hold back what the server says on later ones after its first words.
type border struct {
	net.Listener
	to string

	mu    sync.Mutex
	conns []net.Conn
	gate  chan struct{} // closed is open
	done  sync.WaitGroup
}

func newBorder(t *testing.T, to string) *border {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &border{Listener: l, to: to, gate: make(chan struct{})}
	close(b.gate)
	b.done.Go(b.accept)
	t.Cleanup(func() { _ = l.Close(); b.cut(); b.done.Wait() })
	return b
}

func (b *border) accept() {
	for {
		in, err := b.Accept()
		if err != nil {
			return
		}
		out, err := net.Dial("tcp", b.to)
		if err != nil {
			_ = in.Close()
			continue
		}
		b.mu.Lock()
		b.conns = append(b.conns, in, out)
		gate := b.gate
		b.mu.Unlock()
		b.done.Go(func() { pass(out, in, nil) })
		b.done.Go(func() { pass(in, out, gate) })
	}
}

// pass copies; from the second piece on it waits for gate.
func pass(to, from net.Conn, gate <-chan struct{}) {
	defer to.Close()
	defer from.Close()
	buf := make([]byte, 64<<10)
	for n := 0; ; n++ {
		size, err := from.Read(buf)
		if err != nil {
			return
		}
		if gate != nil && n > 0 {
			<-gate
		}
		if _, err := to.Write(buf[:size]); err != nil {
			return
		}
	}
}

func (b *border) cut() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.conns {
		_ = c.Close()
	}
	b.conns = nil
}

// hold holds back what the server says on connections from now on, until the function that it returns is called.
func (b *border) hold() func() {
	b.mu.Lock()
	defer b.mu.Unlock()
	gate := make(chan struct{})
	b.gate = gate
	return sync.OnceFunc(func() { close(gate) })
}

// streams returns what somebody who joins now finds published, by name.
func streams(t *testing.T, s *servertest.Server, id protocol.SessionID) map[string]protocol.Stream {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	session, err := rtc.Connect(ctx, s.URL, s.Token(id, "subscriber", ""), rtc.Options{Subscribe: protocol.SubscribeNone, HTTPClient: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}})
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	found := map[string]protocol.Stream{}
	for ev := range session.Events() {
		for _, st := range ev.(rtc.SessionConnected).Welcome.Streams {
			found[st.Name] = st
		}
		break
	}
	return found
}

func TestChangesWhileReconnectingCount(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t)
	id := server.Session()
	b := newBorder(t, server.Host)
	through := *server
	through.URL = "http://" + b.Addr().String()
	ann := join(t, &through, server.Token(id, "publisher", "Ann"), rtc.Options{Publish: []rtc.StreamConfig{camera(nil)}})
	screen, err := ann.Publish(t.Context(), rtc.StreamConfig{Key: "screen", Name: "screen", VideoType: protocol.VideoScreen, Video: true})
	if err != nil {
		t.Fatal(err)
	}
	first := screen.StreamID()
	release := b.hold()
	defer release()
	b.cut()
	eventually(t, func() string { // the server knows of the new connection, the client not yet
		if st := streams(t, server, id)["screen"]; st.ID == "" || st.ID == first {
			return "Ann's hello has not come"
		}
		return ""
	})
	if err := ann.Publishers()[0].SetMuted(t.Context(), protocol.KindAudio, true); err != nil {
		t.Error(err)
	}
	if err := screen.Close(t.Context()); err != nil {
		t.Error(err)
	}
	release()
	eventually(t, func() string {
		found := streams(t, server, id)
		if found["screen"].ID != "" || found["cam"].ID == "" || found["cam"].HasAudio {
			return fmt.Sprintf("a screen that is no longer shared, or a microphone that is muted: %+v", found)
		}
		return ""
	})
}

func TestStreamThatAModeratorEndedStaysEnded(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t)
	id := server.Session()
	ann := join(t, server, server.Token(id, "publisher", "Ann"), rtc.Options{Publish: []rtc.StreamConfig{camera(nil)}})
	mod := join(t, server, server.Token(id, "moderator", "Mod"), rtc.Options{})
	old := ann.Publishers()[0]
	if err := mod.ForceUnpublish(t.Context(), old.StreamID()); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() string {
		if !ann.heard("streamDestroyed") {
			return "Ann does not know that her stream was ended"
		}
		return ""
	})
	if err := old.SetMuted(t.Context(), protocol.KindAudio, true); err != nil {
		t.Errorf("mute what was ended: %v", err)
	}
	// Another stream does not bring it back, and it can be published again when its owner wants that.
	if _, err := ann.Publish(t.Context(), rtc.StreamConfig{Key: "screen", Name: "screen", VideoType: protocol.VideoScreen, Video: true}); err != nil {
		t.Fatal(err)
	}
	if found := streams(t, server, id); len(found) != 1 || found["screen"].ID == "" {
		t.Errorf("published: %+v", found)
	}
	again, err := ann.Publish(t.Context(), camera(nil))
	if err != nil {
		t.Fatal(err)
	}
	tick, check := 0, flows(mod, again.StreamID(), protocol.KindAudio)
	eventually(t, func() string {
		tick++
		if err := again.WriteAudio(frame(uint32(tick), false), time.Duration(tick)*20*time.Millisecond, false); err != nil {
			t.Error(err)
		}
		return check()
	})
}
