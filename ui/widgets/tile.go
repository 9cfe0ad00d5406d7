package widgets

import (
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"parley/assets"
	"parley/ui/model"
	"parley/ui/theme"
)

// Tile is one person's picture, or a shared screen, in the call. It is kept as long as its stream lives and follows model.Tile.
type Tile struct {
	widget.BaseWidget

	env     *Env
	tile    model.Tile
	picture *Picture
	draw    tileDraw
	pin     *iconFace
	mute    *iconFace
	hide    *iconFace
	hovered bool
	focused bool
	stand   stand
}

// stand is where a tile stands, and who hears that it is moved.
type stand struct {
	staged   bool // alone on the stage
	floating bool // over the others
	dragged  func(*Tile, fyne.Delta)
	dropped  func(*Tile)
	nudged   func(fyne.KeyName)
	moved    bool // it is being dragged
}

var (
	_ fyne.DoubleTappable = (*Tile)(nil)
	_ fyne.Focusable      = (*Tile)(nil)
	_ fyne.Draggable      = (*Tile)(nil)
	_ desktop.Hoverable   = (*Tile)(nil)
	_ desktop.Mouseable   = (*Tile)(nil)
	_ desktop.Keyable     = (*Tile)(nil)
)

// NewTile returns a tile.
func NewTile(env *Env, tile model.Tile) *Tile {
	t := &Tile{env: env, picture: NewPicture(tile.Screen)}
	t.pin = newIconFace(env, assets.IconPin, LookShade, env.Say("tile.pin"), t.togglePin)
	t.mute = newIconFace(env, assets.IconMicOff, LookShade, env.Say("person.mute"), t.forceMute)
	// Fyne takes the pointer off the tile before it gives it to a button on it: the button brings itself back then.
	t.hide = newIconFace(env, assets.IconHide, LookShade, env.Say("tile.hide-self"), t.hideSelf)
	t.pin.passed, t.mute.passed, t.hide.passed = t.Refresh, t.Refresh, t.Refresh
	t.draw.begin(t)
	t.ExtendBaseWidget(t)
	t.take(tile)
	return t
}

// Update follows a new state of the tile.
func (t *Tile) Update(tile model.Tile) {
	if t.tile != tile {
		t.take(tile)
		t.Refresh()
	}
}

func (t *Tile) take(tile model.Tile) {
	if t.picture.lens.on() && (t.tile.Width != tile.Width || t.tile.Height != tile.Height) {
		t.picture.look(lens{}, image.Pt(tile.Width, tile.Height)) // another screen, or another resolution
	}
	t.tile = tile
	t.picture.SetSource(tile.Pictures)
	t.draw.pill.meter.SetLevel(tile.Level)
	if tile.Pinned {
		t.pin.Set(assets.IconUnpin, LookShade, t.env.Say("tile.unpin"))
	} else {
		t.pin.Set(assets.IconPin, LookShade, t.env.Say("tile.pin"))
	}
}

// Tile returns the state that the tile shows.
func (t *Tile) Tile() model.Tile { return t.tile }

// SetSeen shows the tile, or hides it and tells its source that nobody looks.
func (t *Tile) SetSeen(seen bool) {
	setShown(t, seen)
	t.picture.SetSeen(seen)
	t.want()
}

// SetStand says where the tile stands: alone on the stage, floating over the others, or among them.
func (t *Tile) SetStand(staged, floating bool) {
	if t.stand.staged == staged && t.stand.floating == floating {
		return
	}
	t.stand.staged, t.stand.floating = staged, floating
	if !staged && t.picture.lens.on() {
		t.picture.look(lens{}, t.native())
		t.want()
	}
	t.Refresh()
}

// OnDrag says who hears that a floating tile is dragged, dropped, and nudged by an arrow key.
func (t *Tile) OnDrag(dragged func(*Tile, fyne.Delta), dropped func(*Tile), nudged func(fyne.KeyName)) {
	t.stand.dragged, t.stand.dropped, t.stand.nudged = dragged, dropped, nudged
}

// Remove tells the source that the tile is gone.
func (t *Tile) Remove() {
	t.picture.SetSource(nil)
}

// Resize follows with the size of the pictures.
func (t *Tile) Resize(size fyne.Size) {
	t.BaseWidget.Resize(size)
	t.want()
}

func (t *Tile) want() { t.picture.Want(t.Size(), t.env.Scale()) }

// Present takes the newest picture. The presenter calls it for every tile of one batch.
func (t *Tile) Present() {
	t.want() // the scale of the canvas may have changed
	if t.picture.Take() {
		t.Refresh() // the words that stood there go
	}
}

// Beat moves the level; the presenter calls it some ten times a second.
func (t *Tile) Beat() {
	if t.Visible() {
		t.draw.pill.meter.Beat()
	}
}

// live reports whether a moving picture shows.
func (t *Tile) live() bool { return t.tile.Media == model.TilePicture && t.picture.Has() }

// Label is what the tile is called.
func (t *Tile) Label() string { return t.label() }

// label is what the name pill says.
func (t *Tile) label() string {
	name := t.tile.Name
	switch {
	case t.tile.Screen && t.tile.Own:
		return t.env.Say("tile.your-screen")
	case t.tile.Screen:
		return t.env.Say("tile.screen", "Name", name)
	case t.tile.Own && (name == "" || t.stand.floating):
		return t.env.Say("tile.you")
	case t.tile.Own:
		return t.env.Say("person.you", "Name", name)
	case name == "":
		return t.env.Say("person.guest")
	}
	return name
}

