package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"parley/ui/theme"
)

// Segments is a row of a few things of which one is chosen.
type Segments struct {
	widget.BaseWidget

	ground *canvas.Rectangle
	all    []*Segment
}

// NewSegments returns a row with these names; pick is told the number of the one that is chosen.
func NewSegments(env *Env, names []string, pick func(n int)) *Segments {
	s := &Segments{ground: &canvas.Rectangle{CornerRadius: theme.FieldCurb}}
	for n, name := range names {
		s.all = append(s.all, NewSegment(env, name, "", func() { pick(n) }))
	}
	s.ExtendBaseWidget(s)
	return s
}

// Set says which one is chosen; -1 is none.
func (s *Segments) Set(chosen int) {
	for n, segment := range s.all {
		segment.SetChosen(n == chosen)
	}
}

// CreateRenderer makes the row's renderer.
func (s *Segments) CreateRenderer() fyne.WidgetRenderer {
	r := &renderer{objects: []fyne.CanvasObject{s.ground}}
	for _, segment := range s.all {
		r.objects = append(r.objects, segment)
	}
	r.min = func() fyne.Size {
		w, h := float32(0), theme.Target
		for _, segment := range s.all {
			m := segment.MinSize()
			w, h = w+m.Width, max(h, m.Height)
		}
		return fyne.NewSize(w, h)
	}
	r.refresh = func() {
		s.ground.FillColor, s.ground.StrokeColor, s.ground.StrokeWidth = colour(theme.Clear), colour(theme.Line), 1
	}
	r.layout = func(z fyne.Size) {
		place(s.ground, 0, 0, z.Width, z.Height)
		spare := max(z.Width-r.min().Width, 0) / float32(len(s.all))
		x := float32(0)
		for _, segment := range s.all {
			w := segment.MinSize().Width + spare
			place(segment, x, 0, w, z.Height)
			x += w
		}
	}
	r.refresh()
	return r
}
