package controller

import (
	"fmt"
	"testing"

	"parley/app/config"
	"parley/rtc"
	"parley/rtc/protocol"
	"parley/server/servertest"
	"parley/ui/model"
)

func (d *desk) untilScreen(want model.Screen) {
	d.t.Helper()
	d.until(func(s model.State) string {
		if s.Screen != want {
			return fmt.Sprintf("screen %d, %q", s.Screen, s.Prejoin.Problem)
		}
		return ""
	})
}

func TestComingBackCostsNoUseOfTheInvite(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t)
	link := server.Invite(server.Session(), 1)
	ann := newDesk(t, config.Flags{Join: link, SkipPrejoin: true, Name: "Ann"}, nil)
	ann.untilCall()
	ann.Send(model.Leave{})
	ann.untilScreen(model.ScreenHome)
	ann.Send(model.OpenLink{Link: link})
	ann.untilScreen(model.ScreenPrejoin)
	ann.Send(model.Join{})
	ann.untilCall()
}

// lost brings a desk to a call that is lost.
func lost(t *testing.T, server *servertest.Server, d *desk) {
	t.Helper()
	d.untilCall()
	d.loop.post(func() { // as after thirty seconds without the server
		d.disconnected(rtc.SessionDisconnected{Reason: protocol.ReasonNetworkDisconnected})
	})
	d.until(func(s model.State) string {
		if s.Call.Phase != model.PhaseLost {
			return fmt.Sprintf("phase %d", s.Call.Phase)
		}
		return ""
	})
}

func TestLinkOpenedWhereTheCallIsLost(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t)
	ann := newDesk(t, config.Flags{Join: server.Invite(server.Session(), 9), SkipPrejoin: true, Name: "Ann"}, nil)
	lost(t, server, ann)
	ann.Send(model.SendChat{Text: "for the first meeting only"})
	ann.until(func(s model.State) string {
		if len(s.Call.Chat) != 1 || s.Call.Chat[0].Failed == "" {
			return fmt.Sprintf("what was typed is lost: %+v", s.Call.Chat)
		}
		return ""
	})
	ann.Send(model.OpenLink{Link: server.Invite(server.Session(), 9)})
	ann.untilScreen(model.ScreenPrejoin)
	ann.Send(model.Join{})
	ann.untilCall()
	ann.until(func(s model.State) string {
		if len(s.Call.Chat) != 0 || !s.Call.CameraOn {
			return fmt.Sprintf("chat of the other meeting: %+v", s.Call.Chat)
		}
		return ""
	})
}

func TestRejoinCancelledAndAskedForTwice(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t)
	ann := newDesk(t, config.Flags{Join: server.Invite(server.Session(), 9), SkipPrejoin: true, Name: "Ann"}, nil)
	lost(t, server, ann)
	ann.Send(model.Rejoin{})
	ann.Send(model.CancelJoin{})
	ann.until(func(s model.State) string {
		if s.Call.Phase != model.PhaseLost || s.Prejoin.Joining {
			return fmt.Sprintf("phase %d", s.Call.Phase)
		}
		return ""
	})
	ann.Send(model.Rejoin{})
	ann.untilCall()
	ann.Send(model.Rejoin{}) // a second click that came late
	ann.Send(model.ShowPanel{Panel: model.PanelChat})
	ann.until(func(s model.State) string {
		if s.Call.Panel != model.PanelChat || s.Call.Phase != model.PhaseRunning {
			return fmt.Sprintf("phase %d", s.Call.Phase)
		}
		return ""
	})
}

func TestChatAfterReconnecting(t *testing.T) {
	t.Parallel()
	line := func(id, from, text string) protocol.ChatLine {
		return protocol.ChatLine{ID: id, From: protocol.ConnectionID(from), Text: text}
	}
	var c chat
	c.enter(protocol.Welcome{Chat: []protocol.ChatLine{line("1", "ben", "old")}}, "ann-1")
	c.received(protocol.SignalMessage{ID: "2", Type: "chat", From: "ann-1", Data: "mine"}, true)
	for i, text := range []string{"kept though not acknowledged", "never came", "mine"} {
		c.lines = append(c.lines, model.ChatLine{ID: fmt.Sprint("local-", i), Own: true, Text: text, Pending: true})
	}
	// The server comes back with its newest lines.
	if fresh := c.enter(protocol.Welcome{Chat: []protocol.ChatLine{
		line("2", "ann-1", "mine"), line("3", "ann-1", "kept though not acknowledged"), line("4", "ben", "new"), line("5", "ben", "regretted"),
	}}, "ann-2"); fresh != 2 {
		t.Errorf("%d new lines", fresh)
	}
	c.received(protocol.SignalMessage{ID: "4", Type: "chat", From: "ben", Data: "new"}, false) // a resumed connection is told once more
	c.deleted("5")
	if c.unread != 0 {
		t.Errorf("%d unread", c.unread)
	}
	got := ""
	for _, l := range c.lines {
		got += fmt.Sprintf("%s own=%v pending=%v\n", l.Text, l.Own, l.Pending)
	}
	want := `old own=false pending=false
mine own=true pending=false
kept though not acknowledged own=true pending=false
new own=false pending=false
never came own=true pending=true
mine own=true pending=true
`
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}
