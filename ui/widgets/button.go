package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"

	"parley/assets"
	"parley/ui/theme"
)

// Rank is how much a button with words matters on its screen.
type Rank int

// The ranks.
const (
	Primary   Rank = iota // the one that Enter presses
	Secondary             // beside it
	Quiet                 // words only
	Grave                 // leaves, removes
)

// String names the rank.
func (r Rank) String() string { return [...]string{"primary", "secondary", "quiet", "grave"}[r] }

// Button is a button with words, perhaps with an icon before them.
type Button struct {
	pressable

	icon assets.Icon
	rank Rank
	draw buttonDraw
}

type buttonDraw struct {
	ground, veil, ring *canvas.Rectangle
	icon               *Icon
	text               *Line
}

var (
	_ fyne.Tappable     = (*Button)(nil)
	_ fyne.Focusable    = (*Button)(nil)
	_ desktop.Hoverable = (*Button)(nil)
)

// NewButton returns a button; icon may be "".
func NewButton(env *Env, text string, icon assets.Icon, rank Rank, tapped func()) *Button {
	b := &Button{icon: icon, rank: rank}
	b.begin(b, env, text, "", tapped)
	return b
}

// SetText changes the words.
func (b *Button) SetText(text string) {
	if b.name != text {
		b.name = text
		b.Refresh()
	}
}

// SetRank changes how much it matters.
func (b *Button) SetRank(rank Rank) {
	if b.rank != rank {
		b.rank = rank
		b.Refresh()
	}
}

// SetIcon changes the icon.
func (b *Button) SetIcon(icon assets.Icon) {
	if b.icon != icon {
		b.icon = icon
		b.Refresh()
	}
}

// MouseIn shows the hover; the words need no tooltip.
func (b *Button) MouseIn(*desktop.MouseEvent) {
	b.hovered = true
	b.Refresh()
}

func (b *Button) style() Style {
	s := Style{Size: theme.SizeText, Colour: theme.Text, Bold: true}
	switch {
	case b.disabled:
		s.Colour = theme.SecondText
	case b.rank == Primary:
		s.Colour = theme.OnAccent
	case b.rank == Quiet:
		s.Colour = theme.Accent
	}
	return s
}

// CreateRenderer makes the button's renderer.
func (b *Button) CreateRenderer() fyne.WidgetRenderer {
	d := &b.draw
	d.ground, d.veil, d.ring = &canvas.Rectangle{}, &canvas.Rectangle{}, &canvas.Rectangle{}
	d.icon, d.text = NewIcon(assets.IconCheck, theme.Text), NewLine("", b.style())
	r := &renderer{objects: []fyne.CanvasObject{d.ground, d.veil, d.icon, d.text, d.ring}, refresh: b.refresh}
	pad := func() float32 {
		if b.rank == Quiet {
			return theme.Gap
		}
		return theme.Pad
	}
	inner := func() float32 {
		w := b.style().Measure(b.name).Width + 1
		if b.icon != "" {
			w += assets.IconSize + theme.Gap
		}
		return w
	}
	r.min = func() fyne.Size {
		return fyne.NewSize(inner()+2*pad(), max(theme.Target, b.style().Measure("Mg").Height+theme.Pad))
	}
	r.layout = func(s fyne.Size) {
		for _, o := range []*canvas.Rectangle{d.ground, d.veil, d.ring} {
			o.CornerRadius = theme.FieldCurb
			place(o, 0, 0, s.Width, s.Height)
		}
		w := min(inner(), s.Width-theme.Gap)
		x := (s.Width - w) / 2
		if b.icon != "" {
			place(d.icon, x, 0, assets.IconSize, s.Height)
			x, w = x+assets.IconSize+theme.Gap, w-assets.IconSize-theme.Gap
		}
		place(d.text, x, 0, w, s.Height)
	}
	b.refresh()
	return r
}

func (b *Button) refresh() {
	d := &b.draw
	style := b.style()
	ground, line, icon := theme.Raised, theme.Line, style.Colour
	switch b.rank {
	case Primary:
		ground, line = theme.Accent, theme.Clear
	case Quiet:
		ground, line = theme.Clear, theme.Clear
	case Grave:
		if !b.disabled {
			icon, line = theme.Danger, theme.Danger
		}
	case Secondary:
	}
	if b.disabled && b.rank != Quiet {
		ground, line = theme.Knob, theme.Clear
	}
	d.ground.FillColor, d.ground.StrokeColor, d.ground.StrokeWidth = colour(ground), colour(line), 1
	d.veil.FillColor = colour(theme.Hover)
	setShown(d.veil, b.hovered && !b.disabled)
	d.ring.FillColor, d.ring.StrokeColor, d.ring.StrokeWidth = colour(theme.Clear), colour(theme.Accent), 2
	if b.rank == Primary {
		d.ring.StrokeColor = colour(theme.Text)
	}
	setShown(d.ring, b.focused)
	d.text.style = style
	d.text.text = b.name
	d.text.Refresh()
	if b.icon != "" {
		d.icon.Set(b.icon, icon)
	}
	setShown(d.icon, b.icon != "")
}
