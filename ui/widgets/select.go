package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"parley/assets"
	"parley/ui/model"
	"parley/ui/theme"
)

// Select chooses one of several things by a menu.
type Select struct {
	pressable

	icon    assets.Icon // may be ""
	options []model.Device
	chosen  string
	none    string // words when there is nothing to choose
	pick    func(id string)
	draw    selectDraw
}

type selectDraw struct {
	ground, veil, ring *canvas.Rectangle
	icon, arrow        *Icon
	text               *Line
}

var (
	_ fyne.Tappable  = (*Select)(nil)
	_ fyne.Focusable = (*Select)(nil)
)

// NewSelect returns a select without options; pick is told what is chosen.
func NewSelect(env *Env, icon assets.Icon, name, none string, pick func(id string)) *Select {
	s := &Select{icon: icon, none: none, pick: pick}
	s.begin(s, env, name, "", s.open)
	return s
}

// NewDeviceSelect returns a select for the devices of a kind.
func NewDeviceSelect(env *Env, kind model.DeviceKind, icon assets.Icon, name, none string) *Select {
	return NewSelect(env, icon, name, none, func(id string) { env.Send(model.ChooseDevice{Kind: kind, ID: id}) })
}

// Set changes what can be chosen and what is.
func (s *Select) Set(options []model.Device, chosen string) {
	s.options, s.chosen = options, chosen
	s.disabled = len(options) == 0
	s.Refresh()
}

// Choose changes what is chosen.
func (s *Select) Choose(id string) {
	if s.chosen != id {
		s.chosen = id
		s.Refresh()
	}
}

func (s *Select) words() string {
	for _, o := range s.options {
		if o.ID == s.chosen {
			return o.Name
		}
	}
	if len(s.options) == 0 {
		return s.none
	}
	return s.env.Say("device.choose")
}

func (s *Select) open() { ShowMenu(s.env, s, items(s.options, s.chosen, s.pick)) }

// items returns a menu's items; the chosen one is checked.
func items(options []model.Device, chosen string, pick func(id string)) []*fyne.MenuItem {
	list := make([]*fyne.MenuItem, 0, len(options))
	for _, o := range options {
		item := fyne.NewMenuItem(o.Name, func() { pick(o.ID) })
		item.Checked = o.ID == chosen
		list = append(list, item)
	}
	return list
}

// DeviceItems returns a menu's items for the devices of a kind; the chosen one is checked.
func DeviceItems(env *Env, kind model.DeviceKind, devices []model.Device, chosen string) []*fyne.MenuItem {
	return items(devices, chosen, func(id string) { env.Send(model.ChooseDevice{Kind: kind, ID: id}) })
}

// ShowMenu opens a menu at an object, above it where there is no room below. Names that are too long for the window are cut.
func ShowMenu(env *Env, at fyne.CanvasObject, items []*fyne.MenuItem) {
	if env.Canvas == nil || len(items) == 0 {
		return
	}
	window := env.Canvas.Size()
	for _, item := range items {
		item.Label = Ellipsis(item.Label, min(window.Width-120, 420), Style{})
	}
	menu := widget.NewPopUpMenu(fyne.NewMenu("", items...), env.Canvas)
	pos := fyne.CurrentApp().Driver().AbsolutePositionForObject(at)
	need := menu.MinSize()
	y := pos.Y + at.Size().Height + 4
	if y+need.Height > window.Height && pos.Y > window.Height/2 {
		y = max(pos.Y-need.Height-4, 4)
	}
	menu.ShowAtPosition(fyne.NewPos(min(pos.X, max(window.Width-need.Width-theme.Gap, 0)), y))
	if at.Size().Width > need.Width {
		menu.Resize(fyne.NewSize(at.Size().Width, menu.Size().Height))
	}
	env.Focus(menu)
}

// CreateRenderer makes the select's renderer.
func (s *Select) CreateRenderer() fyne.WidgetRenderer {
	d := &s.draw
	d.ground, d.veil, d.ring = &canvas.Rectangle{}, &canvas.Rectangle{}, &canvas.Rectangle{}
	icon := s.icon
	if icon == "" {
		icon = assets.IconCheck // not shown
	}
	d.icon, d.arrow = NewIcon(icon, theme.SecondText), NewIcon(assets.IconChevron, theme.SecondText)
	d.text = NewLine("", Style{})
	r := &renderer{objects: []fyne.CanvasObject{d.ground, d.veil, d.icon, d.text, d.arrow, d.ring}}
	r.min = func() fyne.Size { return fyne.NewSize(140, max(theme.Target, d.text.MinSize().Height+theme.Pad)) }
	r.refresh = func() {
		d.ground.FillColor, d.ground.StrokeColor, d.ground.StrokeWidth = colour(theme.Raised), colour(theme.Line), 1
		d.veil.FillColor = colour(theme.Hover)
		d.ring.FillColor, d.ring.StrokeColor, d.ring.StrokeWidth = colour(theme.Clear), colour(theme.Accent), 2
		ink := theme.Text
		if s.disabled {
			ink = theme.SecondText
		}
		d.text.text, d.text.style = s.words(), Style{Colour: ink}.or()
		d.text.Refresh()
		d.icon.Refresh()
		setShown(d.icon, s.icon != "")
		setShown(d.veil, s.hovered && !s.disabled)
		setShown(d.ring, s.focused)
		setShown(d.arrow, !s.disabled)
	}
	r.layout = func(z fyne.Size) {
		for _, o := range []*canvas.Rectangle{d.ground, d.veil, d.ring} {
			o.CornerRadius = theme.FieldCurb
			place(o, 0, 0, z.Width, z.Height)
		}
		place(d.icon, 10, 0, assets.IconSize, z.Height)
		place(d.arrow, z.Width-30, 0, assets.IconSize, z.Height)
		left := float32(40)
		if s.icon == "" {
			left = 12
		}
		place(d.text, left, 0, z.Width-left-36, z.Height)
	}
	r.refresh()
	return r
}

// Cursor is the hand where there is something to choose.
func (s *Select) Cursor() desktop.Cursor { return s.pressable.Cursor() }
