package synthetic

import (
	"image"
	"image/color"
)

// Found is a mark that was found in an image.
type Found struct {
	Mark
	Bounds   image.Rectangle // of the mark with its white edge
	Mirrored bool            // left and right are exchanged, as in a self view
}

// FindMarks searches an image for marks, at any place, scale and number, mirrored ones too. It is for tests and takes its time:
// some tens of milliseconds for a screen.
func FindMarks(img image.Image) []Found {
	l := toLuma(img)
	var found []Found
	for _, threshold := range []byte{128, 80, 176} {
		for _, r := range dark(l, threshold) {
			if f, ok := l.tryRing(r); ok && !overlaps(found, f.Bounds) {
				found = append(found, f)
			}
		}
	}
	for i := range found {
		found[i].Bounds = found[i].Bounds.Add(img.Bounds().Min)
	}
	return found
}

func overlaps(found []Found, r image.Rectangle) bool {
	for _, f := range found {
		if f.Bounds.Overlaps(r) {
			return true
		}
	}
	return false
}

// tryRing reads a mark whose black ring fills r.
func (l luma) tryRing(r image.Rectangle) (Found, bool) {
	w, h := r.Dx(), r.Dy()
	if w < 2*ringColumns || h < 2*ringRows {
		return Found{}, false
	}
	if ratio := float64(w) * ringRows / (float64(h) * ringColumns); ratio < 0.85 || ratio > 1.18 {
		return Found{}, false
	}
	g := grid{cellX: float64(w) / ringColumns, cellY: float64(h) / ringRows}
	g.x, g.y = float64(r.Min.X)-g.cellX, float64(r.Min.Y)-g.cellY
	bounds := image.Rect(int(g.x), int(g.y), int(g.x+markColumns*g.cellX+0.5), int(g.y+markRows*g.cellY+0.5))
	for _, mirrored := range []bool{false, true} {
		if m, ok := l.readNear(g, mirrored); ok {
			return Found{Mark: m, Bounds: bounds, Mirrored: mirrored}, true
		}
	}
	return Found{}, false
}

// toLuma makes a grey copy of an image with its corner at 0, 0.
func toLuma(img image.Image) luma {
	b := img.Bounds()
	l := luma{pix: make([]byte, b.Dx()*b.Dy()), stride: b.Dx(), w: b.Dx(), h: b.Dy()}
	var pix []byte
	var stride int
	switch img := img.(type) {
	case *image.RGBA:
		pix, stride = img.Pix, img.Stride
	case *image.NRGBA:
		pix, stride = img.Pix, img.Stride
	}
	for y := range l.h {
		row := l.pix[y*l.w:][:l.w]
		for x := range row {
			if pix != nil {
				p := pix[y*stride+4*x:][:3]
				row[x] = byte((77*int(p[0]) + 150*int(p[1]) + 29*int(p[2])) >> 8)
			} else {
				row[x] = color.GrayModel.Convert(img.At(b.Min.X+x, b.Min.Y+y)).(color.Gray).Y
			}
		}
	}
	return l
}

// dark returns the bounds of the connected parts of an image that are darker than the threshold, leaving out the smallest.
func dark(l luma, threshold byte) []image.Rectangle {
	seen := make([]bool, len(l.pix))
	var stack []int32
	var out []image.Rectangle
	for start, v := range l.pix {
		if v >= threshold || seen[start] {
			continue
		}
		seen[start] = true
		stack = append(stack[:0], int32(start))
		r := image.Rectangle{Min: image.Pt(l.w, l.h)}
		for len(stack) > 0 {
			at := int(stack[len(stack)-1])
			stack = stack[:len(stack)-1]
			x, y := at%l.w, at/l.w
			r = image.Rectangle{
				Min: image.Pt(min(r.Min.X, x), min(r.Min.Y, y)), Max: image.Pt(max(r.Max.X, x+1), max(r.Max.Y, y+1)),
			}
			for _, next := range [4]struct {
				at     int
				inside bool
			}{{at - 1, x > 0}, {at + 1, x < l.w-1}, {at - l.w, y > 0}, {at + l.w, y < l.h-1}} {
				if next.inside && !seen[next.at] && l.pix[next.at] < threshold {
					seen[next.at] = true
					stack = append(stack, int32(next.at))
				}
			}
		}
		if r.Dx() >= 2*ringColumns && r.Dy() >= 2*ringRows {
			out = append(out, r)
		}
	}
	return out
}
