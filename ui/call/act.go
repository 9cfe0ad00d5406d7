package call

import (
	"fyne.io/fyne/v2"

	"parley/ui/keys"
	"parley/ui/model"
)

// Act does what a key stands for.
func (s *Screen) Act(action keys.Action) {
	b := s.bottom
	switch action {
	case keys.ToggleMic:
		s.unless(b.mic.Disabled(), func() { s.env.Send(model.ToggleMic{}) })
	case keys.ToggleCamera:
		s.unless(b.camera.Disabled(), func() { s.env.Send(model.ToggleCamera{}) })
	case keys.ToggleShare:
		s.unless(b.share.Disabled(), b.toggleShare)
	case keys.ToggleHand:
		s.unless(b.hand.Disabled(), func() { s.env.Send(model.ToggleHand{}) })
	case keys.ToggleChat:
		b.toggleChat()
	case keys.TogglePeople:
		b.togglePeople()
	case keys.NextView:
		s.env.Send(model.SetView{View: (s.call.Arrangement.View + 1) % 3})
	case keys.NextPage:
		s.stage.turn(1)
	case keys.PreviousPage:
		s.stage.turn(-1)
	case keys.ZoomIn, keys.ZoomOut, keys.ZoomAll:
		s.zoom(action)
	case keys.Search:
		s.search()
	case keys.LeaveCall:
		s.env.Send(model.Leave{})
	case keys.Talk, keys.Number, keys.FullScreen, keys.OpenSettings, keys.ShowKeys: // the window's
	}
}

// search looks for something in the chat; it opens it for that.
func (s *Screen) search() {
	if s.call.Panel != model.PanelChat {
		s.env.Send(model.ShowPanel{Panel: model.PanelChat})
		return
	}
	s.panel.search()
}

func (s *Screen) unless(disabled bool, do func()) {
	if !disabled {
		do()
	}
}

func (s *Screen) zoom(action keys.Action) {
	t := s.stage.zoomed()
	switch {
	case t == nil:
	case action == keys.ZoomAll:
		t.ZoomAll()
	default:
		t.Zoom(action == keys.ZoomIn)
	}
}

// Number does what a digit stands for.
func (s *Screen) Number(n int) { s.stage.number(n) }

// MayTalk reports whether holding a key may open the microphone: it is off, and one may speak here.
func (s *Screen) MayTalk() bool { return !s.call.MicOn && !s.bottom.mic.Disabled() }

// Key handles the keys that no widget wants, and reports whether it had a use for one.
func (s *Screen) Key(k *fyne.KeyEvent) bool {
	switch k.Name {
	case fyne.KeyEscape:
		if s.call.Panel == model.PanelNone {
			return false
		}
		s.env.Send(model.ShowPanel{Panel: model.PanelNone})
	case fyne.KeyPageDown, fyne.KeyRight:
		s.stage.turn(1)
	case fyne.KeyPageUp, fyne.KeyLeft:
		s.stage.turn(-1)
	default:
		return false
	}
	return true
}
