package widgets

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"parley/ui/model"
	"parley/ui/theme"
)

// chatMost is how many of the newest lines the list shows: each costs objects that every paint walks over.
const chatMost = 300

// ChatList shows chat lines, the newest below, grouped by sender and minute. It follows the newest line as long as it is in view.
type ChatList struct {
	widget.BaseWidget

	env    *Env
	rows   map[string]*chatRow
	column *chatColumn
	scroll *container.Scroll
	empty  *Paragraph
	lines  []model.ChatLine
	follow bool
	marks  Marks
	chatCursor
}

// chatCursor is where the keyboard stands in the list.
type chatCursor struct {
	focused bool
	at      int // line; -1 for none
}

// NewChatList returns an empty list.
func NewChatList(env *Env) *ChatList {
	l := &ChatList{env: env, rows: map[string]*chatRow{}, column: &chatColumn{}, follow: true}
	l.at = -1
	l.column.ExtendBaseWidget(l.column)
	l.scroll = container.NewVScroll(l.column)
	l.scroll.OnScrolled = func(at fyne.Position) {
		l.follow = at.Y >= l.column.Size().Height-l.scroll.Size().Height-4
	}
	l.empty = NewParagraph(env.Say("chat.empty"),
		Style{Colour: theme.SecondText, Align: fyne.TextAlignCenter})
	l.ExtendBaseWidget(l)
	return l
}

// Set follows a new state of the chat, or of what is searched for in it. Rows of lines that stay are kept.
func (l *ChatList) Set(lines []model.ChatLine, marks Marks) {
	if marks.Find != l.marks.Find {
		l.follow = true // the newest that was found is in view, and so is the newest of all afterwards
		l.empty.Set(l.env.Say("chat.empty"))
		if marks.Find != "" {
			l.empty.Set(l.env.Say("chat.not-found", "Text", marks.Find))
		}
	}
	l.marks = marks
	if len(lines) > chatMost {
		lines = lines[len(lines)-chatMost:]
	}
	changed := len(lines) != len(l.lines)
	rows := make([]*chatRow, len(lines))
	kept := make(map[string]*chatRow, len(lines))
	for n, line := range lines {
		first := n == 0 || !together(lines[n-1], line)
		row, ok := l.rows[line.ID]
		if !ok {
			row = newChatRow(l.env, line, first, marks)
			changed = true
		} else if row.update(line, first, marks) {
			changed = true
		}
		rows[n], kept[line.ID] = row, row
		changed = changed || n < len(l.column.rows) && l.column.rows[n] != row
	}
	l.lines = lines
	if !changed {
		return
	}
	if n := len(lines); n > 0 && lines[n-1].Own && (len(l.column.rows) == 0 || l.column.rows[len(l.column.rows)-1] != rows[n-1]) {
		l.follow = true // what one just wrote is seen
	}
	l.rows, l.column.rows = kept, rows
	if l.focused {
		l.stand(min(l.at, len(rows)-1))
	}
	l.column.Refresh()
	l.Refresh()
}

// together reports whether a line stands below the one before without a name of its own.
func together(before, line model.ChatLine) bool {
	return before.From == line.From && before.Own == line.Own && before.Failed == "" &&
		before.Time.Truncate(time.Minute).Equal(line.Time.Truncate(time.Minute))
}

// CreateRenderer makes the list's renderer.
func (l *ChatList) CreateRenderer() fyne.WidgetRenderer {
	r := &renderer{objects: []fyne.CanvasObject{l.scroll, l.empty}}
	r.min = func() fyne.Size { return fyne.NewSize(120, 40) }
	r.refresh = func() {
		setShown(l.empty, len(l.lines) == 0)
		setShown(l.scroll, len(l.lines) > 0)
	}
	r.layout = func(s fyne.Size) {
		h := l.empty.HeightFor(s.Width - 2*theme.WidePad)
		place(l.empty, theme.WidePad, max((s.Height-h)/2, 0), s.Width-2*theme.WidePad, h)
		l.column.width = s.Width
		follow := l.follow
		place(l.scroll, 0, 0, s.Width, s.Height)
		l.scroll.Refresh()
		if follow {
			l.scroll.ScrollToBottom()
			l.follow = true
		}
	}
	r.refresh()
	return r
}

// chatColumn stacks the rows. Its least height follows from the width that the list gives it.
type chatColumn struct {
	widget.BaseWidget

	rows    []*chatRow
	width   float32
	heights []float32
}

func (c *chatColumn) measure() float32 {
	c.heights = c.heights[:0]
	total := float32(theme.Gap)
	for _, row := range c.rows {
		h := row.heightFor(c.width - 2*theme.Pad)
		c.heights = append(c.heights, h)
		total += h
	}
	return total
}

// CreateRenderer makes the column's renderer.
func (c *chatColumn) CreateRenderer() fyne.WidgetRenderer {
	r := &renderer{}
	r.min = func() fyne.Size { return fyne.NewSize(0, c.measure()) }
	r.refresh = func() {
		r.objects = r.objects[:0]
		for _, row := range c.rows {
			r.objects = append(r.objects, row)
		}
	}
	r.layout = func(s fyne.Size) {
		if c.width == 0 {
			c.width = s.Width
		}
		c.measure()
		y := float32(0)
		for n, row := range c.rows {
			place(row, theme.Pad, y, s.Width-2*theme.Pad, c.heights[n])
			y += c.heights[n]
		}
	}
	r.refresh()
	return r
}
