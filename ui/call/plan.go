package call

import (
	"fyne.io/fyne/v2"

	"parley/ui/model"
	"parley/ui/theme"
	"parley/ui/widgets"
)

// plan is where everything on the stage stands: made anew for each state and size, from tiles to places.
type plan struct {
	places   map[*widgets.Tile]rect
	main     *widgets.Tile // alone on the stage; nil in a grid
	floating *widgets.Tile
	alone    *widgets.Tile // the own one, while nobody else is there
	tabs     rect          // of the shared screens, when there are several
	pager    rect          // when there are several pages
	slim     bool          // the pager has little room
}

// pagerHeight is what the pages' buttons take, tabsHeight what the shared screens' names take, each with the gap to the tiles.
const pagerHeight, tabsHeight = theme.Target + theme.Gap, theme.Target + theme.Gap

// cast is who plays which part on the stage.
type cast struct {
	own    *widgets.Tile
	main   *widgets.Tile
	rest   []*widgets.Tile // in the order of their seats, screens first
	people []string        // who the last of the rest are, by id
}

// cast picks the parts. Who is pinned, what is shared and, but for the grid, who speaks gets the stage.
func (s *stage) cast() cast {
	var c cast
	var others []*widgets.Tile
	for _, t := range s.order {
		if m := t.Tile(); m.Own && !m.Screen {
			c.own = t
		} else if !m.Screen {
			others = append(others, t)
		}
	}
	c.main = s.pick(others)
	for _, t := range s.order {
		// Shared screens that are not on the stage stand in tabs above the one that is; only beside a person they are tiles.
		if m := t.Tile(); m.Screen && t != c.main && (c.main == nil || !c.main.Tile().Screen) {
			c.rest = append(c.rest, t)
		}
	}
	for _, id := range s.seats.order {
		if t := s.seated(id); t != nil && t != c.main {
			c.rest = append(c.rest, t)
			c.people = append(c.people, id)
		}
	}
	return c
}

// pick returns the tile that gets the stage, or nil for a grid of all.
func (s *stage) pick(others []*widgets.Tile) *widgets.Tile {
	for _, t := range s.order {
		if t.Tile().Pinned {
			return t
		}
	}
	if screen := s.screen(); screen != nil {
		return screen
	}
	if s.view == model.ViewGrid || len(others) == 0 {
		return nil
	}
	if t := s.tiles[s.speaker]; t != nil && !t.Tile().Own {
		return t
	}
	return others[0]
}

// screen returns the shared screen that is looked at: the one that was chosen, else the newest, that of somebody else first.
func (s *stage) screen() *widgets.Tile {
	var screen *widgets.Tile
	for _, t := range s.order {
		m := t.Tile()
		if !m.Screen {
			continue
		}
		if m.ID == s.chosen {
			return t
		}
		if screen == nil || !m.Own || screen.Tile().Own {
			screen = t
		}
	}
	return screen
}

// plan places everything in an area.
func (s *stage) plan(area fyne.Size) plan {
	c := s.cast()
	p := plan{places: map[*widgets.Tile]rect{}, main: c.main}
	all := rect{0, 0, area.Width, area.Height}
	if s.screens() > 1 && c.main != nil {
		p.tabs = rect{theme.Gap, s.above, area.Width - 2*theme.Gap, theme.Target}
		all = rect{0, s.above + tabsHeight, area.Width, area.Height - s.above - tabsHeight}
	}
	own := 0
	switch s.standing(c, all.size()) {
	case model.SelfInGrid:
		own = 1
		if c.main == nil && len(c.rest) == 0 {
			p.alone = c.own
		}
	case model.SelfFloating:
		p.floating = c.own
	case model.SelfHidden:
	}
	switch {
	case c.main == nil:
		s.planGrid(&p, c, all, own)
	case len(c.rest)+own == 0:
		s.planMain(&p, all)
	case s.view == model.ViewSide:
		part := float32(0.58)
		if c.main.Tile().Screen {
			part = 0.66
		}
		stage, rest := side(all.size(), part, len(c.rest)+own)
		s.planMain(&p, stage.moved(0, all.y))
		s.planGrid(&p, c, rest.moved(0, all.y), own)
	default:
		s.planStrip(&p, c, all, own)
	}
	if p.floating != nil {
		p.places[p.floating] = s.float(area)
	}
	return p
}

