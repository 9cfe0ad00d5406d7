package widgets

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"parley/ui/theme"
)

// tipDelay is how long the pointer rests before a tooltip shows.
const tipDelay = 400 * time.Millisecond

// Tips is a layer over a window that shows one tooltip at a time. It takes no clicks.
type Tips struct {
	widget.BaseWidget

	text   string
	anchor fyne.CanvasObject
	ground *canvas.Rectangle
	label  *canvas.Text
	wait   *fyne.Animation
}

// NewTips returns the layer; it lies on top of a window's content and fills it.
func NewTips() *Tips {
	t := &Tips{ground: &canvas.Rectangle{CornerRadius: theme.FieldCurb}, label: &canvas.Text{}}
	t.ExtendBaseWidget(t)
	return t
}

// Rest says that the pointer came to rest on an object; its tooltip shows after a moment.
func (t *Tips) Rest(on fyne.CanvasObject, text string) {
	t.Leave()
	if text == "" {
		return
	}
	t.anchor = on
	// An animation serves as a timer here: it ticks on the UI thread, and paints nothing until something changes.
	t.wait = fyne.NewAnimation(tipDelay, func(done float32) {
		if done >= 1 && t.anchor == on && t.text != text {
			t.text = text
			t.Refresh()
		}
	})
	t.wait.Start()
}

// Leave takes the tooltip away.
func (t *Tips) Leave() {
	if t.wait != nil {
		t.wait.Stop()
		t.wait = nil
	}
	t.anchor = nil
	if t.text != "" {
		t.text = ""
		t.Refresh()
	}
}

// Text returns the tooltip that shows, or "".
func (t *Tips) Text() string { return t.text }

// CreateRenderer makes the layer's renderer.
func (t *Tips) CreateRenderer() fyne.WidgetRenderer {
	style := Style{Size: theme.SizeSmall, Colour: theme.Text}
	r := &renderer{objects: []fyne.CanvasObject{t.ground, t.label}, min: func() fyne.Size { return fyne.Size{} }}
	r.refresh = func() {
		t.ground.FillColor, t.ground.StrokeColor, t.ground.StrokeWidth = colour(theme.Raised), colour(theme.Line), 1
		style.set(t.label, t.text)
		setShown(t.ground, t.text != "")
		setShown(t.label, t.text != "")
	}
	r.layout = func(s fyne.Size) {
		if t.text == "" || t.anchor == nil {
			return
		}
		driver := fyne.CurrentApp().Driver()
		at := driver.AbsolutePositionForObject(t.anchor).Subtract(driver.AbsolutePositionForObject(t))
		text := style.Measure(t.text)
		w, h := text.Width+2*theme.Gap, text.Height+theme.Gap
		x := min(max(at.X+(t.anchor.Size().Width-w)/2, 4), s.Width-w-4)
		y := at.Y - h - 6
		if y < 4 {
			y = at.Y + t.anchor.Size().Height + 6
		}
		place(t.ground, x, y, w, h)
		place(t.label, x+theme.Gap, y+4, text.Width, text.Height)
	}
	r.refresh()
	return r
}
