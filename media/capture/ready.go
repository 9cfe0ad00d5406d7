package capture

import (
	"context"
	"sync"
	"sync/atomic"

	"parley/media"
)

// EncodedSource is a source of frames that are encoded already. Next waits until the frame is due; it is called by one goroutine.
type EncodedSource interface {
	Next(ctx context.Context) (frame media.EncodedFrame, width, height int, err error)
	Close() error
}

// Ready passes on frames that are encoded already. Its methods are safe for concurrent use.
type Ready struct {
	source  EncodedSource
	cancel  context.CancelFunc
	running sync.WaitGroup
	close   sync.Once
	sending atomic.Bool
}

// StartReady passes the source's frames to encoded while sending, and says to ended when the source failed by itself.
func StartReady(source EncodedSource, opened func(width, height int), encoded func(media.EncodedFrame), ended func(error)) *Ready {
	ctx, cancel := context.WithCancel(context.Background())
	r := &Ready{source: source, cancel: cancel}
	r.running.Go(func() {
		first, key := true, false
		for {
			frame, w, h, err := source.Next(ctx)
			if err != nil {
				if ctx.Err() == nil {
					ended(err)
				}
				return
			}
			if first {
				opened(w, h)
				first = false
			}
			if !r.sending.Load() {
				key = false
				continue
			}
			if key = key || frame.KeyFrame; key {
				encoded(frame)
			}
		}
	})
	return r
}

// SetSending starts, at the next key frame, or stops.
func (r *Ready) SetSending(on bool) { r.sending.Store(on) }

// RequestKeyFrame does nothing: the frames are what they are, and their loop begins with a key frame.
func (r *Ready) RequestKeyFrame() {}

// Close closes the source and waits.
func (r *Ready) Close() error {
	var err error
	r.close.Do(func() {
		r.cancel()
		r.running.Wait()
		err = r.source.Close()
	})
	return err
}
