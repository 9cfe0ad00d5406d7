package ui

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"parley/ui/keys"
	"parley/ui/model"
	"parley/ui/theme"
	"parley/ui/uitest"
	"parley/ui/widgets"
)

// plainWants is what plain keys ask for in a call with the microphone on, nothing open and hands to raise.
var plainWants = map[fyne.KeyName]model.Intent{
	fyne.KeyM: model.ToggleMic{}, fyne.KeyV: model.ToggleCamera{}, fyne.KeyS: model.OpenSharePicker{}, fyne.KeyH: model.ToggleHand{},
	fyne.KeyC: model.ShowPanel{Panel: model.PanelChat}, fyne.KeyP: model.ShowPanel{Panel: model.PanelPeople}, fyne.KeyG: model.SetView{View: model.ViewSpeaker},
}

func raising(people int) model.Call {
	c := callOf(people)
	c.CanRaiseHand = true
	return c
}

func TestPlainKeys(t *testing.T) {
	b := newBench(t, dark(), 1100, 700, inCall(raising(3)))
	for name, want := range plainWants {
		b.press(name)
		b.Want(t, want)
	}
	// A button or a tile with the keyboard passes them on.
	b.canvas().FocusNext()
	for _, holder := range []string{"tile", "button"} {
		if _, isTile := b.canvas().Focused().(*widgets.Tile); isTile != (holder == "tile") {
			t.Fatalf("%T has the keyboard, not a %s", b.canvas().Focused(), holder)
		}
		b.canvas().Focused().(interface{ KeyDown(*fyne.KeyEvent) }).KeyDown(&fyne.KeyEvent{Name: fyne.KeyM})
		b.Want(t, model.ToggleMic{})
		for range 3 {
			b.canvas().FocusNext()
		}
	}
}

func TestPlainKeysRestWhileSomethingElseIsAskedFor(t *testing.T) {
	for name, state := range map[string]func(*bench) model.State{
		"ctrl": func(b *bench) model.State {
			b.env.Held = func() fyne.KeyModifier { return fyne.KeyModifierControl }
			return inCall(raising(2))
		},
		"picker": func(*bench) model.State {
			c := raising(2)
			c.SharePickerOpen, c.Screens = true, screenChoices()
			return inCall(c)
		},
		"home":    func(*bench) model.State { return model.State{} },
		"prejoin": func(*bench) model.State { return checking(func(*model.Prejoin) {}) },
		"list": func(b *bench) model.State {
			b.typed('?')
			return inCall(raising(2))
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, dark(), 900, 600, inCall(raising(2)))
			b.apply(state(b))
			b.All = nil
			for key := range plainWants {
				b.press(key)
			}
			b.press(fyne.KeySpace, fyne.Key1, fyne.KeyF)
			b.Want(t)
			if b.win.FullScreen() {
				t.Error("the window fills the screen")
			}
		})
	}
}

func TestTypingIsNoCommand(t *testing.T) {
	c := raising(2)
	c.MicOn, c.Panel = false, model.PanelChat
	b := newBench(t, dark(), 1100, 700, inCall(c))
	f := b.field(t)
	for _, r := range "mvsc hf1?+" {
		f.KeyDown(&fyne.KeyEvent{Name: fyne.KeyName(string(r - 'a' + 'A'))})
		f.TypedRune(r)
	}
	if f.Text != "mvsc hf1?+" {
		t.Errorf("the field has %q", f.Text)
	}
	for _, i := range b.All {
		if _, draft := i.(model.SetDraft); !draft {
			t.Errorf("typing sends %#v", i)
		}
	}
	b.All = nil
	// A click on the stage gives the keyboard back to the window.
	b.tiles()["sp0"].MouseDown(nil)
	if b.canvas().Focused() != nil {
		t.Fatal("the field keeps the keyboard")
	}
	b.press(fyne.KeyM)
	b.Want(t, model.ToggleMic{})
}

func TestSpaceHoldsToTalk(t *testing.T) {
	c := callOf(2)
	b := newBench(t, dark(), 900, 600, inCall(c))
	b.press(fyne.KeySpace)
	b.Want(t) // the microphone is on
	c.MicOn = false
	b.apply(inCall(c))
	b.keyDown(&fyne.KeyEvent{Name: fyne.KeySpace})
	b.Want(t, model.Talk{On: true})
	c.MicOn, c.Talking = true, true
	b.apply(inCall(c))
	if !uitest.Has(b.canvas(), "You are heard while you hold the key") {
		t.Error("nothing says that one is heard")
	}
	b.keyUp(&fyne.KeyEvent{Name: fyne.KeySpace})
	b.Want(t, model.Talk{})
	c.MicOn, c.Talking = false, false
	b.apply(inCall(c))
	b.keyDown(&fyne.KeyEvent{Name: fyne.KeySpace})
	b.app.Lifecycle().(interface{ OnExitedForeground() func() }).OnExitedForeground()()
	b.Want(t, model.Talk{On: true}, model.Talk{})
	c.CanPublish = false
	b.apply(inCall(c))
	b.press(fyne.KeySpace, fyne.KeyM, fyne.KeyV, fyne.KeyS, fyne.KeyH)
	b.Want(t)
}

func TestKeysAreListed(t *testing.T) {
	b := newBench(t, dark(), 900, 600, inCall(callOf(2)))
	b.typed('?')
	if !uitest.Has(b.canvas(), "Close") {
		t.Fatal("? lists nothing")
	}
	listed := 0
	for _, binding := range keys.Bindings() {
		if _, ok := uitest.Find(b.canvas(), func(p *widgets.Paragraph) bool { return p.Text() == b.env.Say("keys."+binding.Action.String()) }); ok {
			listed++
		}
	}
	if listed != len(keys.Bindings()) {
		t.Errorf("%d of %d are listed", listed, len(keys.Bindings()))
	}
	b.key(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if b.env.Busy() {
		t.Error("Escape does not close the list")
	}
	uitest.Press(t, b.canvas(), "More")
	test.TapCanvas(b.canvas(), fyne.NewPos(2, 2)) // beside the menu
}

func TestGoldenKeys(t *testing.T) {
	for _, s := range []scene{
		{"keys-dark", theme.Dark, 1, 1100, 700, inCall(callOf(2))},
		{"keys-light-small", theme.Light, 1, 640, 480, inCall(callOf(2))},
		{"keys-large-text", theme.Dark, 2, 900, 600, inCall(callOf(2))},
	} {
		t.Run(s.name, func(t *testing.T) {
			b := newBench(t, theme.New(s.variant, s.text), s.width, s.height, s.state)
			b.typed('?')
			b.golden(t, s.name)
		})
	}
	b := newBench(t, dark(), 900, 600, inCall(callOf(2)))
	uitest.Press(t, b.canvas(), "More")
	b.golden(t, "more-dark")
}
