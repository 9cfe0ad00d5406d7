package rtc_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"parley/rtc"
	"parley/rtc/protocol"
	"parley/rtc/rtctest"
	"parley/server/servertest"
)

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

// behind returns a server as it is seen from behind a border.
func behind(s *servertest.Server, b *rtctest.Border) *servertest.Server {
	through := *s
	through.URL = b.URL()
	return &through
}

func TestChangesWhileReconnectingCount(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t)
	id := server.Session()
	b := rtctest.NewBorder(t, server.Host)
	ann := join(t, behind(server, b), server.Token(id, "publisher", "Ann"), rtc.Options{Publish: []rtc.StreamConfig{camera(nil)}})
	screen, err := ann.Publish(t.Context(), rtc.StreamConfig{Key: "screen", Name: "screen", VideoType: protocol.VideoScreen, Video: true})
	if err != nil {
		t.Fatal(err)
	}
	release := b.Hold()
	defer release()
	b.Cut()
	eventually(t, func() string { // the server has welcomed the client, which does not know yet
		if !b.Holding() {
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
