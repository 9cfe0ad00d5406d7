package suite

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"parley/server/bench/load"
	"parley/server/bench/relay"
	"parley/server/command"
)

// TestMain is the programs that the tests start, when it is started as one of them.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && (os.Args[1] == "relay-child" || os.Args[1] == "server-child") {
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		defer stop()
		var err error
		if os.Args[1] == "relay-child" {
			err = ServeRelay(ctx, os.Stdin, os.Stdout)
		} else {
			err = command.Run(ctx, os.Args[2:], os.Stdout, os.Stderr, "test")
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

func config(t *testing.T) *Config {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return &Config{Measure: 500 * time.Millisecond, Self: self}
}

// TestRows runs a small call through everything that can be a row.
func TestRows(t *testing.T) {
	shape := Shape{Name: "small", Kinds: []load.Kind{load.Video, load.Audio}, Publishers: 3, Subscribers: 2}
	cfg := config(t)
	rows := NewRows(cfg)
	for _, row := range relay.Rows() {
		rows.Relay(row)
	}
	rows.Base()
	rows.Server("server", Program{cfg.Self, "server-child"})
	var out bytes.Buffer
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := rows.Rotate(ctx, &out, []Shape{shape}, 1); err != nil {
		t.Fatal(err)
	}
	t.Log(out.String())
	for _, line := range strings.Split(out.String(), "\n") {
		if strings.Contains(line, "nothing came") {
			t.Error(line)
		}
	}
	if got := strings.Count(out.String(), "1.00-1.00"); got != 1 {
		t.Errorf("%d rows are the base", got)
	}
}

func TestShapes(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]struct{ clients, tracks int }{
		"video-1x100": {101, 100}, "video-10x10": {10, 90}, "audio-30x30": {30, 870}, "video-1x500": {501, 500}, "tiles-50x9": {50, 450},
	} {
		shapes, err := Choose([]string{name})
		if err != nil {
			t.Fatal(err)
		}
		tracks := 0
		for i := range shapes[0].everybody() {
			tracks += len(shapes[0].watched(i))
		}
		if shapes[0].everybody() != want.clients || tracks != want.tracks {
			t.Errorf("%s has %d clients that receive %d tracks", name, shapes[0].everybody(), tracks)
		}
	}
	if _, err := Choose([]string{"round"}); err == nil || !strings.Contains(err.Error(), "video-1x100") {
		t.Errorf("an unknown shape: %v", err)
	}
	if all, err := Choose(nil); err != nil || len(all) != len(Shapes()) {
		t.Errorf("no names: %v, %v", all, err)
	}
}

func TestServerThatIsMissing(t *testing.T) {
	t.Parallel()
	_, err := config(t).RunServer(context.Background(), Shapes()[0], Program{"/nonexistent"})
	if err == nil || !strings.Contains(err.Error(), "make build/parley-server") {
		t.Errorf("error %v", err)
	}
}
