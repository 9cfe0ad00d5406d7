package call

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"parley/assets"
	"parley/ui/keys"
	"parley/ui/model"
	"parley/ui/theme"
	"parley/ui/widgets"
)

// viewSwitch chooses among the three views.
type viewSwitch struct {
	widget.BaseWidget

	ground  *canvas.Rectangle
	buttons [3]*widgets.IconButton
}

func viewIcon(v model.View) assets.Icon {
	switch v {
	case model.ViewSpeaker:
		return assets.IconSpeakerView
	case model.ViewSide:
		return assets.IconSideView
	case model.ViewGrid:
	}
	return assets.IconGrid
}

func viewName(env *widgets.Env, v model.View) string {
	switch v {
	case model.ViewSpeaker:
		return env.Say("view.speaker")
	case model.ViewSide:
		return env.Say("view.side")
	case model.ViewGrid:
	}
	return env.Say("view.grid")
}

func newViewSwitch(env *widgets.Env) *viewSwitch {
	v := &viewSwitch{ground: &canvas.Rectangle{CornerRadius: theme.Target / 2}}
	for n := range v.buttons {
		view := model.View(n)
		v.buttons[n] = widgets.NewIconButton(env, viewIcon(view), widgets.LookGhost, viewName(env, view), keys.Hint(env, keys.NextView),
			func() { env.Send(model.SetView{View: view}) })
	}
	v.ExtendBaseWidget(v)
	return v
}

func (v *viewSwitch) set(env *widgets.Env, chosen model.View) {
	for n, b := range v.buttons {
		view, look := model.View(n), widgets.LookGhost
		if view == chosen {
			look = widgets.LookChosen
		}
		b.Set(viewIcon(view), look, viewName(env, view))
	}
}

// CreateRenderer makes the switch's renderer.
func (v *viewSwitch) CreateRenderer() fyne.WidgetRenderer {
	objects := []fyne.CanvasObject{v.ground}
	for _, b := range v.buttons {
		objects = append(objects, b)
	}
	least := func() fyne.Size { return fyne.NewSize(3*theme.Target, theme.Target) }
	refresh := func() {
		v.ground.FillColor, v.ground.StrokeColor, v.ground.StrokeWidth = widgets.Colour(theme.Surface), widgets.Colour(theme.Line), 1
	}
	layout := func(s fyne.Size) {
		widgets.Place(v.ground, 0, 2, 3*theme.Target, s.Height-4)
		for n, b := range v.buttons {
			widgets.Place(b, float32(n)*theme.Target, 0, theme.Target, s.Height)
		}
	}
	return widgets.NewRenderer(objects, least, layout, refresh)
}
