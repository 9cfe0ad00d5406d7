package video

/*
#cgo noescape I420Copy
#cgo nocallback I420Copy
#cgo noescape NV12ToI420
#cgo nocallback NV12ToI420
#cgo noescape NV21ToI420
#cgo nocallback NV21ToI420
#cgo noescape YUY2ToI420
#cgo nocallback YUY2ToI420
#cgo noescape UYVYToI420
#cgo nocallback UYVYToI420
#cgo noescape ARGBToI420
#cgo nocallback ARGBToI420
#include <libyuv.h>
*/
import "C"

import (
	"errors"
	"fmt"

	"parley/media"
)

// ErrTorn means that a driver delivered fewer bytes than a picture has. The next picture may be whole.
var ErrTorn = errors.New("picture torn")

// Layout is how a driver lays out a raw picture.
type Layout int

// The layouts that FromRaw understands.
const (
	LayoutI420 Layout = iota // planes Y, U, V
	LayoutNV12               // plane Y, then U and V interleaved
	LayoutNV21               // plane Y, then V and U interleaved
	LayoutYUYV               // Y0 U Y1 V for each two pixels
	LayoutUYVY               // U Y0 V Y1 for each two pixels
	LayoutBGRA               // B, G, R and a byte that is ignored
)

// String returns the layout's usual name.
func (l Layout) String() string {
	switch l {
	case LayoutI420:
		return "I420"
	case LayoutNV12:
		return "NV12"
	case LayoutNV21:
		return "NV21"
	case LayoutYUYV:
		return "YUYV"
	case LayoutUYVY:
		return "UYVY"
	case LayoutBGRA:
		return "BGRA"
	}
	return fmt.Sprintf("Layout(%d)", int(l))
}

// rowBytes is the length of the first plane's row, without padding.
func (l Layout) rowBytes(w int) int {
	switch l {
	case LayoutYUYV, LayoutUYVY:
		return (w + 1) / 2 * 4
	case LayoutBGRA:
		return 4 * w
	default:
		return w
	}
}

// FromRaw converts a picture that a driver delivered into dst, whose size it has. stride is the distance of the rows of the
// first plane in bytes, 0 for tight ones; the chroma rows of I420 lie half of it apart, those of NV12 and NV21 all of it, both
// rounded up. Too few bytes are ErrTorn, a layout or stride that cannot be is media.ErrFormat.
func FromRaw(dst *media.Frame, layout Layout, data []byte, stride int) error {
	check(dst)
	w, h := dst.Width, dst.Height
	row := layout.rowBytes(w)
	if stride == 0 {
		stride = row
	}
	if stride < row || stride > 1<<20 || layout < LayoutI420 || layout > LayoutBGRA {
		return fmt.Errorf("convert %v %dx%d: stride %d: %w", layout, w, h, stride, media.ErrFormat)
	}
	ch := (h + 1) / 2
	var chroma, need int // row distance of the chroma, and the bytes of all
	switch layout {
	case LayoutI420:
		chroma = (stride + 1) / 2
		need = stride*h + chroma*ch + chroma*(ch-1) + (w+1)/2
	case LayoutNV12, LayoutNV21:
		chroma = (stride + 1) &^ 1
		need = stride*h + chroma*(ch-1) + (w+1)&^1
	default:
		need = stride*(h-1) + row
	}
	if len(data) < need {
		return fmt.Errorf("convert %v %dx%d: %d of %d bytes: %w", layout, w, h, len(data), need, ErrTorn)
	}
	if convert(dst, layout, data, stride, chroma) != 0 {
		return fmt.Errorf("convert %v %dx%d: %w", layout, w, h, media.ErrFormat)
	}
	return nil
}

// convert calls libyuv; the lengths have been checked.
func convert(dst *media.Frame, layout Layout, data []byte, stride, chroma int) C.int {
	w, h, s, c := C.int(dst.Width), C.int(dst.Height), C.int(stride), C.int(chroma)
	y, u, v := ptr(dst.Y), ptr(dst.U), ptr(dst.V)
	sy, suv := C.int(dst.StrideY), C.int(dst.StrideUV)
	switch layout {
	case LayoutI420:
		uAt := stride * dst.Height
		vAt := uAt + chroma*((dst.Height+1)/2)
		return C.I420Copy(ptr(data), s, ptr(data[uAt:]), c, ptr(data[vAt:]), c, y, sy, u, suv, v, suv, w, h)
	case LayoutNV12:
		return C.NV12ToI420(ptr(data), s, ptr(data[stride*dst.Height:]), c, y, sy, u, suv, v, suv, w, h)
	case LayoutNV21:
		return C.NV21ToI420(ptr(data), s, ptr(data[stride*dst.Height:]), c, y, sy, u, suv, v, suv, w, h)
	case LayoutYUYV:
		return C.YUY2ToI420(ptr(data), s, y, sy, u, suv, v, suv, w, h)
	case LayoutUYVY:
		return C.UYVYToI420(ptr(data), s, y, sy, u, suv, v, suv, w, h)
	case LayoutBGRA:
		return C.ARGBToI420(ptr(data), s, y, sy, u, suv, v, suv, w, h)
	}
	return -1
}
