package suite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"golang.org/x/sync/errgroup"

	"parley/rtc/protocol"
	"parley/server/bench/client"
	"parley/server/bench/load"
	"parley/server/bench/process"
)

const (
	present    = 20  // subscribers who are in while others come and go
	crowdSize  = 100 // who come within a second, and leave at once
	crowdWhile = time.Second
	alone      = 30 // joins one after the other
	calm       = 3 * time.Second
)

// JoinsResult is what came out of one run of Joins.
type JoinsResult struct {
	Alone, Crowd []Arrival
	Phases       []Phase // of those who are in
}

// Arrival is how long one join took, from its beginning.
type Arrival struct{ Packet, Key time.Duration }

// Phase is what those who are in received meanwhile.
type Phase struct {
	Name  string
	Tally *load.Tally
	CPU   time.Duration
}

// joins is a run.
type joins struct {
	cfg      *Config
	server   *server
	loop     *load.Loop
	identity *client.Identity
	result   *JoinsResult
}

// Joins measures joining and leaving: one after the other, then many at once.
func (c *Config) Joins(ctx context.Context, program Program) (r *JoinsResult, err error) {
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
	here, err := s.populate(ctx, l, Shape{Kinds: []load.Kind{load.Video}, Publishers: 1, Subscribers: present})
	defer leave(here)
	if err != nil {
		return nil, err
	}
	j := &joins{cfg: c, server: s, loop: l, result: &JoinsResult{}}
	if j.identity, err = client.NewIdentity(); err != nil {
		return nil, err
	}
	return j.result, j.run(ctx)
}

func (j *joins) run(ctx context.Context) error {
	if err := pause(ctx, settle); err != nil {
		return err
	}
	if err := j.phase(ctx, "nobody comes", func() error { return pause(ctx, calm) }); err != nil {
		return err
	}
	for range alone {
		one, arrival, err := j.join(ctx)
		if err != nil {
			return err
		}
		j.result.Alone = append(j.result.Alone, arrival)
		one.Leave()
		if err := pause(ctx, 150*time.Millisecond); err != nil {
			return err
		}
	}
	crowd := make([]*client.Client, crowdSize)
	arrivals := make([]Arrival, crowdSize)
	defer func() { leave(there(crowd)) }()
	err := j.phase(ctx, fmt.Sprintf("%d come in %v", crowdSize, crowdWhile), func() error {
		var g errgroup.Group
		for i := range crowd {
			g.Go(func() (err error) {
				if err := pause(ctx, crowdWhile*time.Duration(i)/crowdSize); err != nil {
					return err
				}
				crowd[i], arrivals[i], err = j.join(ctx)
				return err
			})
		}
		return g.Wait()
	})
	if err != nil {
		return err
	}
	j.result.Crowd = arrivals
	return j.phase(ctx, fmt.Sprintf("%d leave at once", crowdSize), func() error {
		leave(there(crowd))
		crowd = nil
		return pause(ctx, time.Second)
	})
}

// phase measures what those who are in receive while fn runs.
func (j *joins) phase(ctx context.Context, name string, fn func() error) error {
	before, err := process.CPU(j.server.child.PID())
	if err != nil {
		return err
	}
	if err := j.loop.Begin(); err != nil {
		return err
	}
	if err := fn(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	t, err := j.loop.Pause()
	if err != nil {
		return err
	}
	after, err := process.CPU(j.server.child.PID())
	if err != nil {
		return err
	}
	if err := pause(ctx, repair); err != nil {
		return err
	}
	j.result.Phases = append(j.result.Phases, Phase{Name: name, Tally: t, CPU: after.Sub(before).Total})
	return j.loop.End(t)
}

// join joins as a subscriber and waits for the first key frame.
func (j *joins) join(ctx context.Context) (*client.Client, Arrival, error) {
	ctx, cancel := context.WithTimeout(ctx, joinWithin)
	defer cancel()
	cfg := client.Config{URL: j.server.url, Token: j.server.token, Identity: j.identity, Subscribe: protocol.SubscribeAll}
	cl, err := client.Join(ctx, j.loop, cfg)
	if err != nil {
		return nil, Arrival{}, err
	}
	if err := receives(ctx, cl, 1); err != nil {
		cl.Leave()
		return nil, Arrival{}, err
	}
	tracks, _, _, err := cl.Tracks()
	if err != nil {
		cl.Leave()
		return nil, Arrival{}, err
	}
	packet, key := tracks[0].Arrivals()
	return cl, Arrival{packet, key}, nil
}

// RotateJoins runs Joins with server binaries in rotation and prints what came out.
func (c *Config) RotateJoins(ctx context.Context, out io.Writer, binaries []string, rotations int) error {
	results := make([][]*JoinsResult, len(binaries))
	for turn := range rotations {
		for i := range binaries {
			at := (i + turn) % len(binaries)
			r, err := c.Joins(ctx, Program{binaries[at]})
			if err != nil {
				return fmt.Errorf("%s: %w", binaries[at], err)
			}
			results[at] = append(results[at], r)
		}
	}
	for i, binary := range binaries {
		if err := printJoins(out, binary, results[i]); err != nil {
			return err
		}
	}
	return nil
}

// printJoins prints all runs of one server together.
func printJoins(out io.Writer, name string, all []*JoinsResult) error {
	fmt.Fprintf(out, "\njoins, %s\n", name)
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "joining, ms\tjoins\tfirst packet p50\tp95\tmax\tkey frame p50\tp95\tmax\t")
	var one, many []Arrival
	for _, r := range all {
		one = append(one, r.Alone...)
		many = append(many, r.Crowd...)
	}
	printArrivals(t, "one at a time", one)
	printArrivals(t, fmt.Sprintf("%d in %v", crowdSize, crowdWhile), many)
	if err := t.Flush(); err != nil {
		return err
	}
	t = tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "those who are in\tpackets\tlost\tp50 ms\tp95\tp99\tmax\tserver core\t")
	for i, phase := range all[0].Phases {
		merged := make([]*Result, len(all))
		longest := time.Duration(0)
		for k, r := range all {
			merged[k] = &Result{Tally: r.Phases[i].Tally, CPU: process.Times{Total: r.Phases[i].CPU}}
			longest = max(longest, r.Phases[i].Tally.Latency.Max())
		}
		fmt.Fprintf(t, "%s\t%.0f\t%s\t%.2f\t%.2f\t%.2f\t%.2f\t%.0f%%\t\n", phase.Name,
			middle(merged, func(r *Result) float64 { return float64(r.Tally.Read) }), lost(merged), latency(merged, 0.5), latency(merged, 0.95),
			latency(merged, 0.99), ms(longest), middle(merged, func(r *Result) float64 { return 100 * float64(r.CPU.Total) / float64(r.Tally.Took) }))
	}
	return t.Flush()
}

func printArrivals(t io.Writer, name string, all []Arrival) {
	packets, keys := make([]time.Duration, len(all)), make([]time.Duration, len(all))
	for i, a := range all {
		packets[i], keys[i] = a.Packet, a.Key
	}
	slices.Sort(packets)
	slices.Sort(keys)
	at := func(sorted []time.Duration, q int) float64 { return ms(sorted[min(len(sorted)*q/100, len(sorted)-1)]) }
	fmt.Fprintf(t, "%s\t%d\t%.1f\t%.1f\t%.1f\t%.1f\t%.1f\t%.1f\t\n", name, len(all), at(packets, 50), at(packets, 95), at(packets, 100),
		at(keys, 50), at(keys, 95), at(keys, 100))
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
