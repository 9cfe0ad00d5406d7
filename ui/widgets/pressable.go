package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// pressable is what all buttons have in common: pointer, keyboard, tooltip.
type pressable struct {
	widget.BaseWidget

	env      *Env
	self     fyne.Widget
	name     string // accessible name; the tooltip says it, with the shortcut
	shortcut string
	tapped   func()
	hovered  bool
	focused  bool
	disabled bool
}

func (p *pressable) begin(self fyne.Widget, env *Env, name, shortcut string, tapped func()) {
	p.env, p.self, p.name, p.shortcut, p.tapped = env, self, name, shortcut, tapped
	p.ExtendBaseWidget(self)
}

// Name returns the accessible name.
func (p *pressable) Name() string { return p.name }

// Disabled reports whether the button cannot be pressed.
func (p *pressable) Disabled() bool { return p.disabled }

// SetDisabled says whether the button cannot be pressed.
func (p *pressable) SetDisabled(disabled bool) {
	if p.disabled != disabled {
		p.disabled = disabled
		p.Refresh()
	}
}

func (p *pressable) tip() string {
	if p.shortcut == "" {
		return p.name
	}
	return p.name + "  ·  " + p.shortcut
}

func (p *pressable) setName(name string) {
	if p.name == name {
		return
	}
	p.name = name
	if p.hovered && p.env.Tips != nil && p.env.Tips.Text() != "" {
		p.env.Tips.Rest(p.self, p.tip())
	}
}

// Tapped presses the button.
func (p *pressable) Tapped(*fyne.PointEvent) { p.press() }

func (p *pressable) press() {
	if p.env.Tips != nil {
		p.env.Tips.Leave()
	}
	if !p.disabled && p.tapped != nil {
		p.tapped()
	}
}

// MouseIn shows the hover and, after a moment, the tooltip.
func (p *pressable) MouseIn(*desktop.MouseEvent) {
	p.hovered = true
	if p.env.Tips != nil {
		p.env.Tips.Rest(p.self, p.tip())
	}
	p.Refresh()
}

// MouseMoved tells the window.
func (p *pressable) MouseMoved(*desktop.MouseEvent) { p.env.moved() }

// MouseOut takes both away.
func (p *pressable) MouseOut() {
	p.hovered = false
	if p.env.Tips != nil {
		p.env.Tips.Leave()
	}
	p.Refresh()
}

// FocusGained shows the focus.
func (p *pressable) FocusGained() {
	p.focused = true
	p.Refresh()
}

// FocusLost takes it away.
func (p *pressable) FocusLost() {
	p.focused = false
	p.Refresh()
}

// TypedRune is not needed: the space bar comes as a key too.
func (p *pressable) TypedRune(rune) {}

// TypedKey presses on Space and Enter and passes the rest on.
func (p *pressable) TypedKey(k *fyne.KeyEvent) {
	switch k.Name {
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		p.press()
	default:
		p.env.key(k)
	}
}

// Cursor is the hand over what can be pressed.
func (p *pressable) Cursor() desktop.Cursor {
	if p.disabled {
		return desktop.DefaultCursor
	}
	return desktop.PointerCursor
}
