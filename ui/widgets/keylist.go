package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"parley/ui/keys"
	"parley/ui/theme"
)

// KeyList lists what the keys do: in two columns where there is room.
type KeyList struct {
	widget.BaseWidget

	rows []keyRow
}

// keyRow is one action: what it does, its plain key, its chord.
type keyRow struct {
	title *Paragraph
	caps  []*keyCap
}

// NewKeyList returns the list of all actions.
func NewKeyList(env *Env) *KeyList {
	l := &KeyList{}
	for _, b := range keys.Bindings() {
		row := keyRow{title: NewParagraph(env.Say("keys."+b.Action.String()), Style{})}
		for _, text := range []string{b.Plain(env), b.Combined(env)} {
			if text != "" {
				row.caps = append(row.caps, newKeyCap(text))
			}
		}
		l.rows = append(l.rows, row)
	}
	l.ExtendBaseWidget(l)
	return l
}

// keysWide is from which width on there are two columns.
func keysWide() float32 { return 40 * Style{}.Measure("Mg").Height }

func (l *KeyList) columns(width float32) (count int, each float32) {
	if width < keysWide() {
		return 1, width
	}
	return 2, (width - 40) / 2
}

func (r keyRow) capsWidth() float32 {
	w := float32(0)
	for _, c := range r.caps {
		w += c.MinSize().Width + 6
	}
	return w
}

func (r keyRow) height(width float32) float32 {
	h := r.title.HeightFor(width - r.capsWidth() - theme.Gap)
	return max(h, r.caps[0].MinSize().Height) + theme.Gap
}

// HeightFor returns the height at a width.
func (l *KeyList) HeightFor(width float32) float32 {
	_, height := l.arrange(width, func(keyRow, float32, float32, float32, float32) {})
	return height
}

// arrange visits each row with its place.
func (l *KeyList) arrange(width float32, visit func(r keyRow, x, y, w, h float32)) (cols int, height float32) {
	cols, each := l.columns(width)
	per := (len(l.rows) + cols - 1) / cols
	x, y := float32(0), float32(0)
	for n, r := range l.rows {
		if n > 0 && n%per == 0 {
			x, y = x+each+40, 0
		}
		h := r.height(each)
		visit(r, x, y, each, h)
		y += h
		height = max(height, y)
	}
	return cols, height
}

// CreateRenderer makes the list's renderer.
func (l *KeyList) CreateRenderer() fyne.WidgetRenderer {
	r := &renderer{refresh: func() {}}
	for _, row := range l.rows {
		r.objects = append(r.objects, row.title)
		for _, c := range row.caps {
			r.objects = append(r.objects, c)
		}
	}
	r.min = func() fyne.Size { return fyne.NewSize(200, l.HeightFor(max(l.Size().Width, 200))) }
	r.layout = func(s fyne.Size) {
		l.arrange(s.Width, func(row keyRow, x, y, w, h float32) {
			text := w - row.capsWidth() - theme.Gap
			th := row.title.HeightFor(text)
			place(row.title, x, y+(h-theme.Gap-th)/2, text, th)
			at := x + w - row.capsWidth() + 6
			for _, c := range row.caps {
				m := c.MinSize()
				place(c, at, y+(h-theme.Gap-m.Height)/2, m.Width, m.Height)
				at += m.Width + 6
			}
		})
	}
	return r
}

// keyCap is a key as it is drawn: its name on a small ground.
type keyCap struct {
	widget.BaseWidget

	ground *canvas.Rectangle
	line   *Line
}

func newKeyCap(text string) *keyCap {
	k := &keyCap{ground: &canvas.Rectangle{CornerRadius: 6}, line: NewLine(text, Style{Size: theme.SizeSmall, Align: fyne.TextAlignCenter})}
	k.ExtendBaseWidget(k)
	return k
}

// CreateRenderer makes the cap's renderer.
func (k *keyCap) CreateRenderer() fyne.WidgetRenderer {
	r := &renderer{objects: []fyne.CanvasObject{k.ground, k.line}}
	r.min = func() fyne.Size {
		h := k.line.MinSize().Height + theme.Gap
		return fyne.NewSize(max(k.line.Natural()+1+theme.Pad, h), h)
	}
	r.refresh = func() {
		k.ground.FillColor, k.ground.StrokeColor, k.ground.StrokeWidth = colour(theme.Knob), colour(theme.Line), 1
		k.line.Refresh()
	}
	r.layout = func(s fyne.Size) {
		place(k.ground, 0, 0, s.Width, s.Height)
		place(k.line, 0, 0, s.Width, s.Height)
	}
	r.refresh()
	return r
}

// Sheet is the content of a modal with a title, something that scrolls where it is too tall, and a button that closes it.
type Sheet struct {
	widget.BaseWidget

	title *Line
	body  Sized
	roll  *scrolled
	close *Button
}

// NewSheet returns a sheet.
func NewSheet(env *Env, title string, body Sized, closes string, shut func()) *Sheet {
	s := &Sheet{title: NewLine(title, Style{Size: theme.SizeTitle, Bold: true}), body: body, roll: newScrolled(body)}
	s.close = NewButton(env, closes, "", Secondary, shut)
	s.ExtendBaseWidget(s)
	return s
}

// First returns what gets the keyboard when the sheet opens.
func (s *Sheet) First() fyne.Focusable { return s.close }

// Key scrolls by the keys that scroll, and reports whether it was one.
func (s *Sheet) Key(k fyne.KeyName) bool {
	step := map[fyne.KeyName]float32{fyne.KeyDown: 48, fyne.KeyUp: -48, fyne.KeyPageDown: 240, fyne.KeyPageUp: -240}[k]
	if step != 0 {
		s.roll.by(step)
	}
	return step != 0
}

// HeightFor returns the height at a width.
func (s *Sheet) HeightFor(width float32) float32 {
	return s.title.MinSize().Height + theme.Pad + s.body.HeightFor(width) + theme.Pad + s.close.MinSize().Height
}

// CreateRenderer makes the sheet's renderer.
func (s *Sheet) CreateRenderer() fyne.WidgetRenderer {
	r := &renderer{objects: []fyne.CanvasObject{s.title, s.roll.scroll, s.close}, refresh: func() {}}
	r.min = func() fyne.Size { return fyne.NewSize(200, 100) }
	r.layout = func(z fyne.Size) {
		h := s.title.MinSize().Height
		place(s.title, 0, 0, z.Width, h)
		m := s.close.MinSize()
		place(s.close, z.Width-m.Width, z.Height-m.Height, m.Width, m.Height)
		s.roll.place(0, h+theme.Pad, z.Width, z.Height-h-m.Height-2*theme.Pad)
	}
	return r
}
