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

// DeviceSelect chooses one of the devices of a kind.
type DeviceSelect struct {
	pressable

	kind    model.DeviceKind
	icon    assets.Icon
	devices []model.Device
	chosen  string
	none    string // words when there is no device
	draw    selectDraw
}

type selectDraw struct {
	ground, veil, ring *canvas.Rectangle
	icon, arrow        *Icon
	text               *Line
}

var (
	_ fyne.Tappable  = (*DeviceSelect)(nil)
	_ fyne.Focusable = (*DeviceSelect)(nil)
)

// NewDeviceSelect returns a select without devices.
func NewDeviceSelect(env *Env, kind model.DeviceKind, icon assets.Icon, name, none string) *DeviceSelect {
	s := &DeviceSelect{kind: kind, icon: icon, none: none}
	s.begin(s, env, name, "", s.open)
	return s
}

// Set changes what can be chosen and what is.
func (s *DeviceSelect) Set(devices []model.Device, chosen string) {
	s.devices, s.chosen = devices, chosen
	s.disabled = len(devices) == 0
	s.Refresh()
}

func (s *DeviceSelect) words() string {
	for _, d := range s.devices {
		if d.ID == s.chosen {
			return d.Name
		}
	}
	if len(s.devices) == 0 {
		return s.none
	}
	return s.env.Say("device.choose")
}

func (s *DeviceSelect) open() {
	ShowMenu(s.env, s, DeviceItems(s.env, s.kind, s.devices, s.chosen))
}

// DeviceItems returns a menu's items for the devices of a kind; the chosen one is checked.
func DeviceItems(env *Env, kind model.DeviceKind, devices []model.Device, chosen string) []*fyne.MenuItem {
	items := make([]*fyne.MenuItem, 0, len(devices))
	for _, d := range devices {
		item := fyne.NewMenuItem(d.Name, func() { env.Send(model.ChooseDevice{Kind: kind, ID: d.ID}) })
		item.Checked = d.ID == chosen
		items = append(items, item)
	}
	return items
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
func (s *DeviceSelect) CreateRenderer() fyne.WidgetRenderer {
	d := &s.draw
	d.ground, d.veil, d.ring = &canvas.Rectangle{}, &canvas.Rectangle{}, &canvas.Rectangle{}
	d.icon, d.arrow = NewIcon(s.icon, theme.SecondText), NewIcon(assets.IconChevron, theme.SecondText)
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
		place(d.text, 40, 0, z.Width-40-36, z.Height)
	}
	r.refresh()
	return r
}

// Cursor is the hand where there is something to choose.
func (s *DeviceSelect) Cursor() desktop.Cursor { return s.pressable.Cursor() }
