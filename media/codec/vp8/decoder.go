package vp8

/*
#cgo noescape parley_decode
#cgo nocallback parley_decode
#include "shim.h"
*/
import "C"

import (
	"fmt"
	"unsafe"

	"parley/media"
	"parley/media/codec"
)

// decoder is a codec.VideoDecoder.
type decoder struct {
	c      *C.parley_decoder
	frame  media.Frame // a view of libvpx's picture
	opened bool        // a key frame was seen
}

// NewDecoder returns a decoder. It begins at the first key frame. The pictures that it returns are libvpx's own memory: valid
// until the next call of any method.
func NewDecoder() (codec.VideoDecoder, error) {
	d := &decoder{}
	if problem := C.parley_decoder_new(&d.c, 1); problem != nil {
		return nil, fmt.Errorf("open vp8 decoder: %s", C.GoString(problem))
	}
	return d, nil
}

// Decode decodes one frame, as codec.VideoDecoder says. A missing reference is not noticed: whoever feeds the decoder must not
// leave frames out.
func (d *decoder) Decode(data []byte) (*media.Frame, error) {
	if d.c == nil {
		return nil, ErrClosed
	}
	if len(data) < 3 || len(data) > 1<<26 {
		return nil, fmt.Errorf("decode vp8: %d bytes: %w", len(data), media.ErrFormat)
	}
	if data[0]&1 == 0 {
		w, h, ok := Size(data)
		if !ok || w > maxSide || h > maxSide || w*h > maxPixels {
			return nil, fmt.Errorf("decode vp8: key frame of %dx%d: %w", w, h, media.ErrFormat)
		}
		d.opened = true
	} else if !d.opened {
		return nil, fmt.Errorf("decode vp8: no key frame yet: %w", media.ErrFormat)
	}
	var p C.parley_picture
	problem := C.parley_decode(d.c, (*C.uint8_t)(&data[0]), C.uint(len(data)), &p)
	if problem != nil {
		d.opened = false
		return nil, fmt.Errorf("decode vp8: %s: %w", C.GoString(problem), media.ErrFormat)
	}
	if p.y == nil || p.width <= 0 || p.height <= 0 || p.stride_u != p.stride_v {
		return nil, nil
	}
	w, h := int(p.width), int(p.height)
	cw, ch := (w+1)/2, (h+1)/2
	chroma := (ch-1)*int(p.stride_u) + cw
	d.frame = media.Frame{
		Width: w, Height: h, StrideY: int(p.stride_y), StrideUV: int(p.stride_u),
		Y: unsafe.Slice((*byte)(p.y), (h-1)*int(p.stride_y)+w),
		U: unsafe.Slice((*byte)(p.u), chroma),
		V: unsafe.Slice((*byte)(p.v), chroma),
	}
	return &d.frame, nil
}

// Close releases the decoder and the picture returned last. It is idempotent.
func (d *decoder) Close() error {
	if d.c != nil {
		C.parley_decoder_free(d.c)
		d.c = nil
	}
	d.frame = media.Frame{}
	return nil
}
