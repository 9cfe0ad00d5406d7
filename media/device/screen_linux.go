package device

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"sync"
	"time"

	"parley/media"
	"parley/media/device/xshm"
	"parley/media/video"
)

// Rates of a screen's pictures, per second.
const (
	screenRate    = 10 // when none is wanted
	maxScreenRate = 60
)

// Screens returns the screens that are on.
func Screens() ([]Screen, error) {
	return screensOf("")
}

func screensOf(display string) ([]Screen, error) {
	g, err := xshm.Open(display)
	if err != nil {
		return nil, fmt.Errorf("list screens: %w", err)
	}
	defer g.Close()
	monitors, err := g.Monitors()
	if err != nil {
		return nil, fmt.Errorf("list screens: %w", err)
	}
	screens := make([]Screen, len(monitors))
	for i, m := range monitors {
		screens[i] = Screen{ID: m.ID, Name: m.Name, Width: m.Width, Height: m.Height}
	}
	return screens, nil
}

// Thumbnail returns a picture of a screen as it is now, of the width, and of the height that keeps its shape.
func Thumbnail(id string, width int) (*image.RGBA, error) {
	return thumbnailOf("", id, width)
}

func thumbnailOf(display, id string, width int) (*image.RGBA, error) {
	g, err := xshm.Open(display)
	if err != nil {
		return nil, fmt.Errorf("picture screen %s: %w", id, err)
	}
	defer g.Close()
	c := screenCapture{grabber: g, id: id}
	if err := c.look(); err != nil {
		return nil, fmt.Errorf("picture screen %s: %w", id, err)
	}
	full, err := c.take()
	if err != nil {
		return nil, fmt.Errorf("picture screen %s: %w", id, err)
	}
	width = max(1, width)
	small := video.NewFrame(width, max(1, (full.Height*width+full.Width/2)/full.Width))
	video.Scale(small, full)
	img := image.NewRGBA(image.Rect(0, 0, small.Width, small.Height))
	video.ToRGBA(img, small)
	return img, nil
}

// NewScreen returns the source of a screen's pictures. They are at most as large as wanted, in the screen's shape and with even
// sides, and come at the wanted rate, 10 a second when none is wanted. When the screen's resolution changes they go on, in
// another size where the shape changed. An empty id is the first screen.
func NewScreen(id string) media.VideoSource {
	return newScreen("", id)
}

// screen is the source of a screen's pictures.
type screen struct {
	display, id string
	done        chan struct{} // closed by Close

	mu     sync.Mutex
	closed bool
	reader *screenReader
}

func newScreen(display, id string) *screen {
	return &screen{display: display, id: id, done: make(chan struct{})}
}

