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

// chatFace is the side of an avatar in the chat; the text stands right of it.
const chatFace, chatIndent = float32(32), float32(42)

// rowState is how the pointer and the keyboard stand to a row.
type rowState struct{ hovered, chosen bool }

// chatRow is one line of the chat. The first of a group says who and when.
type chatRow struct {
	widget.BaseWidget

	env    *Env
	line   model.ChatLine
	first  bool
	avatar *Avatar
	name   *Line
	time   *Line
	body   *chatText
	copy   *iconFace
	ring   *canvas.Rectangle
	marks  Marks
	state  rowState
	note   *Paragraph
	again  *Button
}

func newChatRow(env *Env, line model.ChatLine, first bool, marks Marks) *chatRow {
	small := Style{Size: theme.SizeSmall, Colour: theme.SecondText}
	r := &chatRow{env: env, avatar: NewAvatar(line.Name, chatFace), name: NewLine("", Style{Size: theme.SizeText, Bold: true}), time: NewLine("", small)}
	r.body = newChatText(env)
	r.note = NewParagraph("", small)
	r.again = NewButton(env, env.Say("chat.send-again"), assets.IconRetry, Quiet, r.resend)
	r.again.Hide()
	r.copy = newIconFace(env, assets.IconCopy, LookNormal, env.Say("chat.copy"), r.copyLine)
	r.copy.passed = r.Refresh
	r.ring = &canvas.Rectangle{CornerRadius: theme.FieldCurb}
	r.ExtendBaseWidget(r)
	r.take(line, first, marks)
	return r
}

func (r *chatRow) resend() { r.env.Send(model.ResendChat{ID: r.line.ID}) }

func (r *chatRow) take(line model.ChatLine, first bool, marks Marks) {
	r.line, r.first, r.marks = line, first, marks
	ink := theme.Text
	if line.Pending || line.Failed != "" {
		ink = theme.SecondText
	}
	name := line.Name
	if name == "" {
		name = r.env.Say("person.guest")
	}
	if line.Own {
		name = r.env.Say("chat.you")
	}
	r.avatar.Set(line.Name)
	r.name.Set(name)
	r.time.Set(line.Time.Format("15:04"))
	r.body.set(line.Text, ink, marks)
	note := ""
	switch {
	case line.Failed != "":
		note = r.env.Say("chat.not-sent", "Why", line.Failed)
	case line.Pending:
		note = r.env.Say("chat.sending")
	}
	r.note.Set(note)
	setShown(r.again, line.Failed != "")
}

// update follows a new state and reports whether anything changed.
func (r *chatRow) update(line model.ChatLine, first bool, marks Marks) bool {
	if r.line == line && r.first == first && r.marks.same(marks) {
		return false
	}
	r.take(line, first, marks)
	r.Refresh()
	return true
}

// copyLine puts the line's text on the clipboard; the button says so until the pointer goes.
func (r *chatRow) copyLine() {
	fyne.CurrentApp().Clipboard().SetContent(r.line.Text)
	r.copy.Set(assets.IconCheck, LookNormal, r.env.Say("chat.copied"))
}

// MouseIn offers to copy the line.
func (r *chatRow) MouseIn(*desktop.MouseEvent) { r.hover(true) }

// MouseMoved is not needed.
func (r *chatRow) MouseMoved(*desktop.MouseEvent) {}

// MouseOut takes the offer back.
func (r *chatRow) MouseOut() { r.hover(false) }

func (r *chatRow) hover(hovered bool) {
	r.state.hovered = hovered
	if hovered && !r.copy.hovered {
		r.copy.Set(assets.IconCopy, LookNormal, r.env.Say("chat.copy"))
	}
	r.Refresh()
}

// LineText returns what the line says.
func (r *chatRow) LineText() string { return r.line.Text }

// choose says whether the row is the one that the keyboard stands on.
func (r *chatRow) choose(chosen bool) {
	if r.state.chosen != chosen {
		r.state.chosen = chosen
		r.Refresh()
	}
}

func (r *chatRow) headHeight() float32 { return r.name.MinSize().Height }

// heightFor returns the height at a width.
func (r *chatRow) heightFor(width float32) float32 {
	w := width - chatIndent
	h := r.body.heightFor(w) + 4
	if r.first {
		h += r.headHeight() + 10
	}
	h += r.note.HeightFor(w)
	if r.again.Visible() {
		h += r.again.MinSize().Height
	}
	return h
}

var _ desktop.Hoverable = (*chatRow)(nil)

// CreateRenderer makes the row's renderer.
func (r *chatRow) CreateRenderer() fyne.WidgetRenderer {
	d := &renderer{objects: []fyne.CanvasObject{r.avatar, r.name, r.time, r.body, r.note, r.again, r.ring, r.copy}}
	d.min = func() fyne.Size { return fyne.NewSize(100, 20) }
	d.refresh = func() {
		setShown(r.avatar, r.first)
		setShown(r.name, r.first)
		setShown(r.time, r.first)
		r.ring.FillColor, r.ring.StrokeColor, r.ring.StrokeWidth = colour(theme.Clear), colour(theme.Accent), 2
		setShown(r.ring, r.state.chosen)
		setShown(r.copy, r.state.hovered || r.copy.hovered)
	}
	d.layout = func(s fyne.Size) {
		y, w := float32(0), s.Width-chatIndent
		if r.first {
			y += 10
			stamp := r.time.Natural() + 1
			name := min(r.name.Natural()+1, w-stamp-theme.Gap)
			h := r.headHeight()
			place(r.avatar, 0, y+2, chatFace, chatFace)
			place(r.name, chatIndent, y, name, h)
			place(r.time, chatIndent+name+theme.Gap, y+1, stamp, h)
			y += h
		}
		h := r.body.heightFor(w)
		place(r.body, chatIndent, y+1, w, h)
		y += h + 2
		note := r.note.HeightFor(w)
		place(r.note, chatIndent, y, w, note)
		top := float32(0)
		if r.first {
			top = 6
		}
		place(r.ring, -8, top, s.Width+16, s.Height-top)
		place(r.copy, s.Width-theme.Target+8, top-6, theme.Target, theme.Target)
		m := r.again.MinSize()
		place(r.again, chatIndent-theme.Gap, y+note, m.Width, m.Height)
	}
	d.refresh()
	return d
}
