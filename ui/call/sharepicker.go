package call

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"parley/ui/model"
	"parley/ui/theme"
	"parley/ui/widgets"
)

// pickerWidth is how wide the share picker is at most.
const pickerWidth = float32(680)

// edge is room around the choices for the ring of the one that has the keyboard: the scroll around them would cut it off.
const edge = 3

// sharePicker offers what can be shared, each with a small picture. Arrows move, Enter shares, Escape closes.
type sharePicker struct {
	widget.BaseWidget

	env     *widgets.Env
	modal   *widgets.Modal
	title   *widgets.Line
	wait    *widgets.Paragraph
	problem *widgets.Banner
	cancel  *widgets.Button
	choices []*widgets.Choice
	grid    *fyne.Container
	scroll  *container.Scroll
	layout  *choicesLayout
}

func newSharePicker(env *widgets.Env) *sharePicker {
	p := &sharePicker{env: env, layout: &choicesLayout{}, problem: widgets.NewProblem("")}
	p.title = widgets.NewLine(env.Say("picker.title"), widgets.Style{Size: theme.SizeTitle, Bold: true})
	p.wait = widgets.NewParagraph(env.Say("picker.looking"), widgets.Style{Colour: theme.SecondText})
	p.cancel = widgets.NewButton(env, env.Say("call.cancel"), "", widgets.Secondary, p.dismiss)
	p.grid = container.New(p.layout)
	p.scroll = container.NewVScroll(p.grid)
	p.ExtendBaseWidget(p)
	p.modal = widgets.NewModal(env, p, pickerWidth, p.dismiss)
	return p
}

func (p *sharePicker) dismiss() { p.env.Send(model.CloseSharePicker{}) }

// update follows a new state: it opens and closes, and keeps the choices that stay.
func (p *sharePicker) update(c model.Call) {
	if !c.SharePickerOpen {
		p.modal.Close()
		return
	}
	before := len(p.choices)
	choices := make([]*widgets.Choice, len(c.Screens))
	for n, s := range c.Screens {
		if n < before && p.choices[n].ID() == s.ID {
			choices[n] = p.choices[n]
		} else {
			choices[n] = widgets.NewChoice(p.env, p.step)
		}
		choices[n].Update(s)
	}
	p.choices = choices
	p.grid.Objects = p.grid.Objects[:0]
	for _, o := range choices {
		p.grid.Objects = append(p.grid.Objects, o)
	}
	p.problem.Set(c.ShareProblem)
	p.grid.Refresh()
	p.modal.Refresh()
	if !p.modal.IsOpen() {
		p.modal.Open(p.cancel)
		before = 0
	}
	if before == 0 && len(choices) > 0 {
		p.env.Focus(choices[0])
	}
}

// step moves the keyboard from a choice to the one some places on, or a row up or down.
func (p *sharePicker) step(from *widgets.Choice, key fyne.KeyName) {
	for n, c := range p.choices {
		if c != from {
			continue
		}
		switch key {
		case fyne.KeyLeft:
			n--
		case fyne.KeyRight:
			n++
		case fyne.KeyUp:
			n -= p.layout.cols
		case fyne.KeyDown:
			n += p.layout.cols
		}
		if n >= 0 && n < len(p.choices) {
			p.env.Focus(p.choices[n])
		}
		return
	}
}

// HeightFor returns the height at a width.
func (p *sharePicker) HeightFor(width float32) float32 {
	return p.title.MinSize().Height + theme.Pad + p.bodyHeight(width) + theme.Pad + p.cancel.MinSize().Height
}

func (p *sharePicker) bodyHeight(width float32) float32 {
	h := float32(0)
	if p.problem.Text() != "" {
		h += p.problem.HeightFor(width) + theme.Gap
	}
	if len(p.choices) > 0 {
		return h + p.layout.heightFor(width+2*edge, p.grid.Objects)
	}
	if h == 0 {
		h = p.wait.HeightFor(width)
	}
	return h
}

// CreateRenderer makes the picker's renderer.
func (p *sharePicker) CreateRenderer() fyne.WidgetRenderer {
	objects := []fyne.CanvasObject{p.title, p.problem, p.wait, p.scroll, p.cancel}
	least := func() fyne.Size { return fyne.NewSize(200, 100) }
	refresh := func() {
		widgets.SetShown(p.problem, p.problem.Text() != "")
		widgets.SetShown(p.wait, len(p.choices) == 0 && p.problem.Text() == "")
		widgets.SetShown(p.scroll, len(p.choices) > 0)
	}
	layout := func(s fyne.Size) {
		h := p.title.MinSize().Height
		widgets.Place(p.title, 0, 0, s.Width, h)
		y := h + theme.Pad
		if p.problem.Text() != "" {
			h := p.problem.HeightFor(s.Width)
			widgets.Place(p.problem, 0, y, s.Width, h)
			y += h + theme.Gap
		}
		m := p.cancel.MinSize()
		bottom := s.Height - m.Height
		widgets.Place(p.cancel, s.Width-m.Width, bottom, m.Width, m.Height)
		widgets.Place(p.wait, 0, y, s.Width, p.wait.HeightFor(s.Width))
		p.layout.width = s.Width + 2*edge
		widgets.Place(p.scroll, -edge, y, s.Width+2*edge, bottom-theme.Pad-y)
		p.scroll.Refresh()
	}
	return widgets.NewRenderer(objects, least, layout, refresh)
}

// choicesLayout puts choices of one size in rows of three, or of two where it is narrow.
type choicesLayout struct {
	width float32
	cols  int
}

func (l *choicesLayout) cell(width float32, objects []fyne.CanvasObject) fyne.Size {
	l.cols = 3
	if width < 420 || len(objects) == 2 || len(objects) == 4 {
		l.cols = 2
	}
	w := (width - 2*edge - float32(l.cols-1)*theme.Gap) / float32(l.cols)
	h := float32(0)
	for _, o := range objects {
		h = max(h, o.(*widgets.Choice).HeightFor(w))
	}
	return fyne.NewSize(w, h)
}

func (l *choicesLayout) heightFor(width float32, objects []fyne.CanvasObject) float32 {
	cell := l.cell(width, objects)
	rows := (len(objects) + l.cols - 1) / l.cols
	return float32(rows)*(cell.Height+theme.Gap) - theme.Gap + 2*edge
}

// MinSize returns the height at the width that the picker gave.
func (l *choicesLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	if len(objects) == 0 {
		return fyne.Size{}
	}
	return fyne.NewSize(0, l.heightFor(l.width, objects))
}

// Layout places the choices.
func (l *choicesLayout) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	cell := l.cell(s.Width, objects)
	for n, o := range objects {
		widgets.Place(o, edge+float32(n%l.cols)*(cell.Width+theme.Gap), edge+float32(n/l.cols)*(cell.Height+theme.Gap), cell.Width, cell.Height)
	}
}