// Open connects to the display and looks for the screen.
func (s *screen) Open(ctx context.Context, want media.VideoFormat) (media.VideoReader, media.VideoFormat, error) {
	fail := func(err error) (media.VideoReader, media.VideoFormat, error) {
		return nil, media.VideoFormat{}, fmt.Errorf("open screen %s: %w", s.id, err)
	}
	if err := ctx.Err(); err != nil {
		return fail(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.reader != nil || s.closed {
		return fail(os.ErrClosed)
	}
	g, err := xshm.Open(s.display)
	if err != nil {
		return fail(err)
	}
	r := &screenReader{capture: screenCapture{grabber: g, id: s.id}, want: want, done: s.done}
	if err := r.capture.look(); err != nil {
		g.Close()
		return fail(err)
	}
	if r.want.FrameRate <= 0 {
		r.want.FrameRate = screenRate
	}
	r.want.FrameRate = min(r.want.FrameRate, maxScreenRate)
	r.ticker = time.NewTicker(time.Duration(float64(time.Second) / r.want.FrameRate))
	s.reader = r
	w, h := fitEven(r.capture.monitor.Width, r.capture.monitor.Height, want.Width, want.Height)
	return r, media.VideoFormat{Width: w, Height: h, FrameRate: r.want.FrameRate}, nil
}

// Close ends a Read that waits, and disconnects.
func (s *screen) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	close(s.done)
	if s.reader != nil {
		s.reader.close()
	}
	return nil
}

// screenReader delivers the pictures, each in the same frame. Read's goroutine has all of it, but for what mu guards.
type screenReader struct {
	want    media.VideoFormat
	done    <-chan struct{}
	ticker  *time.Ticker
	started bool
	failed  error // once it did
	scaled  *media.Frame

	mu      sync.Mutex // the grabber's pixels go when it is closed
	capture screenCapture
}

// Read waits until it is time for the next picture. A slow reader gets fewer.
func (r *screenReader) Read() (*media.Frame, func(), error) {
	for r.failed == nil {
		if err := r.wait(); err != nil {
			r.failed = err
			break
		}
		full, err := r.take()
		if err == nil {
			return r.fit(full), func() {}, nil
		}
		if !errors.Is(err, xshm.ErrChanged) {
			r.failed = err
		} // else the next picture is at most one tick away
	}
	return nil, nil, r.failed
}

// take takes a picture, or looks for the screen again after a change.
func (r *screenReader) take() (*media.Frame, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	select {
	case <-r.done:
		return nil, io.EOF
	default:
	}
	full, err := r.capture.take()
	if errors.Is(err, xshm.ErrChanged) {
		if lost := r.capture.look(); lost != nil {
			err = lost
		}
	}
	if err != nil {
		return nil, fmt.Errorf("read screen %s: %w", r.capture.id, err)
	}
	return full, nil
}

// close ends the connection to the display, after a picture that is under way. done is closed by then.
func (r *screenReader) close() {
	r.ticker.Stop()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.capture.grabber.Close()
}

// wait returns at once the first time, and then at each tick.
func (r *screenReader) wait() error {
	select {
	case <-r.done:
		return io.EOF
	default:
	}
	if !r.started {
		r.started = true
		return nil
	}
	select {
	case <-r.done:
		return io.EOF
	case <-r.ticker.C:
		return nil
	}
}

// fit brings a picture to the size that is wanted.
func (r *screenReader) fit(full *media.Frame) *media.Frame {
	w, h := fitEven(full.Width, full.Height, r.want.Width, r.want.Height)
	if w == full.Width && h == full.Height {
		return full
	}
	r.scaled = video.Reuse(r.scaled, w, h)
	video.Scale(r.scaled, full)
	return r.scaled
}

// screenCapture takes pictures of one screen.
type screenCapture struct {
	grabber *xshm.Grabber
	id      string
	monitor xshm.Monitor
	full    *media.Frame
}

// look finds the screen anew. While the display tells of no monitors, as it does when none has a mode, its whole area stands for
// the screen, and the first monitor for the whole area. Else another monitor never does: it may show what was not meant to be
// shared.
func (c *screenCapture) look() error {
	monitors, err := c.grabber.Monitors()
	if err != nil {
		return err
	}
	if c.id == "" {
		c.id = monitors[0].ID
	}
	for _, m := range monitors {
		if m.ID == c.id {
			c.monitor = m
			return nil
		}
	}
	if c.monitor.ID == "" {
		return media.ErrNotFound
	}
	if monitors[0].ID == xshm.WholeDisplay || c.id == xshm.WholeDisplay {
		c.monitor = monitors[0]
		return nil
	}
	return media.ErrUnplugged
}

// take takes a picture in the screen's own size. It is overwritten by the next.
func (c *screenCapture) take() (*media.Frame, error) {
	at := media.Now()
	bgra, stride, err := c.grabber.Grab(c.monitor)
	if err != nil {
		return nil, err
	}
	c.full = video.Reuse(c.full, c.monitor.Width, c.monitor.Height)
	if err := video.FromRaw(c.full, video.LayoutBGRA, bgra, stride); err != nil {
		return nil, err
	}
	c.full.Captured = at
	return c.full, nil
}

// fitEven returns the largest even size of the shape of w x h that is not above maxW x maxH, nor above w x h; a bound that is
// not above zero does not bind.
func fitEven(w, h, maxW, maxH int) (int, int) {
	toW, toH := w, h
	if maxW > 0 && toW > maxW {
		toW, toH = maxW, (h*maxW+w/2)/w
	}
	if maxH > 0 && toH > maxH {
		toW, toH = (w*maxH+h/2)/h, maxH
	}
	return max(2, toW&^1), max(2, toH&^1)
}
