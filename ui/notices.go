package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"parley/assets"
	"parley/ui/model"
	"parley/ui/theme"
	"parley/ui/widgets"
)

// noticesMost is how many notices show at once, the newest ones.
const noticesMost = 3

// notices is a layer over the screens with sentences that appear for a while, above the bottom bar.
type notices struct {
	widget.BaseWidget

	env     *widgets.Env
	banners map[int]*widgets.Banner
	shown   []fyne.CanvasObject
}

func newNotices(env *widgets.Env) *notices {
	n := &notices{env: env, banners: map[int]*widgets.Banner{}}
	n.ExtendBaseWidget(n)
	return n
}

func (n *notices) update(list []model.Notice) {
	list = list[max(len(list)-noticesMost, 0):]
	shown := make([]fyne.CanvasObject, 0, len(list))
	kept := make(map[int]*widgets.Banner, len(list))
	same := len(list) == len(n.shown)
	for i, notice := range list {
		banner, ok := n.banners[notice.ID]
		if !ok {
			id := notice.ID
			dismiss := func() { n.env.Send(model.DismissNotice{ID: id}) }
			banner = widgets.NewBanner(notice.Text, notice.Kind, widgets.NewIconButton(n.env, assets.IconClose, widgets.LookGhost, n.env.Say("notice.dismiss"), "", dismiss))
		}
		banner.Set(notice.Text)
		banner.SetKind(notice.Kind)
		shown, kept[notice.ID] = append(shown, banner), banner
		same = same && n.shown[i] == banner
	}
	n.banners, n.shown = kept, shown
	if !same {
		n.Refresh()
	}
}

// CreateRenderer makes the layer's renderer.
func (n *notices) CreateRenderer() fyne.WidgetRenderer { return &noticesRenderer{n} }

// noticesRenderer draws the notices.
type noticesRenderer struct{ notices *notices }

// Destroy does nothing.
func (r *noticesRenderer) Destroy() {}

// MinSize is nothing: the layer takes what there is.
func (r *noticesRenderer) MinSize() fyne.Size { return fyne.Size{} }

// Objects returns the banners.
func (r *noticesRenderer) Objects() []fyne.CanvasObject { return r.notices.shown }

// Refresh lays out again.
func (r *noticesRenderer) Refresh() {
	r.Layout(r.notices.Size())
	canvas.Refresh(r.notices)
}

// Layout stacks the banners upwards, the newest below.
func (r *noticesRenderer) Layout(s fyne.Size) {
	y := s.Height - theme.BottomBar - theme.Gap
	for i := len(r.notices.shown) - 1; i >= 0; i-- {
		b := r.notices.shown[i].(*widgets.Banner)
		w := min(b.Natural(), 520, s.Width-2*theme.Pad)
		h := b.HeightFor(w)
		y -= h
		widgets.Place(b, (s.Width-w)/2, y, w, h)
		y -= theme.Gap
	}
}
