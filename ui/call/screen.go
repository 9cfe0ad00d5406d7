package call

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"parley/ui/model"
	"parley/ui/theme"
	"parley/ui/widgets"
)

// idle is how long the top bar stays without the pointer moving.
const idle = 3 * time.Second

// Screen is the screen of a call.
type Screen struct {
	widget.BaseWidget

	env    *widgets.Env
	call   model.Call
	top    *topBar
	bands  *bands
	stage  *stage
	panel  *panel
	bottom *bottomBar
	over   *over
	picker *sharePicker
	active bool
	full   bool // full screen: the bars lie over the stage, and go when the pointer rests
	bars   bool // they are there
	moved  time.Time
	wide   panelWidth
}

// panelWidth is how wide the panel is made; what the hand chose is ahead of the state.
type panelWidth struct {
	told int     // by the last state
	now  float32 // 0 is the usual
}

var _ desktop.Hoverable = (*Screen)(nil)

// New builds the screen.
func New(env *widgets.Env) *Screen {
	s := &Screen{env: env, top: newTopBar(env), bands: newBands(env), stage: newStage(env), bottom: newBottomBar(env)}
	s.panel = newPanel(env, s.resizePanel)
	s.over, s.picker = newOver(env), newSharePicker(env)
	s.over.Hide()
	s.panel.Hide()
	s.ExtendBaseWidget(s)
	return s
}

// Enter says that the screen is shown from now on; the chat's draft is taken over.
func (s *Screen) Enter(c model.Call, now time.Time) {
	s.active, s.moved, s.bars = true, now, true
	s.panel.chat.enter(c.ChatDraft)
	s.panel.shown = c.Panel // one that was left open does not take the keyboard
	s.panel.Refresh()
	s.Update(c, now)
}

// Leave says that another screen is shown: nothing of this one is decoded any more.
func (s *Screen) Leave() {
	s.active = false
	s.picker.update(model.Call{})
	s.stage.setActive(false)
	s.stage.update(nil, model.Arrangement{})
	s.panel.update(model.Call{})
}

// Update follows a new state.
func (s *Screen) Update(c model.Call, now time.Time) {
	before := s.call
	s.call = c
	if s.wide.told != c.Arrangement.PanelWidth {
		s.wide = panelWidth{told: c.Arrangement.PanelWidth, now: float32(c.Arrangement.PanelWidth)}
	}
	s.top.update(c, now)
	again := s.bands.update(c, now, s.Size().Width)
	s.bottom.update(c)
	s.over.update(c)
	again = again || before.Panel != c.Panel || before.Phase != c.Phase || s.over.Visible()
	s.stage.update(c.Tiles, c.Arrangement)
	if again || !s.stage.active {
		s.Refresh()
	}
	s.panel.update(c)
	s.picker.update(c)
}

// Beat moves what moves by itself: levels, rings, the clock, the seconds of a lost connection.
func (s *Screen) Beat(now time.Time) {
	s.stage.beat()
	s.top.beat(now)
	rests := s.call.Phase == model.PhaseRunning && now.Sub(s.moved) > idle
	s.top.fade(rests)
	if bars := !rests || s.env.Busy() || s.call.Panel != model.PanelNone; s.full && bars != s.bars {
		s.bars = bars
		s.Refresh()
	}
	s.bands.beat(now)
}

// SetFull says whether the window fills the screen.
func (s *Screen) SetFull(full bool) {
	if s.full != full {
		s.full, s.bars = full, true
		s.top.lay(full)
		s.Refresh()
	}
}

// Moved says that the pointer moved: the top bar comes back.
func (s *Screen) Moved(now time.Time) {
	s.moved = now
	s.top.fade(false)
	if !s.bars {
		s.bars = true
		s.Refresh()
	}
}

// MouseIn says that the pointer came.
func (s *Screen) MouseIn(*desktop.MouseEvent) { s.env.Moved() }

// MouseMoved says that the pointer moved where no tile or button is.
func (s *Screen) MouseMoved(*desktop.MouseEvent) { s.env.Moved() }

// MouseOut is not needed.
func (s *Screen) MouseOut() {}

// Present takes the newest picture of every tile in sight.
func (s *Screen) Present() { s.stage.present() }

// covers reports whether the panel covers the stage. It gives way to the card of a call that is over.
func (s *Screen) covers(width float32) bool { return s.panelShown(width) && width < theme.Narrow }

func (s *Screen) panelShown(width float32) bool {
	return s.call.Panel != model.PanelNone && (width >= theme.Narrow || !s.over.Visible())
}

// The panel is at least so wide, and leaves at least so much to the stage.
const leastPanel, leastStage = float32(280), float32(360)

// panelWidth returns how wide the panel is in a window of a width.
func (s *Screen) panelWidth(window float32) float32 {
	w := s.wide.now
	if w == 0 {
		w = theme.Panel
	}
	return min(max(w, leastPanel), max(window-leastStage, leastPanel))
}

// resizePanel makes the panel wider as its edge is dragged; where it is let go is remembered.
func (s *Screen) resizePanel(by float32, done bool) {
	s.wide.now = s.panelWidth(s.Size().Width) + by
	if done {
		s.wide.now = s.panelWidth(s.Size().Width)
		s.env.Send(model.SetPanelWidth{Width: int(s.wide.now)})
	}
	s.Refresh()
}

// CreateRenderer makes the screen's renderer.
func (s *Screen) CreateRenderer() fyne.WidgetRenderer {
	objects := []fyne.CanvasObject{s.stage, s.top, s.over, s.panel, s.bands, s.bottom}
	least := func() fyne.Size { return fyne.NewSize(480, 300) }
	return widgets.NewRenderer(objects, least, s.layout, func() {})
}

func (s *Screen) layout(z fyne.Size) {
	body := z.Height - theme.BottomBar
	widgets.SetShown(s.bottom, !s.full || s.bars || s.call.Panel != model.PanelNone)
	widgets.Place(s.bottom, 0, body, z.Width, theme.BottomBar)
	covers, shown := s.covers(z.Width), s.panelShown(z.Width)
	left, top := z.Width, s.top.MinSize().Height
	switch {
	case covers:
		top = theme.Gap
	case shown:
		left -= s.panelWidth(z.Width)
	}
	widgets.SetShown(s.top, !covers && (!s.full || s.bars))
	widgets.Place(s.top, 0, 0, left, top)
	low, gap := body, theme.Gap // where the stage ends, and what is left free at its sides
	bare := s.full && !shown
	s.stage.above, s.stage.below = 0, 0
	if bare {
		s.stage.above, s.stage.below = top, theme.BottomBar
		low, gap, top = z.Height, 0, 0
	}
	bands := s.bands.heightFor(left)
	if bare && bands > 0 {
		top = theme.Gap
	}
	widgets.Place(s.bands, 0, top, left, bands)
	y := top + bands
	hidden := covers || s.call.Phase == model.PhaseEnded
	widgets.SetShown(s.panel, shown)
	if covers {
		y -= theme.Gap
		widgets.Place(s.panel, 0, y, z.Width, body-y)
	} else if shown {
		widgets.Place(s.panel, left, 0, z.Width-left, body)
	}
	widgets.SetShown(s.stage, !hidden)
	s.stage.setActive(s.active && !hidden)
	widgets.Place(s.stage, gap, y, left-2*gap, low-y)
	w := min(420, left-2*theme.Gap)
	h := min(s.over.HeightFor(w), body-top)
	widgets.Place(s.over, (left-w)/2, top+(body-top-h)/2, w, h)
}
