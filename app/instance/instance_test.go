package instance

import (
	"errors"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestTheSecondHandsItsLinkOver(t *testing.T) {
	folder := t.TempDir()
	first, err := Open(folder, "")
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	got := make(chan string, 1)
	go func() { got <- <-first.Links() }()
	if _, err := Open(folder, "parley://h:1/x"); !errors.Is(err, ErrRunning) {
		t.Fatalf("the second start gave %v", err)
	}
	if link := <-got; link != "parley://h:1/x" {
		t.Errorf("got link %q", link)
	}
	other, err := Open(t.TempDir(), "")
	if err != nil {
		t.Fatalf("another settings folder: %v", err)
	}
	defer other.Close()
}

func TestAStaleSocketIsReplaced(t *testing.T) {
	folder := t.TempDir()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: socket(folder)})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	l.Close()
	i, err := Open(folder, "")
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(socket(folder))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("socket mode %v, %v", info.Mode(), err)
	}
	i.Close()
	if _, err := os.Stat(socket(folder)); err == nil {
		t.Error("the socket was left behind")
	}
}

func TestRubbishIsDropped(t *testing.T) {
	folder := t.TempDir()
	i, err := Open(folder, "")
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("unix", socket(folder))
	if err != nil {
		t.Fatal(err)
	}
	_, _ = conn.Write([]byte(strings.Repeat("x", 3*maxLink)))
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	if n, err := conn.Read(make([]byte, 10)); err == nil {
		t.Errorf("rubbish was answered with %d bytes", n)
	}
	conn.Close()
	silent, err := net.Dial("unix", socket(folder))
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	if err := i.Close(); err != nil { // does not wait for the silent one
		t.Error(err)
	}
}
