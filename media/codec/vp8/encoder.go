package vp8

/*
#cgo LDFLAGS: -lvpx
#cgo noescape parley_encode
#cgo nocallback parley_encode
#include "shim.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"time"
	"unsafe"

	"parley/media"
	"parley/media/codec"
)

// ErrClosed is returned by everything that is called after Close.
var ErrClosed = errors.New("codec closed")

// maxSide and maxPixels bound the size of a picture: VP8 allows 16383 each way, and the decoder reserves four pictures of what
// a key frame of ten bytes says.
const (
	maxSide   = 8192
	maxPixels = 1 << 24
)

// clock is the rate of the time stamps given to libvpx.
const clock = 90000

// Config is what an encoder starts with.
type Config struct {
	Width, Height int
	FrameRate     float64 // expected pictures per second; 30 when 0
	BitrateBps    int
	Screen        bool // a screen rather than a camera: sharp text before smooth motion
	CPUUsed       int  // libvpx's speed, -16 to 16: negative is fixed, positive adapts; 0 is -8
}

// encoder is a codec.VideoEncoder.
type encoder struct {
	config  Config
	c       *C.parley_encoder
	out     []byte // the last encoded frame
	pts     int64  // of the last picture, in clock units
	last    time.Duration
	started bool // a picture was encoded
	key     bool // a key frame is owed
	closed  bool
}

// NewEncoder returns an encoder. The first frame that it makes is a key frame.
func NewEncoder(config Config) (codec.VideoEncoder, error) {
	if config.FrameRate <= 0 || config.FrameRate > 240 {
		config.FrameRate = 30
	}
	if config.CPUUsed == 0 {
		config.CPUUsed = -8
	}
	e := &encoder{config: config}
	if err := e.open(); err != nil {
		return nil, err
	}
	return e, nil
}

// kbps is a bit rate as libvpx takes it.
func kbps(bps int) C.int { return C.int(max(10, min(bps/1000, 100000))) }

// open makes the libvpx encoder for the size in the configuration.
func (e *encoder) open() error {
	w, h := e.config.Width, e.config.Height
	if w <= 0 || h <= 0 || w > maxSide || h > maxSide || w*h > maxPixels {
		return fmt.Errorf("open vp8 encoder: size %dx%d: %w", w, h, media.ErrFormat)
	}
	config := C.parley_encoder_config{
		width: C.int(w), height: C.int(h), kbps: kbps(e.config.BitrateBps),
		threads:  1, // a second one saves little time and, where cores are busy, spins for the first
		cpu_used: C.int(e.config.CPUUsed),
	}
	if e.config.Screen {
		config.screen = 1
	}
	if problem := C.parley_encoder_new(&e.c, &config); problem != nil {
		return fmt.Errorf("open vp8 encoder %dx%d: %s", w, h, C.GoString(problem))
	}
	e.key, e.started, e.pts = true, false, 0
	return nil
}

// release frees the libvpx encoder.
func (e *encoder) release() {
	if e.c != nil {
		C.parley_encoder_free(e.c)
		e.c = nil
	}
}

// Encode encodes one picture, as codec.VideoEncoder says.
func (e *encoder) Encode(f *media.Frame, keyFrame bool) (out media.EncodedFrame, ok bool, err error) {
	if e.closed {
		return out, false, ErrClosed
	}
	if err := checkFrame(f); err != nil {
		return out, false, err
	}
	if f.Width != e.config.Width || f.Height != e.config.Height || e.c == nil {
		e.release()
		e.config.Width, e.config.Height = f.Width, f.Height
		if err := e.open(); err != nil {
			return out, false, err
		}
	}
	e.key = e.key || keyFrame
	at, duration := e.stamp(f.Captured)
	var key C.int
	if e.key {
		key = 1
	}
	var packet C.parley_packet
	problem := C.parley_encode(e.c, (*C.uint8_t)(&f.Y[0]), (*C.uint8_t)(&f.U[0]), (*C.uint8_t)(&f.V[0]), C.int(f.StrideY),
		C.int(f.StrideUV), C.int64_t(e.pts), C.ulong(duration), key, &packet)
	if problem != nil {
		return out, false, fmt.Errorf("encode vp8 %dx%d: %s", f.Width, f.Height, C.GoString(problem))
	}
	if packet.data == nil || packet.size == 0 {
		return out, false, nil
	}
	e.out = append(e.out[:0], unsafe.Slice((*byte)(packet.data), int(packet.size))...)
	if packet.key != 0 {
		e.key = false
	}
	return media.EncodedFrame{
		Data: e.out, KeyFrame: packet.key != 0, Timestamp: at, Duration: time.Duration(duration) * time.Second / clock,
	}, true, nil
}

// stamp moves e.pts to a picture and returns its time and its length in clock units. Pictures without a time follow each other at
// the frame rate. libvpx wants time stamps that rise.
func (e *encoder) stamp(captured time.Duration) (at time.Duration, duration int64) {
	frame := int64(clock / e.config.FrameRate)
	switch {
	case captured == 0:
		captured = e.last + time.Duration(frame)*time.Second/clock
		duration = frame
	case e.last == 0:
		duration = frame
	default:
		duration = int64((captured - e.last) * clock / time.Second)
		duration = max(1, min(duration, clock))
	}
	e.last = captured
	if e.started {
		e.pts += duration
	}
	e.started = true
	return captured, duration
}

// SetBitrate changes the target, in bits per second.
func (e *encoder) SetBitrate(bps int) error {
	if e.closed {
		return ErrClosed
	}
	if e.c != nil && kbps(bps) != kbps(e.config.BitrateBps) {
		if problem := C.parley_encoder_rate(e.c, kbps(bps)); problem != nil {
			return fmt.Errorf("set vp8 bit rate %d: %s", bps, C.GoString(problem))
		}
	}
	e.config.BitrateBps = bps
	return nil
}

// Close releases the encoder. It is idempotent.
func (e *encoder) Close() error {
	e.closed = true
	e.release()
	return nil
}

// checkFrame keeps C code from running off a plane's end.
func checkFrame(f *media.Frame) error {
	cw, ch := (f.Width+1)/2, (f.Height+1)/2
	if f.Width <= 0 || f.Height <= 0 || f.StrideY < f.Width || f.StrideUV < cw || len(f.Y) < (f.Height-1)*f.StrideY+f.Width ||
		len(f.U) < (ch-1)*f.StrideUV+cw || len(f.V) < (ch-1)*f.StrideUV+cw {
		return fmt.Errorf("encode vp8 %dx%d: planes too short: %w", f.Width, f.Height, media.ErrFormat)
	}
	return nil
}
