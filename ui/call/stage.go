package call

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"parley/ui/model"
	"parley/ui/widgets"
)

// moveTime is how long a tile takes to its new place.
const moveTime = 120 * time.Millisecond

// stage arranges the tiles: all in a grid, or one large with the others beside it. Tiles are kept as long as their streams live.
type stage struct {
	widget.BaseWidget

	env    *widgets.Env
	tiles  map[string]*widgets.Tile
	order  []*widgets.Tile // as the state lists them
	people map[string]*widgets.Tile
	tabs   *shareTabs
	pager  *pager
	active bool
	above  float32 // what lies over its upper edge at times
	below  float32 // and over its lower one
	motion
	casting
}

// motion is what moves on the stage.
type motion struct {
	move  *fyne.Animation
	glide bool // the next layout moves tiles to their places
	drags bool // the floating picture is in somebody's hand
}

// casting is who gets the stage, and which page of the others shows.
type casting struct {
	view    model.View
	self    model.Self
	corner  model.Corner
	told    model.Corner // by the last state: what the hand chose meanwhile is ahead of it
	seats   seats
	speaker string // tile of who spoke last
	chosen  string // tile of the shared screen that was chosen
	pages   int
	per     int // tiles on a page
	page    int
	main    *widgets.Tile // that the last layout put on the stage
}

func newStage(env *widgets.Env) *stage {
	s := &stage{env: env, tiles: map[string]*widgets.Tile{}}
	s.tabs, s.pager = newShareTabs(env, s.choose), newPager(env, s.turn)
	s.tabs.Hide()
	s.pager.Hide()
	s.ExtendBaseWidget(s)
	return s
}

// update follows the tiles of a new state, and how they are to be arranged.
func (s *stage) update(tiles []model.Tile, a model.Arrangement) {
	again := s.arrange(a) || len(tiles) != len(s.order)
	order := make([]*widgets.Tile, len(tiles))
	kept := make(map[string]*widgets.Tile, len(tiles))
	people := make(map[string]*widgets.Tile, len(tiles))
	var present []string
	for n, t := range tiles {
		tile, ok := s.tiles[t.ID]
		if !ok {
			tile = widgets.NewTile(s.env, t)
			tile.OnDrag(s.dragged, s.dropped, s.nudged)
			tile.Hide()
			again = true
		} else {
			before := tile.Tile()
			again = again || before.Pinned != t.Pinned || before.Screen != t.Screen || before.Speaking != t.Speaking && s.pages > 1
			tile.Update(t)
		}
		order[n], kept[t.ID] = tile, tile
		if !t.Own && !t.Screen {
			people[seat(t)] = tile
			present = append(present, seat(t))
		}
		again = again || n < len(s.order) && s.order[n] != tile
	}
	for id, tile := range s.tiles {
		if kept[id] == nil {
			tile.Remove()
		}
	}
	s.tiles, s.order, s.people = kept, order, people
	s.seats.follow(present)
	if s.listen() || again {
		s.rearrange()
	}
}

// seat returns by whom a tile is seated: a person keeps the seat when the stream changes.
func seat(t model.Tile) string {
	if t.PersonID != "" {
		return t.PersonID
	}
	return t.ID
}

// seated returns somebody's tile.
func (s *stage) seated(id string) *widgets.Tile { return s.people[id] }

// screens returns how many screens are shared.
func (s *stage) screens() int {
	n := 0
	for _, t := range s.order {
		if t.Tile().Screen {
			n++
		}
	}
	return n
}

// arrange takes over how the stage is arranged, and reports whether that changed.
func (s *stage) arrange(a model.Arrangement) bool {
	changed := s.view != a.View || s.self != a.Self
	s.view, s.self = a.View, a.Self
	if s.told != a.Corner {
		changed = changed || s.corner != a.Corner
		s.told, s.corner = a.Corner, a.Corner
	}
	return changed
}

