package home

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"parley/assets"
	"parley/ui/model"
	"parley/ui/theme"
	"parley/ui/widgets"
)

// meetings is the card with the meetings that were joined before, the newest first. A click goes there again.
type meetings struct {
	widget.BaseWidget

	env    *widgets.Env
	title  *widgets.Line
	card   *canvas.Rectangle
	rows   []*meetingRow
	column *fyne.Container
	scroll *container.Scroll
}

func newMeetings(env *widgets.Env) *meetings {
	m := &meetings{env: env, card: &canvas.Rectangle{CornerRadius: theme.Radius}, column: container.New(meetingRows{})}
	m.title = widgets.NewLine(env.Say("home.recent"), widgets.Style{Size: theme.SizeLarge, Bold: true})
	m.scroll = container.NewVScroll(m.column)
	m.ExtendBaseWidget(m)
	return m
}

func (m *meetings) set(list []model.Meeting, now time.Time) {
	for len(m.rows) < len(list) {
		m.rows = append(m.rows, newMeetingRow(m.env))
	}
	m.rows = m.rows[:len(list)]
	m.column.Objects = m.column.Objects[:0]
	for n, meeting := range list {
		m.rows[n].set(meeting, When(m.env, meeting.Last, now))
		m.column.Objects = append(m.column.Objects, m.rows[n])
	}
	m.column.Refresh()
	m.Refresh()
}

// When writes a time as people say it: today and yesterday by these words, others by their date.
func When(env *widgets.Env, at, now time.Time) string {
	at = at.In(now.Location())
	day := func(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location()) }
	clock := at.Format("15:04")
	switch day(at) {
	case day(now):
		return env.Say("home.today", "Clock", clock)
	case day(now.AddDate(0, 0, -1)):
		return env.Say("home.yesterday", "Clock", clock)
	}
	return at.Format("2006-01-02") + ", " + clock
}

// heightFor returns the height that all rows need.
func (m *meetings) heightFor() float32 {
	return 2*theme.Pad + m.title.MinSize().Height + theme.Gap + m.column.MinSize().Height
}

// CreateRenderer makes the card's renderer.
func (m *meetings) CreateRenderer() fyne.WidgetRenderer {
	least := func() fyne.Size { return fyne.NewSize(200, 120) }
	refresh := func() {
		m.card.FillColor, m.card.StrokeColor, m.card.StrokeWidth = widgets.Colour(theme.Surface), widgets.Colour(theme.Line), 1
	}
	layout := func(s fyne.Size) {
		widgets.Place(m.card, 0, 0, s.Width, s.Height)
		h := m.title.MinSize().Height
		widgets.Place(m.title, theme.WidePad, theme.Pad, s.Width-2*theme.WidePad, h)
		y := theme.Pad + h + theme.Gap
		widgets.Place(m.scroll, theme.Gap, y, s.Width-2*theme.Gap, s.Height-y-theme.Gap)
		m.scroll.Refresh()
	}
	return widgets.NewRenderer([]fyne.CanvasObject{m.card, m.title, m.scroll}, least, layout, refresh)
}

// meetingRows stacks the rows.
type meetingRows struct{}

// MinSize sums the rows up.
func (meetingRows) MinSize(objects []fyne.CanvasObject) fyne.Size {
	h := float32(0)
	for _, o := range objects {
		h += o.MinSize().Height
	}
	return fyne.NewSize(0, h)
}

// Layout places the rows.
func (meetingRows) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	y := float32(0)
	for _, o := range objects {
		h := o.MinSize().Height
		widgets.Place(o, 0, y, s.Width, h)
		y += h
	}
}

// meetingRow is one meeting, with a button that takes it off the list.
type meetingRow struct {
	widget.BaseWidget

	env     *widgets.Env
	meeting model.Meeting
	open    *widgets.Entry
	remove  *widgets.IconButton
}

func newMeetingRow(env *widgets.Env) *meetingRow {
	r := &meetingRow{env: env}
	r.open = widgets.NewEntry(env, assets.IconClock, func() { env.Send(model.OpenLink{Link: r.meeting.Link}) })
	r.remove = widgets.NewIconButton(env, assets.IconClose, widgets.LookGhost, "", "", func() { env.Send(model.ForgetMeeting{Link: r.meeting.Link}) })
	r.ExtendBaseWidget(r)
	return r
}

func (r *meetingRow) set(m model.Meeting, when string) {
	r.meeting = m
	if m.Code != "" {
		when += " · " + m.Code
	}
	r.open.Set(m.Name, when)
	r.remove.Set(assets.IconClose, widgets.LookGhost, r.env.Say("home.forget", "Name", m.Name))
}

// CreateRenderer makes the row's renderer.
func (r *meetingRow) CreateRenderer() fyne.WidgetRenderer {
	least := func() fyne.Size { return fyne.NewSize(160, r.open.MinSize().Height) }
	layout := func(s fyne.Size) {
		widgets.Place(r.open, 0, 0, s.Width-theme.Target, s.Height)
		widgets.Place(r.remove, s.Width-theme.Target, (s.Height-theme.Target)/2, theme.Target, theme.Target)
	}
	return widgets.NewRenderer([]fyne.CanvasObject{r.open, r.remove}, least, layout, func() {})
}
