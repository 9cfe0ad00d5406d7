package desktop

import (
	"testing"

	"github.com/jezek/xgb/xproto"

	"parley/media/device/xvfb"
)

func TestWindowsArePlaced(t *testing.T) {
	x := xvfb.Start(t, 800, 600)
	t.Setenv("DISPLAY", x.Display)
	p, err := NewPlacer()
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	id, err := xproto.NewWindowId(p.conn)
	if err != nil {
		t.Fatal(err)
	}
	screen := xproto.Setup(p.conn).DefaultScreen(p.conn)
	if err := xproto.CreateWindowChecked(p.conn, screen.RootDepth, id, screen.Root, 0, 0, 300, 200, 0, xproto.WindowClassInputOutput, screen.RootVisual, 0, nil).Check(); err != nil {
		t.Fatal(err)
	}
	if err := xproto.MapWindowChecked(p.conn, id).Check(); err != nil {
		t.Fatal(err)
	}
	window := uintptr(id)
	for _, c := range []struct{ x, y, wantX, wantY int }{
		{120, 80, 120, 80}, {-50, 10, -50, 10},
		{5000, 80, -50, 10}, {-400, 80, -50, 10}, {100, 590, -50, 10}, {100, -30, -50, 10}, // it could not be reached there
		{0, 0, 0, 0},
	} {
		if err := p.Move(window, c.x, c.y); err != nil {
			t.Fatal(err)
		}
		if x, y, err := p.Where(window); err != nil || x != c.wantX || y != c.wantY {
			t.Errorf("moved to %d,%d it stands at %d,%d (%v), want %d,%d", c.x, c.y, x, y, err, c.wantX, c.wantY)
		}
	}
	if _, _, err := p.Where(1); err == nil {
		t.Error("a window that is not there has a place")
	}
}

func TestNoDisplayIsSaid(t *testing.T) {
	t.Setenv("DISPLAY", "")
	if p, err := NewPlacer(); err == nil {
		p.Close()
		t.Error("there is no display, and no error")
	}
}
