package desktop

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
	"go.uber.org/goleak"
)

// startBus starts a message bus of its own and returns a way to it.
func startBus(t *testing.T) func(context.Context) (*dbus.Conn, error) {
	t.Helper()
	cmd := exec.Command("dbus-daemon", "--session", "--nofork", "--nopidfile", "--print-address=1", "--address=unix:tmpdir="+t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal("dbus-daemon (run .ci/install test): ", err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	address = strings.TrimSpace(address)
	return func(ctx context.Context) (*dbus.Conn, error) { return dbus.Connect(address, dbus.WithContext(ctx)) }
}

// screenSaver stands in for a desktop's.
type screenSaver struct {
	mu     sync.Mutex
	held   map[uint32]string
	last   uint32
	refuse bool
}

func (s *screenSaver) Inhibit(app, reason string) (uint32, *dbus.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refuse {
		return 0, dbus.MakeFailedError(errors.New("not now"))
	}
	s.last++
	s.held[s.last] = app + ": " + reason
	return s.last, nil
}

func (s *screenSaver) UnInhibit(cookie uint32) *dbus.Error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.held, cookie)
	return nil
}

func (s *screenSaver) reasons() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []string
	for _, r := range s.held {
		all = append(all, r)
	}
	return strings.Join(all, ", ")
}

// login stands in for logind: whoever holds it awake keeps the writing end of a pipe.
type login struct{ asked chan *os.File }

func (l *login) Inhibit(what, who, why, mode string) (dbus.UnixFD, *dbus.Error) {
	if what != "idle" || mode != "block" {
		return 0, dbus.MakeFailedError(errors.New("asked for " + what + ", " + mode))
	}
	r, w, err := os.Pipe()
	if err != nil {
		return 0, dbus.MakeFailedError(err)
	}
	l.asked <- r
	fd, err := syscall.Dup(int(w.Fd()))
	_ = w.Close()
	if err != nil {
		return 0, dbus.MakeFailedError(err)
	}
	time.AfterFunc(time.Second, func() { _ = syscall.Close(fd) }) // once it was sent
	return dbus.UnixFD(fd), nil
}

// serve offers an object under a name of the bus.
func serve(t *testing.T, connect func(context.Context) (*dbus.Conn, error), object any, path dbus.ObjectPath, name, kind string) {
	t.Helper()
	conn, err := connect(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.Export(object, path, kind); err != nil {
		t.Fatal(err)
	}
	if reply, err := conn.RequestName(name, dbus.NameFlagDoNotQueue); err != nil || reply != dbus.RequestNameReplyPrimaryOwner {
		t.Fatalf("name %s: %v, %v", name, reply, err)
	}
}

func eventually(t *testing.T, check func() string) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	end := time.Now().Add(10 * time.Second)
	for {
		why := check()
		if why == "" {
			return
		}
		if time.Now().After(end) {
			t.Fatal(why)
		}
		<-tick.C
	}
}

func TestKeepAwake(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	t.Run("both", testKeepAwake) // whose cleanup ends the stand-ins before leaks are looked for
}

func testKeepAwake(t *testing.T) {
	bus := startBus(t)
	saver, logind := &screenSaver{held: map[uint32]string{}}, &login{asked: make(chan *os.File, 1)}
	serve(t, bus, saver, "/org/freedesktop/ScreenSaver", "org.freedesktop.ScreenSaver", "org.freedesktop.ScreenSaver")
	serve(t, bus, logind, "/org/freedesktop/login1", "org.freedesktop.login1", "org.freedesktop.login1.Manager")
	release, err := buses{session: bus, system: bus}.keepAwake(t.Context(), "Parley", "a meeting")
	if err != nil {
		t.Fatal(err)
	}
	if got := saver.reasons(); got != "Parley: a meeting" {
		t.Errorf("the screen is held for %q", got)
	}
	held := <-logind.asked
	defer held.Close()
	let := make(chan error, 1)
	go func() {
		_, err := held.Read(make([]byte, 1)) // ends when nobody holds the other end any more
		let <- err
	}()
	release()
	release()
	eventually(t, func() string { return saver.reasons() })
	select {
	case <-let:
	case <-time.After(10 * time.Second):
		t.Error("logind is held on")
	}
}

func TestKeepAwakeWhereOneOfThemIsMissing(t *testing.T) {
	bus := startBus(t)
	none := func(context.Context) (*dbus.Conn, error) { return nil, errors.New("no bus") }
	if _, err := (buses{session: none, system: none}).keepAwake(t.Context(), "Parley", "x"); !errors.Is(err, ErrUnsupported) {
		t.Errorf("without buses: %v", err)
	}
	if _, err := (buses{session: bus, system: bus}).keepAwake(t.Context(), "Parley", "x"); !errors.Is(err, ErrUnsupported) {
		t.Errorf("without services: %v", err)
	}
	saver := &screenSaver{held: map[uint32]string{}}
	serve(t, bus, saver, "/org/freedesktop/ScreenSaver", "org.freedesktop.ScreenSaver", "org.freedesktop.ScreenSaver")
	release, err := buses{session: bus, system: none}.keepAwake(t.Context(), "Parley", "x")
	if err != nil {
		t.Fatal(err)
	}
	release()
	saver.mu.Lock()
	saver.refuse = true
	saver.mu.Unlock()
	if _, err := (buses{session: bus, system: none}).keepAwake(t.Context(), "Parley", "x"); !errors.Is(err, ErrUnsupported) {
		t.Errorf("refused: %v", err)
	}
}
