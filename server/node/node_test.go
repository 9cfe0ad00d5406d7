package node

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"parley/server/config"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start runs a node until the test ends.
func start(t *testing.T, cfg config.Config) *Node {
	t.Helper()
	n, err := New(t.Context(), cfg, "test", nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- n.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return n
}

func TestAddressIsKnownBeforeTheServerServes(t *testing.T) {
	t.Parallel()
	cfg := config.Config{Data: t.TempDir(), Listen: "127.0.0.1:0"}
	n, err := New(t.Context(), cfg, "test", nil)
	if err != nil {
		t.Fatal(err)
	}
	if r, ok := config.LoadRunning(cfg.Data); !ok || r != n.Running() {
		t.Errorf("%+v, %v", r, ok)
	}
	if err := n.Close(); err != nil {
		t.Error(err)
	}
	if _, ok := config.LoadRunning(cfg.Data); ok {
		t.Error("the file is still there after the end")
	}
}

func TestPortsInUse(t *testing.T) {
	t.Parallel()
	n := start(t, config.Config{Data: t.TempDir(), Listen: "127.0.0.1:0"})
	if _, err := New(t.Context(), config.Config{Data: t.TempDir(), Listen: n.Running().Host}, "test", nil); !errors.Is(err, ErrPortInUse) || !strings.Contains(err.Error(), "TCP") {
		t.Errorf("%v", err)
	}
	udp := n.transport.UDPAddr().String()
	if _, err := New(t.Context(), config.Config{Data: t.TempDir(), Listen: "127.0.0.1:0", UDP: udp}, "test", nil); !errors.Is(err, ErrPortInUse) || !strings.Contains(err.Error(), "UDP") {
		t.Errorf("%v", err)
	}
}

// TestRubbishOnThePort sends what is neither HTTP nor media; the server closes it and serves on.
func TestRubbishOnThePort(t *testing.T) {
	t.Parallel()
	n := start(t, config.Config{Data: t.TempDir(), Listen: "127.0.0.1:0"})
	for _, raw := range [][]byte{bytes.Repeat([]byte{0}, 100), {0, 28, 0, 1, 0, 8, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3}, []byte("GET / HTTP/9.9\r\n\r\n"), {0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc}} {
		c, err := net.Dial("tcp", n.Running().Host)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Write(raw); err != nil {
			t.Error(err)
		}
		_ = c.(*net.TCPConn).CloseWrite()
		_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
		if _, err := io.Copy(io.Discard, io.LimitReader(c, 4096)); err != nil && !strings.Contains(err.Error(), "reset") {
			t.Errorf("%q: %v", raw, err)
		}
		_ = c.Close()
	}
	silent, err := net.Dial("tcp", n.Running().Host) // says nothing at all; must not hold up the others, or the end
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get(n.Running().URL + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("status %d", resp.StatusCode)
	}
}
