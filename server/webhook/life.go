package webhook

import (
	"context"
	"sync"
)

// life is from New to Close: what may still begin, and what goes on.
type life struct {
	stop    chan struct{}   // closed: nothing new is begun
	cut     context.Context // ended: what goes on is cut off
	cutNow  context.CancelFunc
	running sync.WaitGroup

	mu      sync.Mutex // guards
	started bool
	closed  bool
}

func newLife() *life {
	l := &life{stop: make(chan struct{})}
	l.cut, l.cutNow = context.WithCancel(context.Background())
	return l
}

// start reports whether the one loop may begin. Who is told so calls running.Done in the end.
func (l *life) start() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.started || l.closed {
		return false
	}
	l.started = true
	l.running.Add(1)
	return true
}

// stopped reports whether nothing new is to begin.
func (l *life) stopped() bool {
	select {
	case <-l.stop:
		return true
	default:
		return false
	}
}

// end lets nothing begin any more, waits for what goes on, and cuts it off when ctx ends.
func (l *life) end(ctx context.Context) {
	l.mu.Lock()
	if !l.closed {
		l.closed = true
		close(l.stop)
	}
	l.mu.Unlock()
	release := context.AfterFunc(ctx, l.cutNow)
	defer release()
	l.running.Wait()
	l.cutNow()
}
