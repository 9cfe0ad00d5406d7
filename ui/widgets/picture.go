package widgets

import (
	"image"
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
	whole  bool

	// Of a picture that is looked at through a lens.
	lens   lens
	native image.Point // size of the source's own pictures
	room   image.Point // pixels of the display that there are for it
	full   *image.RGBA // the newest, of which a part is shown
	cut    *image.RGBA
}

// NewPicture returns a picture without a source. It is cropped to fill unless it must be whole.
func NewPicture(whole bool) *Picture {
	p := &Picture{whole: whole, image: &canvas.Image{ScaleMode: canvas.ImageScaleFastest, FillMode: canvas.ImageFillCover, CornerRadius: theme.Radius}}
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
	p.source, p.wanted, p.lens, p.full, p.cut = source, [2]int{}, lens{}, nil, nil
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
		p.room = image.Pt(want[0], want[1])
		if p.lens.on() {
			size := p.lens.wanted(p.native)
			want = [2]int{size.X, size.Y}
		}
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
	p.full, p.image.Image = newest, newest
	if p.lens.on() {
		p.crop()
	}
	if first {
		p.image.Show()
	}
	p.image.Refresh()
	return first
}

// look changes the lens. What has come already is shown through it at once; sharper pictures follow.
func (p *Picture) look(l lens, native image.Point) {
	p.lens, p.native = l, native
	if p.full == nil {
		return
	}
	p.image.Image = p.full
	if l.on() {
		p.crop()
	}
	p.image.Refresh()
}

// crop copies the part that the lens shows. The painter reads the copy on the thread that calls this, so one buffer does; copying what
// is seen costs less than painting the rest beyond the tile's edges.
func (p *Picture) crop() {
	part := p.lens.visible(p.native, p.room)
	size := p.full.Rect.Size() // not the native size while the source still makes others
	part = image.Rect(part.Min.X*size.X/p.native.X, part.Min.Y*size.Y/p.native.Y, part.Max.X*size.X/p.native.X, part.Max.Y*size.Y/p.native.Y)
	part = part.Intersect(p.full.Rect)
	if part.Empty() {
		return
	}
	if p.cut == nil || p.cut.Rect.Size() != part.Size() {
		p.cut = image.NewRGBA(image.Rectangle{Max: part.Size()})
	}
	for y := range part.Dy() {
		copy(p.cut.Pix[y*p.cut.Stride:][:4*part.Dx()], p.full.Pix[p.full.PixOffset(part.Min.X, part.Min.Y+y):])
	}
	p.image.Image = p.cut
}

// put places the picture in a tile of a size, at a number of pixels for one unit of length.
func (p *Picture) put(s fyne.Size, scale float32) {
	if !p.whole {
		place(p.image, 0, 0, s.Width, s.Height)
		return
	}
	if !p.lens.on() {
		p.image.FillMode = canvas.ImageFillContain
		place(p.image, 0, 0, s.Width, s.Height)
		return
	}
	p.image.FillMode = canvas.ImageFillStretch
	part := p.lens.visible(p.native, p.room)
	w, h := float32(part.Dx())*p.lens.zoom/scale, float32(part.Dy())*p.lens.zoom/scale
	snap := func(v float32) float32 { return float32(math.Round(float64(v*scale))) / scale }
	place(p.image, snap((s.Width-w)/2), snap((s.Height-h)/2), w, h)
}
