package e2e

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"parley/media/device/xvfb"
	"parley/media/pulsetest"
	"parley/media/synthetic"
)

// buildApp builds the app, without the race detector: two windows with it are too slow for a software renderer.
var buildApp = sync.OnceValues(func() (string, error) {
	if path := os.Getenv("PARLEY_APP"); path != "" {
		return path, nil // make test has built it
	}
	dir, err := os.MkdirTemp("", "parley-e2e-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "parley")
	out, err := exec.Command("go", "build", "-o", path, "parley/app").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build app: %w: %s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	_ = os.Setenv("LANG", "en_US.UTF-8") // for the text that the tests draw themselves
	code := m.Run()
	if path, err := buildApp(); err == nil && os.Getenv("PARLEY_APP") == "" {
		_ = os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// stage is a virtual display with windows on it.
type stage struct {
	*testing.T
	x *xvfb.Server
}

// Sizes of windows, and how long things may take: three times what a busy machine was seen to need, at least.
const (
	windowWidth, windowHeight = 640, 360
	startWithin               = 60 * time.Second
	changeWithin              = 30 * time.Second
)

func newStage(t *testing.T, width, height int) *stage {
	return &stage{T: t, x: xvfb.Start(t, width, height)}
}

// app is a running app with a window and a sound server of its own.
type app struct {
	stage  *stage
	title  string
	x, y   int
	window string // X id
	cmd    *exec.Cmd
	done   chan error
	log    *lockedBuffer
	sound  *pulsetest.Server
	sender uint16
}

// lockedBuffer collects a program's output.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// settings makes a settings folder for an app that leaves the microphone's sound as it is: the tones that the tests know are steady, and steady sound is
// what noise suppression takes away.
func (s *stage) settings() string {
	folder := s.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "settings.json"), []byte(`{"processing":{"echo":false,"noise":false,"gain":false}}`), 0o600); err != nil {
		s.Fatal(err)
	}
	return folder
}

// start starts an app whose window stands at x, y.
func (s *stage) start(title string, sender uint16, x, y int, args ...string) *app {
	s.Helper()
	path, err := buildApp()
	if err != nil {
		s.Fatal(err)
	}
	a := &app{stage: s, title: title, x: x, y: y, done: make(chan error, 1), log: &lockedBuffer{}, sound: pulsetest.Start(s), sender: sender}
	args = append([]string{"--title", title, "--size", fmt.Sprintf("%dx%d", windowWidth, windowHeight), "--fps", "15", "--config", s.settings(),
		"--sender-id", fmt.Sprint(sender), "--verbose"}, args...)
	a.cmd = exec.Command(path, args...)
	a.cmd.Env = append(append(os.Environ(), a.sound.Env()...), "DISPLAY="+s.x.Display, "FYNE_SCALE=1", "FYNE_THEME=dark", "LANG=en_US.UTF-8", "LIBGL_ALWAYS_SOFTWARE=1", "XDG_RUNTIME_DIR="+s.TempDir(), "XDG_CONFIG_HOME="+s.TempDir(), "HOME="+s.TempDir())
	a.cmd.Stdout, a.cmd.Stderr = a.log, a.log
	a.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := a.cmd.Start(); err != nil {
		s.Fatal(err)
	}
	go func() { a.done <- a.cmd.Wait(); close(a.done) }() // ends with the program, which quit ends
	s.Cleanup(func() {
		a.quit()
		if s.Failed() {
			s.Logf("%s said:\n%s", title, a.log)
		}
	})
	s.eventually(startWithin, func() string {
		out, _ := exec.Command("xdotool", "search", "--onlyvisible", "--name", "^"+title+"$").Output()
		if id := strings.Fields(string(out)); len(id) > 0 {
			a.window = id[0]
			return ""
		}
		return "no window called " + title + "; it said:\n" + a.log.String()
	})
	s.xdo("windowmove", a.window, fmt.Sprint(x), fmt.Sprint(y))
	return a
}

// quit ends the app as a desktop would.
func (a *app) quit() {
	_ = a.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case err := <-a.done:
		if err != nil && !a.stage.Failed() {
			a.stage.Errorf("%s ended with %v", a.title, err)
		}
	case <-time.After(20 * time.Second):
		_ = a.cmd.Process.Kill()
		a.stage.Errorf("%s did not end", a.title)
	}
}

// xdo runs xdotool.
func (s *stage) xdo(args ...string) {
	s.Helper()
	if out, err := exec.Command("xdotool", args...).CombinedOutput(); err != nil {
		s.Fatalf("xdotool %v: %v: %s", args, err, out)
	}
}

// keys gives a window the keyboard and presses a key.
func (a *app) keys(key string) {
	a.stage.Helper()
	a.focus()
	a.stage.xdo("key", key)
}

// write types text into whatever has the keyboard in the window.
func (a *app) write(text string) {
	a.stage.Helper()
	a.focus()
	a.stage.xdo("type", "--delay", "60", text)
}

func (a *app) focus() {
	a.stage.Helper()
	a.stage.xdo("windowfocus", "--sync", a.window, "mousemove", "--window", a.window, "5", "60", "sleep", "0.2")
}

// shot takes a picture of the whole display.
func (s *stage) shot() *image.RGBA {
	s.Helper()
	cmd := exec.Command("import", "-display", s.x.Display, "-window", "root", "-depth", "8", "png:-")
	out, err := cmd.Output()
	if err != nil {
		s.Fatal("screenshot: ", err)
	}
	img, err := png.Decode(bytes.NewReader(out))
	if err != nil {
		s.Fatal("screenshot: ", err)
	}
	b := img.Bounds()
	rgba := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	for y := range b.Dy() {
		for x := range b.Dx() {
			rgba.Set(x, y, img.At(x, y))
		}
	}
	return rgba
}

// keep writes a screenshot where it can be looked at, when PARLEY_SHOTS names a folder.
func (s *stage) keep(name string) {
	s.Helper()
	if dir := os.Getenv("PARLEY_SHOTS"); dir != "" {
		f, err := os.Create(filepath.Join(dir, name+".png"))
		if err != nil {
			s.Fatal(err)
		}
		defer f.Close()
		if err := png.Encode(f, s.shot()); err != nil {
			s.Fatal(err)
		}
	}
}

// marks reads the test pictures that the window shows, by sender.
func (a *app) marks() map[uint16]synthetic.Mark {
	a.stage.Helper()
	full := a.stage.shot()
	window := full.SubImage(image.Rect(a.x, a.y, a.x+windowWidth, a.y+windowHeight))
	found := map[uint16]synthetic.Mark{}
	for _, f := range synthetic.FindMarks(window) {
		if !f.Mirrored { // the own tile
			found[f.Mark.SenderID] = f.Mark
		}
	}
	return found
}

// eventually waits until check returns "", and fails with what it returned last.
func (s *stage) eventually(within time.Duration, check func() string) {
	s.Helper()
	end := time.Now().Add(within)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		why := check()
		if why == "" {
			return
		}
		if time.Now().After(end) {
			s.keep("failed")
			s.Fatal(why)
		}
		<-tick.C
	}
}