// listen follows who speaks, and reports whether another one gets the stage for it. Who has it keeps it as long as the state says that they speak:
// that is a second beyond the last word.
func (s *stage) listen() bool {
	if now := s.tiles[s.speaker]; now != nil && now.Tile().Speaking {
		return false
	}
	for _, t := range s.order {
		if m := t.Tile(); m.Speaking && !m.Own && !m.Screen && m.ID != s.speaker {
			s.speaker = m.ID
			return s.view != model.ViewGrid
		}
	}
	return false
}

// rearrange lays out anew; tiles glide to their places.
func (s *stage) rearrange() {
	s.glide = true
	s.Refresh()
	s.glide = false
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

func (s *stage) beat() {
	for _, t := range s.order {
		t.Beat()
	}
}

// choose puts one of the shared screens on the stage, in place of whoever is pinned there.
func (s *stage) choose(id string) {
	s.chosen = id
	for _, t := range s.order {
		if t.Tile().Pinned {
			s.env.Send(model.Pin{TileID: t.Tile().ID})
		}
	}
	s.rearrange()
}

// turn shows another page, so many on.
func (s *stage) turn(by int) { s.open(s.page + by) }

// open shows a page, if there is one of that number.
func (s *stage) open(page int) {
	if page >= 0 && page < s.pages && page != s.page {
		s.page = page
		s.rearrange()
	}
}

// number does what a digit stands for: it shows a page, or pins somebody where one page shows all.
func (s *stage) number(n int) {
	if s.pages > 1 {
		s.open(n - 1)
		return
	}
	if n <= len(s.seats.order) {
		if t := s.seated(s.seats.order[n-1]); t != nil {
			s.env.Send(model.Pin{TileID: t.Tile().ID})
		}
	}
}

// zoomed returns the shared screen on the stage, if it can be looked at closer.
func (s *stage) zoomed() *widgets.Tile {
	if s.main != nil && s.main.Zoomable() {
		return s.main
	}
	return nil
}

// CreateRenderer makes the stage's renderer.
func (s *stage) CreateRenderer() fyne.WidgetRenderer { return &stageRenderer{stage: s} }

// stageRenderer draws a stage.
type stageRenderer struct{ stage *stage }

// Destroy does nothing.
func (r *stageRenderer) Destroy() {}

// MinSize is small: a stage takes what there is.
func (r *stageRenderer) MinSize() fyne.Size { return fyne.NewSize(leastTile, leastTile/aspect) }

// Objects returns what is on the stage in the order in which Tab reaches it, the floating picture over the others.
func (r *stageRenderer) Objects() []fyne.CanvasObject {
	s := r.stage
	objects := make([]fyne.CanvasObject, 0, len(s.order)+2)
	objects = append(objects, s.tabs)
	var own []fyne.CanvasObject
	for _, t := range s.order {
		if m := t.Tile(); m.Own && !m.Screen {
			own = append(own, t)
		} else if m.Screen {
			objects = append(objects, t)
		}
	}
	for _, id := range s.seats.order {
		if t := s.seated(id); t != nil {
			objects = append(objects, t)
		}
	}
	return append(append(objects, s.pager), own...)
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
	if area.Width < 1 || area.Height < 1 {
		return
	}
	p := s.plan(area)
	s.main = p.main
	for _, t := range s.order {
		t.SetStand(t == p.main || t == p.alone, t == p.floating)
	}
	s.settle(p)
	s.tabs.set(s.order, s.main)
	widgets.SetShown(s.tabs, p.tabs.w > 0)
	widgets.Place(s.tabs, p.tabs.x, p.tabs.y, p.tabs.w, p.tabs.h)
	s.pager.set(s.page, s.pages, p.slim)
	shown := s.active && p.pager.w > 0 && s.pages > 1
	widgets.SetShown(s.pager, shown)
	widgets.Place(s.pager, p.pager.x, p.pager.y, p.pager.w, p.pager.h)
}
