package widgets

import (
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"

	"parley/assets"
	"parley/ui/theme"
)

// Look is how an icon button stands out.
type Look int

// The looks.
const (
	LookNormal Look = iota // a quiet round ground
	LookGhost              // no ground until the pointer is on it
	LookOff                // inverted: what it stands for is switched off
	LookActive             // accent: what it opens is open
	LookDanger             // leave, remove
	LookShade              // over a picture
	LookChosen             // the one of several that is chosen: a ground, smaller than the target
)

// String names the look.
func (l Look) String() string {
	return [...]string{"normal", "ghost", "off", "active", "danger", "shade", "chosen"}[l]
}

func (l Look) colours() (ground, icon fyne.ThemeColorName) {
	switch l {
	case LookGhost:
		return theme.Clear, theme.Text
	case LookOff:
		return theme.Text, theme.Background
	case LookActive:
		return theme.Accent, theme.OnAccent
	case LookDanger:
		return theme.Danger, theme.OnDanger
	case LookShade:
		return theme.Shade, theme.OnShade
	case LookChosen:
		return theme.Knob, theme.Text
	case LookNormal:
	}
	return theme.Knob, theme.Text
}

// IconButton is a round button with one icon, a tooltip that names it with its shortcut, and perhaps a count.
type IconButton struct {
	iconFace
	focusing
}

// iconFace is a round button without the keyboard, for what lies on a tile: the tile has the keyboard there.
type iconFace struct {
	pointable

	icon   assets.Icon
	look   Look
	width  float32
	height float32
	badge  int
	draw   iconFaceDraw
}

type iconFaceDraw struct {
	ground, veil, ring, badge *canvas.Rectangle
	icon                      *Icon
	count                     *canvas.Text
}

var (
	_ fyne.Tappable      = (*IconButton)(nil)
	_ fyne.Focusable     = (*IconButton)(nil)
	_ desktop.Hoverable  = (*IconButton)(nil)
	_ desktop.Cursorable = (*IconButton)(nil)
)

// NewIconButton returns a button of 40 x 40.
func NewIconButton(env *Env, icon assets.Icon, look Look, name, shortcut string, tapped func()) *IconButton {
	b := &IconButton{iconFace: iconFace{icon: icon, look: look, width: theme.Target, height: theme.Target}}
	b.on = &b.pointable
	b.begin(b, env, name, shortcut, tapped)
	return b
}

func newIconFace(env *Env, icon assets.Icon, look Look, name string, tapped func()) *iconFace {
	b := &iconFace{icon: icon, look: look, width: theme.Target, height: theme.Target}
	b.begin(b, env, name, "", tapped)
	return b
}

// SetMin changes the size, for a wider button.
func (b *IconButton) SetMin(width, height float32) *IconButton {
	b.width, b.height = width, height
	return b
}

// Set changes icon, look and name together.
func (b *iconFace) Set(icon assets.Icon, look Look, name string) {
	b.setName(name)
	if b.icon != icon || b.look != look {
		b.icon, b.look = icon, look
		b.Refresh()
	}
}

// SetBadge shows a count, 0 for none.
func (b *iconFace) SetBadge(count int) {
	if b.badge != count {
		b.badge = count
		b.Refresh()
	}
}

// CreateRenderer makes the button's renderer.
func (b *iconFace) CreateRenderer() fyne.WidgetRenderer {
	d := &b.draw
	d.ground, d.veil, d.ring, d.badge = &canvas.Rectangle{}, &canvas.Rectangle{}, &canvas.Rectangle{}, &canvas.Rectangle{}
	d.icon, d.count = NewIcon(b.icon, theme.Text), &canvas.Text{}
	r := &renderer{objects: []fyne.CanvasObject{d.ground, d.veil, d.icon, d.ring, d.badge, d.count}, refresh: b.refresh}
	r.min = func() fyne.Size { return fyne.NewSize(b.width, b.height) }
	r.layout = func(s fyne.Size) {
		w, h := b.width, b.height
		x, y := (s.Width-w)/2, (s.Height-h)/2
		inset := float32(0)
		if b.look == LookChosen {
			inset = 4
		}
		for _, o := range []*canvas.Rectangle{d.ground, d.veil, d.ring} {
			o.CornerRadius = min(w, h)/2 - inset
			place(o, x+inset, y+inset, w-2*inset, h-2*inset)
		}
		place(d.icon, x, y, w, h)
		count := badgeStyle.Measure(d.count.Text)
		bw, bh := max(count.Width+8, count.Height+2), count.Height+2
		d.badge.CornerRadius = bh / 2
		place(d.badge, x+w-bw+4, y-4, bw, bh)
		place(d.count, x+w-bw+4, y-3, bw, count.Height)
	}
	b.refresh()
	return r
}

var badgeStyle = Style{Size: theme.SizeSmall, Colour: theme.OnAccent, Bold: true, Align: fyne.TextAlignCenter}

func (b *iconFace) refresh() {
	d := &b.draw
	ground, icon := b.look.colours()
	if b.disabled {
		icon = theme.SecondText
		if b.look != LookGhost {
			ground = theme.Knob
		}
	}
	d.ground.FillColor = colour(ground)
	d.icon.Set(b.icon, icon)
	d.icon.Refresh()
	d.veil.FillColor = colour(theme.Hover)
	setShown(d.veil, b.hovered && !b.disabled)
	d.ring.FillColor, d.ring.StrokeColor, d.ring.StrokeWidth = colour(theme.Clear), colour(theme.Accent), 2
	if b.look == LookActive {
		d.ring.StrokeColor = colour(theme.Text)
	}
	setShown(d.ring, b.focused)
	text := strconv.Itoa(b.badge)
	if b.badge > 99 {
		text = "99+"
	}
	badgeStyle.set(d.count, text)
	d.badge.FillColor = colour(theme.Accent)
	setShown(d.badge, b.badge > 0)
	setShown(d.count, b.badge > 0)
}
