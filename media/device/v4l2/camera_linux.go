package v4l2

/*
#cgo noescape pv_next
#cgo nocallback pv_next
#include "shim_linux.h"
#include <errno.h>
#include <stdlib.h>
*/
import "C"

import (
	"errors"
	"fmt"
	"syscall"
	"time"
	"unsafe"

	"parley/media"
)

// The formats that are asked for, as the kernel spells them.
const (
	FourCCMJPEG uint32 = C.V4L2_PIX_FMT_MJPEG
	FourCCJPEG  uint32 = C.V4L2_PIX_FMT_JPEG
	FourCCYUYV  uint32 = C.V4L2_PIX_FMT_YUYV
	FourCCUYVY  uint32 = C.V4L2_PIX_FMT_UYVY
	FourCCNV12  uint32 = C.V4L2_PIX_FMT_NV12
	FourCCNV21  uint32 = C.V4L2_PIX_FMT_NV21
	FourCCI420  uint32 = C.V4L2_PIX_FMT_YUV420
)

// ErrBroken means that the driver calls a picture broken. The next may be whole.
var ErrBroken = errors.New("picture broken")

// Bounds of what a driver is asked for.
const (
	maxEnumerated = 256             // of formats, of sizes of one, of rates of one
	silence       = 5 * time.Second // without a picture, after which a camera counts as gone
)

// Format is a way in which a camera delivers pictures.
type Format struct {
	FourCC        uint32
	Width, Height int
	Stride        int     // bytes from one row to the next; 0 is unknown
	Rate          float64 // pictures a second; 0 is unknown
}

// Camera is an open camera. Wake may be called by any goroutine, the rest by one at a time.
type Camera struct {
	path   string
	c      *C.pv_camera
	data   *C.uint8_t // pv_next's results; here because C must not be given the address of a variable on the stack
	length C.size_t
	age    C.int64_t
}

// Open opens a camera by its path. Its light stays off until Start.
func Open(path string) (*Camera, error) {
	c := &Camera{path: path, c: (*C.pv_camera)(C.malloc(C.sizeof_pv_camera))} // C's, since Wake and Next use it at once
	name := C.CString(path)
	defer C.free(unsafe.Pointer(name))
	if err := C.pv_open(name, c.c); err != 0 {
		C.free(unsafe.Pointer(c.c))
		return nil, c.failure("open", err)
	}
	return c, nil
}

// identify returns the name of the camera at a path.
func identify(path string) (string, error) {
	c, err := Open(path)
	if err != nil {
		return "", err
	}
	defer c.Close()
	var card [64]C.char
	if err := C.pv_identify(c.c, &card[0], C.size_t(len(card))); err != 0 {
		return "", c.failure("identify", err)
	}
	return tidy(C.GoString(&card[0])), nil
}

// Formats returns what the camera can do. Of a range of sizes it returns the one that is nearest to the wanted one.
func (c *Camera) Formats(width, height int) ([]Format, error) {
	var formats []Format
	for i := range maxEnumerated {
		var fourcc C.uint
		err := C.pv_fourcc(c.c, C.uint(i), &fourcc)
		if err == C.EINVAL {
			break
		}
		if err != 0 {
			return nil, c.failure("list formats of", err)
		}
		formats = c.sizes(formats, fourcc, width, height)
	}
	return formats, nil
}

// sizes appends the sizes of one format, at all their rates. A driver that cannot tell sizes is asked for the wanted one.
func (c *Camera) sizes(formats []Format, fourcc C.uint, width, height int) []Format {
	for i := range maxEnumerated {
		w, h, ranged := C.uint(width), C.uint(height), C.int(0)
		if err := C.pv_size(c.c, fourcc, C.uint(i), &w, &h, &ranged); err != 0 {
			if i == 0 && err == C.ENOTTY {
				return c.rates(formats, fourcc, w, h)
			}
			break
		}
		formats = c.rates(formats, fourcc, w, h)
		if ranged != 0 {
			break
		}
	}
	return formats
}

// rates appends the rates of one size, or one that is unknown.
func (c *Camera) rates(formats []Format, fourcc, w, h C.uint) []Format {
	f := Format{FourCC: uint32(fourcc), Width: int(w), Height: int(h)}
	for i := range maxEnumerated {
		var rate C.double
		if C.pv_rate(c.c, fourcc, w, h, C.uint(i), &rate) != 0 {
			if i == 0 {
				formats = append(formats, f)
			}
			break
		}
		f.Rate = float64(rate)
		formats = append(formats, f)
	}
	return formats
}

// Start turns the camera on, and returns the format that the driver really set.
func (c *Camera) Start(want Format) (Format, error) {
	f := C.pv_format{
		width: C.uint(want.Width), height: C.uint(want.Height), fourcc: C.uint(want.FourCC), rate: C.double(want.Rate),
	}
	if err := C.pv_set(c.c, &f); err != 0 {
		return Format{}, c.failure("set format of", err)
	}
	if err := C.pv_start(c.c); err != 0 {
		return Format{}, c.failure("start", err)
	}
	return Format{
		FourCC: uint32(f.fourcc), Width: int(f.width), Height: int(f.height), Stride: int(f.stride), Rate: float64(f.rate),
	}, nil
}

// Next waits for a picture. The bytes are the driver's: they stay until the next call of Next or Close. captured is on the clock
// of media.Now. After Wake it returns media.ErrUnplugged without waiting.
func (c *Camera) Next() (data []byte, captured time.Duration, err error) {
	if r := C.pv_next(c.c, C.int(silence/time.Millisecond), &c.data, &c.length, &c.age); r != 0 {
		if r == C.EIO {
			return nil, 0, ErrBroken
		}
		return nil, 0, c.failure("read", r)
	}
	captured = media.Now()
	if age := time.Duration(c.age); age > 0 && age < time.Second && age < captured {
		captured -= age
	}
	return unsafe.Slice((*byte)(c.data), int(c.length)), captured, nil
}

// Wake ends a Next that waits, and every later one.
func (c *Camera) Wake() {
	C.pv_wake(c.c)
}

// Close turns the camera off. Nothing may be called after it.
func (c *Camera) Close() {
	C.pv_close(c.c)
	C.free(unsafe.Pointer(c.c))
	c.c = nil
}

// failure tells what an errno of a camera means.
func (c *Camera) failure(operation string, errno C.int) error {
	cause := media.ErrFormat
	switch errno {
	case C.EBUSY, C.ENOSPC: // ENOSPC: the USB bus has no bandwidth left beside another camera
		cause = media.ErrBusy
	case C.ENOENT, C.ENXIO:
		cause = media.ErrNotFound
	case C.ENODEV, C.ESHUTDOWN, C.EPROTO, C.EPIPE, C.ETIMEDOUT, C.ECANCELED, C.EIO:
		cause = media.ErrUnplugged
	case C.EINVAL, C.ENOTTY:
	default:
		return fmt.Errorf("%s %s: %w", operation, c.path, syscall.Errno(errno))
	}
	return fmt.Errorf("%s %s: %w: %w", operation, c.path, syscall.Errno(errno), cause)
}
