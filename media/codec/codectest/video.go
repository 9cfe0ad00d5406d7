package codectest

import (
	"math"
	"testing"
	"time"

	"parley/media"
	"parley/media/codec"
	"parley/media/video"
)

// VideoCodec makes what the video suite tests.
type VideoCodec struct {
	NewEncoder func(width, height int, frameRate float64, bps int) (codec.VideoEncoder, error)
	NewDecoder func() (codec.VideoDecoder, error)
	IsKeyFrame func(data []byte) bool
	MinPSNR    float64 // of a moving gradient of 320x180 at 400 kbit/s
}

// Picture draws a soft picture whose content moves with n.
func Picture(f *media.Frame, n int) {
	for y := range f.Height {
		row := f.Y[y*f.StrideY:][:f.Width]
		for x := range row {
			row[x] = byte(126 + 60*math.Sin(float64(x+2*n)/23)*math.Cos(float64(y-n)/17))
		}
	}
	for y := range (f.Height + 1) / 2 {
		for x := range (f.Width + 1) / 2 {
			f.U[y*f.StrideUV+x] = byte(128 + 40*math.Sin(float64(x+n)/40))
			f.V[y*f.StrideUV+x] = byte(128 + 40*math.Cos(float64(y+n)/40))
		}
	}
}

// PSNR compares the luma of two pictures of one size, in dB.
func PSNR(a, b *media.Frame) float64 {
	var sum float64
	for y := range a.Height {
		for x := range a.Width {
			d := float64(a.Y[y*a.StrideY+x]) - float64(b.Y[y*b.StrideY+x])
			sum += d * d
		}
	}
	return 10 * math.Log10(255*255*float64(a.Width*a.Height)/max(sum, 1))
}

// Video runs the suite for video codecs.
func Video(t *testing.T, c VideoCodec) {
	t.Run("round trip", func(t *testing.T) { t.Parallel(); c.roundTrip(t) })
	t.Run("sizes", func(t *testing.T) { t.Parallel(); c.sizes(t) })
	t.Run("key frames", func(t *testing.T) { t.Parallel(); c.keyFrames(t) })
	t.Run("bit rate", func(t *testing.T) { t.Parallel(); c.bitrate(t) })
	t.Run("bad input", func(t *testing.T) { t.Parallel(); c.badInput(t) })
	t.Run("close", func(t *testing.T) { t.Parallel(); c.closed(t) })
}

// open returns an encoder and a decoder that the test closes.
func (c VideoCodec) open(t *testing.T, w, h, bps int) (codec.VideoEncoder, codec.VideoDecoder) {
	t.Helper()
	e, err := c.NewEncoder(w, h, 30, bps)
	if err != nil {
		t.Fatal(err)
	}
	d, err := c.NewDecoder()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return e, d
}

// at is when picture n is taken.
func at(n int) time.Duration { return time.Second + time.Duration(n)*time.Second/30 }

func (c VideoCodec) roundTrip(t *testing.T) {
	e, d := c.open(t, 320, 180, 400_000)
	f := video.NewFrame(320, 180)
	for n := range 60 {
		Picture(f, n)
		f.Captured = at(n)
		out, ok, err := e.Encode(f, false)
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			continue
		}
		if out.KeyFrame != (n == 0) || c.IsKeyFrame(out.Data) != out.KeyFrame {
			t.Fatalf("picture %d: key frame %v, by its data %v", n, out.KeyFrame, c.IsKeyFrame(out.Data))
		}
		if out.Timestamp != at(n) || out.Duration <= 0 {
			t.Fatalf("picture %d: time %v, length %v", n, out.Timestamp, out.Duration)
		}
		got, err := d.Decode(out.Data)
		if err != nil || got == nil {
			t.Fatalf("picture %d: %v, %v", n, got, err)
		}
		if db := PSNR(f, got); db < c.MinPSNR {
			t.Fatalf("picture %d: %.1f dB, want %.1f", n, db, c.MinPSNR)
		}
	}
}

