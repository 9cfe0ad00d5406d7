package ui

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"parley/ui/model"
	"parley/ui/theme"
)

// desk is a UI thread that runs what was posted when the test says so.
type desk chan func()

func (d desk) post(fn func()) { d <- fn }

// next returns the next post, or fails.
func (d desk) next(t *testing.T) func() {
	t.Helper()
	select {
	case fn := <-d:
		return fn
	case <-time.After(10 * time.Second):
		t.Fatal("nothing was posted")
		return nil
	}
}

func TestPresenterHasOneBatchInFlight(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	d := make(desk, 100)
	var shown atomic.Int32
	p := startPresenter(d.post, 1000, func() { shown.Add(1) }, func(time.Time) {})
	for range 50 {
		p.changed()
	}
	batch := d.next(t)
	for range 50 {
		p.changed() // while the batch waits to be shown
	}
	if len(d) != 0 {
		t.Fatalf("%d more batches were posted while one was in flight", len(d))
	}
	batch()
	d.next(t)() // all of the later changes are one batch
	p.stop()
	if shown.Load() != 2 || len(d) != 0 {
		t.Errorf("%d batches were shown and %d are left, want 2 and 0", shown.Load(), len(d))
	}
}

func TestPresenterStopsWithABatchInFlight(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	d := make(desk, 1)
	p := startPresenter(d.post, 30, func() {}, func(time.Time) {})
	p.changed()
	d.next(t) // dropped, as Fyne does when it quits
	p.stop()
	p.stop()
	p.changed() // harmless afterwards
}

func TestPresenterKeepsToItsRate(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	d := make(desk, 1)
	p := startPresenter(d.post, 20, func() {}, func(time.Time) {})
	start := time.Now()
	for range 4 {
		p.changed()
		d.next(t)()
	}
	p.stop()
	if took := time.Since(start); took < 3*time.Second/20 {
		t.Errorf("4 batches took %v at 20 a second", took)
	}
}

func TestPresenterBeatsWhenLively(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	d := make(desk, 1)
	var beats atomic.Int32
	p := startPresenter(d.post, 30, func() {}, func(time.Time) { beats.Add(1) })
	p.lively.Store(true)
	d.next(t)()
	d.next(t)()
	p.stop()
	if beats.Load() != 2 {
		t.Errorf("%d beats", beats.Load())
	}
}

func TestShowIsLatestWinsWithOnePending(t *testing.T) {
	b := newBench(t, theme.New(theme.Dark, 1), 900, 600, model.State{})
	d := make(desk, 100)
	b.poster = d.post
	problem := func(text string) model.State { return model.State{Home: model.Home{Problem: text}} }
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() { b.Show(problem("old")) })
	}
	all.Wait()
	b.Show(problem("newest"))
	if len(d) != 1 {
		t.Fatalf("%d posts are pending", len(d))
	}
	d.next(t)()
	if b.state.Home.Problem != "newest" {
		t.Errorf("shows %q", b.state.Home.Problem)
	}
	b.Show(problem("next"))
	d.next(t)()
	if b.state.Home.Problem != "next" || len(d) != 0 {
		t.Errorf("shows %q, %d posts are left", b.state.Home.Problem, len(d))
	}
}
