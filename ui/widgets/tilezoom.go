package widgets

import (
	"fmt"
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"parley/assets"
	"parley/ui/theme"
)

// zoomBar is what stands on a shared screen to look closer: smaller, the zoom, larger, all of it.
type zoomBar struct {
	minus, plus, all *iconFace
	percent          *Pill
	wheel            *wheel
}

// wheel takes the mouse wheel for a tile. The tile itself must not: Fyne clips whatever can be scrolled, and so the ring at its edge.
type wheel struct {
	widget.BaseWidget

	tile *Tile
}

var _ fyne.Scrollable = (*wheel)(nil)

func newWheel(t *Tile) *wheel {
	w := &wheel{tile: t}
	w.ExtendBaseWidget(w)
	return w
}

// Scrolled passes the turn on.
func (w *wheel) Scrolled(e *fyne.ScrollEvent) { w.tile.scrolled(e) }

// CreateRenderer draws nothing.
func (w *wheel) CreateRenderer() fyne.WidgetRenderer {
	return &renderer{min: func() fyne.Size { return fyne.Size{} }, layout: func(fyne.Size) {}, refresh: func() {}}
}

func newZoomBar(t *Tile) zoomBar {
	face := func(icon assets.Icon, key, shortcut string, tapped func()) *iconFace {
		f := newIconFace(t.env, icon, LookShade, t.env.Say(key), tapped)
		f.shortcut, f.passed = shortcut, t.Refresh
		return f
	}
	return zoomBar{
		minus:   face(assets.IconMinus, "zoom.out", "-", func() { t.Zoom(false) }),
		plus:    face(assets.IconPlus, "zoom.in", "+", func() { t.Zoom(true) }),
		all:     face(assets.IconFit, "zoom.all", "0", t.ZoomAll),
		percent: NewPill("", "", theme.Shade, theme.OnShade),
		wheel:   newWheel(t),
	}
}

func (b *zoomBar) objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{b.percent, b.minus, b.plus, b.all}
}

func (b *zoomBar) hovered() bool { return b.minus.hovered || b.plus.hovered || b.all.hovered }

// zoomable reports whether the tile can be looked at closer: a shared screen on the stage whose size is known.
func (t *Tile) zoomable() bool {
	return t.stand.staged && t.tile.Screen && t.live() && t.tile.Width > 0 && t.tile.Height > 0
}

// Zoomable reports whether Zoom does something.
func (t *Tile) Zoomable() bool { return t.zoomable() }

func (t *Tile) native() image.Point { return image.Pt(t.tile.Width, t.tile.Height) }

// Zoom looks closer or less closely at the middle.
func (t *Tile) Zoom(in bool) {
	t.zoomAt(in, image.Pt(t.picture.room.X/2, t.picture.room.Y/2))
}

func (t *Tile) zoomAt(in bool, at image.Point) {
	if t.zoomable() {
		l := t.picture.lens
		t.look(l.to(l.step(in, t.native(), t.picture.room), at, t.native(), t.picture.room))
	}
}

// ZoomAll shows all of the screen.
func (t *Tile) ZoomAll() { t.look(lens{}) }

// zoomNative shows the screen's own pixels, or all of it when they show already.
func (t *Tile) zoomNative(at image.Point) {
	if t.picture.lens.on() {
		t.ZoomAll()
		return
	}
	t.look(t.picture.lens.to(1, at, t.native(), t.picture.room))
}

func (t *Tile) look(l lens) {
	if l != t.picture.lens {
		t.picture.look(l, t.native())
		t.want()
		t.Refresh()
	}
}

// pan moves what is seen of a shared screen, by units of length.
func (t *Tile) pan(dx, dy float32) {
	s := t.env.Scale()
	t.look(t.picture.lens.by(dx*s, dy*s, t.native(), t.picture.room))
}

// pixel returns the pixel of the display at a place of the tile.
func (t *Tile) pixel(p fyne.Position) image.Point {
	s := t.env.Scale()
	return image.Pt(int(p.X*s), int(p.Y*s))
}

// scrolled zooms with Ctrl, and moves the picture without.
func (t *Tile) scrolled(e *fyne.ScrollEvent) {
	switch {
	case !t.zoomable():
	case t.env.held()&fyne.KeyModifierControl != 0:
		if e.Scrolled.DY != 0 {
			t.zoomAt(e.Scrolled.DY > 0, t.pixel(e.Position))
		}
	case t.env.held()&fyne.KeyModifierShift != 0:
		t.pan(e.Scrolled.DY+e.Scrolled.DX, 0)
	default:
		t.pan(e.Scrolled.DX, e.Scrolled.DY)
	}
}

// arrows is how far an arrow key moves what is seen.
const arrows = float32(64)

// panKey moves what is seen by an arrow key, and reports whether it was one.
func (t *Tile) panKey(k fyne.KeyName) bool {
	if !t.picture.lens.on() {
		return false
	}
	switch k {
	case fyne.KeyLeft:
		t.pan(arrows, 0)
	case fyne.KeyRight:
		t.pan(-arrows, 0)
	case fyne.KeyUp:
		t.pan(0, arrows)
	case fyne.KeyDown:
		t.pan(0, -arrows)
	default:
		return false
	}
	return true
}

// Percent returns the zoom in percent of the screen's own pixels.
func (t *Tile) Percent() int {
	return int(t.picture.lens.scale(t.native(), t.picture.room)*100 + 0.5)
}

func (t *Tile) layoutZoom(s fyne.Size) {
	b := &t.draw.zoom
	setShown(b.wheel, t.zoomable())
	place(b.wheel, 0, 0, s.Width, s.Height)
	shown := t.zoomable() && (t.actions() || t.picture.lens.on()) && s.Width > 4*theme.Target+120
	for _, o := range b.objects() {
		setShown(o, shown)
	}
	if !shown {
		return
	}
	b.percent.Set(fmt.Sprintf("%d %%", t.Percent()), "")
	m := b.percent.MinSize()
	x, y := s.Width-theme.Gap, s.Height-theme.Target-theme.Gap
	for _, f := range []*iconFace{b.all, b.plus} {
		x -= theme.Target
		place(f, x, y, theme.Target, theme.Target)
		x -= 4
	}
	x -= m.Width
	place(b.percent, x, y+(theme.Target-m.Height)/2, m.Width, m.Height)
	x -= theme.Target + 4
	place(b.minus, x, y, theme.Target, theme.Target)
}
