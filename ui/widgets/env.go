package widgets

import (
	"fyne.io/fyne/v2"

	"parley/ui/model"
)

// Env is what the widgets of one window share. The window makes it once; it is used on the UI thread only.
type Env struct {
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
	// Canvas is the window's canvas.
	Canvas fyne.Canvas
}

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
