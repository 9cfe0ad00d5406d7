//go:build !linux

package device

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/pion/mediadevices/pkg/driver"
	_ "github.com/pion/mediadevices/pkg/driver/camera" // registers the system's cameras
	pionvideo "github.com/pion/mediadevices/pkg/io/video"
	"github.com/pion/mediadevices/pkg/prop"

	"parley/media"
	"parley/media/video"
)

// What is asked of a camera when the caller wants nothing in particular.
const (
	cameraWidth  = 1280
	cameraHeight = 720
	cameraRate   = 30
)

// Cameras returns the cameras, the default one first. None is no error.
func Cameras() ([]Info, error) {
	var infos []Info
	for i, d := range cameraDrivers() {
		infos = append(infos, Info{ID: d.Info().Label, Name: cameraName(d.Info()), Default: i == 0})
	}
	return infos, nil
}

// cameraDrivers are the cameras that the driver package knows, in a fixed order: it keeps them in a map.
func cameraDrivers() []driver.Driver {
	found := driver.GetManager().Query(driver.FilterAnd(driver.FilterVideoRecorder(), driver.FilterDeviceType(driver.Camera)))
	slices.SortFunc(found, func(a, b driver.Driver) int {
		if a.Info().Priority != b.Info().Priority {
			return int((b.Info().Priority - a.Info().Priority) * 10)
		}
		return strings.Compare(a.Info().Label, b.Info().Label)
	})
	return found
}

func cameraName(i driver.Info) string {
	if i.Name != "" {
		return i.Name
	}
	return i.Label
}

// NewCamera returns the source of a camera's pictures, which come in the size and at the rate that the camera really has; an
// empty id is the default camera. Its light is on from Open to Close.
func NewCamera(id string) media.VideoSource {
	return &camera{id: id, done: make(chan struct{})}
}

// camera is the source of a camera's pictures.
type camera struct {
	id   string
	done chan struct{} // closed by Close

	mu     sync.Mutex
	closed bool
	driver driver.Driver // nil unless open
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
	if c.closed || c.driver != nil {
		return fail(os.ErrClosed)
	}
	drivers := cameraDrivers()
	at := slices.IndexFunc(drivers, func(d driver.Driver) bool { return c.id == "" || d.Info().Label == c.id })
	if at < 0 {
		return fail(media.ErrNotFound)
	}
	d := drivers[at]
	recorder, ok := d.(driver.VideoRecorder)
	if !ok {
		return fail(media.ErrFormat)
	}
	// The system tells no causes: a camera that is there and does not open is taken by another program.
	if err := d.Open(); err != nil {
		return fail(errors.Join(err, media.ErrBusy))
	}
	mode, ok := nearestMode(d.Properties(), want)
	if !ok {
		return fail(errors.Join(d.Close(), media.ErrFormat))
	}
	pictures, err := recorder.VideoRecord(mode) // closes the driver when it fails
	if err != nil {
		return fail(errors.Join(err, media.ErrBusy))
	}
	c.driver = d
	format := media.VideoFormat{Width: mode.Width, Height: mode.Height, FrameRate: float64(mode.FrameRate)}
	return &cameraReader{pictures: pictures, done: c.done}, format, nil
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
	if c.driver == nil {
		return nil
	}
	if err := c.driver.Close(); err != nil {
		return fmt.Errorf("close camera %s: %w", c.id, err)
	}
	return nil
}

// nearestMode returns the smallest mode that reaches the wanted size and rate, or the one that comes nearest to both.
func nearestMode(modes []prop.Media, want media.VideoFormat) (prop.Media, bool) {
	if want.Width <= 0 || want.Height <= 0 {
		want.Width, want.Height = cameraWidth, cameraHeight
	}
	if want.FrameRate <= 0 {
		want.FrameRate = cameraRate
	}
	var best prop.Media
	var bestReach, bestCost float64
	for _, m := range modes {
		if m.Width <= 0 || m.Height <= 0 {
			continue
		}
		rate := float64(m.FrameRate)
		if rate <= 0 {
			rate = want.FrameRate
		}
		reach := min(1, float64(m.Width)/float64(want.Width)) * min(1, float64(m.Height)/float64(want.Height)) *
			min(1, rate/want.FrameRate)
		cost := float64(m.Width*m.Height) * rate
		if reach > bestReach || reach == bestReach && cost < bestCost {
			best, bestReach, bestCost = m, reach, cost
		}
	}
	return best, bestReach > 0
}

// cameraReader delivers the pictures, each in the same frame. Read's goroutine has all of it.
type cameraReader struct {
	pictures pionvideo.Reader
	done     <-chan struct{}
	frame    *media.Frame
	failed   error // once it did
}

// Read waits for the next picture.
func (r *cameraReader) Read() (*media.Frame, func(), error) {
	if r.failed == nil {
		r.failed = r.read()
	}
	if r.failed != nil {
		return nil, nil, r.failed
	}
	return r.frame, func() {}, nil
}

func (r *cameraReader) read() error {
	img, release, err := r.pictures.Read()
	at := media.Now()
	if release != nil {
		defer release()
	}
	select {
	case <-r.done:
		return io.EOF
	default:
	}
	if err != nil { // the driver's EOF too: nobody closed it
		return fmt.Errorf("read camera: %w: %w", err, media.ErrUnplugged)
	}
	src, ok := frameOf(img)
	if !ok {
		return fmt.Errorf("read camera: picture %T: %w", img, media.ErrFormat)
	}
	r.frame = video.Reuse(r.frame, src.Width, src.Height)
	video.Copy(r.frame, &src)
	r.frame.Captured = at
	return nil
}

// frameOf returns a picture's bytes as I420; of 4:2:2 it leaves out every other row of colour.
func frameOf(img image.Image) (media.Frame, bool) {
	p, ok := img.(*image.YCbCr)
	if !ok || p.Rect.Empty() {
		return media.Frame{}, false
	}
	f := media.Frame{Width: p.Rect.Dx(), Height: p.Rect.Dy(), Y: p.Y, U: p.Cb, V: p.Cr, StrideY: p.YStride, StrideUV: p.CStride}
	switch p.SubsampleRatio {
	case image.YCbCrSubsampleRatio420:
		return f, true
	case image.YCbCrSubsampleRatio422:
		f.StrideUV *= 2
		return f, true
	}
	return media.Frame{}, false
}
