package call

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"parley/assets"
	"parley/ui/model"
	"parley/ui/theme"
	"parley/ui/widgets"
)

// chatMost is how many characters a message has at most: the wire carries 8 KiB, and a character has up to four bytes.
const chatMost = 2000

// queryMost is how many characters one searches for at most.
const queryMost = 80

// rowsMost is how many lines the field grows to.
const rowsMost = 4

// chatPanel is the chat: the lines, and the field one writes in. The text typed is told to the controller with each change, so that
// it survives reconnecting; the field takes it back only when the screen is entered, for it is the field that is ahead.
type chatPanel struct {
	widget.BaseWidget

	env   *widgets.Env
	list  *widgets.ChatList
	field *widgets.Field
	send  *widgets.IconButton
	rows  int
	may   bool
	call  model.Call
	chatSearch
}

// chatSearch is the row that searches, between the title and the lines.
type chatSearch struct {
	query *widgets.Field
	count *widgets.Line
	open  bool
}

func newChatPanel(env *widgets.Env) *chatPanel {
	p := &chatPanel{env: env, list: widgets.NewChatList(env), rows: 1, may: true}
	p.field = widgets.NewArea(env, env.Say("chat.write"), chatMost, p.changed, func(string) { p.submit() })
	p.send = widgets.NewIconButton(env, assets.IconSend, widgets.LookActive, env.Say("chat.send"), "Enter", p.submit)
	p.send.SetDisabled(true)
	p.query = widgets.NewField(env, env.Say("chat.search"), queryMost, func(string) {
		p.list.Set(p.lines())
		p.Refresh() // the count beside it takes room
	}, nil)
	p.query.OnEscape(func() { p.search(false) })
	p.count = widgets.NewLine("", widgets.Style{Size: theme.SizeSmall, Colour: theme.SecondText, Align: fyne.TextAlignTrailing})
	p.ExtendBaseWidget(p)
	return p
}

func (p *chatPanel) update(c model.Call) {
	p.call = c
	p.list.Set(p.lines())
	if p.may == c.CanSignal {
		return
	}
	p.may = c.CanSignal
	if p.may {
		p.field.SetPlaceHolder(p.env.Say("chat.write"))
		p.field.Enable()
	} else {
		p.field.SetPlaceHolder(p.env.Say("chat.read-only"))
		p.field.Disable()
	}
	p.send.SetDisabled(!p.sendable())
}

// lines returns what the list shows: the lines in which what is searched for stands, or all, and what stands out in them.
func (p *chatPanel) lines() ([]model.ChatLine, widgets.Marks) {
	var marks widgets.Marks
	for _, person := range p.call.People {
		if person.Own {
			marks.Me = person.Name
		} else if person.Name != "" {
			marks.Names = append(marks.Names, person.Name)
		}
	}
	if p.open {
		marks.Find = strings.TrimSpace(p.query.Text)
	}
	if marks.Find == "" {
		p.count.Set("")
		return p.call.Chat, marks
	}
	var found []model.ChatLine
	for _, line := range p.call.Chat {
		if widgets.Contains(line.Text, marks.Find) || widgets.Contains(line.Name, marks.Find) {
			found = append(found, line)
		}
	}
	p.count.Set(p.env.Count("chat.found", len(found)))
	return found, marks
}

// search opens the row that searches, or closes it.
func (p *chatPanel) search(open bool) {
	p.open = open
	if !open {
		p.query.Put("")
	}
	p.list.Set(p.lines())
	p.Refresh()
	if open {
		p.env.Focus(p.query)
	} else {
		p.env.Unfocus()
	}
}

// enter takes the draft over when the screen is entered.
func (p *chatPanel) enter(draft string) {
	p.field.Put(draft)
	p.send.SetDisabled(!p.sendable())
	p.Refresh()
}

func (p *chatPanel) sendable() bool { return p.may && strings.TrimSpace(p.field.Text) != "" }

func (p *chatPanel) changed(text string) {
	p.env.Send(model.SetDraft{Text: text})
	p.send.SetDisabled(!p.sendable())
	if p.fieldRows(p.field.Size().Width) != p.rows {
		p.Refresh()
	}
}

// fieldRows returns how many lines the field needs at a width.
func (p *chatPanel) fieldRows(width float32) int {
	lines := len(widgets.Wrap(p.field.Text, max(width-2*theme.Pad, 80), widgets.Style{Size: theme.SizeText}))
	return min(max(lines, 1), rowsMost)
}

func (p *chatPanel) submit() {
	if !p.sendable() {
		return
	}
	p.env.Send(model.SendChat{Text: strings.TrimSpace(p.field.Text)})
	p.field.SetText("") // tells the empty draft too
	p.env.Focus(p.field)
}

// CreateRenderer makes the chat's renderer.
func (p *chatPanel) CreateRenderer() fyne.WidgetRenderer {
	least := func() fyne.Size { return fyne.NewSize(200, 100) }
	refresh := func() {
		widgets.SetShown(p.query, p.open)
		widgets.SetShown(p.count, p.open)
	}
	layout := func(s fyne.Size) {
		pad := theme.Gap + 4
		w := s.Width - 2*pad - theme.Target - theme.Gap
		if rows := p.fieldRows(w); rows != p.rows {
			p.rows = rows
			p.field.SetMinRowsVisible(rows)
		}
		top := float32(0)
		if p.open {
			top = max(p.query.MinSize().Height, theme.Target)
			count := p.count.Natural() + 1
			if count > 1 {
				count += theme.Gap
			}
			widgets.Place(p.query, pad, 0, s.Width-2*pad-count, top)
			widgets.Place(p.count, s.Width-pad-count, 0, count, top)
			top += theme.Gap
		}
		h := min(max(p.field.MinSize().Height, theme.Target), s.Height/2)
		y := s.Height - h - pad
		widgets.Place(p.list, 0, top, s.Width, y-theme.Gap-top)
		widgets.Place(p.field, pad, y, w, h)
		widgets.Place(p.send, pad+w+theme.Gap, s.Height-pad-theme.Target, theme.Target, theme.Target)
	}
	return widgets.NewRenderer([]fyne.CanvasObject{p.query, p.count, p.list, p.field, p.send}, least, layout, refresh)
}
