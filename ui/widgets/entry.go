package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"

	"parley/assets"
	"parley/ui/theme"
)

// Entry is a line of a list that can be pressed: an icon, a name, and a second line about it.
type Entry struct {
	pressable

	icon   *Icon
	veil   *canvas.Rectangle
	ring   *canvas.Rectangle
	title  *Line
	detail *Line
}

var _ fyne.Focusable = (*Entry)(nil)

// NewEntry returns an entry without words.
func NewEntry(env *Env, icon assets.Icon, tapped func()) *Entry {
	e := &Entry{icon: NewIcon(icon, theme.SecondText), veil: &canvas.Rectangle{CornerRadius: theme.FieldCurb}, ring: &canvas.Rectangle{CornerRadius: theme.FieldCurb}}
	e.title = NewLine("", Style{})
	e.detail = NewLine("", Style{Size: theme.SizeSmall, Colour: theme.SecondText})
	e.begin(e, env, "", "", tapped)
	return e
}

// Set changes the words.
func (e *Entry) Set(title, detail string) {
	e.name = title
	e.title.Set(title)
	e.detail.Set(detail)
}

// MouseIn shows the hover; the words need no tooltip.
func (e *Entry) MouseIn(*desktop.MouseEvent) {
	e.hovered = true
	e.Refresh()
}

// CreateRenderer makes the entry's renderer.
func (e *Entry) CreateRenderer() fyne.WidgetRenderer {
	r := &renderer{objects: []fyne.CanvasObject{e.veil, e.icon, e.title, e.detail, e.ring}}
	r.min = func() fyne.Size {
		return fyne.NewSize(120, max(e.title.MinSize().Height+e.detail.MinSize().Height+theme.Pad, theme.Target))
	}
	r.refresh = func() {
		e.veil.FillColor = colour(theme.Hover)
		setShown(e.veil, e.hovered)
		e.ring.FillColor, e.ring.StrokeColor, e.ring.StrokeWidth = colour(theme.Clear), colour(theme.Accent), 2
		setShown(e.ring, e.focused)
	}
	r.layout = func(s fyne.Size) {
		place(e.veil, 0, 0, s.Width, s.Height)
		place(e.ring, 0, 0, s.Width, s.Height)
		place(e.icon, theme.Pad, 0, assets.IconSize, s.Height)
		x := theme.Pad + assets.IconSize + 12
		th, dh := e.title.MinSize().Height, e.detail.MinSize().Height
		y := (s.Height - th - dh) / 2
		place(e.title, x, y, s.Width-x-theme.Gap, th)
		place(e.detail, x, y+th, s.Width-x-theme.Gap, dh)
	}
	r.refresh()
	return r
}
