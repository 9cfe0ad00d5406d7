package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// pointable is what all buttons have in common: name, pointer, tooltip.
type pointable struct {
	widget.BaseWidget

	env      *Env
	self     fyne.Widget
	name     string // accessible name; the tooltip says it, with the shortcut
	shortcut string
	tapped   func()
	hovered  bool
	focused  bool
	disabled bool
	passed   func() // told when the pointer comes and goes; may be nil
}

func (p *pointable) begin(self fyne.Widget, env *Env, name, shortcut string, tapped func()) {
	p.env, p.self, p.name, p.shortcut, p.tapped = env, self, name, shortcut, tapped
	p.ExtendBaseWidget(self)
}

// Name returns the accessible name.
func (p *pointable) Name() string { return p.name }

// Disabled reports whether the button cannot be pressed.
func (p *pointable) Disabled() bool { return p.disabled }

// SetDisabled says whether the button cannot be pressed.
func (p *pointable) SetDisabled(disabled bool) {
	if p.disabled != disabled {
		p.disabled = disabled
		p.Refresh()
	}
}

func (p *pointable) tip() string {
	if p.shortcut == "" {
		return p.name
	}
	return p.name + "  ·  " + p.shortcut
}

func (p *pointable) setName(name string) {
	if p.name == name {
		return
	}
	p.name = name
	if p.hovered && p.env.Tips != nil && p.env.Tips.Text() != "" {
		p.env.Tips.Rest(p.self, p.tip())
	}
}

// Tapped presses the button.
func (p *pointable) Tapped(*fyne.PointEvent) { p.press() }

func (p *pointable) press() {
	if p.env.Tips != nil {
		p.env.Tips.Leave()
	}
	if !p.disabled && p.tapped != nil {
		p.tapped()
	}
}

// MouseIn shows the hover and, after a moment, the tooltip.
func (p *pointable) MouseIn(*desktop.MouseEvent) {
	p.env.moved()
	p.hovered = true
	if p.env.Tips != nil {
		p.env.Tips.Rest(p.self, p.tip())
	}
	p.Refresh()
	if p.passed != nil {
		p.passed()
	}
}

// MouseMoved tells the window.
func (p *pointable) MouseMoved(*desktop.MouseEvent) { p.env.moved() }

// MouseOut takes both away.
func (p *pointable) MouseOut() {
	p.hovered = false
	if p.env.Tips != nil {
		p.env.Tips.Leave()
	}
	p.Refresh()
	if p.passed != nil {
		p.passed()
	}
}

// Cursor is the hand over what can be pressed.
func (p *pointable) Cursor() desktop.Cursor {
	if p.disabled {
		return desktop.DefaultCursor
	}
	return desktop.PointerCursor
}

// focusing gives a button the keyboard: Tab reaches it, Space and Enter press it.
type focusing struct{ on *pointable }

// FocusGained shows the focus, and what had faded.
func (f focusing) FocusGained() {
	f.on.env.moved()
	f.set(true)
}

// FocusLost takes it away.
func (f focusing) FocusLost() { f.set(false) }

func (f focusing) set(focused bool) {
	f.on.focused = focused
	f.on.Refresh()
}

// TypedRune passes a character on: the space bar comes as a key too.
func (f focusing) TypedRune(r rune) {
	if r != ' ' {
		f.on.env.typed(r)
	}
}

// KeyDown passes a key on, but for those that press the button.
func (f focusing) KeyDown(k *fyne.KeyEvent) {
	if !presses(k.Name) {
		f.on.env.keyDown(k)
	}
}

// KeyUp passes a key on.
func (f focusing) KeyUp(k *fyne.KeyEvent) {
	if !presses(k.Name) {
		f.on.env.keyUp(k)
	}
}

func presses(k fyne.KeyName) bool {
	return k == fyne.KeySpace || k == fyne.KeyReturn || k == fyne.KeyEnter
}

// TypedKey presses on Space and Enter and passes the rest on.
func (f focusing) TypedKey(k *fyne.KeyEvent) {
	if presses(k.Name) {
		f.on.press()
		return
	}
	f.on.env.key(k)
}

// pressable is a button with the keyboard.
type pressable struct {
	pointable
	focusing
}

func (p *pressable) begin(self fyne.Widget, env *Env, name, shortcut string, tapped func()) {
	p.on = &p.pointable
	p.pointable.begin(self, env, name, shortcut, tapped)
}
