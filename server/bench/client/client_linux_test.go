package client_test

import (
	"context"
	"testing"
	"time"

	"go.uber.org/goleak"

	"parley/rtc/protocol"
	"parley/server/bench/client"
	"parley/server/bench/load"
	"parley/server/servertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestCall lets three join a server: all receive each other, whole key frames and everything after them.
func TestCall(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t)
	token := s.Token(s.Session(), "publisher", "Ann")
	l, err := load.NewLoop()
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	id, err := client.NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	var all []*client.Client
	for i := range 3 {
		cfg := client.Config{URL: "ws" + s.URL[len("http"):] + protocol.Path, Token: token, Identity: id, Subscribe: protocol.SubscribeAll,
			Publish: []load.Kind{load.Video, load.Audio}, Seed: uint64(i)}
		c, err := client.Join(ctx, l, cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Leave()
		all = append(all, c)
	}
	for _, c := range all {
		await(ctx, t, c)
	}
	if err := l.Begin(); err != nil {
		t.Fatal(err)
	}
	tally := &load.Tally{}
	eventually(ctx, t, func() bool {
		if err := l.End(tally); err != nil {
			t.Fatal(err)
		}
		enough := tally.Silent == 0 && tally.Expected >= 200
		if !enough {
			*tally = load.Tally{}
		}
		return enough
	})
	if tally.Missing > 0 {
		t.Errorf("%d of %d packets are missing", tally.Missing, tally.Expected)
	}
	counted, err := l.Pause()
	if err != nil {
		t.Fatal(err)
	}
	if counted.Sinks != 0 || counted.Read == 0 || counted.Latency.Count() != counted.Read-counted.Again || counted.Latency.Quantile(0.5) <= 0 {
		t.Errorf("read %d, latencies %d, median %v", counted.Read, counted.Latency.Count(), counted.Latency.Quantile(0.5))
	}
}

// await waits until a client receives all four tracks of the others.
func await(ctx context.Context, t *testing.T, c *client.Client) {
	t.Helper()
	eventually(ctx, t, func() bool {
		tracks, _, _, err := c.Tracks()
		if err != nil {
			t.Fatal(err)
		}
		flowing := 0
		for _, track := range tracks {
			if packet, key := track.Arrivals(); packet > 0 && (key > 0) == (track.Kind == load.Video) {
				flowing++
			}
		}
		return flowing == 4
	})
}

func eventually(ctx context.Context, t *testing.T, yes func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !yes() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal(ctx.Err())
		}
	}
}

func TestRefusedJoin(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t)
	l, err := load.NewLoop()
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	id, err := client.NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	cfg := client.Config{URL: "ws" + s.URL[len("http"):] + protocol.Path, Token: "no token", Identity: id, Publish: []load.Kind{load.Video}}
	if _, err := client.Join(ctx, l, cfg); err == nil {
		t.Error("a wrong token joins")
	}
}
