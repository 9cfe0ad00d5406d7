package controller

import (
	"fmt"
	"strings"
	"testing"

	"parley/app/config"
	"parley/assets"
	"parley/rtc/protocol"
	"parley/rtc/rtctest"
	"parley/server/servertest"
	"parley/ui/model"
)

func TestTilesStayWhenAWireIsCut(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t)
	link := server.Invite(server.Session(), 10)
	border := rtctest.NewBorder(t, server.Host)
	ann := newDesk(t, config.Flags{Join: link, SkipPrejoin: true, Name: "Ann"}, nil)
	around := strings.Replace(link, server.Host, strings.TrimPrefix(border.URL(), "http://"), 1)
	ben := newDesk(t, config.Flags{Join: around, SkipPrejoin: true, Name: "Ben"}, nil)
	ann.untilCall()
	ben.untilCall()
	ann.showing("Ben", false)
	ben.showing("Ann", false)
	was := map[*desk]string{}
	for d, name := range map[*desk]string{ann: "Ben", ben: "Ann"} {
		tl, _ := tile(*d.latest.Load(), name, false)
		was[d] = tl.ID
		d.watch(func(s model.State) string {
			if tl, ok := tile(s, name, false); !ok || tl.ID != was[d] || tl.Media != model.TilePicture || len(s.Call.Tiles) != 2 {
				return fmt.Sprintf("tiles %+v", s.Call.Tiles)
			}
			return ""
		})
	}
	open := border.Shut()
	border.Cut()
	ben.until(func(s model.State) string {
		if s.Call.Phase != model.PhaseReconnecting {
			return fmt.Sprintf("phase %d", s.Call.Phase)
		}
		return ""
	})
	ben.showing("Ann", false) // pictures go on
	ben.Send(model.SendChat{Text: "from Ben"})
	ann.Send(model.SendChat{Text: "from Ann"})
	ann.until(func(s model.State) string {
		if len(s.Call.Chat) != 1 || s.Call.Chat[0].Pending {
			return fmt.Sprintf("chat %+v", s.Call.Chat)
		}
		return ""
	})
	open()
	ben.untilCall()
	for _, d := range []*desk{ann, ben} {
		d.until(func(s model.State) string {
			if len(s.Call.Chat) != 2 || s.Call.Chat[0].Text != "from Ann" || s.Call.Chat[1].Text != "from Ben" || s.Call.Chat[1].Pending {
				return fmt.Sprintf("chat %+v", s.Call.Chat)
			}
			return ""
		})
	}
	if n := ben.latest.Load().Call.Unread; n != 1 {
		t.Errorf("%d unread lines", n)
	}
	ann.showing("Ben", false)
	ben.showing("Ann", false)
	for d := range was {
		d.watch(nil)
	}
}

