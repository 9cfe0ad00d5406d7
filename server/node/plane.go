package node

import (
	"fmt"
	"log/slog"
	"sync"
	"time"

	"parley/server/session"
	"parley/server/sfu"
	"parley/server/transport"
)

// How often feedback that is due is looked for, while somebody is connected: packets that are missing are asked for again in little more than a round
// trip, reports and requests for key frames can wait for the end of a longer pause. Each look wakes the processor.
const (
	tickSoon = 10 * time.Millisecond
	tickIdle = 50 * time.Millisecond
)

// plane carries the media of all sessions. It implements session.MediaPlane and is safe for concurrent use.
type plane struct {
	transport *transport.Transport
	log       *slog.Logger
	off       bool
	start     time.Time

	mu      sync.Mutex
	tracks  map[session.TrackID]*sfu.UpTrack
	legs    map[*leg]struct{}
	wake    chan struct{} // of one slot: there may be legs again, or packets are missing
	quit    chan struct{}
	running sync.WaitGroup
}

func newPlane(t *transport.Transport, off bool, log *slog.Logger) *plane {
	p := &plane{
		transport: t, log: log, off: off, start: time.Now(), tracks: map[session.TrackID]*sfu.UpTrack{}, legs: map[*leg]struct{}{},
		wake: make(chan struct{}, 1), quit: make(chan struct{}),
	}
	p.running.Go(p.tick)
	return p
}

// since is a moment on the plane's clock.
func (p *plane) since(t time.Time) time.Duration { return t.Sub(p.start) }

func (p *plane) now() time.Duration { return time.Since(p.start) }

// poke makes the clocks run now. It never waits.
func (p *plane) poke() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// tick runs the clocks of all legs, and sleeps while there are none.
func (p *plane) tick() {
	t := time.NewTimer(tickIdle)
	defer t.Stop()
	var legs []*leg
	for {
		legs = legs[:0]
		p.mu.Lock()
		for l := range p.legs {
			legs = append(legs, l)
		}
		p.mu.Unlock()
		if len(legs) == 0 {
			select {
			case <-p.wake:
			case <-p.quit:
				return
			}
			continue
		}
		now, wait := p.now(), tickIdle
		for _, l := range legs {
			if l.tick(now) {
				wait = tickSoon
			}
		}
		clear(legs) // one that left is not held
		p.transport.Flush()
		t.Reset(wait)
		select {
		case <-t.C:
		case <-p.wake:
		case <-p.quit:
			return
		}
	}
}

// Close ends the clock and waits for connections that are being closed. All legs must be closed before.
func (p *plane) Close() {
	close(p.quit)
	p.running.Wait()
}

// NewLeg makes the media of one client.
func (p *plane) NewLeg() (session.MediaLeg, error) {
	l := &leg{plane: p, published: map[session.TrackID]*published{}}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.legs[l] = struct{}{}
	p.poke()
	return l, nil
}

// conn makes a transport connection.
func (p *plane) conn(h transport.Handler) (*transport.Conn, error) {
	c, err := p.transport.NewConn(h)
	if err != nil {
		return nil, fmt.Errorf("new connection: %w", err)
	}
	return c, nil
}

// track returns a published track, or nil.
func (p *plane) track(id session.TrackID) *sfu.UpTrack {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.tracks[id]
}

// setTrack registers a track; nil removes it.
func (p *plane) setTrack(id session.TrackID, u *sfu.UpTrack) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if u == nil {
		delete(p.tracks, id)
		return
	}
	p.tracks[id] = u
}

// forget takes a leg out and closes its connections, which may wait for their goroutines, outside the session's loop.
func (p *plane) forget(l *leg, conns ...*transport.Conn) {
	p.mu.Lock()
	delete(p.legs, l)
	p.mu.Unlock()
	for _, c := range conns {
		if c == nil {
			continue
		}
		p.running.Go(func() {
			if err := c.Close(); err != nil {
				p.log.Debug("close connection", "error", err)
			}
		})
	}
}
