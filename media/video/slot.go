package video

import (
	"context"
	"io"
	"sync"

	"parley/media"
)

// Slot hands pictures from a producer to one consumer. It holds one picture that was not taken yet; a newer one replaces it, so
// a slow consumer sees the newest and the producer never waits. Put and Close are safe from any goroutine; Take and TryTake
// belong to the one consumer.
type Slot struct {
	wake   chan struct{} // holds one token: look again
	done   chan struct{}
	mu     sync.Mutex
	next   *media.Frame   // not yet taken
	taken  *media.Frame   // the consumer's
	spare  []*media.Frame // at most two
	closed bool
}

// NewSlot returns an empty slot.
func NewSlot() *Slot {
	return &Slot{wake: make(chan struct{}, 1), done: make(chan struct{}), spare: make([]*media.Frame, 0, 2)}
}

// Put copies f into the slot in place of one not yet taken. After Close it does nothing.
func (s *Slot) Put(f *media.Frame) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return
	}
	var into *media.Frame
	if n := len(s.spare); n > 0 {
		into, s.spare = s.spare[n-1], s.spare[:n-1]
	}
	s.mu.Unlock()
	into = Reuse(into, f.Width, f.Height)
	Copy(into, f)
	s.mu.Lock()
	s.keep(s.next)
	s.next = into
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// keep puts a buffer that nobody uses aside. The caller holds mu.
func (s *Slot) keep(f *media.Frame) {
	if f != nil && len(s.spare) < cap(s.spare) {
		s.spare = append(s.spare, f)
	}
}

// Take waits for a picture that was not taken before. The picture is valid until the next one is taken. It returns io.EOF once
// the slot is closed, and the context's error when that ends first.
func (s *Slot) Take(ctx context.Context) (*media.Frame, error) {
	for {
		select {
		case <-s.done:
			return nil, io.EOF
		default:
		}
		if f := s.TryTake(); f != nil {
			return f, nil
		}
		select {
		case <-s.wake:
		case <-s.done:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// TryTake returns a picture that was not taken before, or nil when there is none.
func (s *Slot) TryTake() *media.Frame {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.next == nil || s.closed {
		return nil
	}
	s.keep(s.taken)
	s.taken, s.next = s.next, nil
	return s.taken
}

// Close ends the slot: Take returns io.EOF from now on. It is idempotent.
func (s *Slot) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.closed = true
		close(s.done)
	}
}
