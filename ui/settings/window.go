package settings

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"parley/assets"
	"parley/ui/model"
	"parley/ui/theme"
	"parley/ui/widgets"
)

// The size of the card where there is room for it, and how wide the list of sections is.
const (
	cardWidth  = float32(840)
	cardHeight = float32(600)
	listWidth  = float32(200)
)

// Window is the card with the settings.
type Window struct {
	widget.BaseWidget

	env      *widgets.Env
	modal    *widgets.Modal
	state    model.Settings
	title    *widgets.Line
	close    *widgets.IconButton
	sections []*widgets.Segment
	turn     *widgets.Select // to another section, where there is no room for the list
	bodies   map[model.Section]*rows
	body     *fyne.Container
	scroll   *container.Scroll
	width    float32 // of the body
	controls controls
}

// section names and pictures.
func sectionIcon(s model.Section) (key string, icon assets.Icon) {
	switch s {
	case model.SectionDevices:
		return "settings.devices", assets.IconMic
	case model.SectionVideo:
		return "settings.video", assets.IconCamera
	case model.SectionAppearance:
		return "settings.appearance", assets.IconAppearance
	case model.SectionNotifications:
		return "settings.notifications", assets.IconBell
	case model.SectionKeys:
		return "settings.keys", assets.IconKeyboard
	case model.SectionPrivacy:
		return "settings.privacy", assets.IconShield
	case model.SectionGeneral:
	}
	return "settings.general", assets.IconPerson
}

// New builds the card.
func New(env *widgets.Env) *Window {
	w := &Window{env: env, title: widgets.NewLine(env.Say("settings.title"), widgets.Style{Size: theme.SizeTitle, Bold: true})}
	w.close = widgets.NewIconButton(env, assets.IconClose, widgets.LookGhost, env.Say("settings.close"), "Esc", w.dismiss)
	var names []model.Device
	for s := model.SectionGeneral; s <= model.SectionPrivacy; s++ {
		key, icon := sectionIcon(s)
		w.sections = append(w.sections, widgets.NewSection(env, env.Say(key), icon, func() { env.Send(model.OpenSettings{Section: s}) }))
		names = append(names, model.Device{ID: key, Name: env.Say(key)})
	}
	w.turn = widgets.NewSelect(env, "", env.Say("settings.section"), "", func(id string) {
		for n, name := range names {
			if name.ID == id {
				env.Send(model.OpenSettings{Section: model.Section(n)})
			}
		}
	})
	w.turn.Set(names, names[0].ID)
	w.body = container.New(bodyLayout{w})
	w.scroll = container.NewVScroll(w.body)
	w.build()
	w.ExtendBaseWidget(w)
	w.modal = widgets.NewModal(env, w, cardWidth, w.dismiss)
	return w
}

func (w *Window) dismiss() { w.env.Send(model.CloseSettings{}) }

// Shut takes the card away, when its window is built anew.
func (w *Window) Shut() { w.modal.Close() }

// IsOpen reports whether the card shows.
func (w *Window) IsOpen() bool { return w.modal.IsOpen() }

// Update follows a new state: it opens, closes and turns to a section.
func (w *Window) Update(s model.Settings, look model.Look) {
	if !s.Open {
		w.state = s
		w.modal.Close()
		return
	}
	opened, turned := !w.modal.IsOpen(), w.state.Section != s.Section || len(w.body.Objects) == 0
	w.state = s
	w.follow(s, look)
	if opened {
		w.controls.name.Put(s.Name)
	}
	if opened || turned {
		w.body.Objects = []fyne.CanvasObject{w.bodies[s.Section]}
		w.scroll.ScrollToTop()
		for n, section := range w.sections {
			section.SetChosen(model.Section(n) == s.Section)
		}
		w.followFocus(s.Section)
		key, _ := sectionIcon(s.Section)
		w.turn.Choose(key)
	}
	w.bodies[s.Section].Refresh()
	w.body.Refresh()
	w.Refresh()
	if opened {
		w.modal.Open(w.sections[s.Section])
		if !w.sections[s.Section].Visible() {
			w.env.Focus(w.turn)
		}
	}
}

// followFocus takes the keyboard along from one section's name to that of the one that shows.
func (w *Window) followFocus(to model.Section) {
	for _, section := range w.sections {
		if section.Focused() && section != w.sections[to] {
			w.env.Focus(w.sections[to])
			return
		}
	}
}

// Beat moves the level.
func (w *Window) Beat() {
	if w.modal.IsOpen() && w.state.Section == model.SectionDevices {
		w.controls.level.Beat()
	}
}

// HeightFor returns the height: the card's does not change with its section.
func (w *Window) HeightFor(float32) float32 { return cardHeight - 2*theme.WidePad }

// listed reports whether there is room for the list of sections.
func (w *Window) listed(width float32) bool { return width >= listWidth+20*textHeight() }

func textHeight() float32 { return widgets.Style{}.Measure("Mg").Height }

// bodyLayout gives the section that shows the width of the scroll, and the height that it needs.
type bodyLayout struct{ window *Window }

// MinSize returns the height at that width.
func (l bodyLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	if len(objects) == 0 {
		return fyne.Size{}
	}
	return fyne.NewSize(0, objects[0].(*rows).HeightFor(max(l.window.width, 100)))
}

// Layout fills the width.
func (l bodyLayout) Layout(objects []fyne.CanvasObject, _ fyne.Size) {
	for _, o := range objects {
		w := max(l.window.width, 100)
		widgets.Place(o, 0, 0, w, o.(*rows).HeightFor(w))
	}
}

// CreateRenderer makes the card's renderer.
func (w *Window) CreateRenderer() fyne.WidgetRenderer {
	objects := []fyne.CanvasObject{w.title}
	for _, s := range w.sections {
		objects = append(objects, s)
	}
	objects = append(objects, w.turn, w.scroll, w.close)
	least := func() fyne.Size { return fyne.NewSize(240, 200) }
	layout := func(s fyne.Size) {
		head := max(w.title.MinSize().Height, theme.Target)
		widgets.Place(w.title, 0, 0, s.Width-theme.Target-theme.Gap, head)
		widgets.Place(w.close, s.Width-theme.Target, 0, theme.Target, theme.Target)
		y, x := head+theme.Gap+4, float32(0)
		listed := w.listed(s.Width)
		for _, section := range w.sections {
			widgets.SetShown(section, listed)
		}
		widgets.SetShown(w.turn, !listed)
		if listed {
			list := float32(0)
			for _, section := range w.sections {
				list = max(list, section.MinSize().Width)
			}
			list = min(max(list, listWidth), s.Width*0.4)
			at := y
			for _, section := range w.sections {
				h := section.MinSize().Height
				widgets.Place(section, 0, at, list, h)
				at += h + 2
			}
			x = list + theme.WidePad
		} else {
			h := w.turn.MinSize().Height
			widgets.Place(w.turn, 0, y, s.Width, h)
			y += h + theme.Pad
		}
		w.width = s.Width - x - 12 // the scroll bar's
		widgets.Place(w.scroll, x, y-edge, s.Width-x, s.Height-y+edge)
		w.scroll.Refresh()
	}
	return widgets.NewRenderer(objects, least, layout, func() {})
}