func TestWaitingToBeLetIn(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t)
	id := server.Session()
	link := server.Invite(id, 10)
	first := newDesk(t, config.Flags{Server: server.URL, Token: server.Token(id, "publisher", "First")}, nil)
	connectionOf(first)
	mod := moderator(t, server, first)
	if err := mod.SetLobby(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	ann := newDesk(t, config.Flags{Join: link, SkipPrejoin: true, Name: "Ann"}, nil)
	waits := func(s model.State) string {
		if s.Screen != model.ScreenPrejoin || !s.Prejoin.Joining || s.Prejoin.Waiting == "" {
			return fmt.Sprintf("screen %d, %+v", s.Screen, s.Prejoin)
		}
		return ""
	}
	ann.until(waits)
	ann.Send(model.CancelJoin{})
	ann.until(func(s model.State) string {
		if s.Prejoin.Joining || s.Prejoin.Waiting != "" {
			return fmt.Sprintf("%+v", s.Prejoin)
		}
		return ""
	})
	ann.Send(model.Join{})
	ann.until(waits)
	if err := mod.Refuse(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	ann.until(func(s model.State) string {
		if s.Prejoin.Joining || s.Prejoin.Waiting != "" || s.Prejoin.Problem != Words(assets.NewWords("en"), protocol.Errorf(protocol.CodeAdmissionRefused, "")) {
			return fmt.Sprintf("%+v", s.Prejoin)
		}
		return ""
	})
	ann.Send(model.Join{})
	ann.until(waits)
	if err := mod.Admit(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	ann.untilCall()
	first.showing("Ann", false)
}

// connectionOf returns a desk's connection, once it has it.
func connectionOf(d *desk) protocol.ConnectionID {
	d.t.Helper()
	var id protocol.ConnectionID
	d.until(func(s model.State) string {
		if len(s.Call.People) == 0 || s.Call.People[0].ID == "" {
			return "no welcome yet"
		}
		id = protocol.ConnectionID(s.Call.People[0].ID)
		return ""
	})
	return id
}

func TestRoleTakenAndGivenBack(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t)
	link := server.Invite(server.Session(), 10)
	ann := newDesk(t, config.Flags{Join: link, SkipPrejoin: true, Name: "Ann"}, nil)
	ben := newDesk(t, config.Flags{Join: link, SkipPrejoin: true, Name: "Ben"}, nil)
	ann.untilCall()
	ben.untilCall()
	ben.showing("Ann", false)
	id := connectionOf(ann)
	mod := moderator(t, server, ann)
	if err := mod.SetRole(t.Context(), id, "subscriber", 0); err != nil {
		t.Fatal(err)
	}
	ann.until(func(s model.State) string {
		if s.Call.CanPublish || s.Call.MicOn || s.Call.CameraOn || len(s.Notices) != 1 || ann.cam.Load().open.Load() {
			return fmt.Sprintf("%+v, notices %+v", s.Call, s.Notices)
		}
		return ""
	})
	ben.until(func(s model.State) string {
		if tl, _ := tile(s, "Ann", false); tl.Media != model.TileCameraOff || !tl.Muted {
			return fmt.Sprintf("Ann's tile: %+v", tl)
		}
		return ""
	})
	ann.showing("Ben", false) // she still sees him
	if err := mod.SetRole(t.Context(), id, "publisher", 0); err != nil {
		t.Fatal(err)
	}
	ann.until(func(s model.State) string {
		if !s.Call.CanPublish || s.Call.MicOn || len(s.Notices) != 2 {
			return fmt.Sprintf("%+v, notices %+v", s.Call, s.Notices)
		}
		return ""
	})
	ann.Send(model.ToggleCamera{})
	ben.showing("Ann", false)
}

func TestBannedForGood(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t)
	link := server.Invite(server.Session(), 10)
	ann := newDesk(t, config.Flags{Join: link, SkipPrejoin: true, Name: "Ann"}, nil)
	ann.untilCall()
	id := connectionOf(ann)
	if err := moderator(t, server, ann).Ban(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	ann.until(func(s model.State) string {
		if s.Call.Phase != model.PhaseEnded {
			return fmt.Sprintf("phase %d", s.Call.Phase)
		}
		return ""
	})
	ann.Send(model.Rejoin{})
	ann.until(func(s model.State) string {
		if s.Call.Phase != model.PhaseLost || s.Call.Problem != Words(assets.NewWords("en"), protocol.Errorf(protocol.CodeBanned, "")) {
			return fmt.Sprintf("phase %d, %q", s.Call.Phase, s.Call.Problem)
		}
		return ""
	})
}

func TestUnmutingThatAModeratorForbids(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t)
	link := server.Invite(server.Session(), 10)
	ben := newDesk(t, config.Flags{Join: link, SkipPrejoin: true, Name: "Ben"}, nil)
	ben.untilCall()
	connectionOf(ben)
	mod := moderator(t, server, ben)
	if err := mod.ForceMute(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	ann := newDesk(t, config.Flags{Join: link, SkipPrejoin: true, Name: "Ann"}, nil)
	ann.untilCall()
	muted := func(notices int) func(model.State) string {
		return func(s model.State) string {
			if s.Call.MicOn || len(s.Notices) != notices {
				return fmt.Sprintf("microphone %v, notices %+v", s.Call.MicOn, s.Notices)
			}
			return ""
		}
	}
	ann.until(muted(1))
	ann.Send(model.ToggleMic{})
	ann.until(muted(2))
	if err := mod.AskUnmute(t.Context(), ownStream(ann)); err != nil {
		t.Fatal(err)
	}
	ann.until(muted(3))
	ann.Send(model.ToggleMic{})
	ben.until(func(s model.State) string {
		if tl, _ := tile(s, "Ann", false); tl.Muted || !tl.Speaking {
			return fmt.Sprintf("Ann's tile: %+v", tl)
		}
		return ""
	})
}
