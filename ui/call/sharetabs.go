package call

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"parley/assets"
	"parley/ui/theme"
	"parley/ui/widgets"
)

// shareTabs names the screens that are shared, when there are several; a click brings one onto the stage.
type shareTabs struct {
	widget.BaseWidget

	env    *widgets.Env
	choose func(tile string)
	tabs   []*widgets.Segment
	ids    []string
}

func newShareTabs(env *widgets.Env, choose func(string)) *shareTabs {
	t := &shareTabs{env: env, choose: choose}
	t.ExtendBaseWidget(t)
	return t
}

func (t *shareTabs) set(tiles []*widgets.Tile, main *widgets.Tile) {
	var ids []string
	for _, tile := range tiles {
		m := tile.Tile()
		if !m.Screen {
			continue
		}
		n := len(ids)
		ids = append(ids, m.ID)
		if n == len(t.tabs) {
			t.tabs = append(t.tabs, widgets.NewSegment(t.env, "", assets.IconScreenShare, func() { t.choose(t.ids[n]) }))
		}
		t.tabs[n].SetText(tile.Label())
		t.tabs[n].SetChosen(tile == main)
	}
	again := len(ids) != len(t.ids)
	t.ids, t.tabs = ids, t.tabs[:len(ids)]
	if again {
		t.Refresh()
	}
}

// CreateRenderer makes the tabs' renderer.
func (t *shareTabs) CreateRenderer() fyne.WidgetRenderer { return &shareTabsRenderer{t} }

// shareTabsRenderer draws the tabs.
type shareTabsRenderer struct{ tabs *shareTabs }

// Destroy does nothing.
func (r *shareTabsRenderer) Destroy() {}

// MinSize is one row.
func (r *shareTabsRenderer) MinSize() fyne.Size { return fyne.NewSize(theme.Target, theme.Target) }

// Objects returns the tabs.
func (r *shareTabsRenderer) Objects() []fyne.CanvasObject {
	objects := make([]fyne.CanvasObject, len(r.tabs.tabs))
	for n, tab := range r.tabs.tabs {
		objects[n] = tab
	}
	return objects
}

// Refresh lays out again.
func (r *shareTabsRenderer) Refresh() {
	r.Layout(r.tabs.Size())
	for _, tab := range r.tabs.tabs {
		tab.Refresh()
	}
}

// Layout puts the tabs in a row; they share the width where it is short.
func (r *shareTabsRenderer) Layout(s fyne.Size) {
	n := float32(len(r.tabs.tabs))
	if n == 0 {
		return
	}
	each := (s.Width - (n-1)*theme.Gap) / n
	x := float32(0)
	for _, tab := range r.tabs.tabs {
		w := min(tab.MinSize().Width, each)
		widgets.Place(tab, x, 0, w, s.Height)
		x += w + theme.Gap
	}
}
