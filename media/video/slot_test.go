package video

import (
	"context"
	"errors"
	"io"
	"sync"
	"testing"
	"time"
)

func TestSlotNewestWins(t *testing.T) {
	t.Parallel()
	s := NewSlot()
	if s.TryTake() != nil {
		t.Fatal("an empty slot gave a picture")
	}
	for i := byte(1); i <= 3; i++ {
		f := fill(NewFrame(16, 16), i, 0, 0)
		f.Captured = time.Duration(i)
		s.Put(f)
		fill(f, 99, 99, 99) // the slot has a copy
	}
	f, err := s.Take(t.Context())
	if err != nil || f.Y[0] != 3 || f.Captured != 3 {
		t.Fatalf("took %v, %v, want the third", f, err)
	}
	if s.TryTake() != nil {
		t.Error("the same picture was given twice")
	}
	for i := byte(10); i < 14; i++ {
		s.Put(fill(NewFrame(16, 16), i, 0, 0))
	}
	if f.Y[0] != 3 {
		t.Error("the taken picture changed before the next was taken")
	}
	if f := s.TryTake(); f == nil || f.Y[0] != 13 {
		t.Error("the newest is not given")
	}
}

func TestSlotSizes(t *testing.T) {
	t.Parallel()
	s := NewSlot()
	for _, size := range []int{16, 32, 8, 32, 16} {
		s.Put(NewFrame(size, size))
		if f := s.TryTake(); f == nil || f.Width != size {
			t.Errorf("size %d: took %v", size, f)
		}
	}
}

func TestSlotEnds(t *testing.T) {
	t.Parallel()
	s := NewSlot()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Take(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	got := make(chan error)
	go func() {
		_, err := s.Take(context.Background())
		got <- err
	}()
	s.Close()
	s.Close()
	if err := <-got; !errors.Is(err, io.EOF) {
		t.Errorf("closed: %v, want io.EOF", err)
	}
	s.Put(NewFrame(2, 2))
	if s.TryTake() != nil {
		t.Error("a closed slot took a picture")
	}
	if _, err := s.Take(t.Context()); !errors.Is(err, io.EOF) {
		t.Errorf("closed: %v, want io.EOF", err)
	}
}

// TestSlotTorn has a fast producer and a consumer: no picture may be torn, go back, or be missed at the end.
func TestSlotTorn(t *testing.T) {
	t.Parallel()
	s := NewSlot()
	const last = 200
	var wg sync.WaitGroup
	wg.Go(func() {
		f := NewFrame(64, 64)
		for i := 1; i <= last; i++ {
			s.Put(fill(f, byte(i), byte(i), byte(i)))
		}
	})
	var seen byte
	for seen != last {
		f, err := s.Take(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if f.Y[0] <= seen {
			t.Fatalf("took %d after %d", f.Y[0], seen)
		}
		seen = f.Y[0]
		flat(t, f, seen, seen, seen, 0)
	}
	wg.Wait()
}

func TestSlotDoesNotAllocate(t *testing.T) {
	s, f := NewSlot(), NewFrame(64, 64)
	use := func() {
		s.Put(f)
		s.Put(f)
		s.TryTake()
	}
	use()
	use()
	if n := testing.AllocsPerRun(20, use); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}
