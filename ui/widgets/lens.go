package widgets

import "image"

// The bounds of zooming, in pixels of the display for each of the picture, and how much one step is.
const (
	zoomMost = float32(8)
	zoomStep = float32(1.25)
)

// lens says which part of a picture is shown, and how large. The zero lens shows all of it, as large as it fits.
type lens struct {
	zoom float32 // pixels of the display for one of the picture; 0 fits all of it in
	x, y float32 // the point of the picture in the middle, in its own pixels
}

// fits returns the zoom at which a whole picture fits into a tile; both are in pixels.
func fits(pic, tile image.Point) float32 {
	if pic.X <= 0 || pic.Y <= 0 {
		return 1
	}
	return min(float32(tile.X)/float32(pic.X), float32(tile.Y)/float32(pic.Y))
}

// on reports whether only a part is shown, or the whole at a size that was chosen.
func (l lens) on() bool { return l.zoom > 0 }

// scale returns the zoom that applies.
func (l lens) scale(pic, tile image.Point) float32 {
	if l.on() {
		return l.zoom
	}
	return fits(pic, tile)
}

// to zooms to a value so that the picture's point under a place of the tile stays there. Anything not larger than the whole picture fits it in.
func (l lens) to(zoom float32, at, pic, tile image.Point) lens {
	before := l.scale(pic, tile)
	if !l.on() {
		l.x, l.y = float32(pic.X)/2, float32(pic.Y)/2
	}
	if zoom <= fits(pic, tile)*1.01 && zoom < 1 {
		return lens{}
	}
	zoom = min(zoom, zoomMost)
	dx, dy := float32(at.X)-float32(tile.X)/2, float32(at.Y)-float32(tile.Y)/2
	l.x += dx/before - dx/zoom
	l.y += dy/before - dy/zoom
	l.zoom = zoom
	return l.within(pic, tile)
}

// step returns the next zoom in or out. It stops at the picture's own pixels on the way.
func (l lens) step(in bool, pic, tile image.Point) float32 {
	now := l.scale(pic, tile)
	next := now * zoomStep
	if !in {
		next = now / zoomStep
	}
	if now < 0.99 && next > 1 || now > 1.01 && next < 1 {
		return 1
	}
	return next
}

// by moves the picture by pixels of the display.
func (l lens) by(dx, dy float32, pic, tile image.Point) lens {
	if !l.on() {
		return l
	}
	l.x -= dx / l.zoom
	l.y -= dy / l.zoom
	return l.within(pic, tile)
}

// within keeps the picture's edges from coming inside the tile's.
func (l lens) within(pic, tile image.Point) lens {
	half := func(side, room int) (float32, float32) {
		h := min(float32(room)/l.zoom, float32(side)) / 2
		return h, float32(side) - h
	}
	lowX, highX := half(pic.X, tile.X)
	lowY, highY := half(pic.Y, tile.Y)
	l.x, l.y = min(max(l.x, lowX), highX), min(max(l.y, lowY), highY)
	return l
}

// visible returns the part of the picture that shows, in whole pixels of its own.
func (l lens) visible(pic, tile image.Point) image.Rectangle {
	all := image.Rectangle{Max: pic}
	if !l.on() {
		return all
	}
	w, h := min(int(float32(tile.X)/l.zoom), pic.X), min(int(float32(tile.Y)/l.zoom), pic.Y)
	x, y := int(l.x-float32(w)/2+0.5), int(l.y-float32(h)/2+0.5)
	x, y = min(max(x, 0), pic.X-w), min(max(y, 0), pic.Y-h)
	return image.Rect(x, y, x+w, y+h)
}

// wanted returns the size at which the picture is asked for: never more than its own, and no more than is shown of it.
func (l lens) wanted(pic image.Point) image.Point {
	z := min(l.zoom, 1)
	return image.Pt(max(int(float32(pic.X)*z+0.5), 1), max(int(float32(pic.Y)*z+0.5), 1))
}
