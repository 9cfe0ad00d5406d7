package xshm

/*
#cgo LDFLAGS: -lpthread -lX11 -lXext -lXfixes -lXrandr
#cgo noescape xs_grab
#cgo nocallback xs_grab
#include "shim_linux.h"
#include <stdlib.h>
*/
import "C"

import (
	"fmt"
	"strconv"
	"sync"
	"unsafe"

	"parley/media"
)

// WholeDisplay is the ID of the monitor that stands for all of a display that tells of no monitors.
const WholeDisplay = "display"

// maxMonitors bounds the list of monitors; more are not shown.
const maxMonitors = 32

// Monitor is a part of the display that one can see.
type Monitor struct {
	ID                  string // the output's name, such as HDMI-1: the same after a restart
	Name                string // for people: Screen 1
	X, Y, Width, Height int    // pixels, on the display
}

// Grabber is a connection to a display. It is safe for concurrent use, but for the pixels that Grab returns.
type Grabber struct {
	mu     sync.Mutex
	c      *C.xs_grabber // nil after Close
	pixels *C.uchar      // grab's results; here because C must not be given the address of a variable on the stack
	stride C.int
}

// Open connects to a display, such as ":0"; an empty string is the one that the environment names. A display that is not there
// or cannot be seen is media.ErrNotFound, one with other pixels than 32 bit media.ErrFormat.
func Open(display string) (*Grabber, error) {
	var name *C.char
	if display != "" {
		name = C.CString(display)
		defer C.free(unsafe.Pointer(name))
	}
	g := &Grabber{}
	if r := C.xs_open(name, &g.c); r != C.XS_OK {
		return nil, fmt.Errorf("open display %q: %w", display, g.cause(r))
	}
	return g, nil
}

// Monitors returns the monitors that are on, at least one, and acknowledges an ErrChanged.
func (g *Grabber) Monitors() ([]Monitor, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.c == nil {
		return nil, fmt.Errorf("list monitors: display closed: %w", media.ErrUnplugged)
	}
	var found [maxMonitors]C.xs_monitor
	var count C.int
	if r := C.xs_monitors(g.c, &found[0], maxMonitors, &count); r != C.XS_OK {
		return nil, fmt.Errorf("list monitors: %w", g.cause(r))
	}
	monitors := make([]Monitor, 0, count)
	for i := range int(count) {
		m := &found[i]
		id := C.GoString(&m.name[0])
		if id == "" {
			id = WholeDisplay
		}
		monitors = append(monitors, Monitor{
			ID: id, Name: "Screen " + strconv.Itoa(i+1),
			X: int(m.x), Y: int(m.y), Width: int(m.width), Height: int(m.height),
		})
	}
	return monitors, nil
}

// Grab takes a picture of a monitor, with the mouse cursor: rows of B, G, R and a byte without meaning, stride bytes apart. The
// pixels stay valid until the next Grab or Close. ErrChanged asks for a call of Monitors; a server that went away is
// media.ErrUnplugged.
func (g *Grabber) Grab(m Monitor) (bgra []byte, stride int, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.c == nil {
		return nil, 0, fmt.Errorf("grab %s: display closed: %w", m.ID, media.ErrUnplugged)
	}
	if m.Width <= 0 || m.Height <= 0 {
		return nil, 0, fmt.Errorf("grab %s: size %dx%d: %w", m.ID, m.Width, m.Height, ErrChanged)
	}
	r := C.xs_grab(g.c, C.int(m.X), C.int(m.Y), C.int(m.Width), C.int(m.Height), &g.pixels, &g.stride)
	if r != C.XS_OK {
		return nil, 0, fmt.Errorf("grab %s: %w", m.ID, g.cause(r))
	}
	stride = int(g.stride)
	return unsafe.Slice((*byte)(g.pixels), stride*m.Height), stride, nil
}

// Close disconnects. It waits for a Grab that is under way.
func (g *Grabber) Close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.c != nil {
		C.xs_close(g.c)
		g.c = nil
	}
}

// cause tells what a result means.
func (g *Grabber) cause(r C.int) error {
	switch r {
	case C.XS_NO_DISPLAY:
		return fmt.Errorf("cannot connect: %w", media.ErrNotFound)
	case C.XS_GONE:
		return fmt.Errorf("connection lost: %w", media.ErrUnplugged)
	case C.XS_CHANGED:
		return ErrChanged
	case C.XS_FORMAT:
		return fmt.Errorf("pixels are not 32 bit: %w", media.ErrFormat)
	case C.XS_WAYLAND:
		return fmt.Errorf("a Wayland session shows its screens to no X client: %w", media.ErrNotFound)
	case C.XS_MEMORY:
		return fmt.Errorf("out of memory")
	}
	if g.c == nil {
		return fmt.Errorf("result %d", int(r))
	}
	return fmt.Errorf("protocol error %d", int(C.xs_error(g.c)))
}
