package widgets

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"parley/assets"
	"parley/ui/model"
	"parley/ui/theme"
)

// ringHold is how long the ring of a speaker stays after the last word.
const ringHold = time.Second

// Tile is one person's picture, or a shared screen, in the call. It is kept as long as its stream lives and follows model.Tile.
type Tile struct {
	widget.BaseWidget

	env     *Env
	tile    model.Tile
	picture *Picture
	draw    tileDraw
	pin     *iconFace
	mute    *iconFace
	spoke   time.Time
	ring    bool
	hovered bool
	focused bool
}

var (
	_ fyne.DoubleTappable = (*Tile)(nil)
	_ fyne.Focusable      = (*Tile)(nil)
	_ desktop.Hoverable   = (*Tile)(nil)
)

// NewTile returns a tile.
func NewTile(env *Env, tile model.Tile) *Tile {
	t := &Tile{env: env, picture: NewPicture(tile.Screen)}
	t.pin = newIconFace(env, assets.IconPin, LookShade, env.Say("tile.pin"), t.togglePin)
	t.mute = newIconFace(env, assets.IconMicOff, LookShade, env.Say("person.mute"), t.forceMute)
	// Fyne takes the pointer off the tile before it gives it to a button on it: the button brings itself back then.
	t.pin.passed, t.mute.passed = t.Refresh, t.Refresh
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
	t.tile = tile
	t.picture.SetSource(tile.Pictures)
	t.draw.pill.meter.SetLevel(tile.Level)
	if tile.Speaking {
		t.ring = true
	}
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

// Beat moves the level and the speaker's ring; the presenter calls it some ten times a second.
func (t *Tile) Beat(now time.Time) {
	if !t.Visible() {
		return
	}
	t.draw.pill.meter.Beat()
	if t.tile.Speaking {
		t.spoke = now
	}
	ring := t.tile.Speaking || now.Sub(t.spoke) < ringHold
	if ring != t.ring {
		t.ring = ring
		t.Refresh()
	}
}

// Ring reports whether the speaker's ring shows.
func (t *Tile) Ring() bool { return t.ring }

// live reports whether a moving picture shows.
func (t *Tile) live() bool { return t.tile.Media == model.TilePicture && t.picture.Has() }

// label is what the name pill says.
func (t *Tile) label() string {
	name := t.tile.Name
	switch {
	case t.tile.Screen && t.tile.Own:
		return t.env.Say("tile.your-screen")
	case t.tile.Screen:
		return t.env.Say("tile.screen", "Name", name)
	case t.tile.Own && name == "":
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
		return assets.IconCameraOff, t.env.Say("tile.camera-off"), t.env.Say("tile.camera-off-short")
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

// DoubleTapped pins.
func (t *Tile) DoubleTapped(*fyne.PointEvent) { t.togglePin() }

// MouseIn shows what can be done with the tile.
func (t *Tile) MouseIn(*desktop.MouseEvent) { t.setHovered(true) }

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

// TypedRune mutes on M, where that is allowed.
func (t *Tile) TypedRune(r rune) {
	if (r == 'm' || r == 'M') && t.mutable() {
		t.forceMute()
	}
}

// TypedKey pins on Enter and passes the rest on.
func (t *Tile) TypedKey(k *fyne.KeyEvent) {
	switch k.Name {
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		t.togglePin()
	default:
		t.env.key(k)
	}
}

// actions reports whether pin and mute show. They stay while the pointer is on one of them: Fyne takes it off the tile then.
func (t *Tile) actions() bool {
	return t.hovered || t.focused || t.pin.hovered || t.mute.hovered
}

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