// standing returns where the own picture stands now. It floats where there is room: over a grid of tiles much larger than it, or over the only
// other one. Elsewhere it would cover somebody, or what is shared, and is the last among the others.
func (s *stage) standing(c cast, area fyne.Size) model.Self {
	others := len(c.rest)
	switch {
	case c.own == nil || c.own == c.main:
		return model.SelfHidden
	case c.main == nil && others == 0: // alone
		return model.SelfInGrid
	case s.self != model.SelfFloating:
		return s.self
	case c.main != nil:
		if others > 0 || c.main.Tile().Screen {
			return model.SelfInGrid
		}
		return model.SelfFloating
	}
	if _, w, _ := columns(others, area); others > mostTiles || w < 2*s.float(area).w {
		return model.SelfInGrid
	}
	return model.SelfFloating
}

func (s *stage) planMain(p *plan, at rect) {
	if p.main.Tile().Screen {
		at = at.whole()
	} else {
		at = at.inside()
	}
	p.places[p.main] = at
}

// planGrid places the rest in a grid, on pages where they are too many.
func (s *stage) planGrid(p *plan, c cast, at rect, own int) {
	most := fitting(len(c.rest)+own, at.size())
	if most < len(c.rest)+own {
		p.pager = rect{at.x, at.y + at.h - theme.Target, at.w, theme.Target}
		at.h -= pagerHeight
		most = fitting(len(c.rest)+own, at.size())
	}
	page := s.turnTo(c, most-own)
	if own == 1 {
		page = append(page, c.own)
	}
	for n, place := range arrange(len(page), at.size()) {
		p.places[page[n]] = place.moved(at.x, at.y)
	}
	p.slim = at.w < 280
}

// planStrip places the rest in a strip beside the stage.
func (s *stage) planStrip(p *plan, c cast, at rect, own int) {
	area := at.size()
	stage, strip := beside(len(c.rest)+own, area)
	if len(strip) < len(c.rest)+own {
		if upright := area.Height > area.Width; upright {
			p.pager = rect{at.x, at.y + at.h - theme.Target, at.w, theme.Target}
			stage, strip = beside(len(c.rest)+own, fyne.NewSize(area.Width, area.Height-pagerHeight))
		} else {
			w := strip[0].w
			p.pager = rect{at.x + area.Width - w, at.y + at.h - theme.Target, w, theme.Target}
			_, strip = beside(len(c.rest)+own, fyne.NewSize(area.Width, area.Height-pagerHeight))
		}
	}
	s.planMain(p, stage.moved(at.x, at.y))
	page := s.turnTo(c, max(len(strip)-own, 1))
	if own == 1 && len(page) < len(strip) {
		page = append(page, c.own)
	}
	n := len(page)
	if area.Height > area.Width || p.pager.w > 0 {
		strip = strip[:n] // as they were for a full page
	} else {
		_, strip = beside(n, area)
	}
	for i, place := range strip[:n] {
		p.places[page[i]] = place.moved(at.x, at.y)
	}
	p.slim = p.pager.w < 280
}

// turnTo returns the tiles of the page that shows, of at most so many each. Who speaks off the page is brought in.
func (s *stage) turnTo(c cast, most int) []*widgets.Tile {
	screens := len(c.rest) - len(c.people)
	s.pages, s.per = paged(len(c.rest), most)
	s.page = min(s.page, s.pages-1)
	from := min(s.page*s.per, len(c.rest))
	to := min(from+s.per, len(c.rest))
	if s.pages > 1 {
		s.seats.bring(c.people, from-screens, to-screens, func(id string) bool { return s.seated(id).Tile().Speaking })
		for n, id := range c.people {
			c.rest[screens+n] = s.seated(id)
		}
	}
	return append([]*widgets.Tile{}, c.rest[from:to]...)
}

// float returns the place of the floating own picture.
func (s *stage) float(area fyne.Size) rect {
	w := min(max(area.Width*0.19, 128), 256)
	h := w / aspect
	r := rect{theme.Gap, theme.Gap, w, h}
	if s.corner == model.LowerRight || s.corner == model.UpperRight {
		r.x = area.Width - w - theme.Gap
	}
	if s.corner == model.LowerRight || s.corner == model.LowerLeft {
		r.y = area.Height - h - theme.Gap - s.below
	}
	return r
}
