package controller

import (
	"fmt"
	"testing"
	"time"

	"parley/app/config"
	"parley/rtc"
	"parley/server/servertest"
	"parley/ui/model"
)

func TestMeetingsAreRememberedAndForgotten(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t)
	link := server.Invite(server.Session(), 10)
	d := newDesk(t, config.Flags{Name: "Ann"}, nil)
	join := func() {
		t.Helper()
		d.Send(model.OpenLink{Link: link})
		d.Send(model.Join{})
		d.untilCall()
		d.Send(model.Leave{})
		d.until(func(s model.State) string {
			if s.Screen != model.ScreenHome {
				return "not home"
			}
			return ""
		})
	}
	kept := func(n int) func(model.State) string {
		return func(s model.State) string {
			if len(s.Home.Recent) != n {
				return fmt.Sprintf("%d meetings are kept: %+v", len(s.Home.Recent), s.Home.Recent)
			}
			return ""
		}
	}
	join()
	join() // the same one again
	d.until(kept(1))
	m := d.latest.Load().Home.Recent[0]
	if m.Link != link || m.Name != server.Host || len(m.Code) < 6 || time.Since(m.Last) > time.Minute {
		t.Errorf("kept as %+v", m)
	}
	d.saved(func(s config.Settings) string {
		if len(s.Privacy.Recent) != 1 || s.Privacy.Recent[0].Link != link {
			return fmt.Sprintf("saved %+v", s.Privacy)
		}
		return ""
	})
	d.Send(model.ForgetMeeting{Link: link})
	d.until(kept(0))
	join()
	d.until(kept(1))
	d.Send(model.SetSwitch{Switch: model.SwitchKeepMeetings})
	d.until(kept(0))
	join()
	d.until(kept(0))
	d.saved(func(s config.Settings) string {
		if len(s.Privacy.Recent) != 0 || !s.Privacy.Forget {
			return fmt.Sprintf("saved %+v", s.Privacy)
		}
		return ""
	})
}

func TestListOfMeetingsIsBounded(t *testing.T) {
	t.Parallel()
	c := New(Options{Devices: Devices{}})
	for n := range 30 {
		c.target = target{link: rtc.Link{Host: fmt.Sprint("host", n, ":1"), Invite: "ABCDEFGHIJ"}}
		c.remember(time.Unix(int64(n), 0))
	}
	if got := c.recent(); len(got) != config.MostRecent || got[0].Name != "host29:1" || got[0].Code != "ABCDEF…" {
		t.Errorf("%d kept, the first is %+v", len(got), got[0])
	}
	c.target = target{server: "http://h", token: "secret"}
	c.remember(time.Now())
	if got := c.recent(); got[0].Name != "host29:1" {
		t.Errorf("a server with a token is kept: %+v", got[0])
	}
}
