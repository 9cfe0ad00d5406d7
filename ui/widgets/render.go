package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
)

// renderer is a fyne.WidgetRenderer made of functions: each widget gives its own.
type renderer struct {
	objects []fyne.CanvasObject
	min     func() fyne.Size
	layout  func(fyne.Size)
	refresh func()
	size    fyne.Size
}

var _ fyne.WidgetRenderer = (*renderer)(nil)

func (r *renderer) Destroy() {}

func (r *renderer) Layout(size fyne.Size) {
	r.size = size
	r.layout(size)
}

func (r *renderer) MinSize() fyne.Size { return r.min() }

func (r *renderer) Objects() []fyne.CanvasObject { return r.objects }

// Refresh takes the widget's state over and lays out again, for what it shows may have another size.
func (r *renderer) Refresh() {
	r.refresh()
	if !r.size.IsZero() {
		r.layout(r.size)
	}
	for _, o := range r.objects {
		if o.Visible() {
			canvas.Refresh(o)
		}
	}
}

// NewRenderer returns a renderer for a widget outside this package.
func NewRenderer(objects []fyne.CanvasObject, least func() fyne.Size, layout func(fyne.Size), refresh func()) fyne.WidgetRenderer {
	refresh()
	return &renderer{objects: objects, min: least, layout: layout, refresh: refresh}
}

// Colour looks a colour of the theme up.
func Colour(name fyne.ThemeColorName) color.Color { return colour(name) }

// Place moves and resizes in one go.
func Place(o fyne.CanvasObject, x, y, w, h float32) { place(o, x, y, w, h) }

// SetShown shows or hides an object, and does nothing when it is so already.
func SetShown(o fyne.CanvasObject, shown bool) { setShown(o, shown) }

// colour looks a colour of the theme up.
func colour(name fyne.ThemeColorName) color.Color {
	app := fyne.CurrentApp().Settings()
	return app.Theme().Color(name, app.ThemeVariant())
}

// size looks a size of the theme up.
func size(name fyne.ThemeSizeName) float32 { return fyne.CurrentApp().Settings().Theme().Size(name) }

// place moves and resizes in one go.
func place(o fyne.CanvasObject, x, y, w, h float32) {
	o.Move(fyne.NewPos(x, y))
	o.Resize(fyne.NewSize(max(w, 0), max(h, 0)))
}

// setShown shows or hides without a needless refresh.
func setShown(o fyne.CanvasObject, shown bool) {
	if o.Visible() == shown {
		return
	}
	if shown {
		o.Show()
	} else {
		o.Hide()
	}
}
