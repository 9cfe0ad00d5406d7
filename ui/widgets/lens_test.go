package widgets

import (
	"image"
	"testing"
)

func TestLensShowsNativePixels(t *testing.T) {
	t.Parallel()
	pic, tile := image.Pt(1920, 1080), image.Pt(960, 600)
	middle := image.Pt(480, 300)
	l := lens{}.to(1, middle, pic, tile)
	if got, want := l.visible(pic, tile), image.Rect(480, 240, 1440, 840); got != want {
		t.Errorf("at native pixels %v shows, want %v", got, want)
	}
	if got := l.wanted(pic); got != pic {
		t.Errorf("native pixels are asked for as %v", got)
	}
	if got := l.by(10000, -10000, pic, tile).visible(pic, tile); got != image.Rect(0, 480, 960, 1080) {
		t.Errorf("moved past the corner %v shows", got)
	}
	if got := l.by(-100, 0, pic, tile).visible(pic, tile); got != image.Rect(580, 240, 1540, 840) {
		t.Errorf("moved by 100 pixels %v shows", got)
	}
	if got := l.to(2, middle, pic, tile).wanted(pic); got != pic {
		t.Errorf("twice native is asked for as %v", got)
	}
}

func TestLensKeepsThePointUnderThePointer(t *testing.T) {
	t.Parallel()
	pic, tile := image.Pt(4000, 3000), image.Pt(800, 600)
	l := lens{}.to(1, image.Pt(400, 300), pic, tile)
	at := image.Pt(200, 450)
	point := func(l lens) (x, y float32) {
		return l.x + (float32(at.X)-400)/l.zoom, l.y + (float32(at.Y)-300)/l.zoom
	}
	x, y := point(l)
	for range 4 {
		l = l.to(l.step(true, pic, tile), at, pic, tile)
		if gx, gy := point(l); gx < x-1 || gx > x+1 || gy < y-1 || gy > y+1 {
			t.Fatalf("the point under the pointer moved from %v,%v to %v,%v", x, y, gx, gy)
		}
	}
}

func TestLensSteps(t *testing.T) {
	t.Parallel()
	pic, tile := image.Pt(1920, 1080), image.Pt(960, 540)
	l, native, steps := lens{}, false, 0
	for ; l.zoom < zoomMost && steps < 50; steps++ {
		l = l.to(l.step(true, pic, tile), image.Pt(10, 10), pic, tile)
		native = native || l.zoom == 1
	}
	if !native || l.zoom != zoomMost {
		t.Errorf("zooming in passes native pixels: %v, and ends at %v", native, l.zoom)
	}
	for ; l.on() && steps < 100; steps++ {
		l = l.to(l.step(false, pic, tile), image.Pt(10, 10), pic, tile)
	}
	if l.on() {
		t.Errorf("zooming out ends at %v", l.zoom)
	}
	// A picture that is smaller than the tile: its own pixels are less than what fits.
	if l = (lens{}).to(1, image.Pt(0, 0), image.Pt(100, 100), tile); l.zoom != 1 || l.visible(image.Pt(100, 100), tile) != image.Rect(0, 0, 100, 100) {
		t.Errorf("a small picture shows as %+v", l)
	}
}
