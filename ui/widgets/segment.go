package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"

	"parley/assets"
	"parley/ui/theme"
)

// Segment is one of several things of which one is chosen: a tab, a section, a theme.
type Segment struct {
	pressable

	icon   assets.Icon // may be ""
	chosen bool
	left   bool // words at the left rather than in the middle
	draw   segmentDraw
}

type segmentDraw struct {
	ground, veil, ring *canvas.Rectangle
	icon               *Icon
	text               *Line
}

var _ fyne.Focusable = (*Segment)(nil)

// NewSegment returns a segment; icon may be "".
func NewSegment(env *Env, text string, icon assets.Icon, tapped func()) *Segment {
	s := &Segment{icon: icon}
	s.begin(s, env, text, "", tapped)
	return s
}

// NewSection returns a segment whose words stand at the left, as in a list.
func NewSection(env *Env, text string, icon assets.Icon, tapped func()) *Segment {
	s := NewSegment(env, text, icon, tapped)
	s.left = true
	return s
}

// SetChosen says whether it is the chosen one.
func (s *Segment) SetChosen(chosen bool) {
	if s.chosen != chosen {
		s.chosen = chosen
		s.Refresh()
	}
}

// Chosen reports whether it is the chosen one.
func (s *Segment) Chosen() bool { return s.chosen }

// Focused reports whether it has the keyboard.
func (s *Segment) Focused() bool { return s.focused }

// SetText changes the words.
func (s *Segment) SetText(text string) {
	if s.name != text {
		s.name = text
		s.Refresh()
	}
}

// MouseIn shows the hover; the words need no tooltip.
func (s *Segment) MouseIn(*desktop.MouseEvent) {
	s.hovered = true
	s.Refresh()
}

func (s *Segment) style() Style {
	style := Style{Colour: theme.SecondText, Bold: s.chosen}
	if s.chosen {
		style.Colour = theme.Text
	}
	return style
}

func (s *Segment) lead() float32 {
	if s.icon == "" {
		return 0
	}
	return assets.IconSize + theme.Gap
}

// CreateRenderer makes the segment's renderer.
func (s *Segment) CreateRenderer() fyne.WidgetRenderer {
	d := &s.draw
	d.ground, d.veil, d.ring = &canvas.Rectangle{}, &canvas.Rectangle{}, &canvas.Rectangle{}
	d.icon, d.text = NewIcon(assets.IconCheck, theme.Text), NewLine("", s.style())
	r := &renderer{objects: []fyne.CanvasObject{d.ground, d.veil, d.icon, d.text, d.ring}}
	bold := Style{Bold: true} // its width does not change when it is chosen
	r.min = func() fyne.Size {
		m := bold.Measure(s.name)
		return fyne.NewSize(m.Width+1+s.lead()+2*12, max(theme.Target, m.Height+theme.Pad))
	}
	r.refresh = func() {
		style := s.style()
		d.ground.FillColor = colour(theme.Knob)
		setShown(d.ground, s.chosen)
		d.veil.FillColor = colour(theme.Hover)
		setShown(d.veil, s.hovered && !s.chosen)
		d.ring.FillColor, d.ring.StrokeColor, d.ring.StrokeWidth = colour(theme.Clear), colour(theme.Accent), 2
		setShown(d.ring, s.focused)
		d.text.text, d.text.style = s.name, style.or()
		d.text.Refresh()
		if s.icon != "" {
			d.icon.Set(s.icon, style.Colour)
		}
		setShown(d.icon, s.icon != "")
	}
	r.layout = func(z fyne.Size) {
		for _, o := range []*canvas.Rectangle{d.ground, d.veil, d.ring} {
			o.CornerRadius = theme.FieldCurb
			place(o, 0, 0, z.Width, z.Height)
		}
		w := min(s.style().Measure(s.name).Width+1, z.Width-s.lead()-2*theme.Gap)
		x := float32(12)
		if !s.left {
			x = (z.Width - w - s.lead()) / 2
		} else {
			w = z.Width - 12 - s.lead() - theme.Gap
		}
		place(d.icon, x, 0, assets.IconSize, z.Height)
		place(d.text, x+s.lead(), 0, w, z.Height)
	}
	r.refresh()
	return r
}
