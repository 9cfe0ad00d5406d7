package video

import (
	"image"
	"sync"
	"testing"
)

func TestPicturesUnwanted(t *testing.T) {
	t.Parallel()
	calls := 0
	p := NewPictures(FitCover, false, func() { calls++ })
	f := ramp(64, 36)
	p.Put(f)
	if w, h := p.Wanted(); w != 0 || h != 0 || calls != 0 || p.Newest() != nil {
		t.Fatal("converted before anybody wanted it")
	}
	p.Want(32, 18)
	p.Put(f)
	if w, h := p.Wanted(); w != 32 || h != 18 || calls != 1 {
		t.Fatalf("wanted %dx%d, %d calls", w, h, calls)
	}
	p.Want(0, 0)
	if p.Newest() != nil {
		t.Error("a picture from before it was hidden")
	}
	p.Put(f)
	if calls != 1 {
		t.Error("converted while hidden")
	}
	p.Want(16, 16)
	p.Put(f)
	if p.Newest() == nil || p.Newest() != nil {
		t.Error("want one picture, once")
	}
	p.Close()
	p.Close()
	p.Put(f)
	if w, _ := p.Wanted(); w != 0 || p.Newest() != nil || calls != 2 {
		t.Error("wanted after Close")
	}
}

func TestPicturesFit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		fit              Fit
		srcW, srcH, w, h int
		gotW, gotH       int
		left, right      int // luma at the edges of a ramp: how much is cut off
	}{
		{FitCover, 1280, 720, 320, 180, 320, 180, 0, 255},
		{FitCover, 1280, 720, 180, 180, 180, 180, 56, 199},
		{FitCover, 640, 480, 320, 180, 320, 180, 0, 255},
		{FitCover, 64, 36, 321, 201, 321, 201, 7, 242},
		{FitContain, 1280, 720, 320, 320, 320, 180, 0, 255},
		{FitContain, 1280, 720, 400, 90, 160, 90, 0, 255},
		{FitContain, 100, 100, 33, 77, 33, 33, 0, 255},
		{FitContain, 2000, 2, 100, 100, 100, 1, 0, 255},
		{FitCover, 1, 1, 50, 20, 50, 20, 0, 0},
	} {
		p := NewPictures(c.fit, false, nil)
		p.Want(c.w, c.h)
		p.Put(ramp(c.srcW, c.srcH))
		img := p.Newest()
		if img == nil || img.Rect != image.Rect(0, 0, c.gotW, c.gotH) || img.Stride != 4*c.gotW {
			t.Errorf("%+v: got %v", c, img.Rect)
			continue
		}
		y := c.gotH / 2
		if l, r := img.RGBAAt(0, y).R, img.RGBAAt(c.gotW-1, y).R; !near(l, byte(c.left), 9) || !near(r, byte(c.right), 9) {
			t.Errorf("%+v: edges %d, %d", c, l, r)
		}
	}
}

func TestPicturesMirrored(t *testing.T) {
	t.Parallel()
	p := NewPictures(FitContain, true, nil)
	p.Want(64, 64)
	p.Put(ramp(64, 64))
	img := p.Newest()
	if l, r := img.RGBAAt(0, 0).R, img.RGBAAt(63, 0).R; l < 250 || r > 5 {
		t.Errorf("edges %d, %d: not mirrored", l, r)
	}
}

// TestPicturesHeld checks that what was given out is untouched until two newer pictures were taken, empty-handed calls not counted.
func TestPicturesHeld(t *testing.T) {
	t.Parallel()
	p := NewPictures(FitCover, false, nil)
	p.Want(8, 8)
	put := func(y byte) {
		for range 3 {
			p.Put(fill(NewFrame(8, 8), y, 128, 128))
		}
	}
	put(16)
	first := p.Newest()
	put(81)
	put(126)
	for range 5 {
		p.Newest()
	}
	put(200)
	if first.Pix[0] != 0 {
		t.Error("a picture that may still be painted was written to")
	}
	seen := map[*image.RGBA]bool{}
	for i := range 30 {
		put(byte(16 + i))
		seen[p.Newest()] = true
	}
	if len(seen) > 5 {
		t.Errorf("%d buffers, want a small pool", len(seen))
	}
}

func TestPicturesConcurrent(t *testing.T) {
	t.Parallel()
	p := NewPictures(FitCover, true, func() {})
	p.Want(16, 16)
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		defer close(done)
		f := NewFrame(64, 36)
		for i := range 300 {
			p.Put(fill(f, byte(20+i%5*50), 128, 128))
		}
	})
	wg.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-done:
				return
			default:
			}
			p.Want(16+i%3, 16)
			if img := p.Newest(); img != nil {
				for j := 4; j < len(img.Pix); j += 4 {
					if !near(img.Pix[j], img.Pix[0], 4) {
						t.Errorf("torn: %d and %d", img.Pix[0], img.Pix[j])
						return
					}
				}
			}
		}
	})
	wg.Wait()
}
