package video

import (
	"fmt"
	"image"

	"parley/media"
)

// NewFrame returns a tight frame of the size, with undefined content: it is green when shown, Black makes it black.
func NewFrame(w, h int) *media.Frame {
	if w <= 0 || h <= 0 {
		panic(fmt.Sprintf("new frame: size %dx%d", w, h))
	}
	cw, ch := (w+1)/2, (h+1)/2
	buf := make([]byte, w*h+2*cw*ch)
	u, v := w*h, w*h+cw*ch
	return &media.Frame{
		Width: w, Height: h, StrideY: w, StrideUV: cw,
		Y: buf[:u:u], U: buf[u:v:v], V: buf[v:],
	}
}

// Reuse returns f when it has the size, and a new frame otherwise. f may be nil.
func Reuse(f *media.Frame, w, h int) *media.Frame {
	if f != nil && f.Width == w && f.Height == h {
		return f
	}
	return NewFrame(w, h)
}

// Crop returns the part r of src as a view that shares its bytes. The corners are moved to even pixels, and r is cut to the
// picture; at least two pixels (or the whole picture, where it is smaller) remain each way.
func Crop(src *media.Frame, r image.Rectangle) media.Frame {
	x, w := span(r.Min.X, r.Max.X, src.Width)
	y, h := span(r.Min.Y, r.Max.Y, src.Height)
	out := *src
	out.Width, out.Height = w, h
	out.Y = src.Y[y*src.StrideY+x:]
	c := y/2*src.StrideUV + x/2
	out.U, out.V = src.U[c:], src.V[c:]
	return out
}

// span brings the pixels from..to inside 0..size and to even places, and returns the start and the length.
func span(from, to, size int) (start, length int) {
	from = max(0, min(from, size-1)) &^ 1
	to = min(to, size)
	if to < size {
		to &^= 1
	}
	if to-from < 2 {
		to = min(from+2, size)
	}
	return from, to - from
}

// check panics unless the planes hold what the sizes and strides promise: C code would run off their end.
func check(f *media.Frame) {
	cw, ch := (f.Width+1)/2, (f.Height+1)/2
	if f.Width <= 0 || f.Height <= 0 || f.StrideY < f.Width || f.StrideUV < cw {
		panic(fmt.Sprintf("frame: size %dx%d, strides %d, %d", f.Width, f.Height, f.StrideY, f.StrideUV))
	}
	luma, chroma := (f.Height-1)*f.StrideY+f.Width, (ch-1)*f.StrideUV+cw
	if len(f.Y) < luma || len(f.U) < chroma || len(f.V) < chroma {
		panic(fmt.Sprintf("frame %dx%d: planes of %d, %d, %d bytes are too short", f.Width, f.Height, len(f.Y), len(f.U), len(f.V)))
	}
}

// checkSame panics unless both frames are sound and of one size.
func checkSame(dst, src *media.Frame) {
	check(dst)
	check(src)
	if dst.Width != src.Width || dst.Height != src.Height {
		panic(fmt.Sprintf("frame %dx%d to %dx%d: sizes differ", src.Width, src.Height, dst.Width, dst.Height))
	}
}
