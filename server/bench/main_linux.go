// Command parley-bench measures what forwarding media costs a Parley server, beside a bare relay in the same run. See parley-bench --help.
//
// It makes load on the loopback address alone, for a bounded time.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"parley/server/bench/process"
	"parley/server/bench/relay"
	"parley/server/bench/suite"
	"parley/server/command"
)

// threads is how many threads of Go code the load generator has on its core: that of the media must not wait in Go's scheduler for those that join.
const threads = 4

type cli struct {
	Forward forward   `cmd:"" help:"Measure forwarding: server CPU per packet, loss, latency, memory, beside the relay."`
	Joins   joins     `cmd:"" help:"Measure joining and leaving, alone and in a crowd, and what those who are in notice of it."`
	Relay   relayOnly `cmd:"" help:"Measure the bare relay alone: what forwarding costs without a server."`
	Profile profile   `cmd:"" help:"Profile a server while it forwards; read the files with go tool pprof."`

	RelayChild  relayChild  `cmd:"" hidden:""`
	ServerChild serverChild `cmd:"" hidden:""`
}

// placed are the flags of everything that measures.
type placed struct {
	Rotations  int `help:"How often each row runs, in turn." default:"3"`
	ServerCore int `help:"Core of the server." default:"0"`
	LoadCore   int `help:"Core of the load generator." default:"1"`
}

// prepare takes the load generator's place.
func (p *placed) prepare() (*suite.Config, error) {
	if p.Rotations < 1 || p.Rotations > 100 {
		return nil, errors.New("--rotations goes from 1 to 100")
	}
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	if err := process.Pin(p.LoadCore); err != nil {
		return nil, err
	}
	runtime.GOMAXPROCS(threads)
	return &suite.Config{ServerCore: p.ServerCore, Self: self}, nil
}

// shaped are the flags of what measures shapes.
type shaped struct {
	placed
	Shapes  []string      `arg:"" optional:"" help:"Shapes of calls (default: all of the standard ones)."`
	Measure time.Duration `help:"How long each run measures." default:"4s"`
}

func (s *shaped) prepare() (*suite.Config, []suite.Shape, error) {
	if s.Measure < 100*time.Millisecond || s.Measure > time.Minute {
		return nil, nil, errors.New("--measure goes from 100ms to 1m")
	}
	shapes, err := suite.Choose(s.Shapes)
	if err != nil {
		return nil, nil, err
	}
	cfg, err := s.placed.prepare()
	if err != nil {
		return nil, nil, err
	}
	cfg.Measure = s.Measure
	return cfg, shapes, nil
}

type forward struct {
	shaped
	Server  string `help:"Server binary." default:"build/parley-server" type:"path"`
	Compare string `help:"Another server binary: both run in rotation, ratios are to this one, and the relay is left out." type:"path" placeholder:"BIN"`
}

// Run measures.
func (f *forward) Run(ctx context.Context) error {
	cfg, shapes, err := f.prepare()
	if err != nil {
		return err
	}
	rows := suite.NewRows(cfg)
	if f.Compare != "" {
		rows.Server("compared", suite.Program{f.Compare})
		rows.Base()
	} else {
		addRelay(rows)
	}
	rows.Server("server", suite.Program{f.Server})
	return rows.Rotate(ctx, os.Stdout, shapes, f.Rotations)
}

// addRelay adds all rows of the relay; ratios are to the one with sendmmsg.
func addRelay(rows *suite.Rows) {
	for _, row := range relay.Rows() {
		rows.Relay(row)
		if row == relay.Sendmmsg {
			rows.Base()
		}
	}
}

type joins struct {
	placed
	Server  string `help:"Server binary." default:"build/parley-server" type:"path"`
	Compare string `help:"Another server binary to run in rotation." type:"path" placeholder:"BIN"`
}

// Run measures.
func (j *joins) Run(ctx context.Context) error {
	cfg, err := j.prepare()
	if err != nil {
		return err
	}
	binaries := []string{j.Server}
	if j.Compare != "" {
		binaries = []string{j.Compare, j.Server}
	}
	return cfg.RotateJoins(ctx, os.Stdout, binaries, j.Rotations)
}

type relayOnly struct{ shaped }

// Run measures.
func (r *relayOnly) Run(ctx context.Context) error {
	cfg, shapes, err := r.prepare()
	if err != nil {
		return err
	}
	rows := suite.NewRows(cfg)
	addRelay(rows)
	return rows.Rotate(ctx, os.Stdout, shapes, r.Rotations)
}

type relayChild struct{}

// Run relays.
func (relayChild) Run(ctx context.Context) error { return suite.ServeRelay(ctx, os.Stdin, os.Stdout) }

type profile struct {
	shaped
	Out string `help:"Where the profiles go: OUT.cpu, and OUT.heap with everybody in." default:"build/server" type:"path"`
}

// Run profiles. The server is this program itself, which has the server's code in it.
func (p *profile) Run(ctx context.Context) error {
	cfg, shapes, err := p.prepare()
	if err != nil {
		return err
	}
	cfg.Measured = func(ctx context.Context, pid int) error { return suite.Heap(ctx, pid, p.Out) }
	rows := suite.NewRows(cfg)
	rows.Server("profiled", suite.Program{cfg.Self, "server-child", p.Out})
	return rows.Rotate(ctx, os.Stdout, shapes, 1)
}

type serverChild struct {
	Out  string   `arg:""`
	Args []string `arg:"" passthrough:""`
}

// Run is parley-server, profiled while it serves.
func (s *serverChild) Run(ctx context.Context) error {
	serve := func() error { return command.Run(ctx, s.Args, os.Stdout, os.Stderr, "bench") }
	if s.Args[0] != "serve" {
		return serve()
	}
	return suite.Profiled(s.Out, serve)
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	parsed := kong.Parse(&cli{}, kong.Name("parley-bench"), kong.UsageOnError(), kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Description("Measures Parley's server. Ratios of one run mean something; microseconds move with the machine."),
		kong.BindTo(ctx, (*context.Context)(nil)))
	if err := parsed.Run(); err != nil {
		stop()
		fmt.Fprintln(os.Stderr, "parley-bench:", err)
		os.Exit(1)
	}
}
