package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"parley/ui/theme"
)

// Sized is an object whose height follows from its width.
type Sized interface {
	fyne.CanvasObject
	HeightFor(width float32) float32
}

// Modal is a card over a dimmed window. While it is open the keyboard is its own.
type Modal struct {
	widget.BaseWidget

	env     *Env
	content Sized
	most    float32
	dismiss func()
	scrim   *canvas.Rectangle
	card    *canvas.Rectangle
	open    bool
}

var _ fyne.Tappable = (*Modal)(nil)

// NewModal returns a modal at most so wide; dismiss is called on a click beside the card.
func NewModal(env *Env, content Sized, most float32, dismiss func()) *Modal {
	m := &Modal{env: env, content: content, most: most, dismiss: dismiss}
	m.scrim, m.card = &canvas.Rectangle{}, &canvas.Rectangle{CornerRadius: theme.Radius}
	m.ExtendBaseWidget(m)
	return m
}

// Open shows the modal and gives the keyboard to first.
func (m *Modal) Open(first fyne.Focusable) {
	if m.open || m.env.Canvas == nil {
		return
	}
	m.open = true
	if m.env.Tips != nil {
		m.env.Tips.Leave()
	}
	m.Resize(m.env.Canvas.Size())
	m.env.Canvas.Overlays().Add(m)
	if first != nil {
		m.env.Focus(first)
	}
}

// Close takes it away.
func (m *Modal) Close() {
	if m.open {
		m.open = false
		m.env.Canvas.Overlays().Remove(m)
	}
}

// IsOpen reports whether it shows.
func (m *Modal) IsOpen() bool { return m.open }

// Tapped dismisses on a click beside the card.
func (m *Modal) Tapped(e *fyne.PointEvent) {
	at, z := m.card.Position(), m.card.Size()
	inside := e.Position.X >= at.X && e.Position.Y >= at.Y && e.Position.X <= at.X+z.Width && e.Position.Y <= at.Y+z.Height
	if !inside && m.dismiss != nil {
		m.dismiss()
	}
}

// CreateRenderer makes the modal's renderer.
func (m *Modal) CreateRenderer() fyne.WidgetRenderer {
	r := &renderer{objects: []fyne.CanvasObject{m.scrim, m.card, m.content}}
	r.min = func() fyne.Size { return fyne.Size{} }
	r.refresh = func() {
		m.scrim.FillColor = colour(theme.Shade)
		m.card.FillColor, m.card.StrokeColor, m.card.StrokeWidth = colour(theme.Surface), colour(theme.Line), 1
		m.content.Refresh()
	}
	r.layout = func(s fyne.Size) {
		place(m.scrim, 0, 0, s.Width, s.Height)
		pad := theme.WidePad
		if s.Width < theme.Narrow {
			pad = theme.Pad
		}
		w := min(m.most, s.Width-2*theme.Gap)
		h := min(m.content.HeightFor(w-2*pad)+2*pad, s.Height-2*theme.Gap)
		x, y := (s.Width-w)/2, (s.Height-h)/2
		place(m.card, x, y, w, h)
		place(m.content, x+pad, y+pad, w-2*pad, h-2*pad)
	}
	r.refresh()
	return r
}

// Dialog is the content of a modal that asks something: a title, a sentence and buttons at the right.
type Dialog struct {
	widget.BaseWidget

	title   *Paragraph
	text    *Paragraph
	buttons []*Button
}

// NewDialog returns a dialog.
func NewDialog(title, text string, buttons ...*Button) *Dialog {
	d := &Dialog{buttons: buttons, title: NewParagraph(title, Style{Size: theme.SizeTitle, Bold: true})}
	d.text = NewParagraph(text, Style{Colour: theme.SecondText})
	d.ExtendBaseWidget(d)
	return d
}

// HeightFor returns the height at a width.
func (d *Dialog) HeightFor(width float32) float32 {
	return d.title.HeightFor(width) + theme.Gap + d.text.HeightFor(width) + theme.WidePad + d.buttons[0].MinSize().Height
}

// CreateRenderer makes the dialog's renderer.
func (d *Dialog) CreateRenderer() fyne.WidgetRenderer {
	r := &renderer{objects: []fyne.CanvasObject{d.title, d.text}, refresh: func() {}}
	for _, b := range d.buttons {
		r.objects = append(r.objects, b)
	}
	r.min = func() fyne.Size { return fyne.NewSize(200, 0) }
	r.layout = func(s fyne.Size) {
		h := d.title.HeightFor(s.Width)
		place(d.title, 0, 0, s.Width, h)
		place(d.text, 0, h+theme.Gap, s.Width, d.text.HeightFor(s.Width))
		x := s.Width
		for n := len(d.buttons) - 1; n >= 0; n-- {
			m := d.buttons[n].MinSize()
			x -= m.Width
			place(d.buttons[n], x, s.Height-m.Height, m.Width, m.Height)
			x -= theme.Gap
		}
	}
	return r
}
