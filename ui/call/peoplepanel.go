package call

import (
	"math"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"parley/assets"
	"parley/ui/model"
	"parley/ui/theme"
	"parley/ui/widgets"
)

// peoplePanel lists who is in the meeting. Rows of people who stay are kept.
type peoplePanel struct {
	widget.BaseWidget

	env    *widgets.Env
	rows   map[string]*personRow
	column *fyne.Container
	scroll *container.Scroll
	query  *widgets.Field
	none   *widgets.Paragraph
	call   model.Call
}

// searchFrom is from how many people on one can search among them.
const searchFrom = 8

func newPeoplePanel(env *widgets.Env) *peoplePanel {
	p := &peoplePanel{env: env, rows: map[string]*personRow{}, column: container.New(&rowsLayout{})}
	p.scroll = container.NewVScroll(p.column)
	p.query = widgets.NewField(env, env.Say("people.search"), queryMost, func(string) { p.update(p.call) }, nil)
	p.none = widgets.NewParagraph("", widgets.Style{Colour: theme.SecondText, Align: fyne.TextAlignCenter})
	p.ExtendBaseWidget(p)
	return p
}

func (p *peoplePanel) update(c model.Call) {
	p.call = c
	people := p.listed()
	rows := make([]fyne.CanvasObject, len(people))
	kept := make(map[string]*personRow, len(people))
	for n, person := range people {
		row, ok := p.rows[person.ID]
		if !ok {
			row = newPersonRow(p.env)
		}
		row.update(person, muteable(c.Tiles, person))
		rows[n], kept[person.ID] = row, row
	}
	p.rows = kept
	if !slices.Equal(rows, p.column.Objects) || p.searches() != p.query.Visible() {
		p.column.Objects = rows
		p.column.Refresh()
		p.scroll.Refresh()
		p.Refresh()
	}
}

// searches reports whether there are so many people that one searches among them.
func (p *peoplePanel) searches() bool { return len(p.call.People) >= searchFrom }

// listed returns who is listed: those whose name has what is searched for, raised hands first, in their order.
func (p *peoplePanel) listed() []model.Person {
	text := ""
	if p.searches() {
		text = strings.TrimSpace(p.query.Text)
	}
	people := slices.Clone(p.call.People)
	people = slices.DeleteFunc(people, func(x model.Person) bool { return text != "" && !widgets.Contains(x.Name, text) })
	slices.SortStableFunc(people, func(a, b model.Person) int { return place(a) - place(b) })
	p.none.Set("")
	if len(people) == 0 && text != "" {
		p.none.Set(p.env.Say("people.not-found", "Text", text))
	}
	return people
}

// place orders people by their raised hands; those without come after all of them.
func place(p model.Person) int {
	if p.Hand == 0 {
		return math.MaxInt32
	}
	return p.Hand
}

// muteable returns the tile by which this client may mute somebody, or "".
func muteable(tiles []model.Tile, person model.Person) string {
	for _, t := range tiles {
		if t.PersonID == person.ID && t.Moderation && !t.Own && !t.Screen && !t.Muted {
			return t.ID
		}
	}
	return ""
}

// CreateRenderer makes the panel's renderer.
func (p *peoplePanel) CreateRenderer() fyne.WidgetRenderer {
	least := func() fyne.Size { return fyne.NewSize(200, 100) }
	refresh := func() {
		widgets.SetShown(p.query, p.searches())
		widgets.SetShown(p.none, p.none.Text() != "")
	}
	layout := func(s fyne.Size) {
		top, pad := float32(0), theme.Gap+4
		if p.searches() {
			h := max(p.query.MinSize().Height, theme.Target)
			widgets.Place(p.query, pad, 0, s.Width-2*pad, h)
			top = h + theme.Gap
		}
		widgets.Place(p.scroll, 0, top, s.Width, s.Height-top)
		w := s.Width - 2*theme.WidePad
		widgets.Place(p.none, theme.WidePad, top+theme.WidePad, w, p.none.HeightFor(w))
	}
	return widgets.NewRenderer([]fyne.CanvasObject{p.query, p.scroll, p.none}, least, layout, refresh)
}

// rowsLayout stacks rows without gaps.
type rowsLayout struct{}

