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

// post queues fn and returns at once. It is safe from any goroutine. After the end fn is dropped and post returns false: who brings something that must
// be closed then closes it.
func (l *loop) post(fn func()) bool {
	l.mu.Lock()
	open := !l.closed
	if open {
		l.queue = append(l.queue, fn)
	}
	l.mu.Unlock()
	select {
	case l.wake <- struct{}{}:
	default:
	}
	return open
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

// line is work beside the loop that is done in the order in which it was asked for: what waits for the server must not overtake what was said before.
// Only the loop calls do, so it is bounded as the loop is.
type line struct {
	loop *loop

	mu      sync.Mutex
	queue   []func(ctx context.Context)
	running bool
}

func (l *line) do(fn func(ctx context.Context)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.queue = append(l.queue, fn)
	if !l.running {
		l.running = true
		l.loop.beside(l.run)
	}
}

func (l *line) run(ctx context.Context) {
	for {
		l.mu.Lock()
		if len(l.queue) == 0 {
			l.running = false
			l.mu.Unlock()
			return
		}
		fn := l.queue[0]
		l.queue = l.queue[1:]
		l.mu.Unlock()
		fn(ctx)
	}
}
