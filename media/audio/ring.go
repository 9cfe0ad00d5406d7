package audio

import "sync/atomic"

// Ring hands samples from one producer to one consumer without a lock. It is bounded: when the consumer is late the oldest
// samples are dropped and counted; when the producer is late the consumer gets silence, which is counted too.
//
// The producer may overwrite what the consumer is just copying. So a sample is a word of its own, stored and loaded whole, and
// the producer announces what it will overwrite before it does: the consumer looks again after its copy, and copies anew what
// may be torn. Neither side ever waits for the other.
type Ring struct {
	words    []atomic.Int32
	mask     uint64
	reserved atomic.Uint64 // end of what the producer has begun to write
	written  atomic.Uint64 // end of what it has written
	read     atomic.Uint64 // next sample of the consumer, who alone writes it
	dropped  atomic.Uint64
	missed   atomic.Uint64
}

// NewRing returns a ring that holds at least size samples.
func NewRing(size int) *Ring {
	n := 2
	for n < size {
		n *= 2
	}
	return &Ring{words: make([]atomic.Int32, n), mask: uint64(n - 1)}
}

// Cap returns how many samples fit.
func (r *Ring) Cap() int { return len(r.words) }

// Len returns how many samples wait to be read. Any goroutine may ask.
func (r *Ring) Len() int {
	read := r.read.Load()
	n := int64(r.written.Load() - read) // below zero while the producer writes over all that was left
	return int(min(max(n, 0), int64(len(r.words))))
}

// Dropped returns how many samples were lost because the consumer was late. Any goroutine may ask.
func (r *Ring) Dropped() uint64 { return r.dropped.Load() }

// Missed returns how many samples of silence Read made up because the producer was late. Any goroutine may ask.
func (r *Ring) Missed() uint64 { return r.missed.Load() }

// Write appends pcm, over the oldest samples when it does not fit. Only the producer calls it.
func (r *Ring) Write(pcm []int16) {
	at := r.written.Load()
	if over := len(pcm) - len(r.words); over > 0 {
		at += uint64(over) // these are dropped: the consumer finds itself left behind and counts them
		pcm = pcm[over:]
	}
	r.reserved.Store(at + uint64(len(pcm)))
	for i, s := range pcm {
		r.words[(at+uint64(i))&r.mask].Store(int32(s))
	}
	r.written.Store(at + uint64(len(pcm)))
}

// Read fills pcm and returns how many samples of it came from the producer; the rest is silence. Only the consumer calls it.
func (r *Ring) Read(pcm []int16) int {
	n := r.Take(pcm)
	if n < len(pcm) {
		clear(pcm[n:])
		r.missed.Add(uint64(len(pcm) - n))
	}
	return n
}

// Take copies up to len(pcm) samples that are there, and returns how many. Only the consumer calls it.
func (r *Ring) Take(pcm []int16) int {
	size := uint64(len(r.words))
	at := r.read.Load()
	done := 0
	for done < len(pcm) {
		if lost := r.reserved.Load() - at; lost > size {
			// What was copied so far is sound; what came after it is overwritten.
			r.dropped.Add(lost - size)
			at += lost - size
		}
		end := r.written.Load()
		if at >= end {
			break // nothing more, or the producer is just writing over all that was left
		}
		n := min(end-at, uint64(len(pcm)-done))
		for i := range n {
			pcm[done+int(i)] = int16(r.words[(at+i)&r.mask].Load())
		}
		if r.reserved.Load()-at > size {
			continue // torn: copy again from what is left
		}
		at += n
		done += int(n)
	}
	r.read.Store(at)
	return done
}

// Discard drops all that waits but the newest keep samples, and counts nothing. Only the consumer calls it.
func (r *Ring) Discard(keep int) {
	at, end := r.read.Load(), r.written.Load()
	if end > at+uint64(keep) {
		r.read.Store(end - uint64(keep))
	}
}
