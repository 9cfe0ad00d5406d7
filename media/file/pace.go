package file

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"time"

	"parley/media"
)

// ender is closed once, by anyone, and takes the files that are played along.
type ender struct {
	done  chan struct{}
	mu    sync.Mutex
	files []*os.File
}

func newEnder() *ender { return &ender{done: make(chan struct{})} }

// own makes Close close a file. It is false, and the file closed, when Close came first.
func (e *ender) own(f *os.File) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed() {
		_ = f.Close()
		return false
	}
	e.files = append(e.files, f)
	return true
}

// Close ends what is played: reading returns io.EOF. It is idempotent.
func (e *ender) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed() {
		return nil
	}
	close(e.done)
	var errs []error
	for _, f := range e.files {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}

// failed is err, or io.EOF when it comes from Close.
func (e *ender) failed(err error) error {
	if e.closed() {
		return io.EOF
	}
	return err
}

func (e *ender) closed() bool {
	select {
	case <-e.done:
		return true
	default:
		return false
	}
}

// pacer waits for moments counted from a beginning. It is used by one goroutine.
type pacer struct {
	begin time.Duration // on media's clock
	timer *time.Timer
}

func newPacer() *pacer {
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	return &pacer{begin: media.Now(), timer: timer}
}

// wait waits until at after the beginning and returns that moment. Who comes more than a second late moves the beginning: what was
// missed is not caught up with. It returns io.EOF when the end comes first.
func (p *pacer) wait(ctx context.Context, e *ender, at time.Duration) (time.Duration, error) {
	if e.closed() {
		return 0, io.EOF
	}
	late := media.Now() - p.begin - at
	if late > time.Second {
		p.begin += late
	}
	if late < 0 {
		p.timer.Reset(-late)
		select {
		case <-p.timer.C:
		case <-e.done:
			p.timer.Stop()
			return 0, io.EOF
		case <-ctx.Done():
			p.timer.Stop()
			return 0, ctx.Err()
		}
	}
	return p.begin + at, nil
}
