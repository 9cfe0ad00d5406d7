package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"parley/ui/model"
	"parley/ui/theme"
)

// fall is how much of a level stays after one beat, so that bars fall softly.
const fall = 0.7

// Meter is three small bars that move with a level.
type Meter struct {
	widget.BaseWidget

	level *model.Level
	ink   fyne.ThemeColorName
	shown float32
	step  int
	bars  [3]*canvas.Rectangle
}

// meterSteps is how many heights a bar has: a step that did not change paints nothing.
const meterSteps = 6

// NewMeter returns a meter in a colour.
func NewMeter(ink fyne.ThemeColorName) *Meter {
	m := &Meter{ink: ink}
	for n := range m.bars {
		m.bars[n] = &canvas.Rectangle{CornerRadius: 1}
	}
	m.ExtendBaseWidget(m)
	return m
}

// SetLevel says which level it shows.
func (m *Meter) SetLevel(l *model.Level) { m.level = l }

// Beat takes the level over; the presenter calls it some ten times a second.
func (m *Meter) Beat() {
	m.shown = max(m.level.Value(), m.shown*fall)
	if step := int(min(m.shown, 1)*meterSteps + 0.5); step != m.step {
		m.step = step
		if m.Visible() {
			m.Refresh()
		}
	}
}

// CreateRenderer makes the meter's renderer.
func (m *Meter) CreateRenderer() fyne.WidgetRenderer {
	r := &renderer{}
	for _, b := range m.bars {
		r.objects = append(r.objects, b)
	}
	r.min = func() fyne.Size { return fyne.NewSquareSize(pillIcon) }
	r.refresh = func() {
		for _, b := range m.bars {
			b.FillColor = colour(m.ink)
		}
	}
	r.layout = func(s fyne.Size) {
		part := float32(m.step) / meterSteps
		for n, b := range m.bars {
			most := s.Height
			if n != 1 {
				most *= 0.65
			}
			h := max(3, most*part)
			place(b, 1+float32(n)*(s.Width-2)/3, (s.Height-h)/2, 3, h)
		}
	}
	r.refresh()
	return r
}

// LevelBar is a bar of segments that fill up with a level.
type LevelBar struct {
	widget.BaseWidget

	level *model.Level
	shown float32
	lit   int
	segs  [16]*canvas.Rectangle
}

// NewLevelBar returns a bar.
func NewLevelBar() *LevelBar {
	b := &LevelBar{}
	for n := range b.segs {
		b.segs[n] = &canvas.Rectangle{CornerRadius: 2}
	}
	b.ExtendBaseWidget(b)
	return b
}

// SetLevel says which level it shows; nil shows silence.
func (b *LevelBar) SetLevel(l *model.Level) {
	b.level = l
	if l == nil && b.lit != 0 {
		b.lit, b.shown = 0, 0
		b.Refresh()
	}
}

// Beat takes the level over.
func (b *LevelBar) Beat() {
	b.shown = max(b.level.Value(), b.shown*fall)
	if lit := int(min(b.shown, 1)*float32(len(b.segs)) + 0.5); lit != b.lit {
		b.lit = lit
		b.Refresh()
	}
}

// CreateRenderer makes the bar's renderer.
func (b *LevelBar) CreateRenderer() fyne.WidgetRenderer {
	r := &renderer{}
	for _, s := range b.segs {
		r.objects = append(r.objects, s)
	}
	r.min = func() fyne.Size { return fyne.NewSize(80, 12) }
	r.refresh = func() {
		on, off := colour(theme.Good), colour(theme.Line)
		for n, s := range b.segs {
			var c color.Color = off
			if n < b.lit {
				c = on
			}
			s.FillColor = c
		}
	}
	r.layout = func(s fyne.Size) {
		w := (s.Width + 4) / float32(len(b.segs))
		for n, seg := range b.segs {
			place(seg, float32(n)*w, (s.Height-6)/2, w-4, 6)
		}
	}
	r.refresh()
	return r
}
