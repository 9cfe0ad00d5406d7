package prejoin

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"parley/assets"
	"parley/ui/keys"
	"parley/ui/model"
	"parley/ui/theme"
	"parley/ui/widgets"
)

// nameMost is how many characters a name has at most: the wire carries 240 bytes.
const nameMost = 60

// Screen is the device check.
type Screen struct {
	widget.BaseWidget

	env    *widgets.Env
	back   *widgets.IconButton
	title  *widgets.Line
	view   *selfView
	level  *widgets.LevelBar
	levelL *widgets.Line
	form   *form
	scroll *container.Scroll
	join   *widgets.Button
	gear   *widgets.IconButton
	state  model.Prejoin
}

// New builds the screen.
func New(env *widgets.Env) *Screen {
	s := &Screen{env: env, view: newSelfView(env), level: widgets.NewLevelBar()}
	s.back = widgets.NewIconButton(env, assets.IconChevronLeft, widgets.LookGhost, env.Say("prejoin.back"), "Esc", s.goBack)
	s.title = widgets.NewLine("", widgets.Style{Size: theme.SizeLarge, Bold: true})
	s.levelL = widgets.NewLine("", widgets.Style{Size: theme.SizeSmall, Colour: theme.SecondText})
	s.form = newForm(env, s.submit, s.enable)
	s.scroll = container.NewVScroll(s.form)
	s.join = widgets.NewButton(env, env.Say("prejoin.join-now"), "", widgets.Primary, s.press)
	s.gear = widgets.NewIconButton(env, assets.IconSettings, widgets.LookGhost, env.Say("settings.title"), keys.Hint(env, keys.OpenSettings), env.ShowSettings)
	s.ExtendBaseWidget(s)
	return s
}

// Enter says that the screen is shown from now on.
func (s *Screen) Enter(p model.Prejoin) {
	s.form.name.Put(p.Name)
	s.view.setSeen(true)
	s.Update(p)
	s.env.Focus(s.form.name)
}

// Leave says that another screen is shown.
func (s *Screen) Leave() {
	s.view.setSeen(false)
	s.view.picture.SetSource(nil)
}

// Update follows a new state.
func (s *Screen) Update(p model.Prejoin) {
	s.state = p
	key := "prejoin.title"
	if p.Meeting == "" {
		key += "-unnamed"
	}
	if p.Joining {
		key += "-joining"
	}
	s.title.Set(s.env.Say(key, "Meeting", p.Meeting))
	if p.Waiting != "" {
		s.title.Set(p.Waiting + "…")
	}
	s.view.update(p)
	s.level.SetLevel(p.Level)
	switch {
	case p.Voice.Recording:
		s.levelL.Set(s.env.Say("prejoin.recording", "Seconds", p.Voice.Seconds))
	case p.Voice.Playing:
		s.levelL.Set(s.env.Say("prejoin.playing", "Seconds", p.Voice.Seconds))
	case !p.MicOn:
		s.levelL.Set(s.env.Say("prejoin.mic-off"))
	case p.Level == nil:
		s.levelL.Set(s.env.Say("prejoin.no-sound"))
	default:
		s.levelL.Set(s.env.Say("prejoin.say-something"))
	}
	s.form.update(p)
	s.enable()
	s.Refresh()
}

func (s *Screen) enable() {
	text, rank := s.env.Say("prejoin.join-now"), widgets.Primary
	if s.state.Joining {
		text, rank = s.env.Say("prejoin.cancel"), widgets.Secondary
	}
	s.join.SetText(text)
	s.join.SetRank(rank)
	s.join.SetDisabled(!s.state.Joining && strings.TrimSpace(s.form.name.Text) == "")
}

func (s *Screen) press() {
	if s.state.Joining {
		s.env.Send(model.CancelJoin{})
		return
	}
	s.submit()
}

func (s *Screen) submit() {
	if !s.state.Joining && !s.join.Disabled() {
		s.env.Send(model.Join{})
	}
}

func (s *Screen) goBack() {
	if s.state.Joining {
		s.env.Send(model.CancelJoin{})
		return
	}
	s.env.Send(model.BackHome{})
}

// Key handles the keys that no widget wants.
func (s *Screen) Key(k *fyne.KeyEvent) {
	switch k.Name {
	case fyne.KeyEscape:
		s.goBack()
	case fyne.KeyReturn, fyne.KeyEnter:
		s.submit()
	}
}

// Beat moves the level.
func (s *Screen) Beat() { s.level.Beat() }

// Present takes the newest picture.
func (s *Screen) Present() { s.view.present() }

// CreateRenderer makes the screen's renderer.
func (s *Screen) CreateRenderer() fyne.WidgetRenderer {
	objects := []fyne.CanvasObject{s.back, s.title, s.view, s.level, s.levelL, s.scroll, s.join, s.gear}
	least := func() fyne.Size { return fyne.NewSize(480, 300) }
	return widgets.NewRenderer(objects, least, s.layout, func() {})
}

func (s *Screen) layout(z fyne.Size) {
	head := max(theme.TopBar+theme.Gap, s.title.MinSize().Height+theme.Gap)
	widgets.Place(s.back, theme.Gap, (head-theme.Target)/2, theme.Target, theme.Target)
	widgets.Place(s.title, theme.Gap+theme.Target+4, 0, z.Width-2*theme.Pad-2*theme.Target, head)
	widgets.Place(s.gear, z.Width-theme.Target-theme.Gap, (head-theme.Target)/2, theme.Target, theme.Target)
	pad := theme.WidePad
	if z.Width < theme.Narrow {
		pad = theme.Pad
	}
	button := s.join.MinSize().Height
	side := min(max(z.Width*0.38, 264), 380)
	left := min(z.Width-3*pad-side, 720)
	label := s.levelL.MinSize().Height
	view := min(left*9/16, z.Height-head-label-12-theme.Gap-pad)
	left = max(view*16/9, 160)
	content := s.form.heightFor(side+2*edge) + theme.Pad + button
	x := (z.Width - left - pad - side) / 2
	tall := max(view+12+label, min(content, z.Height-head-pad))
	y := head + max((z.Height-head-pad-tall)/2, 0)*0.8
	widgets.Place(s.view, x, y, left, view)
	bar := min(left*0.3, 160)
	widgets.Place(s.level, x+2, y+view+12, bar, label)
	widgets.Place(s.levelL, x+bar+14, y+view+12, left-bar-14, label)
	fx := x + left + pad
	s.form.width = side + 2*edge
	form := min(s.form.heightFor(s.form.width), z.Height-y-pad-button-theme.Pad)
	widgets.Place(s.scroll, fx-edge, y-edge, side+2*edge, form)
	s.scroll.Refresh()
	widgets.Place(s.join, fx, y+form+theme.Pad, side, button)
}
