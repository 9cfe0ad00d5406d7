package mjpeg_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"testing"

	"parley/media"
	"parley/media/codec/codectest"
	"parley/media/codec/mjpeg"
	"parley/media/video"
)

// encode returns img as JPEG.
func encode(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 92}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// flat returns a picture of one colour.
func flat(w, h int, c color.Color) image.Image {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.Set(x, y, c)
		}
	}
	return img
}

// pattern returns a soft picture.
func pattern(w, h int) image.Image {
	f := video.NewFrame(w, h)
	codectest.Picture(f, 5)
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	video.ToRGBA(img, f)
	return img
}

// decoder returns a decoder that the test closes.
func decoder(t testing.TB) *mjpeg.Decoder {
	t.Helper()
	d, err := mjpeg.NewDecoder()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

func TestColours(t *testing.T) {
	t.Parallel()
	d := decoder(t)
	var f *media.Frame
	for _, size := range [][2]int{{64, 48}, {63, 47}, {1, 1}, {17, 2}} {
		for _, c := range []struct {
			c       color.Color
			y, u, v int
		}{
			{color.RGBA{255, 255, 255, 255}, 235, 128, 128},
			{color.RGBA{0, 0, 0, 255}, 16, 128, 128},
			{color.RGBA{255, 0, 0, 255}, 81, 90, 240},
			{color.RGBA{0, 255, 0, 255}, 145, 54, 34},
			{color.RGBA{0, 0, 255, 255}, 41, 240, 110},
		} {
			var err error
			f, err = d.Decode(encode(t, flat(size[0], size[1], c.c)), f)
			if err != nil || f.Width != size[0] || f.Height != size[1] {
				t.Fatalf("%v: %v, %v", size, f, err)
			}
			last := len(f.U) - 1
			for i, got := range []int{int(f.Y[len(f.Y)-1]), int(f.U[last]), int(f.V[last])} {
				if want := []int{c.y, c.u, c.v}[i]; got < want-3 || got > want+3 {
					t.Errorf("%v %v: component %d is %d, want %d", size, c.c, i, got, want)
				}
			}
		}
	}
}

func TestGrey(t *testing.T) {
	t.Parallel()
	img := image.NewGray(image.Rect(0, 0, 33, 21))
	for i := range img.Pix {
		img.Pix[i] = 200
	}
	f, err := decoder(t).Decode(encode(t, img), nil)
	if err != nil {
		t.Fatal(err)
	}
	if f.Y[5] < 186 || f.Y[5] > 190 || f.U[3] != 128 || f.V[3] != 128 {
		t.Errorf("grey 200 is %d %d %d", f.Y[5], f.U[3], f.V[3])
	}
}

// TestSamplings claims other samplings in the header: what is decoded means nothing then, but it must be safe.
func TestSamplings(t *testing.T) {
	t.Parallel()
	d := decoder(t)
	for _, size := range [][2]int{{64, 48}, {63, 47}, {31, 1}} {
		data := encode(t, pattern(size[0], size[1]))
		at := bytes.Index(data, []byte{0xff, 0xc0}) + 11 // sampling factors of the first component
		for _, factors := range []byte{0x22, 0x21, 0x11, 0x12, 0x41, 0x14, 0x44, 0x00} {
			changed := bytes.Clone(data)
			changed[at] = factors
			f, err := d.Decode(changed, nil)
			if err == nil && (f.Width != size[0] || f.Height != size[1]) {
				t.Errorf("%v %#x: %dx%d", size, factors, f.Width, f.Height)
			}
			if factors == 0x22 && err != nil {
				t.Errorf("%v as it was: %v", size, err)
			}
		}
	}
}

func TestReuse(t *testing.T) {
	t.Parallel()
	d := decoder(t)
	data := encode(t, pattern(64, 48))
	first, err := d.Decode(data, nil)
	if err != nil {
		t.Fatal(err)
	}
	if second, err := d.Decode(data, first); err != nil || second != first {
		t.Errorf("the frame was not used again: %v", err)
	}
	if third, err := d.Decode(encode(t, pattern(32, 48)), first); err != nil || third == first {
		t.Errorf("a frame of another size was used: %v", err)
	}
	padded := append(bytes.Clone(data), make([]byte, 1000)...)
	if _, err := d.Decode(padded, first); err != nil {
		t.Errorf("padded: %v", err)
	}
}

func TestTorn(t *testing.T) {
	t.Parallel()
	d := decoder(t)
	data := encode(t, pattern(320, 180))
	for _, n := range []int{0, 1, 2, 10, 200, 700, len(data) / 2, len(data) - 1} {
		if _, err := d.Decode(data[:n], nil); !errors.Is(err, video.ErrTorn) {
			t.Errorf("%d of %d bytes: %v, want ErrTorn", n, len(data), err)
		}
	}
	for _, n := range []int{900, len(data) / 2, len(data) * 3 / 4} { // the middle is missing, the end is there
		cut := append(bytes.Clone(data[:n]), 0xff, 0xd9)
		if _, err := d.Decode(cut, nil); !errors.Is(err, video.ErrTorn) {
			t.Errorf("cut at %d: %v, want ErrTorn", n, err)
		}
	}
	if _, err := d.Decode([]byte("no picture at all\xff\xd9"), nil); !errors.Is(err, media.ErrFormat) {
		t.Errorf("rubbish: %v, want ErrFormat", err)
	}
	if _, err := d.Decode(data, nil); err != nil {
		t.Errorf("a whole one after torn ones: %v", err)
	}
}

func TestSizeBound(t *testing.T) {
	t.Parallel()
	d := decoder(t)
	data := encode(t, pattern(64, 48))
	at := bytes.Index(data, []byte{0xff, 0xc0}) + 5
	for _, size := range [][2]uint16{{65500, 65500}, {48, 8193}, {8193, 64}, {8000, 8000}} {
		binary.BigEndian.PutUint16(data[at:], size[0])
		binary.BigEndian.PutUint16(data[at+2:], size[1])
		if _, err := d.Decode(data, nil); !errors.Is(err, media.ErrFormat) {
			t.Errorf("%v: %v, want ErrFormat", size, err)
		}
	}
}

func TestClose(t *testing.T) {
	t.Parallel()
	d := decoder(t)
	for range 2 {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := d.Decode(encode(t, pattern(8, 8)), nil); !errors.Is(err, mjpeg.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

func BenchmarkDecode(b *testing.B) {
	for _, size := range [][2]int{{1280, 720}, {640, 360}} {
		b.Run(fmt.Sprintf("%dp", size[1]), func(b *testing.B) {
			d, data := decoder(b), encode(b, pattern(size[0], size[1]))
			f := video.NewFrame(size[0], size[1])
			b.ReportAllocs()
			for b.Loop() {
				if _, err := d.Decode(data, f); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	data := encode(f, pattern(32, 24))
	f.Add(data)
	f.Add(data[:len(data)/2])
	f.Add(append(bytes.Clone(data[:len(data)/2]), 0xff, 0xd9))
	f.Add(encode(f, flat(5, 3, color.Gray{100})))
	f.Add([]byte{0xff, 0xd8, 0xff, 0xd9})
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := mjpeg.NewDecoder()
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = d.Close() }()
		if c, err := jpeg.DecodeConfig(bytes.NewReader(data)); err == nil && c.Width*c.Height > 1<<20 {
			return
		}
		if got, err := d.Decode(data, nil); err == nil {
			video.Copy(video.NewFrame(got.Width, got.Height), got)
		}
	})
}
