package synthetic_test

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math/rand/v2"
	"testing"
	"time"

	"parley/media"
	"parley/media/codec/vp8"
	"parley/media/synthetic"
	"parley/media/video"
)

func mark(n int) synthetic.Mark {
	return synthetic.Mark{Counter: uint32(n), SenderID: uint16(n*7 + 3), Captured: time.UnixMilli(1_700_000_000_000 + int64(n)*33)}
}

// drawn returns a grey picture with a mark.
func drawn(w, h int, m synthetic.Mark) *media.Frame {
	f := video.NewFrame(w, h)
	video.Black(f)
	for i := range f.Y {
		f.Y[i] = byte(60 + i%w*120/w)
	}
	synthetic.DrawMark(f, m)
	return f
}

func same(a, b synthetic.Mark) bool {
	return a.Counter == b.Counter && a.SenderID == b.SenderID && a.Captured.Equal(b.Captured)
}

func TestReadMarkAtScales(t *testing.T) {
	t.Parallel()
	for n, size := range [][2]int{{640, 360}, {1280, 720}, {320, 180}, {640, 480}, {641, 361}, {160, 90}, {480, 640}, {1920, 1080}} {
		f := drawn(size[0], size[1], mark(n))
		for _, scale := range []float64{1, 0.75, 0.5, 0.45, 0.25, 1.5} {
			w, h := int(float64(size[0])*scale), int(float64(size[1])*scale)
			if w < 80 || h < 45 {
				continue
			}
			scaled := video.NewFrame(w, h)
			video.Scale(scaled, f)
			if got, ok := synthetic.ReadMark(scaled); !ok || !same(got, mark(n)) {
				t.Errorf("%v at %v: %v, %v", size, scale, got, ok)
			}
		}
	}
	tiny := video.NewFrame(16, 16)
	synthetic.DrawMark(tiny, mark(1))
	if _, ok := synthetic.ReadMark(tiny); ok {
		t.Error("a mark without room for it")
	}
}

func TestNoMark(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	f := video.NewFrame(640, 360)
	for range 50 {
		for i := range f.Y {
			f.Y[i] = byte(random.Uint32())
		}
		if m, ok := synthetic.ReadMark(f); ok {
			t.Fatalf("read %v from noise", m)
		}
	}
	img := image.NewRGBA(image.Rect(0, 0, 640, 360))
	video.ToRGBA(img, f)
	if found := synthetic.FindMarks(img); len(found) > 0 {
		t.Errorf("found %v in noise", found)
	}
	for _, block := range []int{8, 16, 18} { // noise as coarse as a mark
		for range 5 {
			for y := range 360 / block {
				for x := range 640 / block {
					r := image.Rect(x*block, y*block, (x+1)*block, (y+1)*block)
					draw.Draw(img, r, image.NewUniform(color.Gray{byte(255 * (random.Uint32() & 1))}), image.Point{}, draw.Src)
				}
			}
			if found := synthetic.FindMarks(img); len(found) > 0 {
				t.Errorf("found %v in coarse noise", found)
			}
		}
	}
	damaged := drawn(640, 360, mark(5)) // a cell inverted
	for y := 160; y < 200; y++ {
		for x := 300; x < 340; x++ {
			damaged.Y[y*damaged.StrideY+x] = 255 - damaged.Y[y*damaged.StrideY+x]
		}
	}
	if m, ok := synthetic.ReadMark(damaged); ok {
		t.Errorf("read %v from a damaged mark", m)
	}
}

// throughVP8 calls visit with each decoded picture of the bars.
func throughVP8(t *testing.T, w, h, bps, count int, visit func(n int, f *media.Frame)) {
	t.Helper()
	e, err := vp8.NewEncoder(vp8.Config{Width: w, Height: h, BitrateBps: bps, FrameRate: 30})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = e.Close() }()
	d, err := vp8.NewDecoder()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	source := synthetic.NewBars(9)
	defer func() { _ = source.Close() }()
	reader, _, err := source.Open(t.Context(), media.VideoFormat{Width: w, Height: h, FrameRate: 60})
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= count; n++ {
		f, release, err := reader.Read()
		if err != nil {
			t.Fatal(err)
		}
		f.Captured = time.Duration(n) * time.Second / 30
		out, ok, err := e.Encode(f, false)
		release()
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			continue
		}
		got, err := d.Decode(out.Data)
		if err != nil || got == nil {
			t.Fatal(got, err)
		}
		visit(n, got)
	}
}

