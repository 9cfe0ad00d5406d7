package home

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"parley/assets"
	"parley/ui/keys"
	"parley/ui/model"
	"parley/ui/theme"
	"parley/ui/widgets"
)

// linkMost is how many characters a link has at most.
const linkMost = 2000

// cardWidth is how wide the card is at most.
const cardWidth = float32(440)

// Screen is the start screen.
type Screen struct {
	widget.BaseWidget

	env     *widgets.Env
	state   model.Home
	mark    *canvas.Image
	name    *widgets.Line
	claim   *widgets.Paragraph
	card    *canvas.Rectangle
	title   *widgets.Line
	field   *widgets.Field
	join    *widgets.Button
	offer   *widgets.Button
	problem *widgets.Banner
	version *widgets.Line
	gear    *widgets.IconButton
	clip    string // the link on the clipboard that is offered
}

// New builds the screen.
func New(env *widgets.Env) *Screen {
	s := &Screen{env: env, mark: widgets.NewMark(64), card: &canvas.Rectangle{CornerRadius: theme.Radius}, problem: widgets.NewProblem("")}
	s.name = widgets.NewLine(assets.Name, widgets.Style{Size: theme.SizeHeader, Bold: true, Align: fyne.TextAlignCenter})
	s.claim = widgets.NewParagraph(env.Say("home.claim"), widgets.Style{Colour: theme.SecondText, Align: fyne.TextAlignCenter})
	s.title = widgets.NewLine(env.Say("home.join-title"), widgets.Style{Size: theme.SizeLarge, Bold: true})
	s.field = widgets.NewField(env, env.Say("home.field"), linkMost, func(string) { s.enable() }, func(string) { s.submit() })
	s.join = widgets.NewButton(env, env.Say("home.join"), "", widgets.Primary, s.submit)
	s.offer = widgets.NewButton(env, env.Say("home.offer"), assets.IconLink, widgets.Quiet, s.takeOffer)
	s.version = widgets.NewLine(env.Say("app.version", "Version", assets.Version), widgets.Style{Size: theme.SizeSmall, Colour: theme.SecondText, Align: fyne.TextAlignCenter})
	s.offer.Hide()
	s.gear = widgets.NewIconButton(env, assets.IconSettings, widgets.LookGhost, env.Say("settings.title"), keys.Hint(env, keys.OpenSettings), env.ShowSettings)
	s.ExtendBaseWidget(s)
	s.enable()
	return s
}

// Enter says that the screen is shown from now on. clipboard is what the clipboard holds: a link there is offered.
func (s *Screen) Enter(h model.Home, clipboard string) {
	s.state = model.Home{}
	s.clip = ""
	if LooksLikeLink(clipboard) && strings.TrimSpace(clipboard) != h.Link {
		s.clip = strings.TrimSpace(clipboard)
	}
	if h.Link != "" {
		s.field.Put(h.Link)
	}
	s.Update(h)
	s.env.Focus(s.field)
}

// Update follows a new state. The field keeps what was typed unless the state brings another link than before.
func (s *Screen) Update(h model.Home) {
	if h.Link != s.state.Link && h.Link != "" {
		s.field.Put(h.Link)
	}
	s.state = h
	s.problem.Set(h.Problem)
	s.enable()
	s.Refresh()
}

// LooksLikeLink reports whether a text is worth offering as a link to a meeting.
func LooksLikeLink(text string) bool {
	text = strings.TrimSpace(text)
	if len(text) > linkMost || strings.ContainsAny(text, " \n\t") {
		return false
	}
	return strings.HasPrefix(text, "parley:") || (strings.HasPrefix(text, "https://") || strings.HasPrefix(text, "http://")) && strings.Contains(text, "/j")
}

func (s *Screen) enable() {
	if s.state.Busy {
		s.join.SetText(s.env.Say("home.looking"))
	} else {
		s.join.SetText(s.env.Say("home.join"))
	}
	s.join.SetDisabled(s.state.Busy || strings.TrimSpace(s.field.Text) == "")
	widgets.SetShown(s.offer, s.clip != "" && s.field.Text == "" && !s.state.Busy)
}

