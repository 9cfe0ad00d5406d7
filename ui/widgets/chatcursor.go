package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

// The keyboard in the chat: arrows go from line to line, Enter opens a line's link, Ctrl+C copies it.

var (
	_ fyne.Focusable    = (*ChatList)(nil)
	_ fyne.Shortcutable = (*ChatList)(nil)
	_ desktop.Keyable   = (*ChatList)(nil)
)

// FocusGained marks the newest line.
func (l *ChatList) FocusGained() {
	l.focused = true
	l.stand(len(l.column.rows) - 1)
}

// FocusLost takes the mark away.
func (l *ChatList) FocusLost() {
	l.focused = false
	l.stand(-1)
}

// TypedRune passes a character on.
func (l *ChatList) TypedRune(r rune) { l.env.typed(r) }

// KeyDown passes a key on.
func (l *ChatList) KeyDown(k *fyne.KeyEvent) { l.env.keyDown(k) }

// KeyUp passes a key on.
func (l *ChatList) KeyUp(k *fyne.KeyEvent) { l.env.keyUp(k) }

// TypedKey goes from line to line and opens links.
func (l *ChatList) TypedKey(k *fyne.KeyEvent) {
	last := len(l.column.rows) - 1
	switch k.Name {
	case fyne.KeyUp:
		l.stand(max(l.at-1, 0))
	case fyne.KeyDown:
		l.stand(min(l.at+1, last))
	case fyne.KeyHome:
		l.stand(0)
	case fyne.KeyEnd:
		l.stand(last)
	case fyne.KeyReturn, fyne.KeyEnter:
		if row := l.chosen(); row != nil {
			if row.again.Visible() {
				row.resend()
			} else if links := row.body.links(); len(links) > 0 {
				l.env.open(links[0])
			}
		}
	default:
		l.env.key(k)
	}
}

// TypedShortcut copies the line, and offers the rest to the window.
func (l *ChatList) TypedShortcut(s fyne.Shortcut) {
	if _, copies := s.(*fyne.ShortcutCopy); copies {
		if row := l.chosen(); row != nil {
			row.copyLine()
		}
		return
	}
	if l.env.Shortcut != nil {
		l.env.Shortcut(s)
	}
}

func (l *ChatList) chosen() *chatRow {
	if l.at < 0 || l.at >= len(l.column.rows) {
		return nil
	}
	return l.column.rows[l.at]
}

// stand moves the mark to a line, -1 for none, and brings it into view.
func (l *ChatList) stand(at int) {
	l.at = at
	for n, row := range l.column.rows {
		row.choose(l.focused && n == at)
	}
	row := l.chosen()
	if row == nil || !l.focused {
		return
	}
	top, height := row.Position().Y, row.Size().Height
	if seen := l.scroll.Offset.Y; top < seen {
		l.scroll.Scrolled(&fyne.ScrollEvent{Scrolled: fyne.NewDelta(0, seen-top)})
	} else if low := top + height - l.scroll.Size().Height; low > seen {
		l.scroll.Scrolled(&fyne.ScrollEvent{Scrolled: fyne.NewDelta(0, seen-low)})
	}
}
