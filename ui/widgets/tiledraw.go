package widgets

import (
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"parley/assets"
	"parley/ui/model"
	"parley/ui/theme"
)

// tileDraw is what a tile is drawn with.
type tileDraw struct {
	ground, veil, edge *canvas.Rectangle
	avatar             *Avatar
	badge              *canvas.Circle // below the icon at the avatar's edge
	icon               *Icon
	words              *Paragraph
	pill               *Pill
	hand               *Pill // top left: the place in the order of raised hands
	poor               *Pill // top right: the connection
	zoom               zoomBar
}

func (d *tileDraw) begin(t *Tile) {
	d.ground = &canvas.Rectangle{CornerRadius: theme.Radius}
	d.veil = &canvas.Rectangle{CornerRadius: theme.Radius}
	d.edge = &canvas.Rectangle{CornerRadius: theme.Radius}
	d.avatar = NewAvatar(t.tile.Name, 40)
	d.badge = &canvas.Circle{}
	d.icon = NewIcon(assets.IconClock, theme.SecondText)
	d.words = NewParagraph("", Style{Size: theme.SizeSmall, Colour: theme.SecondText, Align: fyne.TextAlignCenter})
	d.words.SetMost(3)
	d.pill = NewPill("", "", theme.Shade, theme.OnShade)
	d.hand = NewPill("", assets.IconHand, theme.Warning, theme.OnWarning)
	d.poor = NewPill("", assets.IconSignal, theme.Shade, theme.OnShade)
	d.zoom = newZoomBar(t)
}

// CreateRenderer makes the tile's renderer.
func (t *Tile) CreateRenderer() fyne.WidgetRenderer {
	d := &t.draw
	r := &renderer{objects: []fyne.CanvasObject{d.ground, d.zoom.wheel, t.picture.image, d.veil, d.avatar, d.badge, d.icon, d.words, d.pill, d.hand, d.poor, d.edge, t.mute, t.hide, t.pin}}
	r.objects = append(r.objects, d.zoom.objects()...)
	r.min = func() fyne.Size { return fyne.NewSize(64, 36) }
	r.refresh = t.refresh
	r.layout = t.layout
	t.refresh()
	return r
}

func (t *Tile) refresh() {
	d := &t.draw
	// A picture that stands still stays, dimmed, below the words that say why.
	frozen := t.picture.Has() && (t.tile.Media == model.TilePaused || t.tile.Media == model.TileStalled)
	ink := theme.SecondText
	if frozen || t.tile.Screen {
		ink = theme.OnShade
	}
	d.ground.FillColor, d.ground.StrokeColor, d.ground.StrokeWidth = colour(t.ground()), colour(theme.Line), 1
	if t.tile.Screen || t.live() || frozen {
		d.ground.StrokeWidth = 0
	}
	d.veil.FillColor = colour(theme.Shade)
	setShown(d.veil, frozen)
	setShown(t.picture.image, t.live() || frozen)
	icon, long, _ := t.words()
	if icon != "" {
		colour := ink
		if t.tile.Media == model.TileMissing || t.tile.Media == model.TileStalled {
			colour = theme.Warning
		}
		d.icon.Set(icon, colour)
	}
	d.words.Set(long)
	d.words.SetStyle(Style{Size: theme.SizeSmall, Colour: ink, Align: fyne.TextAlignCenter})
	d.avatar.Set(t.tile.Name)
	d.badge.FillColor, d.badge.StrokeColor, d.badge.StrokeWidth = colour(theme.Raised), colour(t.ground()), 2
	d.edge.FillColor, d.edge.StrokeColor, d.edge.StrokeWidth = colour(theme.Clear), colour(theme.Accent), 2
	if t.stand.floating && !t.focused && !t.tile.Speaking { // tells it from what lies below
		d.edge.StrokeColor = colour(theme.Background)
	}
	setShown(d.edge, t.focused || t.tile.Speaking && !t.tile.Screen || t.stand.floating)
	if t.tile.Hand > 0 {
		d.hand.Set(strconv.Itoa(t.tile.Hand), assets.IconHand)
	}
	setShown(d.hand, t.tile.Hand > 0 && !t.tile.Screen)
	setShown(d.poor, t.tile.Poor && !t.tile.Screen && !t.actions())
	setShown(t.hide, t.actions() && t.hideable())
	setShown(t.pin, t.actions() && !t.stand.floating)
	setShown(t.mute, t.actions() && t.mutable())
}

