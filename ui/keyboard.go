package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"parley/ui/keys"
	"parley/ui/model"
	"parley/ui/widgets"
)

// keyboard is what the window knows of the keys. Plain keys are taken as they go down, not as they are typed: a key that is held types again and
// again. They count only while no field has the keyboard and nothing lies over the window.
type keyboard struct {
	list  *widgets.Modal // of all of them
	sheet *widgets.Sheet
	holds bool // the key to talk is down
}

func (k *keyboard) build(env *widgets.Env) {
	k.sheet = widgets.NewSheet(env, env.Say("keys.title"), widgets.NewKeyList(env), env.Say("keys.close"), func() { k.list.Close() })
	k.list = widgets.NewModal(env, k.sheet, 820, func() { k.list.Close() })
}

// connectKeys takes the keys of the window.
func (w *Window) connectKeys() {
	c := w.win.Canvas()
	c.SetOnTypedKey(w.key)
	c.SetOnTypedRune(w.typed)
	if d, ok := c.(desktop.Canvas); ok {
		d.SetOnKeyDown(w.keyDown)
		d.SetOnKeyUp(w.keyUp)
	}
	w.env.Down, w.env.Up, w.env.Typed = w.keyDown, w.keyUp, w.typed
	w.env.Held = func() fyne.KeyModifier {
		if d, ok := fyne.CurrentApp().Driver().(desktop.Driver); ok {
			return d.CurrentKeyModifiers()
		}
		return 0
	}
	for _, b := range keys.Bindings() {
		if b.Chord != nil {
			c.AddShortcut(b.Chord, func(fyne.Shortcut) { w.act(b.Action) })
		}
	}
	// Where plus is the upper character of a key, Ctrl+plus comes as that of the lower one.
	c.AddShortcut(&desktop.CustomShortcut{KeyName: fyne.KeyEqual, Modifier: fyne.KeyModifierControl}, func(fyne.Shortcut) { w.act(keys.ZoomIn) })
}

// key handles the typed keys that no widget wants.
func (w *Window) key(k *fyne.KeyEvent) {
	if k.Name == fyne.KeyEscape && w.escape() {
		return
	}
	if w.keys.list.IsOpen() {
		w.keys.sheet.Key(k.Name)
	}
	if w.env.Busy() {
		return
	}
	switch w.state.Screen {
	case model.ScreenPrejoin:
		w.screens.prejoin.Key(k)
	case model.ScreenCall:
		switch {
		case w.screens.call.Key(k):
		case k.Name == fyne.KeyF11, k.Name == fyne.KeyEscape && w.win.FullScreen():
			w.toggleFull()
		}
	case model.ScreenHome:
	}
}

// escape closes what lies over the window, and reports whether something did.
func (w *Window) escape() bool {
	for _, m := range []*widgets.Modal{w.leave.Modal, w.keys.list} {
		if m.IsOpen() {
			m.Close()
			return true
		}
	}
	if w.state.Settings.Open {
		w.opt.Send(model.CloseSettings{})
		return true
	}
	if w.state.Screen == model.ScreenCall && w.state.Call.SharePickerOpen {
		w.opt.Send(model.CloseSharePicker{})
		return true
	}
	return false
}

// plain reports whether plain keys count now.
func (w *Window) plain() bool {
	const others = fyne.KeyModifierControl | fyne.KeyModifierAlt | fyne.KeyModifierSuper
	return w.state.Screen == model.ScreenCall && !w.env.Busy() && w.env.Held()&others == 0
}

// keyDown does what a plain key stands for.
func (w *Window) keyDown(k *fyne.KeyEvent) {
	if !w.plain() {
		return
	}
	if k.Name == fyne.KeySpace {
		if w.screens.call.MayTalk() {
			w.talk(true)
		}
		return
	}
	if n, ok := keys.Digit(k.Name); ok {
		w.screens.call.Number(n)
		return
	}
	for _, b := range keys.Bindings() {
		if b.Key != "" && b.Key == k.Name {
			w.act(b.Action)
			return
		}
	}
}

// keyUp ends talking.
func (w *Window) keyUp(k *fyne.KeyEvent) {
	if k.Name == fyne.KeySpace {
		w.talk(false)
	}
}

// talk opens the microphone while a key is held. The window losing the keyboard ends it too: the key's release goes to somebody else.
func (w *Window) talk(on bool) {
	if w.keys.holds != on {
		w.keys.holds = on
		w.opt.Send(model.Talk{On: on})
	}
}

// typed does what a character stands for.
func (w *Window) typed(r rune) {
	if !w.plain() {
		return
	}
	for _, b := range keys.Bindings() {
		if b.Rune != 0 && b.Rune == r {
			w.act(b.Action)
			return
		}
	}
}

// shortcut takes a shortcut that a field with the keyboard offers.
func (w *Window) shortcut(s fyne.Shortcut) bool {
	for _, b := range keys.Bindings() {
		if b.Chord != nil && b.Chord.ShortcutName() == s.ShortcutName() {
			return w.act(b.Action)
		}
	}
	return false
}

// act does what a key stands for, and reports whether it stands for something on this screen.
func (w *Window) act(action keys.Action) bool {
	if action == keys.OpenSettings {
		w.toggleSettings()
		return true
	}
	switch w.state.Screen {
	case model.ScreenCall:
		switch action {
		case keys.FullScreen:
			w.toggleFull()
		case keys.ShowKeys:
			w.showKeys()
		default:
			w.screens.call.Act(action)
		}
		return true
	case model.ScreenPrejoin:
		switch action {
		case keys.ToggleMic:
			w.opt.Send(model.ToggleMic{})
			return true
		case keys.ToggleCamera:
			w.opt.Send(model.ToggleCamera{})
			return true
		}
	case model.ScreenHome:
	}
	return false
}

// toggleSettings opens the settings where they were left, or closes them.
func (w *Window) toggleSettings() {
	if w.state.Settings.Open {
		w.opt.Send(model.CloseSettings{})
		return
	}
	w.opt.Send(model.OpenSettings{Section: w.state.Settings.Section})
}

// showKeys lists what the keys do.
func (w *Window) showKeys() { w.keys.list.Open(w.keys.sheet.First()) }

// toggleFull fills the screen with the window, or gives it back.
func (w *Window) toggleFull() { w.setFull(!w.win.FullScreen()) }

func (w *Window) setFull(full bool) {
	if w.win.FullScreen() != full {
		if full {
			w.windowed = w.win.Canvas().Size()
		}
		w.win.SetFullScreen(full)
	}
	w.screens.call.SetFull(full)
}
