package xshm

import (
	"errors"
	"runtime"
	"sync"
	"testing"

	"parley/media"
	"parley/media/device/xvfb"
)

func open(t *testing.T, s *xvfb.Server) *Grabber {
	t.Helper()
	g, err := Open(s.Display)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	return g
}

func only(t *testing.T, g *Grabber) Monitor {
	t.Helper()
	monitors, err := g.Monitors()
	if err != nil || len(monitors) != 1 {
		t.Fatalf("monitors %v, %v: want one", monitors, err)
	}
	return monitors[0]
}

// at returns the colour of a pixel as 0xrrggbb.
func at(bgra []byte, stride, x, y int) int {
	p := bgra[y*stride+4*x:]
	return int(p[2])<<16 | int(p[1])<<8 | int(p[0])
}

func TestGrab(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{
		"shared memory":    nil,
		"no shared memory": {"-extension", "MIT-SHM"},
		"no cursor":        {"-extension", "XFIXES"},
		"no monitors":      {"-extension", "RANDR"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := xvfb.Start(t, 640, 480, args...)
			s.Run(t, "xsetroot", "-solid", "#2040c0")
			g := open(t, s)
			m := only(t, g)
			if m.Name != "Screen 1" || m.ID == "" || m.X != 0 || m.Y != 0 || m.Width != 640 || m.Height != 480 {
				t.Errorf("monitor %+v", m)
			}
			if name == "no monitors" && m.ID != WholeDisplay {
				t.Errorf("monitor %+v, want the whole display", m)
			}
			for range 3 {
				bgra, stride, err := g.Grab(m)
				if err != nil {
					t.Fatal(err)
				}
				if len(bgra) < 480*stride || stride < 640*4 {
					t.Fatalf("%d bytes, stride %d", len(bgra), stride)
				}
				for _, p := range [][2]int{{0, 0}, {639, 0}, {0, 479}, {639, 479}, {100, 50}} {
					if got := at(bgra, stride, p[0], p[1]); got != 0x2040c0 {
						t.Errorf("pixel %v is %06x", p, got)
					}
				}
			}
		})
	}
}

// TestCursor looks for the arrow: its hot spot is in the middle of a fresh display.
func TestCursor(t *testing.T) {
	t.Parallel()
	s := xvfb.Start(t, 320, 200)
	s.Run(t, "xsetroot", "-solid", "#ff0000")
	s.Run(t, "xsetroot", "-cursor_name", "left_ptr")
	g := open(t, s)
	m := only(t, g)
	bgra, stride, err := g.Grab(m)
	if err != nil {
		t.Fatal(err)
	}
	drawn := 0
	for y := range 200 {
		for x := range 320 {
			if c := at(bgra, stride, x, y); c != 0xff0000 {
				drawn++
				if x < 150 || x > 190 || y < 90 || y > 130 {
					t.Fatalf("pixel %d,%d is %06x, far from the cursor", x, y, c)
				}
			}
		}
	}
	if drawn < 20 {
		t.Errorf("%d pixels of the cursor, want more", drawn)
	}
	m.X, m.Y, m.Width, m.Height = 160, 100, 64, 64 // cuts the arrow
	if _, _, err := g.Grab(m); err != nil {
		t.Error(err)
	}
}

func TestResolutionChanges(t *testing.T) {
	t.Parallel()
	s := xvfb.Start(t, 640, 480)
	s.Run(t, "xsetroot", "-solid", "#00ff00")
	g := open(t, s)
	m := only(t, g)
	if _, _, err := g.Grab(m); err != nil {
		t.Fatal(err)
	}
	s.Run(t, "xrandr", "--output", "screen", "--off", "--fb", "320x200")
	for range 2 {
		if _, _, err := g.Grab(m); !errors.Is(err, ErrChanged) {
			t.Fatalf("grab after the change: %v, want ErrChanged", err)
		}
	}
	small := only(t, g)
	if small.Width != 320 || small.Height != 200 {
		t.Fatalf("monitor %+v after the change", small)
	}
	s.Run(t, "xsetroot", "-solid", "#00ff00")
	bgra, stride, err := g.Grab(small)
	if err != nil {
		t.Fatal(err)
	}
	if got := at(bgra, stride, 250, 50); got != 0x00ff00 {
		t.Errorf("pixel is %06x", got)
	}
	// A rectangle that lies outside is an error of the protocol, and not the end of the process.
	if _, _, err := g.Grab(m); !errors.Is(err, ErrChanged) {
		t.Errorf("grab outside: %v, want ErrChanged", err)
	}
	small = only(t, g)
	if _, _, err := g.Grab(small); err != nil {
		t.Errorf("grab after a grab outside: %v", err)
	}
}

// TestServerDies is passed when the process lives.
func TestServerDies(t *testing.T) {
	t.Parallel()
	s := xvfb.Start(t, 320, 200)
	g := open(t, s)
	m := only(t, g)
	if _, _, err := g.Grab(m); err != nil {
		t.Fatal(err)
	}
	s.Stop()
	noticed := make(chan struct{})
	go func() { // on a thread of its own: Xlib remembers which thread has met the error
		defer close(noticed)
		runtime.LockOSThread() // ends with the goroutine, and the thread with it
		for range 2 {
			if _, _, err := g.Grab(m); !errors.Is(err, media.ErrUnplugged) {
				t.Errorf("grab from a dead server: %v", err)
			}
			if _, err := g.Monitors(); !errors.Is(err, media.ErrUnplugged) {
				t.Errorf("monitors of a dead server: %v", err)
			}
		}
	}()
	<-noticed
	g.Close()
	g.Close()
	if _, err := Open(s.Display); !errors.Is(err, media.ErrNotFound) {
		t.Errorf("open a dead server: %v", err)
	}
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	s := xvfb.Start(t, 320, 200)
	var wg sync.WaitGroup
	for range 4 {
		g := open(t, s)
		m := only(t, g)
		for range 2 {
			wg.Go(func() {
				for range 50 {
					if _, _, err := g.Grab(m); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
	}
	wg.Wait()
}

func TestClosed(t *testing.T) {
	t.Parallel()
	s := xvfb.Start(t, 320, 200)
	g := open(t, s)
	m := only(t, g)
	g.Close()
	if _, _, err := g.Grab(m); !errors.Is(err, media.ErrUnplugged) {
		t.Errorf("grab: %v", err)
	}
	if _, err := g.Monitors(); !errors.Is(err, media.ErrUnplugged) {
		t.Errorf("monitors: %v", err)
	}
}

func TestGrabDoesNotAllocate(t *testing.T) {
	s := xvfb.Start(t, 320, 200)
	g := open(t, s)
	m := only(t, g)
	n := testing.AllocsPerRun(20, func() {
		if _, _, err := g.Grab(m); err != nil {
			t.Error(err)
		}
	})
	if n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

func BenchmarkGrab1080p(b *testing.B) {
	s := xvfb.Start(b, 1920, 1080)
	g, err := Open(s.Display)
	if err != nil {
		b.Fatal(err)
	}
	defer g.Close()
	monitors, err := g.Monitors()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := g.Grab(monitors[0]); err != nil {
			b.Fatal(err)
		}
	}
}
