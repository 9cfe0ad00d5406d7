package home

import (
	"strings"
	"time"

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
	recent  *meetings
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
	s.recent = newMeetings(env)
	s.recent.Hide()
	s.gear = widgets.NewIconButton(env, assets.IconSettings, widgets.LookGhost, env.Say("settings.title"), keys.Hint(env, keys.OpenSettings), env.ShowSettings)
	s.ExtendBaseWidget(s)
	s.enable()
	return s
}

// Enter says that the screen is shown from now on. clipboard is what the clipboard holds: a link there is offered.
func (s *Screen) Enter(h model.Home, clipboard string, now time.Time) {
	s.state = model.Home{}
	s.Offer(clipboard)
	if h.Link != "" {
		s.field.Put(h.Link)
	}
	s.Update(h, now)
	s.env.Focus(s.field)
}

// Offer looks at what the clipboard holds now: a link there is offered, if it is not in the field already.
func (s *Screen) Offer(clipboard string) {
	clip := ""
	if LooksLikeLink(clipboard) && strings.TrimSpace(clipboard) != s.state.Link {
		clip = strings.TrimSpace(clipboard)
	}
	if clip != s.clip {
		s.clip = clip
		s.enable()
		s.Refresh()
	}
}

// Update follows a new state. The field keeps what was typed unless the state brings another link than before.
func (s *Screen) Update(h model.Home, now time.Time) {
	if h.Link != s.state.Link && h.Link != "" {
		s.field.Put(h.Link)
	}
	s.state = h
	s.recent.set(h.Recent, now)
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
	objects := []fyne.CanvasObject{s.mark, s.name, s.claim, s.card, s.title, s.field, s.join, s.problem, s.offer, s.recent, s.version, s.gear}
	least := func() fyne.Size { return fyne.NewSize(320, 300) }
	refresh := func() {
		s.card.FillColor, s.card.StrokeColor, s.card.StrokeWidth = widgets.Colour(theme.Surface), widgets.Colour(theme.Line), 1
		widgets.SetShown(s.problem, s.problem.Text() != "")
	}
	return widgets.NewRenderer(objects, least, s.layout, refresh)
}

// The recent meetings stand beside the card from this width on, and are so wide.
const besideFrom, recentWidth = float32(800), float32(340)

// larger returns how much wider things are for the sake of larger text.
func larger() float32 { return min(max(widgets.Style{}.Measure("Mg").Height/19, 1), 1.5) }

func (s *Screen) layout(z fyne.Size) {
	widgets.Place(s.gear, z.Width-theme.Target-theme.Gap, theme.Gap, theme.Target, theme.Target)
	version := s.version.MinSize().Height
	recent := len(s.state.Recent) > 0
	card, aside := cardWidth*larger(), recentWidth*larger()
	beside := recent && z.Width >= besideFrom*larger()
	left := z.Width
	if beside {
		left = z.Width - aside - theme.WidePad
		both := min(card, left-2*theme.Pad) + 2*theme.WidePad + aside
		left = (z.Width-both)/2 + min(card, left-2*theme.Pad) + theme.Pad
	}
	w := min(card, left-2*theme.Pad)
	x := (left - w) / 2
	if beside {
		x = left - theme.Pad - w
	}
	top, low := s.layoutJoin(x, w, z.Height-version-theme.Pad, recent && !beside)
	widgets.SetShown(s.version, low+version+theme.Pad < z.Height && !(recent && !beside))
	widgets.Place(s.version, 0, z.Height-version-theme.Gap, z.Width, version)
	switch {
	case beside:
		at := x + w + 2*theme.WidePad
		h := min(max(s.recent.heightFor(), low-top), z.Height-2*theme.WidePad-theme.Target)
		y := max(min((top+low-h)/2, z.Height-theme.WidePad-h), theme.Gap+theme.Target)
		widgets.Place(s.recent, at, y, aside, h)
		widgets.SetShown(s.recent, true)
	case recent && z.Height-low > 150:
		y := low + theme.Pad
		widgets.Place(s.recent, x, y, w, min(s.recent.heightFor(), z.Height-y-theme.Pad))
		widgets.SetShown(s.recent, true)
	default:
		widgets.SetShown(s.recent, false)
	}
}

// layoutJoin places the greeting and the card in a column, high up where something comes below, and returns where it begins and ends.
func (s *Screen) layoutJoin(x, w, height float32, high bool) (top, low float32) {
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
	button := max(s.join.MinSize().Width, 88)
	rows := field + theme.Gap
	stacked := inner-button-theme.Gap < widgets.Style{}.Measure(s.field.PlaceHolder).Width+2*theme.Pad
	if stacked { // large text: the button below the field
		rows += field + theme.Gap
	}
	most := pad + title + theme.Gap + rows + max(problem, 48) + pad - theme.Gap
	card := pad + title + theme.Gap + rows + below + pad - theme.Gap
	mark, name, claim := float32(64), s.name.MinSize().Height, s.claim.HeightFor(w)
	head := mark + 12 + name + claim + theme.WidePad
	if height < head+most+2*theme.Pad || high && height < head+most+160 { // no room to greet
		mark, claim = 40, 0
		head = mark + 4 + name + 12
	}
	// The place follows from the tallest card, so that nothing above jumps when a problem comes.
	if height < head+most { // nor to name
		mark, name, head = 0, 0, 0
	}
	y := max((height+theme.Pad-head-most)/2-theme.Pad, theme.Gap)
	if high {
		y = max(min(y, height*0.08), theme.Gap)
	}
	top = y
	widgets.SetShown(s.mark, mark > 0)
	widgets.SetShown(s.name, name > 0)
	widgets.Place(s.mark, x+(w-mark)/2, y, mark, mark)
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
	low = y + card
	y += pad
	widgets.Place(s.title, x+pad, y, inner, title)
	y += title + theme.Gap
	if stacked {
		widgets.Place(s.field, x+pad, y, inner, field)
		widgets.Place(s.join, x+pad, y+field+theme.Gap, inner, field)
	} else {
		widgets.Place(s.field, x+pad, y, inner-button-theme.Gap, field)
		widgets.Place(s.join, x+pad+inner-button, y, button, field)
	}
	y += rows
	widgets.Place(s.problem, x+pad, y, inner, problem-theme.Gap)
	if problem == 0 {
		m := s.offer.MinSize()
		widgets.Place(s.offer, x+pad-theme.Gap, y, min(m.Width, inner+theme.Gap), m.Height)
	} else {
		widgets.Place(s.offer, 0, 0, 0, 0)
	}
	return top, low
}
