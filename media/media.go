package media

import (
	"context"
	"errors"
	"time"
)

// Errors that callers branch on. Drivers wrap them with what they know.
var (
	// ErrBusy means that another program holds the device.
	ErrBusy = errors.New("device busy")
	// ErrUnplugged means that the device is gone.
	ErrUnplugged = errors.New("device unplugged")
	// ErrNotFound means that there is no such device or file.
	ErrNotFound = errors.New("device not found")
	// ErrFormat means that the device or file has no format that can be used.
	ErrFormat = errors.New("format not usable")
)

// Frame is a raw picture: I420, limited range, BT.601. Chroma planes are (Width+1)/2 x (Height+1)/2.
type Frame struct {
	Width, Height     int // pixels, above zero
	Y, U, V           []byte
	StrideY, StrideUV int           // bytes from one row to the next; U and V share one
	Captured          time.Duration // when the picture was taken, on the process's monotonic clock (Now); 0 is unknown
}

// SampleRate is the one rate of raw sound inside the media path, in Hz. Drivers and files resample at the border.
const SampleRate = 48000

// Samples is raw sound: signed 16 bit, interleaved, SampleRate.
type Samples struct {
	Data     []int16 // len is a multiple of Channels
	Channels int     // 1 or 2
	Captured time.Duration
}

// VideoReader is pulled for pictures. Read blocks until the next one. The frame belongs to the reader: it is valid until release
// is called, which the caller does exactly once, before the next Read at the latest; release is never nil when err is nil. After
// an error other than a transient one that the reader itself swallows, Read keeps returning an error. io.EOF means that the
// source was closed. Read is called by one goroutine; Close of the source from any other unblocks it.
type VideoReader interface {
	Read() (frame *Frame, release func(), err error)
}

// AudioReader is pulled for sound in the same way, 10 ms (SampleRate/100 samples a channel) at a time.
type AudioReader interface {
	Read() (samples Samples, release func(), err error)
}

// VideoFormat is what is wanted of a video source, or what it delivers.
type VideoFormat struct {
	Width, Height int
	FrameRate     float64 // per second
}

// VideoSource is something that can be opened for pictures: a camera, a screen, a file, a test picture. It is used by one
// goroutine, but for Close, which any may call, which waits for nothing but the driver, and which is idempotent.
type VideoSource interface {
	// Open opens the source as near to want as it can. The format returned is the one that frames will have.
	Open(ctx context.Context, want VideoFormat) (VideoReader, VideoFormat, error)
	Close() error
}

// AudioSource is likewise something that can be opened for sound.
type AudioSource interface {
	Open(ctx context.Context) (AudioReader, error)
	Close() error
}

// EncodedFrame is one encoded picture or sound packet.
type EncodedFrame struct {
	Data      []byte        // valid until the producer is asked for the next one
	KeyFrame  bool          // video only
	Timestamp time.Duration // presentation time on the process's monotonic clock
	Duration  time.Duration // 0 is unknown
}

var processStart = time.Now()

// Now is the process's monotonic clock, which Frame.Captured and EncodedFrame.Timestamp use.
func Now() time.Duration { return time.Since(processStart) }