// Layout places the rows.
func (rowsLayout) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	y := float32(0)
	for _, o := range objects {
		h := o.MinSize().Height
		widgets.Place(o, 0, y, s.Width, h)
		y += h
	}
}

// MinSize sums the rows up.
func (rowsLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	h := float32(0)
	for _, o := range objects {
		h += o.MinSize().Height
	}
	return fyne.NewSize(0, h)
}

// personRow is one person: face, name, and what of theirs is off or shared.
type personRow struct {
	widget.BaseWidget

	env    *widgets.Env
	person model.Person
	tile   string // by which they may be muted, or ""
	avatar *widgets.Avatar
	name   *widgets.Line
	state  *widgets.Line
	mic    *widgets.Icon
	mute   *widgets.IconButton
}

func newPersonRow(env *widgets.Env) *personRow {
	r := &personRow{env: env, avatar: widgets.NewAvatar("", 32), name: widgets.NewLine("", widgets.Style{})}
	r.state = widgets.NewLine("", widgets.Style{Size: theme.SizeSmall, Colour: theme.SecondText})
	r.mic = widgets.NewIcon(assets.IconMicOff, theme.SecondText)
	r.mute = widgets.NewIconButton(env, assets.IconMic, widgets.LookGhost, env.Say("person.mute"), "", r.forceMute)
	r.ExtendBaseWidget(r)
	return r
}

// PersonName returns whose row it is.
func (r *personRow) PersonName() string { return r.person.Name }

func (r *personRow) forceMute() { r.env.Send(model.ForceMute{TileID: r.tile}) }

func (r *personRow) update(p model.Person, tile string) {
	if r.person == p && r.tile == tile {
		return
	}
	r.person, r.tile = p, tile
	name := p.Name
	if name == "" {
		name = r.env.Say("person.guest")
	}
	if p.Own {
		name = r.env.Say("person.you", "Name", name)
	}
	r.name.Set(name)
	r.avatar.Set(p.Name)
	state := ""
	switch {
	case p.Hand > 0:
		state = r.env.Say("person.hand", "Place", p.Hand)
	case p.Sharing:
		state = r.env.Say("person.sharing")
	case p.Muted && p.CameraOff:
		state = r.env.Say("person.muted-camera-off")
	case p.Muted:
		state = r.env.Say("person.muted")
	case p.Speaking:
		state = r.env.Say("person.speaking")
	case p.CameraOff:
		state = r.env.Say("person.camera-off")
	}
	r.state.Set(state)
	r.Refresh()
}

// CreateRenderer makes the row's renderer.
func (r *personRow) CreateRenderer() fyne.WidgetRenderer {
	least := func() fyne.Size {
		return fyne.NewSize(160, max(56, r.name.MinSize().Height+r.state.MinSize().Height+12))
	}
	refresh := func() {
		icon := assets.IconMic
		switch {
		case r.person.Hand > 0:
			icon = assets.IconHand
		case r.person.Muted:
			icon = assets.IconMicOff
		case r.person.Speaking:
			icon = assets.IconSpeaker
		case r.person.Sharing:
			icon = assets.IconScreenShare
		}
		r.mic.Set(icon, theme.SecondText)
		widgets.SetShown(r.mute, r.tile != "")
		widgets.SetShown(r.mic, r.tile == "")
		widgets.SetShown(r.state, r.state.Text() != "")
	}
	layout := func(s fyne.Size) {
		widgets.Place(r.avatar, theme.Pad, (s.Height-32)/2, 32, 32)
		x, right := theme.Pad+32+12, s.Width-theme.Gap-theme.Target
		widgets.Place(r.mic, right, (s.Height-theme.Target)/2, theme.Target, theme.Target)
		widgets.Place(r.mute, right, (s.Height-theme.Target)/2, theme.Target, theme.Target)
		nh, sh := r.name.MinSize().Height, r.state.MinSize().Height
		if r.state.Text() == "" {
			sh = 0
		}
		y := (s.Height - nh - sh) / 2
		widgets.Place(r.name, x, y, right-x-theme.Gap, nh)
		widgets.Place(r.state, x, y+nh, right-x-theme.Gap, sh)
	}
	objects := []fyne.CanvasObject{r.avatar, r.name, r.state, r.mic, r.mute}
	return widgets.NewRenderer(objects, least, layout, refresh)
}