func (s *Screen) submit() {
	if link := strings.TrimSpace(s.field.Text); link != "" && !s.state.Busy {
		s.env.Send(model.OpenLink{Link: link})
	}
}

func (s *Screen) takeOffer() {
	s.field.Put(s.clip)
	s.enable()
	s.submit()
}

// CreateRenderer makes the screen's renderer.
func (s *Screen) CreateRenderer() fyne.WidgetRenderer {
	objects := []fyne.CanvasObject{s.mark, s.name, s.claim, s.card, s.title, s.field, s.join, s.problem, s.offer, s.version, s.gear}
	least := func() fyne.Size { return fyne.NewSize(320, 300) }
	refresh := func() {
		s.card.FillColor, s.card.StrokeColor, s.card.StrokeWidth = widgets.Colour(theme.Surface), widgets.Colour(theme.Line), 1
		widgets.SetShown(s.problem, s.problem.Text() != "")
	}
	return widgets.NewRenderer(objects, least, s.layout, refresh)
}

func (s *Screen) layout(z fyne.Size) {
	w := min(cardWidth, z.Width-2*theme.Pad)
	pad := theme.WidePad
	inner := w - 2*pad
	title, field := s.title.MinSize().Height, max(s.field.MinSize().Height, theme.Target)
	problem := float32(0)
	if s.problem.Text() != "" {
		problem = s.problem.HeightFor(inner) + theme.Gap
	}
	below := problem
	if s.offer.Visible() {
		below = max(below, s.offer.MinSize().Height)
	}
	most := pad + title + theme.Gap + field + theme.Gap + max(problem, 48) + pad - theme.Gap
	card := pad + title + theme.Gap + field + theme.Gap + below + pad - theme.Gap
	mark, name, claim := float32(64), s.name.MinSize().Height, s.claim.HeightFor(w)
	version := s.version.MinSize().Height
	head := mark + 12 + name + claim + theme.WidePad
	if z.Height < head+most+version+3*theme.Pad { // no room to greet
		mark, claim = 40, 0
		head = mark + 4 + name + 12
	}
	// The place follows from the tallest card, so that nothing above jumps when a problem comes.
	x, y := (z.Width-w)/2, max((z.Height-head-most)/2-theme.Pad, theme.Gap)
	widgets.SetShown(s.version, y+head+card+version+theme.Pad < z.Height)
	widgets.Place(s.mark, (z.Width-mark)/2, y, mark, mark)
	y += mark + 4
	if claim > 0 {
		y += 8
	}
	widgets.Place(s.name, x, y, w, name)
	y += name
	widgets.SetShown(s.claim, claim > 0)
	widgets.Place(s.claim, x, y, w, claim)
	y += claim + 12
	if claim > 0 {
		y += 12
	}
	widgets.Place(s.card, x, y, w, card)
	y += pad
	widgets.Place(s.title, x+pad, y, inner, title)
	y += title + theme.Gap
	button := max(s.join.MinSize().Width, 88)
	widgets.Place(s.field, x+pad, y, inner-button-theme.Gap, field)
	widgets.Place(s.join, x+pad+inner-button, y, button, field)
	y += field + theme.Gap
	widgets.Place(s.problem, x+pad, y, inner, problem-theme.Gap)
	if problem == 0 {
		m := s.offer.MinSize()
		widgets.Place(s.offer, x+pad-theme.Gap, y, min(m.Width, inner+theme.Gap), m.Height)
	} else {
		widgets.Place(s.offer, 0, 0, 0, 0)
	}
	widgets.Place(s.gear, z.Width-theme.Target-theme.Gap, theme.Gap, theme.Target, theme.Target)
	widgets.Place(s.version, 0, z.Height-version-theme.Gap, z.Width, version)
}
