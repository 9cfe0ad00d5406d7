package device

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"parley/media"
	"parley/media/codec/mjpeg"
	"parley/media/device/v4l2"
	"parley/media/video"
)

// maxBad is how many pictures in a row may be useless before the camera's format counts as one that cannot be read: 5 s at 30 a
// second.
const maxBad = 150

// cameraSystem is the border to the system's cameras.
type cameraSystem struct {
	list func() []v4l2.Info
	open func(path string) (cameraDriver, error)
}

// cameraDriver is the border to one camera; v4l2.Camera tells more. Wake is called by any goroutine.
type cameraDriver interface {
	Formats(width, height int) ([]v4l2.Format, error)
	Start(want v4l2.Format) (v4l2.Format, error)
	Next() (data []byte, captured time.Duration, err error)
	Wake()
	Close()
}

// realCameras are the cameras of this machine.
func realCameras() cameraSystem {
	return cameraSystem{list: v4l2.List, open: func(path string) (cameraDriver, error) {
		c, err := v4l2.Open(path)
		if err != nil {
			return nil, err // not c: a nil *Camera is no nil interface
		}
		return c, nil
	}}
}

// Cameras returns the cameras, the default one first. None is no error.
func Cameras() ([]Info, error) {
	return camerasOf(realCameras()), nil
}

func camerasOf(system cameraSystem) []Info {
	found := system.list()
	infos := make([]Info, len(found))
	for i, c := range found {
		infos[i] = Info{ID: c.ID, Name: c.Name, Default: i == 0}
	}
	return infos
}

// NewCamera returns the source of a camera's pictures, which come in the size and at the rate that the camera really has; an
// empty id is the default camera. Its light is on from Open to Close. Pictures that are torn, empty or broken are left out and
// counted: the reader is a SkipCounter.
func NewCamera(id string) media.VideoSource {
	return &camera{system: realCameras(), id: id, done: make(chan struct{})}
}

// camera is the source of a camera's pictures.
type camera struct {
	system cameraSystem
	id     string
	done   chan struct{} // closed by Close

	mu     sync.Mutex
	closed bool
	reader *cameraReader
}

// Open turns the camera on in the mode that is nearest to what is wanted.
func (c *camera) Open(ctx context.Context, want media.VideoFormat) (media.VideoReader, media.VideoFormat, error) {
	fail := func(err error) (media.VideoReader, media.VideoFormat, error) {
		return nil, media.VideoFormat{}, fmt.Errorf("open camera %s: %w", c.id, err)
	}
	if err := ctx.Err(); err != nil {
		return fail(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || c.reader != nil {
		return fail(os.ErrClosed)
	}
	path := c.id
	if path == "" {
		found := c.system.list()
		if len(found) == 0 {
			return fail(media.ErrNotFound)
		}
		path = found[0].ID
	}
	driver, err := c.system.open(path)
	if err != nil {
		return fail(err)
	}
	r := &cameraReader{driver: driver, done: c.done}
	if err := r.start(wanted(want)); err != nil {
		r.close()
		return fail(err)
	}
	c.reader = r
	return r, media.VideoFormat{Width: r.format.Width, Height: r.format.Height, FrameRate: r.format.Rate}, nil
}

// Close ends a Read that waits, and turns the camera off.
func (c *camera) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil
	}
	c.closed = true
	close(c.done)
	if c.reader != nil {
		c.reader.driver.Wake()
		c.reader.close()
	}
	return nil
}

// cameraReader delivers the pictures, each in the same frame.
type cameraReader struct {
	done    <-chan struct{}
	format  v4l2.Format
	pixels  pixels
	skipped atomic.Uint64

	mu     sync.Mutex // the driver's bytes go when it is closed
	driver cameraDriver
	jpeg   *mjpeg.Decoder
	raw    *media.Frame // as the camera sends it
	scaled *media.Frame // when a JPEG has another size than the driver says
	bad    int          // useless pictures in a row
	failed error        // once it did
}

// start chooses a mode and turns the camera on.
func (r *cameraReader) start(want media.VideoFormat) error {
	modes, err := r.driver.Formats(want.Width, want.Height)
	if err != nil {
		return err
	}
	mode, err := chooseMode(modes, want)
	if err != nil {
		return err
	}
	if mode.Rate <= 0 {
		mode.Rate = want.FrameRate
	}
	if r.format, err = r.driver.Start(mode); err != nil {
		return err
	}
	var ok bool
	r.pixels, ok = pixelsOf(r.format.FourCC)
	if !ok || r.format.Width <= 0 || r.format.Height <= 0 {
		return fmt.Errorf("driver set format %08x, %dx%d: %w", r.format.FourCC, r.format.Width, r.format.Height, media.ErrFormat)
	}
	if r.format.Rate <= 0 {
		r.format.Rate = mode.Rate
	}
	if r.pixels.jpeg {
		r.jpeg, err = mjpeg.NewDecoder()
	}
	return err
}

// Read waits for the next picture that is whole.
func (r *cameraReader) Read() (*media.Frame, func(), error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.failed == nil {
		select {
		case <-r.done:
			r.failed = io.EOF
			continue
		default:
		}
		f, err := r.next()
		if err == nil {
			r.bad = 0
			return f, func() {}, nil
		}
		select {
		case <-r.done:
			err = io.EOF
		default:
		}
		r.failed = err
		if useless(err) {
			r.failed = nil
			r.skipped.Add(1)
			if r.bad++; r.bad >= maxBad {
				r.failed = fmt.Errorf("read camera: no picture of %d is whole: %w", r.bad, media.ErrFormat)
			}
		}
	}
	return nil, nil, r.failed
}

// useless reports whether an error is about one picture alone.
func useless(err error) bool {
	return errors.Is(err, video.ErrTorn) || errors.Is(err, v4l2.ErrBroken) || errors.Is(err, media.ErrFormat)
}

// next reads one picture. It is overwritten by the next one.
func (r *cameraReader) next() (*media.Frame, error) {
	data, captured, err := r.driver.Next()
	if err != nil {
		return nil, fmt.Errorf("read camera: %w", err)
	}
	if len(data) == 0 {
		return nil, video.ErrTorn
	}
	f, err := r.convert(data)
	if err != nil {
		return nil, err
	}
	f.Captured = captured
	return f, nil
}

// convert brings a picture to a frame of the size that Open promised.
func (r *cameraReader) convert(data []byte) (*media.Frame, error) {
	if !r.pixels.jpeg {
		r.raw = video.Reuse(r.raw, r.format.Width, r.format.Height)
		return r.raw, video.FromRaw(r.raw, r.pixels.layout, data, r.format.Stride)
	}
	f, err := r.jpeg.Decode(data, r.raw)
	if err != nil {
		return nil, err
	}
	r.raw = f
	if f.Width == r.format.Width && f.Height == r.format.Height {
		return f, nil
	}
	r.scaled = video.Reuse(r.scaled, r.format.Width, r.format.Height)
	video.Scale(r.scaled, f)
	return r.scaled, nil
}

// Skipped returns how many pictures were left out.
func (r *cameraReader) Skipped() uint64 {
	return r.skipped.Load()
}

// close turns the camera off, after a Read that is under way.
func (r *cameraReader) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.driver.Close()
	if r.jpeg != nil {
		_ = r.jpeg.Close() // only frees memory
	}
}
