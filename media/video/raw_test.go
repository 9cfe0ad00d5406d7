package video

import (
	"errors"
	"fmt"
	"image"
	"testing"

	"parley/media"
)

// colours are BT.601 limited range values of flat pictures with the RGB that they show.
var colours = []struct {
	name    string
	y, u, v byte
	r, g, b byte
}{
	{"black", 16, 128, 128, 0, 0, 0},
	{"white", 235, 128, 128, 255, 255, 255},
	{"grey", 126, 128, 128, 128, 128, 128},
	{"red", 81, 90, 240, 255, 0, 0},
	{"green", 145, 54, 34, 0, 255, 0},
	{"blue", 41, 240, 110, 0, 0, 255},
}

// rawOf lays a flat picture out, with rows of the stride (0: tight).
func rawOf(layout Layout, w, h, stride int, y, u, v, r, g, b byte) []byte {
	if stride == 0 {
		stride = layout.rowBytes(w)
	}
	fill := func(out []byte, rows, stride int, pattern ...byte) []byte {
		for range rows {
			for i := range stride {
				out = append(out, pattern[i%len(pattern)])
			}
		}
		return out
	}
	ch := (h + 1) / 2
	var out []byte
	switch layout {
	case LayoutI420:
		out = fill(out, h, stride, y)
		out = fill(out, ch, (stride+1)/2, u)
		out = fill(out, ch, (stride+1)/2, v)
	case LayoutNV12:
		out = fill(fill(out, h, stride, y), ch, (stride+1)&^1, u, v)
	case LayoutNV21:
		out = fill(fill(out, h, stride, y), ch, (stride+1)&^1, v, u)
	case LayoutYUYV:
		out = fill(out, h, stride, y, u, y, v)
	case LayoutUYVY:
		out = fill(out, h, stride, u, y, v, y)
	case LayoutBGRA:
		out = fill(out, h, stride, b, g, r, 255)
	}
	return out
}

func near(a, b byte, d int) bool {
	return int(a)-int(b) <= d && int(b)-int(a) <= d
}

// flat checks that all of f has one colour.
func flat(t *testing.T, f *media.Frame, y, u, v byte, tolerance int) {
	t.Helper()
	plane := func(name string, p []byte, w, h, stride int, want byte) {
		for row := range h {
			for col := range w {
				if got := p[row*stride+col]; !near(got, want, tolerance) {
					t.Fatalf("%s at %d,%d is %d, want %d", name, col, row, got, want)
				}
			}
		}
	}
	cw, ch := (f.Width+1)/2, (f.Height+1)/2
	plane("Y", f.Y, f.Width, f.Height, f.StrideY, y)
	plane("U", f.U, cw, ch, f.StrideUV, u)
	plane("V", f.V, cw, ch, f.StrideUV, v)
}

func TestFromRawColours(t *testing.T) {
	t.Parallel()
	for layout := LayoutI420; layout <= LayoutBGRA; layout++ {
		for _, size := range [][2]int{{64, 48}, {63, 47}, {1, 1}, {3, 2}, {2, 3}} {
			for _, pad := range []int{0, 24} {
				for _, c := range colours {
					t.Run(fmt.Sprintf("%v/%dx%d+%d/%s", layout, size[0], size[1], pad, c.name), func(t *testing.T) {
						stride := 0
						if pad > 0 {
							stride = layout.rowBytes(size[0]) + pad
						}
						data := rawOf(layout, size[0], size[1], stride, c.y, c.u, c.v, c.r, c.g, c.b)
						f := NewFrame(size[0], size[1])
						if err := FromRaw(f, layout, data, stride); err != nil {
							t.Fatal(err)
						}
						flat(t, f, c.y, c.u, c.v, 2)
						img := image.NewRGBA(image.Rect(0, 0, size[0], size[1]))
						ToRGBA(img, f)
						got := img.RGBAAt(size[0]-1, size[1]-1)
						if !near(got.R, c.r, 4) || !near(got.G, c.g, 4) || !near(got.B, c.b, 4) || got.A != 255 {
							t.Errorf("shown as %v, want %d %d %d", got, c.r, c.g, c.b)
						}
					})
				}
			}
		}
	}
}

func TestFromRawTorn(t *testing.T) {
	t.Parallel()
	for layout := LayoutI420; layout <= LayoutBGRA; layout++ {
		for _, size := range [][2]int{{64, 48}, {63, 47}} {
			f := NewFrame(size[0], size[1])
			whole := rawOf(layout, size[0], size[1], 0, 1, 2, 3, 4, 5, 6)
			if err := FromRaw(f, layout, whole, 0); err != nil {
				t.Errorf("%v: whole: %v", layout, err)
			}
			for _, data := range [][]byte{nil, {}, {1}, whole[:len(whole)/2], whole[:len(whole)-1]} {
				if err := FromRaw(f, layout, data, 0); !errors.Is(err, ErrTorn) {
					t.Errorf("%v of %d bytes: %v, want ErrTorn", layout, len(data), err)
				}
			}
			if err := FromRaw(f, layout, whole, size[0]-1); !errors.Is(err, media.ErrFormat) {
				t.Errorf("%v with a short stride: %v, want ErrFormat", layout, err)
			}
		}
	}
	for _, layout := range []Layout{-1, LayoutBGRA + 1} {
		if err := FromRaw(NewFrame(2, 2), layout, make([]byte, 64), 0); !errors.Is(err, media.ErrFormat) {
			t.Errorf("%v: %v, want ErrFormat", layout, err)
		}
	}
}

// TestPlaces checks that pixels land where they belong, not only their colours.
func TestPlaces(t *testing.T) {
	t.Parallel()
	const w, h = 8, 4
	data := make([]byte, 4*w*h)
	for y := range h {
		for x := range w {
			data[4*(y*w+x)+1] = byte(20*x + 10*y)
		}
	}
	f := NewFrame(w, h)
	if err := FromRaw(f, LayoutBGRA, data, 0); err != nil {
		t.Fatal(err)
	}
	for y := range h {
		for x := range w - 1 {
			if f.Y[y*f.StrideY+x] >= f.Y[y*f.StrideY+x+1] {
				t.Fatalf("row %d does not rise at %d", y, x)
			}
		}
	}
	m := NewFrame(w, h)
	Mirror(m, f)
	for x := range w {
		if m.Y[x] != f.Y[w-1-x] {
			t.Fatalf("mirrored: %d at %d, want %d", m.Y[x], x, f.Y[w-1-x])
		}
	}
}
