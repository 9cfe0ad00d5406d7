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
}

func newChatPanel(env *widgets.Env) *chatPanel {
	p := &chatPanel{env: env, list: widgets.NewChatList(env), rows: 1, may: true}
	p.field = widgets.NewArea(env, env.Say("chat.write"), chatMost, p.changed, func(string) { p.submit() })
	p.send = widgets.NewIconButton(env, assets.IconSend, widgets.LookActive, env.Say("chat.send"), "Enter", p.submit)
	p.send.SetDisabled(true)
	p.ExtendBaseWidget(p)
	return p
}

func (p *chatPanel) update(c model.Call) {
	p.list.Set(c.Chat)
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
	layout := func(s fyne.Size) {
		pad := theme.Gap + 4
		w := s.Width - 2*pad - theme.Target - theme.Gap
		if rows := p.fieldRows(w); rows != p.rows {
			p.rows = rows
			p.field.SetMinRowsVisible(rows)
		}
		h := min(max(p.field.MinSize().Height, theme.Target), s.Height/2)
		y := s.Height - h - pad
		widgets.Place(p.list, 0, 0, s.Width, y-theme.Gap)
		widgets.Place(p.field, pad, y, w, h)
		widgets.Place(p.send, pad+w+theme.Gap, s.Height-pad-theme.Target, theme.Target, theme.Target)
	}
	return widgets.NewRenderer([]fyne.CanvasObject{p.list, p.field, p.send}, least, layout, func() {})
}
