package call

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"parley/assets"
	"parley/ui/model"
	"parley/ui/theme"
	"parley/ui/widgets"
)

// over is the card that stands on the stage when the call is over: lost, with Rejoin and Leave, or ended.
type over struct {
	widget.BaseWidget

	env    *widgets.Env
	phase  model.Phase
	ground *canvas.Rectangle
	icon   *widgets.Icon
	title  *widgets.Paragraph
	text   *widgets.Paragraph
	rejoin *widgets.Button
	leave  *widgets.Button
	home   *widgets.Button
}

func newOver(env *widgets.Env) *over {
	middle := fyne.TextAlignCenter
	o := &over{env: env, ground: &canvas.Rectangle{CornerRadius: theme.Radius}, icon: widgets.NewSmallIcon(assets.IconWarning, theme.Warning, 32)}
	o.title = widgets.NewParagraph("", widgets.Style{Size: theme.SizeTitle, Bold: true, Align: middle})
	o.text = widgets.NewParagraph("", widgets.Style{Colour: theme.SecondText, Align: middle})
	o.rejoin = widgets.NewButton(env, env.Say("over.rejoin"), assets.IconRetry, widgets.Primary, func() { env.Send(model.Rejoin{}) })
	o.leave = widgets.NewButton(env, env.Say("over.leave"), "", widgets.Secondary, func() { env.Send(model.Leave{}) })
	o.home = widgets.NewButton(env, env.Say("over.home"), "", widgets.Primary, func() { env.Send(model.BackHome{}) })
	o.ExtendBaseWidget(o)
	return o
}

// update follows a new state. The button that Enter presses gets the keyboard when the card appears.
func (o *over) update(c model.Call) {
	changed := o.phase != c.Phase
	o.phase = c.Phase
	switch c.Phase {
	case model.PhaseLost:
		o.icon.Set(assets.IconWarning, theme.Warning)
		o.title.Set(o.env.Say("over.lost"))
		o.text.Set(or(c.Problem, o.env.Say("over.lost-text")))
	case model.PhaseEnded:
		o.icon.Set(assets.IconInfo, theme.Accent)
		o.title.Set(o.env.Say("over.ended"))
		o.text.Set(or(c.Problem, o.env.Say("over.ended-text")))
	case model.PhaseJoining, model.PhaseRunning, model.PhaseReconnecting:
	}
	widgets.SetShown(o, c.Phase == model.PhaseLost || c.Phase == model.PhaseEnded)
	o.Refresh()
	if !changed {
		return
	}
	switch c.Phase {
	case model.PhaseLost:
		o.env.Focus(o.rejoin)
	case model.PhaseEnded:
		o.env.Focus(o.home)
	case model.PhaseJoining, model.PhaseRunning, model.PhaseReconnecting:
	}
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// HeightFor returns the height at a width.
func (o *over) HeightFor(width float32) float32 {
	w := width - 2*theme.WidePad
	return 2*theme.WidePad + 32 + 12 + o.title.HeightFor(w) + theme.Gap + o.text.HeightFor(w) + 20 + o.rejoin.MinSize().Height
}

// CreateRenderer makes the card's renderer.
func (o *over) CreateRenderer() fyne.WidgetRenderer {
	objects := []fyne.CanvasObject{o.ground, o.icon, o.title, o.text, o.leave, o.rejoin, o.home}
	least := func() fyne.Size { return fyne.NewSize(200, 100) }
	refresh := func() {
		o.ground.FillColor, o.ground.StrokeColor, o.ground.StrokeWidth = widgets.Colour(theme.Raised), widgets.Colour(theme.Line), 1
		widgets.SetShown(o.rejoin, o.phase == model.PhaseLost)
		widgets.SetShown(o.leave, o.phase == model.PhaseLost)
		widgets.SetShown(o.home, o.phase == model.PhaseEnded)
	}
	layout := func(s fyne.Size) {
		widgets.Place(o.ground, 0, 0, s.Width, s.Height)
		w, y := s.Width-2*theme.WidePad, theme.WidePad
		widgets.Place(o.icon, theme.WidePad, y, w, 32)
		y += 32 + 12
		h := o.title.HeightFor(w)
		widgets.Place(o.title, theme.WidePad, y, w, h)
		y += h + theme.Gap
		h = o.text.HeightFor(w)
		widgets.Place(o.text, theme.WidePad, y, w, h)
		y += h + 20
		row := []*widgets.Button{o.home}
		if o.phase == model.PhaseLost {
			row = []*widgets.Button{o.leave, o.rejoin}
		}
		total := -theme.Gap
		for _, b := range row {
			total += b.MinSize().Width + theme.Gap
		}
		x := (s.Width - total) / 2
		for _, b := range row {
			m := b.MinSize()
			widgets.Place(b, x, y, m.Width, m.Height)
			x += m.Width + theme.Gap
		}
	}
	return widgets.NewRenderer(objects, least, layout, refresh)
}
