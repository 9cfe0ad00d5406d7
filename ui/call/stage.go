package call

import (
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"parley/ui/model"
	"parley/ui/theme"
	"parley/ui/widgets"
)

// moveTime is how long a tile takes to its new place.
const moveTime = 120 * time.Millisecond

// stage arranges the tiles: all in a grid, or one large with the others in a strip. Tiles are kept as long as their streams live.
type stage struct {
	widget.BaseWidget

	env    *widgets.Env
	tiles  map[string]*widgets.Tile
	order  []*widgets.Tile
	more   *widgets.Pill
	shown  []*widgets.Tile // what the grid or strip shows, so that who speaks off page is swapped in without moving the rest
	active bool
	move   *fyne.Animation
	glide  bool // the next layout moves tiles to their places
}

func newStage(env *widgets.Env) *stage {
	s := &stage{env: env, tiles: map[string]*widgets.Tile{}, more: widgets.NewPill("", "", theme.Shade, theme.OnShade)}
	s.more.Hide()
	s.ExtendBaseWidget(s)
	return s
}

// update follows the tiles of a new state.
func (s *stage) update(tiles []model.Tile) {
	again := len(tiles) != len(s.order)
	order := make([]*widgets.Tile, len(tiles))
	kept := make(map[string]*widgets.Tile, len(tiles))
	for n, t := range tiles {
		tile, ok := s.tiles[t.ID]
		if !ok {
			tile = widgets.NewTile(s.env, t)
			tile.Hide()
			again = true
		} else {
			before := tile.Tile()
			again = again || before.Pinned != t.Pinned || before.Screen != t.Screen || before.Speaking != t.Speaking && s.more.Visible()
			tile.Update(t)
		}
		order[n], kept[t.ID] = tile, tile
		again = again || n < len(s.order) && s.order[n] != tile
	}
	for id, tile := range s.tiles {
		if kept[id] == nil {
			tile.Remove()
		}
	}
	s.tiles, s.order = kept, order
	if again {
		s.glide = true
		s.Refresh()
		s.glide = false
	}
}

// setActive says whether the stage is on the screen at all.
func (s *stage) setActive(active bool) {
	if s.active != active {
		s.active = active
		s.Refresh()
	}
}

func (s *stage) present() {
	for _, t := range s.order {
		if t.Visible() {
			t.Present()
		}
	}
}

func (s *stage) beat(now time.Time) {
	for _, t := range s.order {
		t.Beat(now)
	}
}

// main returns the tile that takes the stage: the pinned one, else the newest shared screen, that of somebody else first.
func (s *stage) main() *widgets.Tile {
	var screen *widgets.Tile
	for _, t := range s.order {
		switch m := t.Tile(); {
		case m.Pinned:
			return t
		case m.Screen && (screen == nil || !m.Own || screen.Tile().Own):
			screen = t
		}
	}
	return screen
}

// page chooses which of the tiles are shown when only most fit: those of the page before as long as they are there, then the
// first ones; who speaks off page takes the place of the last one who is silent.
func (s *stage) page(of []*widgets.Tile, most int) []*widgets.Tile {
	if len(of) <= most {
		return of
	}
	page := slices.DeleteFunc(slices.Clone(s.shown), func(t *widgets.Tile) bool { return !slices.Contains(of, t) })
	page = page[:min(len(page), most)]
	for _, t := range of {
		if len(page) < most && !slices.Contains(page, t) {
			page = append(page, t)
		}
	}
	for _, t := range of {
		if !t.Tile().Speaking || slices.Contains(page, t) {
			continue
		}
		for n := len(page) - 1; n >= 0; n-- {
			if m := page[n].Tile(); !m.Speaking && !m.Own {
				page[n] = t
				break
			}
		}
	}
	return page
}

// CreateRenderer makes the stage's renderer.
func (s *stage) CreateRenderer() fyne.WidgetRenderer {
	return &stageRenderer{stage: s}
}

// stageRenderer draws a stage.
type stageRenderer struct{ stage *stage }

// Destroy does nothing.
func (r *stageRenderer) Destroy() {}

// MinSize is small: a stage takes what there is.
func (r *stageRenderer) MinSize() fyne.Size { return fyne.NewSize(leastTile, leastTile/aspect) }

// Objects returns the tiles.
func (r *stageRenderer) Objects() []fyne.CanvasObject {
	objects := make([]fyne.CanvasObject, 0, len(r.stage.order)+1)
	for _, t := range r.stage.order {
		objects = append(objects, t)
	}
	return append(objects, r.stage.more)
}

// Refresh lays the tiles out again.
func (r *stageRenderer) Refresh() {
	r.Layout(r.stage.Size())
	canvas.Refresh(r.stage)
}

// Layout places the tiles.
func (r *stageRenderer) Layout(area fyne.Size) {
	s := r.stage
	if s.move != nil {
		s.move.Stop()
		s.move = nil
	}
	targets := map[*widgets.Tile]rect{}
	rest := s.order
	if main := s.main(); main != nil {
		rest = slices.DeleteFunc(slices.Clone(s.order), func(t *widgets.Tile) bool { return t == main })
		place, strip := beside(len(rest), area)
		if !main.Tile().Screen {
			place = place.inside()
		}
		targets[main] = place
		s.shown = s.page(rest, len(strip))
		for n, t := range s.shown {
			targets[t] = strip[n]
		}
	} else {
		s.shown = s.page(rest, fitting(len(rest), area))
		for n, place := range arrange(len(s.shown), area) {
			targets[s.shown[n]] = place
		}
	}
	s.settle(targets)
	hidden := len(rest) - len(s.shown)
	s.more.Set(s.env.Count("call.more", hidden), "")
	widgets.SetShown(s.more, hidden > 0)
	m := s.more.MinSize()
	if hidden > 0 { // at the upper right of the last tile, where its name is not
		last := targets[s.shown[len(s.shown)-1]]
		widgets.Place(s.more, last.x+last.w-m.Width-4, last.y+4, m.Width, m.Height)
	}
}

// settle brings the tiles to their places; those that were elsewhere glide there.
func (s *stage) settle(targets map[*widgets.Tile]rect) {
	type way struct {
		tile     *widgets.Tile
		from, to fyne.Position
	}
	var ways []way
	for _, t := range s.order {
		to, ok := targets[t]
		ok = ok && s.active
		if ok {
			at := fyne.NewPos(to.x, to.y)
			if s.glide && t.Visible() && t.Position() != at && s.env.Glides() {
				ways = append(ways, way{t, t.Position(), at})
			} else {
				t.Move(at)
			}
			t.Resize(fyne.NewSize(to.w, to.h))
		}
		t.SetSeen(ok)
	}
	if len(ways) == 0 {
		return
	}
	s.move = fyne.NewAnimation(moveTime, func(done float32) {
		for _, w := range ways {
			w.tile.Move(fyne.NewPos(w.from.X+(w.to.X-w.from.X)*done, w.from.Y+(w.to.Y-w.from.Y)*done))
		}
	})
	s.move.Curve = fyne.AnimationEaseOut
	s.move.Start()
}
