package widgets

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// Reveal brings what gets the keyboard into sight, if it is one of a scroll's objects: Fyne leaves it where it is.
func Reveal(scroll *container.Scroll, objects []fyne.CanvasObject, o fyne.CanvasObject) {
	at := slices.IndexFunc(objects, func(x fyne.CanvasObject) bool {
		s, composed := x.(interface{ Has(fyne.CanvasObject) bool })
		return x == o || composed && s.Has(o)
	})
	if at < 0 || !scroll.Visible() {
		return
	}
	driver := fyne.CurrentApp().Driver()
	top := driver.AbsolutePositionForObject(objects[at]).Y - driver.AbsolutePositionForObject(scroll).Y
	const air = float32(12)
	if low := top + objects[at].Size().Height - scroll.Size().Height; top < air {
		scroll.Scrolled(&fyne.ScrollEvent{Scrolled: fyne.NewDelta(0, air-top)})
	} else if low > -air {
		scroll.Scrolled(&fyne.ScrollEvent{Scrolled: fyne.NewDelta(0, -air-low)})
	}
}
