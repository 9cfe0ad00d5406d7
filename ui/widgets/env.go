package widgets

import (
	"net/url"

	"fyne.io/fyne/v2"

	"parley/assets"
	"parley/ui/model"
)

// Env is what the widgets of one window share. The window makes it once; it is used on the UI thread only.
type Env struct {
	// Words says things in the user's language; the window replaces it when that changes.
	Words *assets.Words
	// Still says that nothing glides.
	Still bool
	// Send hands an intent to whoever answers them; it returns at once.
	Send func(model.Intent)
	// Tips shows tooltips.
	Tips *Tips
	// Key takes the keys that a focused widget has no use for, such as Escape.
	Key func(*fyne.KeyEvent)
	// Shortcut takes a shortcut pressed while a field has the keyboard, and reports whether it was one of the window's.
	Shortcut func(fyne.Shortcut) bool
	// Moved is told that the pointer moved over something; it may be nil.
	Moved func()
	// Down and Up are told of keys that go down and up while no field has the keyboard; Typed of characters. They may be nil.
	Down, Up func(*fyne.KeyEvent)
	Typed    func(rune)
	// FullScreen goes to full screen and back, ShowKeys lists what the keys do.
	FullScreen, ShowKeys func()
	// ShowSettings opens the settings.
	ShowSettings func()
	// Open opens a link in the system's browser; nil is Fyne's way.
	Open func(*url.URL)
	// Held returns the modifiers that are held; it may be nil.
	Held func() fyne.KeyModifier
	// Canvas is the window's canvas.
	Canvas fyne.Canvas
}

// Say returns the text of a key in the user's language. args are names of its parts, each followed by what stands there.
func (e *Env) Say(key string, args ...any) string { return e.Words.Say(key, args...) }

// Count returns the text of a key for a number of things.
func (e *Env) Count(key string, n int, args ...any) string { return e.Words.Count(key, n, args...) }

// Busy reports whether a menu or a card lies over the window.
func (e *Env) Busy() bool { return e.Canvas != nil && e.Canvas.Overlays().Top() != nil }

// Glides reports whether things move to their places rather than jump.
func (e *Env) Glides() bool { return !e.Still && fyne.CurrentApp().Settings().ShowAnimations() }

// Scale returns the pixels of one unit of length.
func (e *Env) Scale() float32 {
	if e.Canvas == nil {
		return 1
	}
	return e.Canvas.Scale()
}

// Focus gives a widget the keyboard.
func (e *Env) Focus(f fyne.Focusable) {
	if e.Canvas != nil {
		e.Canvas.Focus(f)
	}
}

func (e *Env) open(link *url.URL) {
	if e.Open != nil {
		e.Open(link)
		return
	}
	if err := fyne.CurrentApp().OpenURL(link); err != nil {
		fyne.LogError("open "+link.String(), err)
	}
}

// Unfocus takes the keyboard from whatever has it.
func (e *Env) Unfocus() {
	if e.Canvas != nil {
		e.Canvas.Unfocus()
	}
}

func (e *Env) keyDown(k *fyne.KeyEvent) {
	if e.Down != nil {
		e.Down(k)
	}
}

func (e *Env) keyUp(k *fyne.KeyEvent) {
	if e.Up != nil {
		e.Up(k)
	}
}

func (e *Env) typed(r rune) {
	if e.Typed != nil {
		e.Typed(r)
	}
}

func (e *Env) held() fyne.KeyModifier {
	if e.Held == nil {
		return 0
	}
	return e.Held()
}

func (e *Env) moved() {
	if e.Moved != nil {
		e.Moved()
	}
}

func (e *Env) key(k *fyne.KeyEvent) {
	if e.Key != nil {
		e.Key(k)
	}
}
