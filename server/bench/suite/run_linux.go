package suite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sync/errgroup"

	"parley/rtc/protocol"
	"parley/server/bench/client"
	"parley/server/bench/load"
	"parley/server/bench/process"
)

const (
	readyWithin = 60 * time.Second // for everybody to join and receive
	joinWithin  = 20 * time.Second
	joinersMax  = 8
	settle      = 1200 * time.Millisecond // before measuring: the last key frames and retransmissions of joining
	repair      = 300 * time.Millisecond  // after measuring: what is missing may still come
)

// Config is what all runs have in common.
type Config struct {
	ServerCore int
	Measure    time.Duration
	Self       string // this program, for its children
	// Measured, if set, is called when a run was measured and everybody is still there, with the server's process.
	Measured func(ctx context.Context, pid int) error
}

// Result is what one run came to.
type Result struct {
	CPU       process.Times
	Tally     *load.Tally
	LoadCPU   time.Duration  // of the load generator
	Before    process.Memory // of the server alone, before anybody joins
	After     process.Memory // with everybody there
	Clients   int
	Tracks    int
	TookStart time.Duration // until everybody received
}

// PerPacket is the server's CPU time for each packet that subscribers read.
func (r *Result) PerPacket() time.Duration {
	return r.CPU.Total / time.Duration(max(r.Tally.Read, 1))
}

// measure measures a process while a load runs.
func (c *Config) measure(ctx context.Context, l *load.Loop, pid int) (*Result, error) {
	if err := pause(ctx, settle); err != nil {
		return nil, err
	}
	r := &Result{}
	ownBefore, err := process.CPU(os.Getpid())
	if err != nil {
		return nil, err
	}
	if err := l.Begin(); err != nil {
		return nil, err
	}
	before, err := process.CPU(pid)
	if err != nil {
		return nil, err
	}
	if err := pause(ctx, c.Measure); err != nil {
		return nil, err
	}
	if r.Tally, err = l.Pause(); err != nil {
		return nil, err
	}
	after, err := process.CPU(pid)
	if err != nil {
		return nil, err
	}
	ownAfter, err := process.CPU(os.Getpid())
	if err != nil {
		return nil, err
	}
	r.CPU, r.LoadCPU = after.Sub(before), ownAfter.Sub(ownBefore).Total
	if r.After, err = process.MemoryOf(pid); err != nil {
		return nil, err
	}
	if err := pause(ctx, repair); err != nil {
		return nil, err
	}
	if err := l.End(r.Tally); err != nil || c.Measured == nil {
		return r, err
	}
	return r, c.Measured(ctx, pid)
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// RunServer measures a server with a shape.
func (c *Config) RunServer(ctx context.Context, shape Shape, program Program) (r *Result, err error) {
	s, err := startServer(ctx, c.ServerCore, program)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	l, err := load.NewLoop()
	if err != nil {
		return nil, err
	}
	defer l.Close()
	before, err := process.MemoryOf(s.child.PID())
	if err != nil {
		return nil, err
	}
	began := time.Now()
	clients, err := s.populate(ctx, l, shape)
	defer leave(clients)
	if err != nil {
		return nil, err
	}
	took := time.Since(began)
	if r, err = c.measure(ctx, l, s.child.PID()); err != nil {
		return nil, err
	}
	r.Before, r.Clients, r.TookStart = before, len(clients), took
	for _, cl := range clients {
		tracks, _, _, err := cl.Tracks()
		if err != nil {
			return nil, err
		}
		r.Tracks += len(tracks)
	}
	return r, nil
}

// leave lets everybody leave at once.
func leave(clients []*client.Client) {
	var g errgroup.Group
	for _, cl := range clients {
		g.Go(func() error { cl.Leave(); return nil })
	}
	_ = g.Wait() // never fails
}

// populate lets everybody of a shape join, and waits until they all receive. The clients are to leave also when it fails.
func (s *server) populate(ctx context.Context, l *load.Loop, shape Shape) ([]*client.Client, error) {
	id, err := client.NewIdentity()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	joined := make([]*client.Client, shape.everybody())
	join := func(i int) (err error) {
		cfg := client.Config{URL: s.url, Token: s.token, Identity: id, Subscribe: protocol.SubscribeAll, Seed: uint64(i)}
		if i < shape.Publishers {
			cfg.Publish = shape.Kinds
		}
		if shape.Tiles > 0 {
			cfg.Subscribe = protocol.SubscribeNone
		}
		ctx, cancel := context.WithTimeout(ctx, joinWithin)
		defer cancel()
		joined[i], err = client.Join(ctx, l, cfg)
		return err
	}
	if err := crowd(0, shape.Publishers, join); err != nil {
		return there(joined), err
	}
	if err := crowd(shape.Publishers, shape.everybody(), join); err != nil {
		return there(joined), err
	}
	for i, cl := range joined {
		if shape.Tiles > 0 {
			if err := choose(ctx, cl, shape.Tiles, shape.Publishers, i); err != nil {
				return joined, err
			}
		}
	}
	for i, cl := range joined {
		if err := receives(ctx, cl, len(shape.watched(i))*len(shape.Kinds)); err != nil {
			return joined, fmt.Errorf("client %d of %d: %w", i, len(joined), err)
		}
	}
	return joined, nil
}

// crowd calls join for each number, a few at a time.
func crowd(from, to int, join func(int) error) error {
	var g errgroup.Group
	g.SetLimit(joinersMax)
	for i := from; i < to; i++ {
		g.Go(func() error { return join(i) })
	}
	return g.Wait()
}

func there(clients []*client.Client) []*client.Client {
	var some []*client.Client
	for _, cl := range clients {
		if cl != nil {
			some = append(some, cl)
		}
	}
	return some
}

// choose subscribes a client to some of the streams, others for each, once it knows of all.
func choose(ctx context.Context, cl *client.Client, tiles, publishers, self int) error {
	for {
		_, streams, changed, err := cl.Tracks()
		if err != nil {
			return err
		}
		if len(streams) >= publishers-1 {
			for i := range tiles {
				if err := cl.Want(ctx, streams[(self+i)%len(streams)]); err != nil {
					return err
				}
			}
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("knows of %d streams of %d: %w", len(streams), publishers-1, ctx.Err())
		}
	}
}

// receives waits until a client receives so many tracks.
func receives(ctx context.Context, cl *client.Client, want int) error {
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for {
		tracks, _, _, err := cl.Tracks()
		if err != nil {
			return err
		}
		flowing := 0
		for _, t := range tracks {
			if packet, key := t.Arrivals(); packet > 0 && (t.Kind == load.Audio || key > 0) {
				flowing++
			}
		}
		if flowing >= want {
			return nil
		}
		select {
		case <-poll.C:
		case <-ctx.Done():
			return fmt.Errorf("of %d tracks %d are offered and %d flow: %w", want, len(tracks), flowing, ctx.Err())
		}
	}
}
