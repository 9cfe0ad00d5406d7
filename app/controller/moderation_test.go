package controller

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"parley/app/config"
	"parley/rtc"
	"parley/rtc/protocol"
	"parley/server/servertest"
	"parley/ui/model"
)

// moderator joins a desk's session and takes note of nothing.
func moderator(t *testing.T, server *servertest.Server, d *desk) *rtc.Session {
	t.Helper()
	tok := server.Token(firstSession(d), "moderator", "Mod")
	s, err := rtc.Connect(t.Context(), server.URL, tok, rtc.Options{Subscribe: protocol.SubscribeNone, HTTPClient: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// ownStream returns the id of what a desk publishes.
func ownStream(d *desk) protocol.StreamID {
	got := make(chan protocol.StreamID, 1)
	d.loop.post(func() {
		id := protocol.StreamID("")
		if p := d.call.camera.publisher.Load(); p != nil {
			id = p.StreamID()
		}
		got <- id
	})
	return <-got
}

func TestPublishAgainAfterAModeratorEndedIt(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t)
	link := server.Invite(server.Session(), 10)
	ann := newDesk(t, config.Flags{Join: link, SkipPrejoin: true, Name: "Ann"}, nil)
	ben := newDesk(t, config.Flags{Join: link, SkipPrejoin: true, Name: "Ben"}, nil)
	ann.untilCall()
	ben.untilCall()
	ben.showing("Ann", false)
	if err := moderator(t, server, ann).ForceUnpublish(context.Background(), ownStream(ann)); err != nil {
		t.Fatal(err)
	}
	ann.until(func(s model.State) string {
		if s.Call.CameraOn || s.Call.MicOn {
			return "camera or microphone stay on"
		}
		return ""
	})
	// Sharing a screen does not bring the camera back.
	ann.Send(model.StartShare{ID: "s1"})
	ben.showing("Ann", true)
	ben.until(func(s model.State) string {
		if tl, ok := tile(s, "Ann", false); !ok || tl.Media != model.TileCameraOff || !tl.Muted {
			return fmt.Sprintf("Ann's tile: %+v", tl)
		}
		return ""
	})
	ann.Send(model.ToggleCamera{})
	ben.showing("Ann", false)
	ben.until(func(s model.State) string {
		if tl, _ := tile(s, "Ann", false); !tl.Muted {
			return "Ann's microphone came back by itself"
		}
		return ""
	})
	ann.Send(model.ToggleMic{})
	ben.until(func(s model.State) string {
		if tl, _ := tile(s, "Ann", false); tl.Muted || !tl.Speaking {
			return "Ann is not heard again"
		}
		return ""
	})
}

func TestShareStoppedAndStartedAtOnce(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t)
	link := server.Invite(server.Session(), 10)
	ann := newDesk(t, config.Flags{Join: link, SkipPrejoin: true, Name: "Ann"}, nil)
	ben := newDesk(t, config.Flags{Join: link, SkipPrejoin: true, Name: "Ben"}, nil)
	ann.untilCall()
	ben.untilCall()
	for _, i := range []model.Intent{model.StartShare{ID: "s1"}, model.StopShare{}, model.StartShare{ID: "s1"}} {
		ann.Send(i)
	}
	ben.showing("Ann", true)
	ann.until(func(s model.State) string {
		if s.Call.Sharing == nil || len(s.Notices) > 0 {
			return fmt.Sprintf("sharing %v, notices %v", s.Call.Sharing, s.Notices)
		}
		return ""
	})
	for _, i := range []model.Intent{model.StopShare{}, model.StartShare{ID: "s1"}, model.StopShare{}} {
		ann.Send(i)
	}
	ben.until(func(s model.State) string {
		if _, ok := tile(s, "Ann", true); ok {
			return "the shared screen stays"
		}
		return ""
	})
	ann.Send(model.StartShare{ID: "s1"})
	ben.showing("Ann", true)
}
