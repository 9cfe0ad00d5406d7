package vp8_test

import (
	"errors"
	"testing"

	"parley/media"
	"parley/media/codec"
	"parley/media/codec/codectest"
	"parley/media/codec/vp8"
	"parley/media/video"
)

var suite = codectest.VideoCodec{
	NewEncoder: func(w, h int, rate float64, bps int) (codec.VideoEncoder, error) {
		return vp8.NewEncoder(vp8.Config{Width: w, Height: h, FrameRate: rate, BitrateBps: bps})
	},
	NewDecoder: vp8.NewDecoder,
	IsKeyFrame: vp8.IsKeyFrame,
	MinPSNR:    34,
}

func TestSuite(t *testing.T) {
	t.Parallel()
	codectest.Video(t, suite)
}

func TestScreenSuite(t *testing.T) {
	t.Parallel()
	screen := suite
	screen.NewEncoder = func(w, h int, rate float64, bps int) (codec.VideoEncoder, error) {
		return vp8.NewEncoder(vp8.Config{Width: w, Height: h, FrameRate: rate, BitrateBps: bps, Screen: true})
	}
	codectest.Video(t, screen)
}

func BenchmarkVP8(b *testing.B) { codectest.BenchVideo(b, suite) }

// keyFrame returns a key frame and the frame after it.
func keyFrame(t testing.TB, w, h int) (key, inter []byte) {
	t.Helper()
	e, err := suite.NewEncoder(w, h, 30, 300_000)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = e.Close() }()
	f := video.NewFrame(w, h)
	for i := range 2 {
		codectest.Picture(f, i)
		out, ok, err := e.Encode(f, false)
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		key, inter = inter, append([]byte(nil), out.Data...)
	}
	return key, inter
}

func TestSize(t *testing.T) {
	t.Parallel()
	key, inter := keyFrame(t, 322, 181)
	if w, h, ok := vp8.Size(key); !ok || w != 322 || h != 181 || !vp8.IsKeyFrame(key) {
		t.Errorf("%dx%d, %v", w, h, ok)
	}
	for _, data := range [][]byte{nil, inter, key[:9], make([]byte, 10)} {
		if _, _, ok := vp8.Size(data); ok || vp8.IsKeyFrame(data) {
			t.Errorf("a size from %d bytes", len(data))
		}
	}
}

func TestHugeKeyFrame(t *testing.T) {
	t.Parallel()
	d, err := vp8.NewDecoder()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	key, _ := keyFrame(t, 64, 48)
	key[6], key[7], key[8], key[9] = 0xff, 0x3f, 0xff, 0x3f
	if _, err := d.Decode(key); !errors.Is(err, media.ErrFormat) {
		t.Errorf("16383x16383: %v, want ErrFormat", err)
	}
}

func TestBadConfig(t *testing.T) {
	t.Parallel()
	for _, c := range []vp8.Config{{}, {Width: -1, Height: 4}, {Width: 9000, Height: 10}, {Width: 8000, Height: 8000}} {
		if _, err := vp8.NewEncoder(c); !errors.Is(err, media.ErrFormat) {
			t.Errorf("%+v: %v, want ErrFormat", c, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	key, inter := keyFrame(f, 64, 48)
	f.Add(key, inter)
	f.Add(key[:20], inter[:5])
	f.Add([]byte{}, []byte{1, 2, 3})
	f.Fuzz(func(t *testing.T, first, second []byte) {
		if w, h, ok := vp8.Size(first); ok && w*h > 1<<20 {
			return
		}
		d, err := vp8.NewDecoder()
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = d.Close() }()
		for _, data := range [][]byte{key, first, second, second, key} {
			if w, h, ok := vp8.Size(data); ok && w*h > 1<<20 {
				continue
			}
			if got, err := d.Decode(data); err == nil && got != nil {
				video.Copy(video.NewFrame(got.Width, got.Height), got)
			}
		}
	})
}

func FuzzSize(f *testing.F) {
	key, inter := keyFrame(f, 64, 48)
	f.Add(key)
	f.Add(inter)
	f.Add(key[:9])
	f.Fuzz(func(t *testing.T, data []byte) {
		w, h, ok := vp8.Size(data)
		if ok && (w < 1 || h < 1 || w > 16383 || h > 16383) {
			t.Errorf("%dx%d", w, h)
		}
		if ok != vp8.IsKeyFrame(data) {
			t.Error("a size, but no key frame")
		}
	})
}
