package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// Field is a text field that leaves the window's keys to the window: shortcuts work and Escape is passed on while it has the
// keyboard. With several lines Enter submits and Shift+Enter breaks.
type Field struct {
	widget.Entry

	env    *Env
	submit func(string)
	shift  bool
	most   int // runes at most, 0 for no limit
	escape func()
}

var (
	_ fyne.Focusable         = (*Field)(nil)
	_ desktop.Keyable        = (*Field)(nil)
	_ fyne.Shortcutable      = (*Field)(nil)
	_ fyne.SecondaryTappable = (*Field)(nil)
)

// NewField returns a field of one line. submit is called on Enter.
func NewField(env *Env, hint string, most int, changed, submit func(string)) *Field {
	f := &Field{env: env, submit: submit, most: most}
	f.PlaceHolder = hint
	f.Scroll = fyne.ScrollHorizontalOnly
	f.begin(changed)
	return f
}

// NewArea returns a field that wraps and grows.
func NewArea(env *Env, hint string, most int, changed, submit func(string)) *Field {
	f := &Field{env: env, submit: submit, most: most}
	f.PlaceHolder = hint
	f.MultiLine = true
	f.Wrapping = fyne.TextWrapWord
	f.Scroll = fyne.ScrollVerticalOnly
	f.begin(changed)
	f.SetMinRowsVisible(1)
	return f
}

func (f *Field) begin(changed func(string)) {
	f.ExtendBaseWidget(f)
	f.OnChanged = func(text string) {
		if runes := []rune(text); f.most > 0 && len(runes) > f.most {
			f.SetText(string(runes[:f.most])) // calls back with what is left
			return
		}
		if changed != nil {
			changed(text)
		}
	}
}

// OnEscape says what Escape does in the field, instead of what it does in the window.
func (f *Field) OnEscape(escape func()) { f.escape = escape }

// Put replaces the text without telling anybody, unless it is there already: the cursor then stays where it is.
func (f *Field) Put(text string) {
	if f.Text == text {
		return
	}
	changed := f.OnChanged
	f.OnChanged = nil
	f.SetText(text)
	f.Entry.TypedKey(&fyne.KeyEvent{Name: fyne.KeyPageDown}) // the cursor goes to the end
	f.OnChanged = changed
}

// KeyDown follows Shift.
func (f *Field) KeyDown(k *fyne.KeyEvent) {
	if k.Name == desktop.KeyShiftLeft || k.Name == desktop.KeyShiftRight {
		f.shift = true
	}
	f.Entry.KeyDown(k)
}

// KeyUp follows Shift.
func (f *Field) KeyUp(k *fyne.KeyEvent) {
	if k.Name == desktop.KeyShiftLeft || k.Name == desktop.KeyShiftRight {
		f.shift = false
	}
	f.Entry.KeyUp(k)
}

// FocusLost forgets Shift: its release goes to somebody else.
func (f *Field) FocusLost() {
	f.shift = false
	f.Entry.FocusLost()
}

// AcceptsTab is false: Tab goes on to the next widget, also from a field with several lines.
func (f *Field) AcceptsTab() bool { return false }

// TypedKey submits on Enter and passes Escape on.
func (f *Field) TypedKey(k *fyne.KeyEvent) {
	switch k.Name {
	case fyne.KeyReturn, fyne.KeyEnter:
		if f.MultiLine && f.shift {
			f.Entry.TypedKey(k)
			return
		}
		if f.submit != nil {
			f.submit(f.Text)
		}
	case fyne.KeyEscape:
		if f.escape != nil {
			f.escape()
			return
		}
		f.env.key(k)
	default:
		f.Entry.TypedKey(k)
	}
}

// TypedShortcut offers a shortcut to the window first.
func (f *Field) TypedShortcut(s fyne.Shortcut) {
	if f.env.Shortcut != nil && f.env.Shortcut(s) {
		return
	}
	f.Entry.TypedShortcut(s)
}
