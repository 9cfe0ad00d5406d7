package controller

import (
	"context"
	"sync"
)

// loop runs posted functions one after the other on one goroutine. Its queue is not bounded by a number but by who posts: people's hands,
// control messages (bounded by the session's queue) and a handful of devices.
type loop struct {
	mu     sync.Mutex
	queue  []func()
	closed bool
	wake   chan struct{} // of one slot

	ctx    context.Context // ends when the loop is to end; work beside the loop runs under it
	cancel context.CancelFunc
	work   sync.WaitGroup
}

func newLoop() *loop {
	l := &loop{wake: make(chan struct{}, 1)}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	return l
}

// post queues fn and returns at once. It is safe from any goroutine; after the end fn is dropped.
func (l *loop) post(fn func()) {
	l.mu.Lock()
	if !l.closed {
		l.queue = append(l.queue, fn)
	}
	l.mu.Unlock()
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// run runs what is posted, calling after when it has run out of it, until the context ends. tick, which may be nil, wakes it to run
// onTick.
func (l *loop) run(tick <-chan struct{}, onTick, after func()) {
	for {
		l.mu.Lock()
		batch := l.queue
		l.queue = nil
		l.mu.Unlock()
		for _, fn := range batch {
			fn()
		}
		if len(batch) > 0 {
			after()
			continue
		}
		select {
		case <-l.wake:
		case <-tick:
			onTick()
			after()
		case <-l.ctx.Done():
			l.mu.Lock()
			l.closed = true
			batch := l.queue
			l.queue = nil
			l.mu.Unlock()
			for _, fn := range batch {
				fn() // what came before the end still counts
			}
			return
		}
	}
}

// beside runs fn on a goroutine of its own, which end waits for.
func (l *loop) beside(fn func(ctx context.Context)) { l.work.Go(func() { fn(l.ctx) }) }

// end stops the loop and waits for the work beside it.
func (l *loop) end() {
	l.cancel()
	l.work.Wait()
}
