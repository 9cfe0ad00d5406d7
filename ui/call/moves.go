package call

import (
	"fyne.io/fyne/v2"

	"parley/ui/model"
	"parley/ui/widgets"
)

// way is a tile's way to its place.
type way struct {
	tile     *widgets.Tile
	from, to fyne.Position
}

// settle brings the tiles to their places; those that were elsewhere glide there.
func (s *stage) settle(p plan) {
	var ways []way
	for _, t := range s.order {
		to, ok := p.places[t]
		ok = ok && s.active
		if ok && !(s.drags && t == p.floating) {
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
	s.start(ways)
}

// start sends the tiles on their ways.
func (s *stage) start(ways []way) {
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

// dragged moves the floating own picture with the hand, inside the stage.
func (s *stage) dragged(t *widgets.Tile, by fyne.Delta) {
	s.drags = true
	z, room := t.Size(), s.Size()
	at := t.Position().AddXY(by.DX, by.DY)
	t.Move(fyne.NewPos(min(max(at.X, 0), room.Width-z.Width), min(max(at.Y, 0), room.Height-z.Height)))
}

// dropped lets it glide to the nearest corner.
func (s *stage) dropped(t *widgets.Tile) {
	s.drags = false
	at, z, room := t.Position(), t.Size(), s.Size()
	right, low := at.X+z.Width/2 > room.Width/2, at.Y+z.Height/2 > room.Height/2
	s.put(cornerOf(right, low))
}

// nudged moves it to the corner in the direction of an arrow key.
func (s *stage) nudged(k fyne.KeyName) {
	right, low := s.corner == model.LowerRight || s.corner == model.UpperRight, s.corner == model.LowerRight || s.corner == model.LowerLeft
	switch k {
	case fyne.KeyLeft:
		right = false
	case fyne.KeyRight:
		right = true
	case fyne.KeyUp:
		low = false
	case fyne.KeyDown:
		low = true
	}
	s.put(cornerOf(right, low))
}

func cornerOf(right, low bool) model.Corner {
	switch {
	case right && low:
		return model.LowerRight
	case low:
		return model.LowerLeft
	case right:
		return model.UpperRight
	}
	return model.UpperLeft
}

// put moves the floating own picture to a corner, which is remembered.
func (s *stage) put(corner model.Corner) {
	if s.corner != corner {
		s.corner = corner
		s.env.Send(model.SetCorner{Corner: corner})
	}
	s.rearrange()
}
