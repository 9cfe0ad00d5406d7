package ui

import (
	"sync"
	"sync/atomic"
	"time"
)

// beatTime is how often levels and clocks move.
const beatTime = 100 * time.Millisecond

// presenter takes pictures to the screen: at most so many batches a second, one in flight. It also gives the beat by which levels
// move, for as long as a screen is lively. It is one goroutine, which stop ends and waits for.
type presenter struct {
	post    func(func())
	period  atomic.Int64  // nanoseconds from one batch to the next
	wake    chan struct{} // one slot; full means that a batch is on its way already
	landed  chan struct{} // the batch in flight was shown
	quit    chan struct{}
	done    chan struct{}
	once    sync.Once
	lively  atomic.Bool
	present func()
	beat    func()
}

// startPresenter starts one. present and beat run on the UI thread.
func startPresenter(post func(func()), fps int, present func(), beat func(time.Time)) *presenter {
	p := &presenter{
		post: post,
		wake: make(chan struct{}, 1), landed: make(chan struct{}, 1), quit: make(chan struct{}), done: make(chan struct{}),
	}
	p.pace(fps)
	// Made once: a batch costs no garbage.
	p.present = func() {
		present()
		p.landed <- struct{}{}
	}
	p.beat = func() {
		beat(time.Now())
		p.landed <- struct{}{}
	}
	go p.run()
	return p
}

// pace says how many batches a second there are at most. It is safe from any goroutine.
func (p *presenter) pace(fps int) { p.period.Store(int64(time.Second) / int64(max(fps, 1))) }

// changed says that there is a new picture. It is safe from any goroutine and returns at once.
func (p *presenter) changed() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// stop ends the presenter and waits for it; the batch in flight may never be shown.
func (p *presenter) stop() {
	p.once.Do(func() { close(p.quit) })
	<-p.done
}

func (p *presenter) run() {
	defer close(p.done)
	ticker := time.NewTicker(beatTime)
	defer ticker.Stop()
	pause := time.NewTimer(0)
	defer pause.Stop()
	var due time.Time // of the next batch of pictures
	for {
		select {
		case <-p.quit:
			return
		case <-ticker.C:
			if p.lively.Load() && !p.show(p.beat) {
				return
			}
		case <-p.wake:
			if wait := time.Until(due); wait > 0 {
				pause.Reset(wait)
				select {
				case <-p.quit:
					return
				case <-pause.C:
				}
			}
			period := time.Duration(p.period.Load())
			due = due.Add(period)
			if now := time.Now(); due.Before(now) { // it was idle, or the screen cannot keep up
				due = now.Add(period)
			}
			if !p.show(p.present) {
				return
			}
		}
	}
}

// show posts a batch and waits until it was shown; it returns false when the presenter is to end.
func (p *presenter) show(batch func()) bool {
	p.post(batch)
	select {
	case <-p.landed:
		return true
	case <-p.quit: // Fyne drops what is pending when it quits
		return false
	}
}
