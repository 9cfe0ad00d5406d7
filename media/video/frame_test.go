package video

import (
	"image"
	"testing"
	"time"

	"parley/media"
)

// ramp returns a frame whose luma tells the place: it rises to the right.
func ramp(w, h int) *media.Frame {
	f := NewFrame(w, h)
	Black(f)
	for y := range h {
		for x := range w {
			f.Y[y*f.StrideY+x] = byte(16 + 219*x/max(1, w-1))
		}
	}
	return f
}

func fill(f *media.Frame, y, u, v byte) *media.Frame {
	for i := range f.Y {
		f.Y[i] = y
	}
	for i := range f.U {
		f.U[i], f.V[i] = u, v
	}
	return f
}

func TestScaleAndCopy(t *testing.T) {
	t.Parallel()
	sizes := [][2]int{{640, 360}, {1, 1}, {33, 17}, {320, 180}, {1281, 721}, {2, 2}}
	for _, from := range sizes {
		for _, to := range sizes {
			src := fill(NewFrame(from[0], from[1]), 100, 80, 200)
			src.Captured = 5 * time.Second
			dst := fill(NewFrame(to[0], to[1]), 1, 2, 3)
			Scale(dst, src)
			flat(t, dst, 100, 80, 200, 1)
			if dst.Captured != src.Captured {
				t.Errorf("%v to %v: the time was lost", from, to)
			}
		}
	}
}

func TestBlack(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{640, 360}, {63, 47}, {1, 1}, {3, 3}} {
		f := fill(NewFrame(size[0], size[1]), 200, 1, 1)
		Black(f)
		flat(t, f, 16, 128, 128, 0)
	}
}

func TestReuse(t *testing.T) {
	t.Parallel()
	f := NewFrame(16, 8)
	if Reuse(f, 16, 8) != f {
		t.Error("a frame that fits was not used again")
	}
	if g := Reuse(f, 18, 8); g == f || g.Width != 18 {
		t.Error("a frame that does not fit was used again")
	}
	if Reuse(nil, 4, 4) == nil {
		t.Error("no frame from nil")
	}
}

func TestCrop(t *testing.T) {
	t.Parallel()
	src := ramp(101, 51)
	for _, c := range []struct{ r, want image.Rectangle }{
		{image.Rect(0, 0, 101, 51), image.Rect(0, 0, 101, 51)},
		{image.Rect(11, 7, 31, 27), image.Rect(10, 6, 30, 26)},
		{image.Rect(-5, -5, 500, 500), image.Rect(0, 0, 101, 51)},
		{image.Rect(50, 20, 50, 20), image.Rect(50, 20, 52, 22)},
		{image.Rect(400, 400, 500, 500), image.Rect(100, 50, 101, 51)},
		{image.Rect(90, 40, 101, 51), image.Rect(90, 40, 101, 51)},
	} {
		view := Crop(src, c.r)
		if view.Width != c.want.Dx() || view.Height != c.want.Dy() {
			t.Errorf("crop %v: %dx%d, want %v", c.r, view.Width, view.Height, c.want)
		}
		if view.Y[0] != src.Y[c.want.Min.Y*src.StrideY+c.want.Min.X] {
			t.Errorf("crop %v begins at another place", c.r)
		}
		Copy(NewFrame(view.Width, view.Height), &view)
	}
}

func TestShortPlanesPanic(t *testing.T) {
	t.Parallel()
	short := *NewFrame(16, 16)
	short.V = short.V[:10]
	narrow := *NewFrame(16, 16)
	narrow.StrideY = 8
	for name, fn := range map[string]func(){
		"short plane":      func() { Copy(NewFrame(16, 16), &short) },
		"narrow stride":    func() { Scale(NewFrame(8, 8), &narrow) },
		"sizes differ":     func() { Mirror(NewFrame(16, 16), NewFrame(16, 18)) },
		"image of another": func() { ToRGBA(image.NewRGBA(image.Rect(0, 0, 4, 4)), NewFrame(16, 16)) },
		"no size":          func() { NewFrame(0, 4) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			fn()
		}()
	}
}

func TestNothingAllocates(t *testing.T) {
	src, small, same := ramp(640, 360), NewFrame(320, 180), NewFrame(640, 360)
	img := image.NewRGBA(image.Rect(0, 0, 640, 360))
	raw := rawOf(LayoutYUYV, 640, 360, 0, 1, 2, 3, 4, 5, 6)
	n := testing.AllocsPerRun(20, func() {
		Copy(same, src)
		Scale(small, src)
		Mirror(same, src)
		Black(same)
		ToRGBA(img, src)
		view := Crop(src, image.Rect(10, 10, 330, 190))
		Scale(small, &view)
		if err := FromRaw(same, LayoutYUYV, raw, 0); err != nil {
			t.Error(err)
		}
	})
	if n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

func BenchmarkConvert720pToRGBA(b *testing.B) {
	f, img := ramp(1280, 720), image.NewRGBA(image.Rect(0, 0, 1280, 720))
	b.ReportAllocs()
	for b.Loop() {
		ToRGBA(img, f)
	}
}

func BenchmarkConvert720pFromYUYV(b *testing.B) {
	f, raw := NewFrame(1280, 720), rawOf(LayoutYUYV, 1280, 720, 0, 1, 2, 3, 4, 5, 6)
	b.ReportAllocs()
	for b.Loop() {
		if err := FromRaw(f, LayoutYUYV, raw, 0); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkScale720pTo360p(b *testing.B) {
	f, small := ramp(1280, 720), NewFrame(640, 360)
	b.ReportAllocs()
	for b.Loop() {
		Scale(small, f)
	}
}

func BenchmarkPictures720pTo400(b *testing.B) {
	p := NewPictures(FitCover, true, nil)
	p.Want(400, 300)
	f := ramp(1280, 720)
	b.ReportAllocs()
	for b.Loop() {
		p.Put(f)
		p.Newest()
	}
}
