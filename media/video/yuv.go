package video

/*
#cgo LDFLAGS: -l:libyuv.a -lstdc++ -lm
#cgo noescape I420Copy
#cgo nocallback I420Copy
#cgo noescape I420Scale
#cgo nocallback I420Scale
#cgo noescape I420Mirror
#cgo nocallback I420Mirror
#cgo noescape I420Rect
#cgo nocallback I420Rect
#cgo noescape I420ToABGR
#cgo nocallback I420ToABGR
#include <libyuv.h>
*/
import "C"

import (
	"fmt"
	"image"

	"parley/media"
)

func ptr(b []byte) *C.uint8_t { return (*C.uint8_t)(&b[0]) }

// Copy copies src into dst, which has the same size.
func Copy(dst, src *media.Frame) {
	checkSame(dst, src)
	C.I420Copy(ptr(src.Y), C.int(src.StrideY), ptr(src.U), C.int(src.StrideUV), ptr(src.V), C.int(src.StrideUV),
		ptr(dst.Y), C.int(dst.StrideY), ptr(dst.U), C.int(dst.StrideUV), ptr(dst.V), C.int(dst.StrideUV),
		C.int(src.Width), C.int(src.Height))
	dst.Captured = src.Captured
}

// Scale scales src to the size of dst, without regard to the aspect.
func Scale(dst, src *media.Frame) {
	if dst.Width == src.Width && dst.Height == src.Height {
		Copy(dst, src)
		return
	}
	check(dst)
	check(src)
	// libyuv averages over a box with a reciprocal of 16 bits: a box of 80 pixels across comes out dark, one of 640 black.
	filter := C.enum_FilterMode(C.kFilterBox)
	if src.Width > 32*dst.Width || src.Height > 32*dst.Height {
		filter = C.kFilterBilinear
	}
	C.I420Scale(ptr(src.Y), C.int(src.StrideY), ptr(src.U), C.int(src.StrideUV), ptr(src.V), C.int(src.StrideUV),
		C.int(src.Width), C.int(src.Height),
		ptr(dst.Y), C.int(dst.StrideY), ptr(dst.U), C.int(dst.StrideUV), ptr(dst.V), C.int(dst.StrideUV),
		C.int(dst.Width), C.int(dst.Height), filter)
	dst.Captured = src.Captured
}

// Mirror copies src into dst, which has the same size, with left and right exchanged.
func Mirror(dst, src *media.Frame) {
	checkSame(dst, src)
	C.I420Mirror(ptr(src.Y), C.int(src.StrideY), ptr(src.U), C.int(src.StrideUV), ptr(src.V), C.int(src.StrideUV),
		ptr(dst.Y), C.int(dst.StrideY), ptr(dst.U), C.int(dst.StrideUV), ptr(dst.V), C.int(dst.StrideUV),
		C.int(src.Width), C.int(src.Height))
	dst.Captured = src.Captured
}

// Black makes dst black.
func Black(dst *media.Frame) {
	check(dst)
	C.I420Rect(ptr(dst.Y), C.int(dst.StrideY), ptr(dst.U), C.int(dst.StrideUV), ptr(dst.V), C.int(dst.StrideUV),
		0, 0, C.int(dst.Width), C.int(dst.Height), 16, 128, 128)
}

// ToRGBA converts src into dst, which has the same size. Every pixel is opaque.
func ToRGBA(dst *image.RGBA, src *media.Frame) {
	check(src)
	if size := dst.Rect.Size(); size.X != src.Width || size.Y != src.Height {
		panic(fmt.Sprintf("frame %dx%d to image %v: sizes differ", src.Width, src.Height, size))
	}
	if dst.Stride < 4*src.Width || len(dst.Pix) < (src.Height-1)*dst.Stride+4*src.Width {
		panic(fmt.Sprintf("image %v: %d bytes, stride %d, are too short", dst.Rect.Size(), len(dst.Pix), dst.Stride))
	}
	// What libyuv calls ABGR is R, G, B, A in memory.
	C.I420ToABGR(ptr(src.Y), C.int(src.StrideY), ptr(src.U), C.int(src.StrideUV), ptr(src.V), C.int(src.StrideUV),
		ptr(dst.Pix), C.int(dst.Stride), C.int(src.Width), C.int(src.Height))
}