func (c VideoCodec) sizes(t *testing.T) {
	e, d := c.open(t, 64, 48, 300_000)
	n := 0
	for _, size := range [][2]int{{64, 48}, {160, 90}, {63, 47}, {33, 64}, {2, 2}, {17, 1}, {320, 180}, {64, 48}} {
		f := video.NewFrame(size[0]+32, size[1]+16)
		Picture(f, n)
		view := *f // rows that lie further apart than they are long
		view.Width, view.Height = size[0], size[1]
		for i := range 3 {
			view.Captured = at(n)
			n++
			out, ok, err := e.Encode(&view, false)
			if err != nil {
				t.Fatalf("%v: %v", size, err)
			}
			if !ok {
				t.Fatalf("%v: dropped", size)
			}
			if out.KeyFrame != (i == 0) {
				t.Errorf("%v: frame %d: key frame %v", size, i, out.KeyFrame)
			}
			got, err := d.Decode(out.Data)
			if err != nil || got == nil || got.Width != size[0] || got.Height != size[1] {
				t.Fatalf("%v: decoded %v, %v", size, got, err)
			}
			if db := PSNR(&view, got); db < c.MinPSNR-3 {
				t.Errorf("%v: %.1f dB", size, db)
			}
			video.Copy(video.NewFrame(got.Width, got.Height), got)
		}
	}
}

func (c VideoCodec) keyFrames(t *testing.T) {
	e, _ := c.open(t, 160, 90, 300_000)
	f := video.NewFrame(160, 90)
	for n := range 90 {
		Picture(f, n)
		f.Captured = at(n)
		out, ok, err := e.Encode(f, n%20 == 5)
		if err != nil {
			t.Fatal(err)
		}
		if want := n == 0 || n%20 == 5; !ok && want || ok && out.KeyFrame != want {
			t.Errorf("picture %d: ok %v, key frame %v, want %v", n, ok, out.KeyFrame, want)
		}
	}
}

func (c VideoCodec) bitrate(t *testing.T) {
	e, _ := c.open(t, 320, 180, 500_000)
	f := video.NewFrame(320, 180)
	n := 0
	for _, bps := range []int{500_000, 150_000, 300_000} {
		if err := e.SetBitrate(bps); err != nil {
			t.Fatal(err)
		}
		bytes := 0
		for i := range 120 {
			Picture(f, n)
			for j := range f.Y { // noise costs bits
				f.Y[j] += byte((j*7919 + n*104729) % 64 * (j % 3))
			}
			f.Captured = at(n)
			n++
			out, ok, err := e.Encode(f, false)
			if err != nil {
				t.Fatal(err)
			}
			if ok && i >= 30 { // let it settle
				bytes += len(out.Data)
			}
		}
		if got := bytes * 8 / 3; got > bps*5/4 || got < bps/2 {
			t.Errorf("%d bit/s, want about %d", got, bps)
		}
	}
}

func (c VideoCodec) badInput(t *testing.T) {
	e, d := c.open(t, 160, 90, 300_000)
	f := video.NewFrame(160, 90)
	Picture(f, 0)
	out, ok, err := e.Encode(f, false)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	key := append([]byte(nil), out.Data...)
	Picture(f, 1)
	out, ok, err = e.Encode(f, false)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	if _, err := d.Decode(out.Data); err == nil {
		t.Error("decoded without a key frame")
	}
	for _, data := range [][]byte{nil, {}, {0}, {1, 2, 3}, make([]byte, 100), key[:9]} {
		if got, err := d.Decode(data); err == nil && got != nil {
			t.Errorf("decoded %d bytes of rubbish", len(data))
		}
	}
	if got, err := d.Decode(key); err != nil || got == nil {
		t.Errorf("a key frame after rubbish: %v, %v", got, err)
	}
	short := *f
	short.U = short.U[:10]
	if _, _, err := e.Encode(&short, false); err == nil {
		t.Error("encoded a picture with a plane too short")
	}
}

func (c VideoCodec) closed(t *testing.T) {
	e, d := c.open(t, 64, 48, 300_000)
	for range 2 {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, _, err := e.Encode(video.NewFrame(64, 48), false); err == nil {
		t.Error("encoded after Close")
	}
	if err := e.SetBitrate(100_000); err == nil {
		t.Error("set the bit rate after Close")
	}
	if _, err := d.Decode(make([]byte, 20)); err == nil {
		t.Error("decoded after Close")
	}
}
