package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"

	"parley/ui/theme"
)

// Toggle is a switch: its knob stands at the right when it is on.
type Toggle struct {
	pressable

	on   bool
	draw toggleDraw
}

type toggleDraw struct {
	track, ring *canvas.Rectangle
	knob        *canvas.Circle
}

var _ fyne.Focusable = (*Toggle)(nil)

// NewToggle returns a switch that is off; flip is told what is asked for.
func NewToggle(env *Env, name string, flip func(on bool)) *Toggle {
	t := &Toggle{}
	t.begin(t, env, name, "", func() { flip(!t.on) })
	return t
}

// Set switches it.
func (t *Toggle) Set(on bool) {
	if t.on != on {
		t.on = on
		t.Refresh()
	}
}

// On reports whether it is on.
func (t *Toggle) On() bool { return t.on }

// MouseIn shows no tooltip: the words stand beside it.
func (t *Toggle) MouseIn(*desktop.MouseEvent) {
	t.hovered = true
	t.Refresh()
}

// CreateRenderer makes the switch's renderer.
func (t *Toggle) CreateRenderer() fyne.WidgetRenderer {
	d := &t.draw
	d.track, d.ring, d.knob = &canvas.Rectangle{CornerRadius: 12}, &canvas.Rectangle{CornerRadius: 15}, &canvas.Circle{}
	r := &renderer{objects: []fyne.CanvasObject{d.track, d.knob, d.ring}}
	const w, h = float32(44), float32(24)
	r.min = func() fyne.Size { return fyne.NewSize(w+6, theme.Target) }
	r.refresh = func() {
		d.track.FillColor, d.track.StrokeColor, d.track.StrokeWidth = colour(theme.Knob), colour(theme.SecondText), 1.5
		d.knob.FillColor = colour(theme.SecondText)
		if t.on {
			d.track.FillColor, d.track.StrokeColor = colour(theme.Accent), colour(theme.Accent)
			d.knob.FillColor = colour(theme.OnAccent)
		}
		d.ring.FillColor, d.ring.StrokeColor, d.ring.StrokeWidth = colour(theme.Clear), colour(theme.Accent), 2
		setShown(d.ring, t.focused)
	}
	r.layout = func(s fyne.Size) {
		x, y := s.Width-w-3, (s.Height-h)/2
		place(d.track, x, y, w, h)
		place(d.ring, x-3, y-3, w+6, h+6)
		side, at := float32(14), x+5
		if t.on {
			side, at = 16, x+w-16-4
		}
		place(d.knob, at, y+(h-side)/2, side, side)
	}
	r.refresh()
	return r
}