// words says what there is instead of a moving picture; a live picture needs none.
func (t *Tile) words() (icon assets.Icon, long, short string) {
	if t.live() {
		return "", "", ""
	}
	switch t.tile.Media {
	case model.TileCameraOff:
		return assets.IconCameraOff, t.env.Say("tile.camera-off"), ""
	case model.TileMissing:
		if t.tile.Problem == "" {
			return assets.IconWarning, t.env.Say("tile.no-picture"), t.env.Say("tile.no-picture-short")
		}
		return assets.IconWarning, t.tile.Problem, t.env.Say("tile.problem-short")
	case model.TilePaused:
		return assets.IconPause, t.env.Say("tile.paused"), t.env.Say("tile.paused-short")
	case model.TileStalled:
		return assets.IconRetry, t.env.Say("tile.stalled"), t.env.Say("tile.stalled-short")
	case model.TilePicture, model.TileWaiting:
	}
	return assets.IconClock, t.env.Say("tile.waiting"), t.env.Say("tile.waiting-short")
}

func (t *Tile) togglePin() { t.env.Send(model.Pin{TileID: t.tile.ID}) }

func (t *Tile) forceMute() { t.env.Send(model.ForceMute{TileID: t.tile.ID}) }

func (t *Tile) hideSelf() { t.env.Send(model.SetSelf{Self: model.SelfHidden}) }

// DoubleTapped pins; a shared screen on the stage it shows in its own pixels, or whole again.
func (t *Tile) DoubleTapped(e *fyne.PointEvent) {
	if t.zoomable() {
		t.zoomNative(t.pixel(e.Position))
		return
	}
	t.togglePin()
}

// Dragged moves a floating tile, or what is seen of a shared screen.
func (t *Tile) Dragged(e *fyne.DragEvent) {
	switch {
	case t.stand.floating && t.stand.dragged != nil:
		t.stand.moved = true
		t.stand.dragged(t, e.Dragged)
	case t.zoomable():
		t.pan(e.Dragged.DX, e.Dragged.DY)
	}
}

// DragEnd drops it.
func (t *Tile) DragEnd() {
	if t.stand.moved && t.stand.dropped != nil {
		t.stand.moved = false
		t.stand.dropped(t)
	}
}

// MouseDown takes the keyboard from a field: who clicks on the stage is done with typing.
func (t *Tile) MouseDown(*desktop.MouseEvent) { t.env.Unfocus() }

// MouseUp is not needed.
func (t *Tile) MouseUp(*desktop.MouseEvent) {}

// KeyDown passes a key on.
func (t *Tile) KeyDown(k *fyne.KeyEvent) { t.env.keyDown(k) }

// KeyUp passes a key on.
func (t *Tile) KeyUp(k *fyne.KeyEvent) { t.env.keyUp(k) }

// MouseIn shows what can be done with the tile.
func (t *Tile) MouseIn(*desktop.MouseEvent) {
	t.env.moved()
	t.setHovered(true)
}

// MouseMoved tells the window.
func (t *Tile) MouseMoved(*desktop.MouseEvent) { t.env.moved() }

// MouseOut hides it again.
func (t *Tile) MouseOut() { t.setHovered(false) }

func (t *Tile) setHovered(hovered bool) {
	if t.hovered != hovered {
		t.hovered = hovered
		t.Refresh()
	}
}

// FocusGained shows the focus, and what can be done.
func (t *Tile) FocusGained() {
	t.focused = true
	t.Refresh()
}

// FocusLost takes it away.
func (t *Tile) FocusLost() {
	t.focused = false
	t.Refresh()
}

// TypedRune passes a character on.
func (t *Tile) TypedRune(r rune) { t.env.typed(r) }

// TypedKey pins on Enter, mutes or hides on Delete where that is allowed, moves what is seen of a shared screen by the arrows, and passes
// the rest on.
func (t *Tile) TypedKey(k *fyne.KeyEvent) {
	switch {
	case k.Name == fyne.KeyReturn || k.Name == fyne.KeyEnter:
		t.togglePin()
	case k.Name == fyne.KeyDelete && t.mutable():
		t.forceMute()
	case k.Name == fyne.KeyDelete && t.hideable():
		t.hideSelf()
	case t.stand.staged && t.panKey(k.Name):
	case t.stand.floating && t.stand.nudged != nil && isArrow(k.Name):
		t.stand.nudged(k.Name)
	default:
		t.env.key(k)
	}
}

func isArrow(k fyne.KeyName) bool {
	return k == fyne.KeyLeft || k == fyne.KeyRight || k == fyne.KeyUp || k == fyne.KeyDown
}

// actions reports whether pin and mute show. They stay while the pointer is on one of them: Fyne takes it off the tile then.
func (t *Tile) actions() bool {
	return t.hovered || t.focused || t.pin.hovered || t.mute.hovered || t.hide.hovered || t.draw.zoom.hovered()
}

// hideable reports whether the tile is the own picture, which may be out of sight.
func (t *Tile) hideable() bool { return t.tile.Own && !t.tile.Screen && !t.stand.staged }

// mutable reports whether this client may mute the tile now.
func (t *Tile) mutable() bool {
	return t.tile.Moderation && !t.tile.Own && !t.tile.Muted && !t.tile.Screen
}

// ground is the tile's colour without a picture.
func (t *Tile) ground() fyne.ThemeColorName {
	if t.tile.Screen {
		return theme.Stage
	}
	return theme.Surface
}
