package e2e

import (
	"image"
	"image/color"
	"testing"

	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/software"
	"fyne.io/fyne/v2/test"
)

// glyphs draws text as a window does and returns which pixels it covers, cut to the text.
func glyphs(t testing.TB, text string, size float32) (mask []bool, w, h int) {
	t.Helper()
	test.NewTempApp(t)
	label := canvas.NewText(text, color.White)
	label.TextSize = size
	c := software.NewTransparentCanvas()
	c.SetPadded(false)
	c.SetContent(label)
	img := c.Capture()
	box := image.Rectangle{}
	on := func(x, y int) bool { _, _, _, a := img.At(x, y).RGBA(); return a > 0x8000 }
	for y := img.Bounds().Min.Y; y < img.Bounds().Max.Y; y++ {
		for x := img.Bounds().Min.X; x < img.Bounds().Max.X; x++ {
			if on(x, y) {
				box = box.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	w, h = box.Dx(), box.Dy()
	for y := range h {
		for x := range w {
			mask = append(mask, on(box.Min.X+x, box.Min.Y+y))
		}
	}
	return mask, w, h
}

// findText looks for text in a picture, light on dark or dark on light: at some place the glyphs' pixels must all be of the one kind and those
// around them of the other, but for a few at their borders.
func findText(t testing.TB, img *image.RGBA, at image.Rectangle, text string, size float32) bool {
	t.Helper()
	mask, w, h := glyphs(t, text, size)
	if w == 0 {
		t.Fatalf("no glyphs for %q", text)
	}
	bright := make([]int, at.Dx()*at.Dy())
	for y := range at.Dy() {
		for x := range at.Dx() {
			c := img.RGBAAt(at.Min.X+x, at.Min.Y+y)
			bright[y*at.Dx()+x] = int(c.R) + int(c.G) + int(c.B)
		}
	}
	for oy := 0; oy+h <= at.Dy(); oy++ {
		for ox := 0; ox+w <= at.Dx(); ox++ {
			if matches(bright, at.Dx(), ox, oy, mask, w, h) {
				return true
			}
		}
	}
	return false
}

// matches compares a place: at least 90 % of the pixels must be on the side of the mean that the mask says.
func matches(bright []int, stride, ox, oy int, mask []bool, w, h int) bool {
	lo, hi := 1<<30, 0
	for y := 0; y < h; y += 2 {
		for x := 0; x < w; x += 3 {
			b := bright[(oy+y)*stride+ox+x]
			lo, hi = min(lo, b), max(hi, b)
		}
	}
	if hi-lo < 250 {
		return false // no text there
	}
	middle, same := (lo+hi)/2, 0
	allowed := len(mask) / 10
	for i, on := range mask {
		if (bright[(oy+i/w)*stride+ox+i%w] > middle) == on {
			same++
		} else if i-same > allowed && len(mask)-(i-same) > allowed {
			return false
		}
	}
	return same >= len(mask)-allowed || same <= allowed
}

// shows reports whether a window shows text in one of the sizes of the design.
func (a *app) shows(text string) bool {
	a.stage.Helper()
	img := a.stage.shot()
	at := image.Rect(a.x, a.y, a.x+windowWidth, a.y+windowHeight)
	for _, size := range []float32{14, 12, 16, 20} {
		if findText(a.stage, img, at, text, size) {
			return true
		}
	}
	return false
}

// readsText waits until a window shows text.
func (s *stage) readsText(a *app, text string) {
	s.Helper()
	s.eventually(changeWithin, func() string {
		if a.shows(text) {
			return ""
		}
		return a.title + " does not show " + text
	})
}
