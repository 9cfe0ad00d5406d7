package widgets

import (
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"parley/ui/model"
	"parley/ui/theme"
)

// Picture shows the newest picture of a source and tells the source at which size it is seen. It costs nothing while unseen.
type Picture struct {
	image  *canvas.Image
	source model.Pictures
	wanted [2]int
	seen   bool
}

// NewPicture returns a picture without a source. It is cropped to fill unless it must be whole.
func NewPicture(whole bool) *Picture {
	p := &Picture{image: &canvas.Image{ScaleMode: canvas.ImageScaleFastest, FillMode: canvas.ImageFillCover, CornerRadius: theme.Radius}}
	if whole {
		p.image.FillMode, p.image.CornerRadius = canvas.ImageFillContain, 0 // round corners would take some of it away
	}
	p.image.Hide()
	return p
}

// Image returns what draws the picture, for the renderer that places it.
func (p *Picture) Image() *canvas.Image { return p.image }

// SetSource changes where pictures come from; nil takes the last one away. The source before is told that nobody looks.
func (p *Picture) SetSource(source model.Pictures) {
	if p.source == source {
		return
	}
	if p.source != nil && p.wanted != [2]int{} {
		p.source.Want(0, 0)
	}
	p.source, p.wanted = source, [2]int{}
	p.image.Image = nil
	p.image.Hide()
}

// SetSeen says whether the picture is on the screen.
func (p *Picture) SetSeen(seen bool) { p.seen = seen }

// Has reports whether there is a picture to show.
func (p *Picture) Has() bool { return p.image.Image != nil }

// Want tells the source the size in pixels, when it changed.
func (p *Picture) Want(size fyne.Size, scale float32) {
	if p.source == nil {
		return
	}
	want := [2]int{}
	if p.seen && size.Width >= 1 && size.Height >= 1 {
		want = [2]int{int(math.Ceil(float64(size.Width * scale))), int(math.Ceil(float64(size.Height * scale)))}
	}
	if want != p.wanted {
		p.wanted = want
		p.source.Want(want[0], want[1])
	}
}

// Take swaps the newest picture in and reports whether it is the first one. The one before may be painted until the next call:
// that is what the source's rule of recycling allows for.
func (p *Picture) Take() (first bool) {
	if p.source == nil || !p.seen {
		return false
	}
	newest := p.source.Newest()
	if newest == nil {
		return false
	}
	first = p.image.Image == nil
	p.image.Image = newest
	if first {
		p.image.Show()
	}
	p.image.Refresh()
	return first
}
