package ui

import (
	"fmt"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"parley/ui/model"
	"parley/ui/theme"
	"parley/ui/uitest"
	"parley/ui/widgets"
)

func TestClosingAsksOnceInCompany(t *testing.T) {
	b := newBench(t, dark(), 900, 600, inCall(callOf(2)))
	b.askToClose()
	b.Want(t)
	uitest.Press(t, b.canvas(), "Stay")
	b.Want(t)
	if uitest.Has(b.canvas(), "Stay") {
		t.Error("the question stays")
	}
	b.askToClose()
	b.key(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if uitest.Has(b.canvas(), "Stay") {
		t.Error("Escape does not stay")
	}
	b.askToClose()
	uitest.Press(t, b.canvas(), "Leave and close")
	b.Want(t, model.Leave{}, model.Quit{})
}

func TestClosingAgainDoesNotAskAgain(t *testing.T) {
	b := newBench(t, dark(), 900, 600, inCall(callOf(2)))
	b.askToClose()
	b.askToClose()
	b.Want(t, model.Leave{}, model.Quit{})
}

func TestClosingAloneJustEnds(t *testing.T) {
	lost := callOf(3)
	lost.Phase = model.PhaseLost
	for name, c := range map[string]struct {
		state model.State
		want  []model.Intent
	}{
		"home":  {model.State{}, []model.Intent{model.Quit{}}},
		"alone": {inCall(callOf(1)), []model.Intent{model.Leave{}, model.Quit{}}},
		"lost":  {inCall(lost), []model.Intent{model.Leave{}, model.Quit{}}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, dark(), 900, 600, c.state)
			closed := ""
			b.opt.Closed = func(w, h int) { closed += fmt.Sprint(w, "x", h) }
			b.askToClose()
			b.Want(t, c.want...)
			b.Close()
			if closed != "900x600" {
				t.Errorf("closed with %q", closed)
			}
		})
	}
}

func TestQuestionGoesWhenTheOthersDo(t *testing.T) {
	b := newBench(t, dark(), 900, 600, inCall(callOf(2)))
	b.askToClose()
	b.apply(inCall(callOf(1)))
	if uitest.Has(b.canvas(), "Stay") {
		t.Error("the question stays though nobody is left")
	}
}

func TestNewWindowStartsAndStops(t *testing.T) {
	app := test.NewTempApp(t)
	sent := 0
	w := New(app, Options{Send: func(model.Intent) { sent++ }})
	if got := w.win.Canvas().Size(); got != fyne.NewSize(1100, 700) {
		t.Errorf("the window is %v", got)
	}
	w.PicturesChanged()
	w.presenter.stop()
	if sent != 0 {
		t.Errorf("%d intents were sent by themselves", sent)
	}
}

func TestTooltipNamesTheShortcut(t *testing.T) {
	b := newBench(t, dark(), 900, 600, inCall(callOf(2)))
	button, ok := uitest.Find(b.canvas(), func(x *widgets.IconButton) bool { return x.Name() == "Mute" })
	if !ok {
		t.Fatal("no button")
	}
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(button)
	test.MoveMouse(b.canvas(), at.AddXY(20, 20))
	if got := b.env.Tips.Text(); got != "Mute  ·  M" {
		t.Errorf("the tooltip says %q", got)
	}
	b.golden(t, "tooltip-dark")
	test.MoveMouse(b.canvas(), fyne.NewPos(450, 8))
	if got := b.env.Tips.Text(); got != "" {
		t.Errorf("the tooltip %q stays", got)
	}
}

// TestEverythingFits looks at every screen in small windows and with large text: each button is inside the window and large enough
// to hit.
func TestEverythingFits(t *testing.T) {
	chatting, listing, picking := callOf(3), callOf(3), callOf(3)
	chatting.Panel, chatting.Chat = model.PanelChat, chat()[5:6]
	listing.Panel = model.PanelPeople
	picking.SharePickerOpen, picking.Screens = true, screenChoices()
	lost := callOf(3)
	lost.Phase = model.PhaseLost
	states := map[string]model.State{
		"home": {Home: model.Home{Link: "host:1/x"}}, "prejoin": {Screen: model.ScreenPrejoin, Prejoin: prejoinState()}, "call": inCall(callOf(9)),
		"chat": inCall(chatting), "people": inCall(listing), "picker": inCall(picking), "lost": inCall(lost),
	}
	for _, text := range []float32{1, 1.5} {
		for name, state := range states {
			for _, size := range []fyne.Size{{Width: 640, Height: 360}, {Width: 640, Height: 480}} {
				t.Run(fmt.Sprint(name, size.Width, "x", size.Height, "x", text), func(t *testing.T) {
					b := newBench(t, theme.New(theme.Light, text), int(size.Width), int(size.Height), state)
					if got := b.canvas().Size(); got != size {
						t.Fatalf("the window grew to %v", got)
					}
					trees := []fyne.CanvasObject{b.canvas().Content()}
					if top := b.canvas().Overlays().Top(); top != nil {
						trees = []fyne.CanvasObject{top}
					}
					uitest.Walk(trees, func(o fyne.CanvasObject, at fyne.Position) { checkFit(t, o, at, size, text) })
				})
			}
		}
	}
}

func checkFit(t *testing.T, o fyne.CanvasObject, at fyne.Position, size fyne.Size, text float32) {
	named, ok := o.(uitest.Named)
	if !ok {
		return
	}
	z := o.Size()
	if z.Width < theme.Target-0.1 || z.Height < theme.Target-0.1 {
		t.Errorf("%q is only %v", named.Name(), z)
	}
	scrolls := text > 1 && size.Height < 480 // the form of the device check scrolls then
	if at.X < 0 || at.Y < 0 || at.X+z.Width > size.Width+0.1 || at.Y+z.Height > size.Height+0.1 {
		if _, choice := o.(*widgets.Choice); !choice && !scrolls {
			t.Errorf("%q at %v of %v is not inside %v", named.Name(), at, z, size)
		}
	}
}
