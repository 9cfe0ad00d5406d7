package desktop

import (
	"fmt"
	"io"
	"log"
	"sync"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// Placer knows where windows stand on an X11 display. It is used by one goroutine.
type Placer struct {
	conn    *xgb.Conn
	root    xproto.Window
	extents xproto.Atom
	width   int
	height  int
}

// quiet keeps the library's words about displays that it cannot reach to itself: the error says it.
var quiet = sync.OnceFunc(func() { xgb.Logger = log.New(io.Discard, "", 0) })

// NewPlacer connects to the display of the environment. It has a connection of its own: the window system's belongs to its thread.
func NewPlacer() (*Placer, error) {
	quiet()
	conn, err := xgb.NewConn()
	if err != nil {
		return nil, fmt.Errorf("place windows: %w: %w", ErrUnsupported, err)
	}
	screen := xproto.Setup(conn).DefaultScreen(conn)
	p := &Placer{conn: conn, root: screen.Root, width: int(screen.WidthInPixels), height: int(screen.HeightInPixels)}
	const name = "_NET_FRAME_EXTENTS"
	atom, err := xproto.InternAtom(conn, true, uint16(len(name)), name).Reply()
	if err == nil {
		p.extents = atom.Atom // 0 where no window manager has it
	}
	return p, nil
}

// Close ends the connection.
func (p *Placer) Close() { p.conn.Close() }

// Where returns the upper left corner of a window with its frame, in pixels of the screen.
func (p *Placer) Where(window uintptr) (x, y int, err error) {
	at, err := xproto.TranslateCoordinates(p.conn, xproto.Window(window), p.root, 0, 0).Reply()
	if err != nil {
		return 0, 0, fmt.Errorf("place of window: %w", err)
	}
	left, top := p.frame(window)
	return int(at.DstX) - left, int(at.DstY) - top, nil
}

// frame returns how wide the window manager's frame is at the left and above.
func (p *Placer) frame(window uintptr) (left, top int) {
	if p.extents == 0 {
		return 0, 0
	}
	r, err := xproto.GetProperty(p.conn, false, xproto.Window(window), p.extents, xproto.AtomCardinal, 0, 4).Reply()
	if err != nil || r.Format != 32 || r.ValueLen < 4 {
		return 0, 0
	}
	return int(xgb.Get32(r.Value[0:])), int(xgb.Get32(r.Value[8:]))
}

// leastSeen is how much of a window's upper edge must be on the screen, for it to be reached with the pointer.
const leastSeen = 120

// Move brings a window to a place. It does nothing where the window could not be reached: the screen that it stood on may be gone.
func (p *Placer) Move(window uintptr, x, y int) error {
	size, err := xproto.GetGeometry(p.conn, xproto.Drawable(window)).Reply()
	if err != nil {
		return fmt.Errorf("move window: %w", err)
	}
	if x+int(size.Width) < leastSeen || x > p.width-leastSeen || y < 0 || y > p.height-leastSeen {
		return nil
	}
	err = xproto.ConfigureWindowChecked(p.conn, xproto.Window(window), xproto.ConfigWindowX|xproto.ConfigWindowY, []uint32{uint32(int32(x)), uint32(int32(y))}).Check()
	if err != nil {
		return fmt.Errorf("move window: %w", err)
	}
	return nil
}