func (t *Tile) layout(s fyne.Size) {
	d := &t.draw
	for _, o := range []fyne.CanvasObject{d.ground, d.veil, d.edge} {
		place(o, 0, 0, s.Width, s.Height)
	}
	t.picture.put(s, t.env.Scale())
	t.layoutMiddle(s)
	x := s.Width - theme.Target - 4
	place(t.pin, x, 4, theme.Target, theme.Target)
	place(t.mute, x-theme.Target-4, 4, theme.Target, theme.Target)
	if t.stand.floating {
		place(t.hide, x, 4, theme.Target, theme.Target)
	} else {
		place(t.hide, x-theme.Target-4, 4, theme.Target, theme.Target)
	}
	m := d.hand.MinSize()
	place(d.hand, 8, 8, m.Width, m.Height)
	d.poor.Set(t.env.Say("tile.poor"), assets.IconSignal)
	if m = d.poor.MinSize(); m.Width > s.Width*0.45 {
		d.poor.Set("", assets.IconSignal)
		m = d.poor.MinSize()
	}
	w := m.Width
	place(d.poor, s.Width-w-8, 8, w, m.Height)
	t.layoutZoom(s)
}

// layoutMiddle stacks avatar, icon and words above the name, as many of them as there is room for. What the words have no room to
// say, the name pill says in one word.
func (t *Tile) layoutMiddle(s fyne.Size) {
	d := &t.draw
	icon, _, short := t.words()
	pill := d.pill.MinSize().Height
	inset := float32(8)
	if s.Height < 100 {
		inset = 4
	}
	room := s.Height - pill - 2*inset
	words := d.words.HeightFor(s.Width - theme.Pad)
	face := min(s.Height*0.36, s.Width*0.36, 112)
	roomy := icon != "" && room >= words+assets.IconSize+16
	withFace := !t.tile.Screen && !d.veil.Visible()
	if withFace {
		roomy = icon != "" && room >= face+words+12
	}
	setShown(d.avatar, icon != "" && withFace)
	setShown(d.words, roomy)
	setShown(d.icon, icon != "" && (!withFace || roomy))
	setShown(d.badge, d.icon.Visible() && withFace)
	t.setPill(icon, short, roomy)
	height := float32(0)
	if withFace {
		if !roomy {
			face = min(face, max(room-4, 20))
		}
		height = face
	} else {
		height = assets.IconSize
	}
	if roomy {
		height += 8 + words
	}
	y := (s.Height - pill - inset - height) / 2
	if s.Height > 220 {
		y = (s.Height - height) / 2
	}
	y = max(y, 4)
	if withFace {
		place(d.avatar, (s.Width-face)/2, y, face, face)
		side := max(face*0.36, 24)
		bx, by := (s.Width+face)/2-side*0.75, y+face-side*0.8
		place(d.badge, bx, by, side, side)
		d.icon.SetSide(side * 0.62)
		place(d.icon, bx, by, side, side)
		y += face + 8
	} else {
		d.icon.SetSide(assets.IconSize)
		place(d.icon, 0, y, s.Width, assets.IconSize)
		y += assets.IconSize + 8
	}
	if roomy {
		place(d.words, theme.Gap, y, s.Width-theme.Pad, words)
	}
	w := min(d.pill.MinSize().Width, s.Width-2*inset)
	place(d.pill, inset, s.Height-pill-inset, w, pill)
}

// setPill says the name, and in one word what the words have no room for.
func (t *Tile) setPill(icon assets.Icon, short string, roomy bool) {
	text := t.label()
	if icon != "" && !roomy && t.tile.Media != model.TileCameraOff { // which is plain to see: the word gives way to the name
		text += " · " + short
	}
	mark := assets.Icon("")
	switch {
	case t.tile.Muted && !t.tile.Screen:
		mark = assets.IconMicOff
	case icon != "" && !roomy && icon != assets.IconClock:
		mark = icon
	}
	t.draw.pill.Set(text, mark)
	t.draw.pill.ShowMeter(mark == "" && t.tile.Level != nil && !t.tile.Screen)
}