func TestMarkThroughVP8(t *testing.T) {
	t.Parallel()
	read, seen, shots, missed := 0, 0, 0, 0
	throughVP8(t, 640, 360, 200_000, 90, func(n int, f *media.Frame) {
		seen++
		if m, ok := synthetic.ReadMark(f); ok {
			if m.Counter != uint32(n) || m.SenderID != 9 || time.Since(m.Captured) > time.Minute {
				t.Errorf("picture %d says %v", n, m)
			}
			read++
		}
		if n%10 == 0 {
			shot := image.NewRGBA(image.Rect(0, 0, 400, 300))
			draw.Draw(shot, shot.Rect, image.NewUniform(color.Gray{20}), image.Point{}, draw.Src)
			paste(shot, f, image.Rect(31, 57, 31+288, 57+162))
			shots++
			if found := synthetic.FindMarks(shot); len(found) != 1 || found[0].Counter != uint32(n) {
				missed++
			}
		}
	})
	t.Logf("%d of %d pictures arrived, %d were read; %d of %d screenshots missed", seen, 90, read, missed, shots)
	if seen < 60 || read < seen*9/10 || missed > shots/5 {
		t.Errorf("%d of %d pictures were read, %d of %d screenshots missed", read, seen, missed, shots)
	}
}

// paste scales a picture into a place of an image.
func paste(img *image.RGBA, f *media.Frame, at image.Rectangle) {
	scaled := video.NewFrame(at.Dx(), at.Dy())
	video.Scale(scaled, f)
	small := image.NewRGBA(image.Rect(0, 0, at.Dx(), at.Dy()))
	video.ToRGBA(small, scaled)
	draw.Draw(img, at, small, image.Point{}, draw.Src)
}

func TestFindMarks(t *testing.T) {
	t.Parallel()
	shot := image.NewRGBA(image.Rect(100, 50, 1420, 450)) // a corner of its own
	draw.Draw(shot, shot.Rect, image.NewUniform(color.RGBA{18, 20, 24, 255}), image.Point{}, draw.Src)
	places := []image.Rectangle{image.Rect(110, 60, 110+300, 60+169), image.Rect(501, 73, 501+288, 73+162), image.Rect(900, 60, 1380, 330)}
	for n, at := range places {
		f := drawn(640, 360, mark(n))
		if n == 1 {
			mirrored := video.NewFrame(640, 360)
			video.Mirror(mirrored, f)
			f = mirrored
		}
		paste(shot, f, at)
	}
	found := synthetic.FindMarks(shot)
	if len(found) != len(places) {
		t.Fatalf("found %d marks, want %d", len(found), len(places))
	}
	for _, f := range found {
		n := int(f.Counter)
		if n >= len(places) || !same(f.Mark, mark(n)) || !f.Bounds.In(places[n]) || f.Mirrored != (n == 1) {
			t.Errorf("found %v", f)
		}
	}
}

// TestCropped cuts a fifth off each side, and the picture to a square.
func TestCropped(t *testing.T) {
	t.Parallel()
	f := drawn(640, 360, mark(3))
	for _, r := range []image.Rectangle{
		image.Rect(128, 0, 640, 360), image.Rect(0, 72, 640, 360), image.Rect(0, 0, 512, 360), image.Rect(0, 0, 640, 288),
		image.Rect(128, 72, 512, 288), image.Rect(140, 0, 500, 360),
	} {
		t.Run(fmt.Sprint(r), func(t *testing.T) {
			view := video.Crop(f, r)
			img := image.NewRGBA(image.Rect(0, 0, view.Width/2, view.Height/2))
			paste(img, &view, img.Rect)
			if found := synthetic.FindMarks(img); len(found) != 1 || !same(found[0].Mark, mark(3)) {
				t.Errorf("found %v", found)
			}
		})
	}
}

func BenchmarkReadMark(b *testing.B) {
	f, none := drawn(1280, 720, mark(1)), video.NewFrame(1280, 720)
	b.Run("mark", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, ok := synthetic.ReadMark(f); !ok {
				b.Fatal("no mark")
			}
		}
	})
	b.Run("none", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			synthetic.ReadMark(none)
		}
	})
}

func BenchmarkFindMarks(b *testing.B) {
	shot := image.NewRGBA(image.Rect(0, 0, 1320, 400))
	paste(shot, drawn(640, 360, mark(1)), image.Rect(10, 10, 310, 179))
	for b.Loop() {
		if len(synthetic.FindMarks(shot)) != 1 {
			b.Fatal("no mark")
		}
	}
}
