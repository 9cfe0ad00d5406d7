package device

import (
	"context"
	"errors"
	"image/color"
	"io"
	"math"
	"sync"
	"testing"

	"parley/media"
	"parley/media/device/xvfb"
)

func TestScreens(t *testing.T) {
	t.Parallel()
	x := xvfb.Start(t, 640, 400)
	screens, err := screensOf(x.Display)
	if err != nil || len(screens) != 1 {
		t.Fatalf("screens %v, %v: want one", screens, err)
	}
	s := screens[0]
	if s.ID == "" || s.Name != "Screen 1" || s.Width != 640 || s.Height != 400 {
		t.Errorf("screen %+v", s)
	}
	x.Run(t, "xsetroot", "-solid", "#c04020")
	img, err := thumbnailOf(x.Display, s.ID, 160)
	if err != nil {
		t.Fatal(err)
	}
	if b := img.Bounds(); b.Dx() != 160 || b.Dy() != 100 {
		t.Errorf("thumbnail %v", b)
	}
	if got := img.RGBAAt(10, 10); !near(got, color.RGBA{R: 0xc0, G: 0x40, B: 0x20, A: 255}) {
		t.Errorf("thumbnail is %v", got)
	}
	if _, err := thumbnailOf(x.Display, "no such", 160); !errors.Is(err, media.ErrNotFound) {
		t.Errorf("thumbnail of no screen: %v", err)
	}
}

func near(a, b color.RGBA) bool {
	far := func(x, y uint8) bool { return math.Abs(float64(x)-float64(y)) > 4 }
	return !far(a.R, b.R) && !far(a.G, b.G) && !far(a.B, b.B)
}

func TestNoDisplay(t *testing.T) {
	t.Parallel()
	if _, err := screensOf(":65000"); !errors.Is(err, media.ErrNotFound) {
		t.Errorf("screens: %v", err)
	}
	s := newScreen(":65000", "")
	if _, _, err := s.Open(t.Context(), media.VideoFormat{}); !errors.Is(err, media.ErrNotFound) {
		t.Errorf("open: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// luma returns the brightness of a picture's corner.
func luma(t *testing.T, r media.VideoReader, w, h int) byte {
	t.Helper()
	f, release, err := r.Read()
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	if f.Width != w || f.Height != h || f.Captured == 0 {
		t.Fatalf("frame %dx%d captured at %v, want %dx%d", f.Width, f.Height, f.Captured, w, h)
	}
	return f.Y[0]
}

func TestScreenFrames(t *testing.T) {
	t.Parallel()
	x := xvfb.Start(t, 800, 500)
	x.Run(t, "xsetroot", "-solid", "white")
	for _, c := range []struct{ want, get media.VideoFormat }{
		{media.VideoFormat{}, media.VideoFormat{Width: 800, Height: 500, FrameRate: 10}},
		{media.VideoFormat{Width: 400, Height: 400, FrameRate: 30}, media.VideoFormat{Width: 400, Height: 250, FrameRate: 30}},
		{media.VideoFormat{Width: 1920, Height: 100, FrameRate: 500}, media.VideoFormat{Width: 160, Height: 100, FrameRate: 60}},
	} {
		s := newScreen(x.Display, "")
		r, got, err := s.Open(t.Context(), c.want)
		if err != nil {
			t.Fatal(err)
		}
		if got != c.get {
			t.Errorf("wanted %+v: format %+v, want %+v", c.want, got, c.get)
		}
		for range 3 {
			if y := luma(t, r, c.get.Width, c.get.Height); y < 230 {
				t.Errorf("white is %d", y)
			}
		}
		if _, _, err := s.Open(t.Context(), c.want); err == nil {
			t.Error("opened twice")
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestScreenChangesItsResolution(t *testing.T) {
	t.Parallel()
	x := xvfb.Start(t, 640, 480)
	s := newScreen(x.Display, "screen")
	defer s.Close()
	r, _, err := s.Open(t.Context(), media.VideoFormat{Width: 320, Height: 320, FrameRate: 60})
	if err != nil {
		t.Fatal(err)
	}
	luma(t, r, 320, 240)
	x.Run(t, "xrandr", "--output", "screen", "--off", "--fb", "320x200")
	x.Run(t, "xsetroot", "-solid", "white")
	if y := luma(t, r, 320, 200); y < 230 {
		t.Errorf("white is %d", y)
	}
	x.Run(t, "xrandr", "--fb", "640x480", "--output", "screen", "--auto")
	luma(t, r, 320, 240)
}

func TestScreenGone(t *testing.T) {
	t.Parallel()
	x := xvfb.Start(t, 320, 200)
	s := newScreen(x.Display, "")
	defer s.Close()
	r, _, err := s.Open(t.Context(), media.VideoFormat{FrameRate: 60})
	if err != nil {
		t.Fatal(err)
	}
	luma(t, r, 320, 200)
	x.Stop()
	for range 2 {
		if _, _, err := r.Read(); !errors.Is(err, media.ErrUnplugged) {
			t.Errorf("read: %v", err)
		}
	}
}

func TestScreenClose(t *testing.T) {
	t.Parallel()
	x := xvfb.Start(t, 320, 200)
	for _, rate := range []float64{0.001, 60} { // waiting for its time, and at work
		s := newScreen(x.Display, "")
		r, _, err := s.Open(t.Context(), media.VideoFormat{FrameRate: rate})
		if err != nil {
			t.Fatal(err)
		}
		luma(t, r, 320, 200)
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() {
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		for err == nil {
			_, _, err = r.Read()
		}
		if err != io.EOF {
			t.Errorf("read after close: %v", err)
		}
		wg.Wait()
		if _, _, err := s.Open(t.Context(), media.VideoFormat{}); err == nil {
			t.Error("opened after close")
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := newScreen(x.Display, "").Open(ctx, media.VideoFormat{}); !errors.Is(err, context.Canceled) {
		t.Errorf("open given up: %v", err)
	}
}

func TestFitEven(t *testing.T) {
	t.Parallel()
	for _, c := range [][6]int{
		{1920, 1080, 1280, 720, 1280, 720},
		{1366, 768, 1280, 720, 1280, 720},
		{1367, 767, 0, 0, 1366, 766},
		{1080, 1920, 1280, 720, 404, 720},
		{100, 50, 1280, 720, 100, 50},
		{5000, 2, 100, 100, 100, 2},
		{1, 1, 100, 100, 2, 2},
	} {
		if w, h := fitEven(c[0], c[1], c[2], c[3]); w != c[4] || h != c[5] {
			t.Errorf("%dx%d in %dx%d: %dx%d, want %dx%d", c[0], c[1], c[2], c[3], w, h, c[4], c[5])
		}
	}
}

func BenchmarkScreen1080pTo720p(b *testing.B) {
	x := xvfb.Start(b, 1920, 1080)
	s := newScreen(x.Display, "")
	defer s.Close()
	r, _, err := s.Open(b.Context(), media.VideoFormat{Width: 1280, Height: 720, FrameRate: 60})
	if err != nil {
		b.Fatal(err)
	}
	reader := r.(*screenReader)
	b.ReportAllocs()
	for b.Loop() {
		full, err := reader.take()
		if err != nil {
			b.Fatal(err)
		}
		reader.fit(full)
	}
}
