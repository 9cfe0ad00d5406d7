package controller

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"parley/app/config"
	"parley/server/servertest"
	"parley/ui/model"
)

func TestComputerStaysAwakeInACall(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t)
	link := server.Invite(server.Session(), 10)
	var held, asked atomic.Int32
	hold := func(_ context.Context, reason string) (func(), error) {
		asked.Add(1)
		if reason == "" {
			return nil, errors.New("no reason")
		}
		held.Add(1)
		return func() { held.Add(-1) }, nil
	}
	d := openDesk(t, config.Flags{Join: link, Name: "Ann"}, nil, func(o *Options) { o.Awake = hold })
	holds := func(want int32) func(model.State) string {
		return func(model.State) string {
			if got := held.Load(); got != want {
				return fmt.Sprintf("held %d times, want %d", got, want)
			}
			return ""
		}
	}
	d.until(func(s model.State) string {
		if s.Screen != model.ScreenPrejoin {
			return "not on the pre-join screen"
		}
		return ""
	})
	d.until(holds(0))
	d.Send(model.Join{})
	d.until(holds(1))
	d.Send(model.Leave{})
	d.until(holds(0))
	d.Send(model.OpenLink{Link: link})
	d.Send(model.Join{})
	d.until(holds(1))
	d.Send(model.Quit{})
	<-d.done
	if held.Load() != 0 || asked.Load() != 2 {
		t.Errorf("after the end it is held %d times, asked %d times", held.Load(), asked.Load())
	}
}

func TestMessagesAreToldToTheDesktop(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t)
	link := server.Invite(server.Session(), 10)
	told := make(chan string, 10)
	ben := newDesk(t, config.Flags{Join: link, SkipPrejoin: true, Name: "Ben"}, nil)
	ben.untilCall()
	ben.Send(model.SendChat{Text: "before anybody came"})
	ben.until(func(s model.State) string {
		if len(s.Call.Chat) != 1 || s.Call.Chat[0].Pending {
			return "not sent"
		}
		return ""
	})
	ann := openDesk(t, config.Flags{Join: link, SkipPrejoin: true, Name: "Ann"}, nil, func(o *Options) {
		o.Notify = func(title, text string) { told <- title + ": " + text }
	})
	ann.untilCall()
	ben.Send(model.SendChat{Text: strings.Repeat("long ", 100)})
	want := "Ben: " + string([]rune(strings.Repeat("long ", 100))[:noticeMost]) + "…"
	if got := <-told; got != want {
		t.Errorf("told %q", got)
	}
	ann.Send(model.SendChat{Text: "my own"})
	ann.Send(model.SetSwitch{Switch: model.SwitchNotify})
	ann.until(func(s model.State) string {
		if s.Settings.Notify {
			return "still on"
		}
		return ""
	})
	ben.Send(model.SendChat{Text: "unheard"})
	ann.until(func(s model.State) string {
		if len(s.Call.Chat) != 4 {
			return fmt.Sprintf("%d lines", len(s.Call.Chat))
		}
		return ""
	})
	ann.Send(model.Quit{})
	<-ann.done
	if len(told) != 0 {
		t.Errorf("told too: %q", <-told)
	}
}

func TestPlaceIsRemembered(t *testing.T) {
	t.Parallel()
	d := newDesk(t, config.Flags{}, nil)
	d.Moved(-20, 40)
	d.saved(func(s config.Settings) string {
		if s.Place != (config.Place{X: -20, Y: 40, Known: true}) {
			return fmt.Sprintf("%+v", s.Place)
		}
		return ""
	})
}

func TestHoldingAKeyTalks(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t)
	link := server.Invite(server.Session(), 10)
	ann := newDesk(t, config.Flags{Join: link, SkipPrejoin: true, Name: "Ann"}, nil)
	ben := newDesk(t, config.Flags{Join: link, SkipPrejoin: true, Name: "Ben"}, nil)
	ann.untilCall()
	ben.untilCall()
	ann.Send(model.Talk{On: true}) // the microphone is on: nothing to do
	ann.Send(model.ToggleMic{})
	muted := func(want bool) func(model.State) string {
		return func(s model.State) string {
			if tl, ok := tile(s, "Ann", false); !ok || tl.Muted != want {
				return fmt.Sprintf("Ann's tile: %+v", tl)
			}
			return ""
		}
	}
	ben.until(muted(true))
	ann.Send(model.Talk{On: true})
	ben.until(muted(false))
	ann.until(func(s model.State) string {
		if !s.Call.Talking || !s.Call.MicOn {
			return "nothing says that one talks"
		}
		return ""
	})
	ann.Send(model.Talk{})
	ben.until(muted(true))
}
