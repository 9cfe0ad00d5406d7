package call

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"parley/assets"
	"parley/ui/keys"
	"parley/ui/model"
	"parley/ui/theme"
	"parley/ui/widgets"
)

// panel is the frame of what stands at the right: a title, a button that closes it, and the chat or the people.
type panel struct {
	widget.BaseWidget

	env    *widgets.Env
	title  *widgets.Line
	close  *widgets.IconButton
	find   *widgets.IconButton
	handle *edgeHandle
	ground *canvas.Rectangle
	edge   *canvas.Rectangle
	chat   *chatPanel
	people *peoplePanel
	shown  model.Panel
}

func newPanel(env *widgets.Env, resize func(by float32, done bool)) *panel {
	p := &panel{env: env, ground: &canvas.Rectangle{}, edge: &canvas.Rectangle{}}
	p.title = widgets.NewLine("", widgets.Style{Size: theme.SizeLarge, Bold: true})
	p.close = widgets.NewIconButton(env, assets.IconClose, widgets.LookGhost, env.Say("call.close"), "Esc", p.shut)
	p.find = widgets.NewIconButton(env, assets.IconSearch, widgets.LookGhost, env.Say("chat.find"), keys.Hint(env, keys.Search), p.search)
	p.handle = newEdgeHandle(env, resize)
	p.chat, p.people = newChatPanel(env), newPeoplePanel(env)
	p.ExtendBaseWidget(p)
	return p
}

func (p *panel) shut() { p.env.Send(model.ShowPanel{Panel: model.PanelNone}) }

// search looks for something in the chat, or shows all of it again.
func (p *panel) search() {
	if p.shown == model.PanelChat {
		p.chat.search(!p.chat.open)
	}
}

// update follows a new state. A chat that opens takes the keyboard.
func (p *panel) update(c model.Call) {
	opened := c.Panel != p.shown
	p.shown = c.Panel
	switch c.Panel {
	case model.PanelChat:
		p.title.Set(p.env.Say("call.chat"))
		p.chat.update(c)
	case model.PanelPeople:
		p.title.Set(p.env.Count("call.people-title", len(c.People)))
		p.people.update(c)
	case model.PanelNone:
	}
	if !opened {
		return
	}
	p.Refresh()
	if p.shown != model.PanelChat && p.chat.open {
		p.chat.search(false)
	}
	if p.shown == model.PanelChat && c.CanSignal {
		p.env.Focus(p.chat.field)
	}
}

// CreateRenderer makes the panel's renderer.
func (p *panel) CreateRenderer() fyne.WidgetRenderer {
	objects := []fyne.CanvasObject{p.ground, p.edge, p.title, p.find, p.close, p.chat, p.people, p.handle}
	least := func() fyne.Size { return fyne.NewSize(200, 120) }
	refresh := func() {
		p.ground.FillColor, p.edge.FillColor = widgets.Colour(theme.Surface), widgets.Colour(theme.Line)
		widgets.SetShown(p.find, p.shown == model.PanelChat)
		widgets.SetShown(p.chat, p.shown == model.PanelChat)
		widgets.SetShown(p.people, p.shown == model.PanelPeople)
	}
	layout := func(s fyne.Size) {
		widgets.Place(p.ground, 0, 0, s.Width, s.Height)
		widgets.Place(p.edge, 0, 0, 1, s.Height)
		head := max(theme.TopBar+theme.Gap, p.title.MinSize().Height+theme.Gap)
		widgets.Place(p.title, theme.Pad, 0, s.Width-theme.Pad-2*theme.Target-theme.Pad, head)
		widgets.Place(p.find, s.Width-2*theme.Target-theme.Gap, (head-theme.Target)/2, theme.Target, theme.Target)
		widgets.Place(p.handle, 0, 0, 6, s.Height)
		widgets.Place(p.close, s.Width-theme.Target-theme.Gap, (head-theme.Target)/2, theme.Target, theme.Target)
		widgets.Place(p.chat, 1, head, s.Width-1, s.Height-head)
		widgets.Place(p.people, 1, head, s.Width-1, s.Height-head)
	}
	return widgets.NewRenderer(objects, least, layout, refresh)
}

// edgeHandle is the edge of the panel that makes it wider or narrower.
type edgeHandle struct {
	widget.BaseWidget

	env    *widgets.Env
	resize func(by float32, done bool)
}

var (
	_ fyne.Draggable     = (*edgeHandle)(nil)
	_ desktop.Cursorable = (*edgeHandle)(nil)
)

func newEdgeHandle(env *widgets.Env, resize func(float32, bool)) *edgeHandle {
	h := &edgeHandle{env: env, resize: resize}
	h.ExtendBaseWidget(h)
	return h
}

// Dragged moves the edge with the hand.
func (h *edgeHandle) Dragged(e *fyne.DragEvent) { h.resize(-e.Dragged.DX, false) }

// DragEnd lets go.
func (h *edgeHandle) DragEnd() { h.resize(0, true) }

// Cursor says that the edge can be moved.
func (h *edgeHandle) Cursor() desktop.Cursor { return desktop.HResizeCursor }

// CreateRenderer draws nothing: the panel draws its edge.
func (h *edgeHandle) CreateRenderer() fyne.WidgetRenderer {
	return widgets.NewRenderer(nil, func() fyne.Size { return fyne.Size{} }, func(fyne.Size) {}, func() {})
}
