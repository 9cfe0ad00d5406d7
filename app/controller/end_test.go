package controller

import (
	"context"
	"io"
	"runtime"
	"sync/atomic"
	"testing"

	"parley/app/config"
	"parley/media/speaker"
	"parley/server/servertest"
)

// counted is a device that tells when it is closed.
type counted struct {
	io.Closer
	open *atomic.Int32
}

func (c counted) Close() error { c.open.Add(-1); return c.Closer.Close() }

func TestWhatOpensDuringTheEndIsClosed(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t)
	var open atomic.Int32
	var desk atomic.Pointer[desk]
	opening := make(chan struct{}, 8)
	ann := newDesk(t, config.Flags{Join: server.Invite(server.Session(), 9), SkipPrejoin: true, Name: "Ann"}, func(d *Devices) {
		d.Speaker = func(ctx context.Context, _ string, src speaker.Source, _ func(error)) (io.Closer, error) {
			opening <- struct{}{}
			<-ctx.Done()
			for desk.Load().loop.post(func() {}) { // a driver that takes its time: the loop has ended
				runtime.Gosched()
			}
			open.Add(1)
			return counted{newPulled(src), &open}, nil
		}
	})
	desk.Store(ann)
	<-opening
	ann.end()
	if n := open.Load(); n != 0 {
		t.Errorf("%d speakers stay open", n)
	}
}
