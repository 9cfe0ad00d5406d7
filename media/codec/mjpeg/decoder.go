package mjpeg

/*
#cgo LDFLAGS: -lturbojpeg -l:libyuv.a -lstdc++ -lm
#cgo noescape parley_mjpeg_decode
#cgo nocallback parley_mjpeg_decode
#cgo noescape parley_mjpeg_size
#cgo nocallback parley_mjpeg_size
#include "shim.h"
*/
import "C"

import (
	"bytes"
	"errors"
	"fmt"

	"parley/media"
	"parley/media/video"
)

// ErrClosed is returned by Decode after Close.
var ErrClosed = errors.New("decoder closed")

// maxSide bounds the size of a picture each way, maxPixels altogether.
const (
	maxSide   = 8192
	maxPixels = 1 << 25
)

// Decoder decodes JPEG pictures. It is not safe for concurrent use.
type Decoder struct {
	c *C.parley_mjpeg // nil after Close
}

// NewDecoder returns a decoder.
func NewDecoder() (*Decoder, error) {
	c := C.parley_mjpeg_new()
	if c == nil {
		return nil, errors.New("open mjpeg decoder: out of memory")
	}
	return &Decoder{c: c}, nil
}

// Decode decodes one picture into dst when it has the size, and into a new frame otherwise; dst may be nil. A picture that ends
// early or is damaged is video.ErrTorn, and dst may then hold part of it; what is no usable JPEG is media.ErrFormat.
func (d *Decoder) Decode(data []byte, dst *media.Frame) (*media.Frame, error) {
	if d.c == nil {
		return nil, ErrClosed
	}
	// Cameras pad pictures with zeros or repeat old bytes behind the end marker, but one without any end is torn.
	end := bytes.LastIndex(data, []byte{0xff, 0xd9})
	if end < 0 || end < 4 {
		return nil, fmt.Errorf("decode mjpeg: no end marker in %d bytes: %w", len(data), video.ErrTorn)
	}
	data = data[:end+2]
	var w, h C.int
	if err := failure(C.parley_mjpeg_size(d.c, (*C.uint8_t)(&data[0]), C.ulong(len(data)), &w, &h)); err != nil {
		return nil, err
	}
	if w <= 0 || h <= 0 || w > maxSide || h > maxSide || w*h > maxPixels {
		return nil, fmt.Errorf("decode mjpeg: size %dx%d: %w", w, h, media.ErrFormat)
	}
	dst = video.Reuse(dst, int(w), int(h))
	if err := failure(C.parley_mjpeg_decode(d.c, (*C.uint8_t)(&data[0]), C.ulong(len(data)), (*C.uint8_t)(&dst.Y[0]),
		(*C.uint8_t)(&dst.U[0]), (*C.uint8_t)(&dst.V[0]), C.int(dst.StrideY), C.int(dst.StrideUV))); err != nil {
		return nil, err
	}
	return dst, nil
}

// failure turns a result of the C side into an error.
func failure(result C.int) error {
	switch result {
	case C.parley_mjpeg_ok:
		return nil
	case C.parley_mjpeg_torn:
		return fmt.Errorf("decode mjpeg: %w", video.ErrTorn)
	case C.parley_mjpeg_memory:
		return errors.New("decode mjpeg: out of memory")
	}
	return fmt.Errorf("decode mjpeg: %w", media.ErrFormat)
}

// Close releases the decoder. It is idempotent.
func (d *Decoder) Close() error {
	if d.c != nil {
		C.parley_mjpeg_free(d.c)
		d.c = nil
	}
	return nil
}
