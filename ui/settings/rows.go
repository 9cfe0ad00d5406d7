package settings

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"parley/ui/theme"
	"parley/ui/widgets"
)

// row is one thing that can be set: its name, perhaps a sentence about it, and what sets it, beside or below.
type row struct {
	title   *widgets.Paragraph
	help    *widgets.Paragraph
	control fyne.CanvasObject // nil for none
	beside  fyne.CanvasObject // at the right of a control that stands below; nil for none
	below   bool              // the control takes the whole width below the words
	problem *widgets.Banner   // nil for none
}

func newRow(title, help string, control fyne.CanvasObject) *row {
	return &row{title: widgets.NewParagraph(title, widgets.Style{Bold: true}), help: widgets.NewParagraph(help, widgets.Style{Size: theme.SizeSmall, Colour: theme.SecondText}),
		control: control}
}

// under puts the control below the words.
func (r *row) under() *row {
	r.below = true
	return r
}

// with puts something beside a control that stands below.
func (r *row) with(o fyne.CanvasObject) *row {
	r.beside = o
	return r.under()
}

// troubled gives the row a place for what is wrong with it.
func (r *row) troubled() *row {
	r.problem = widgets.NewProblem("")
	return r
}

// stacks reports whether the control stands below the words at a width.
func (r *row) stacks(width float32) bool {
	return r.control != nil && (r.below || r.control.MinSize().Width > width*0.55)
}

func (r *row) words(width float32) float32 {
	if r.control != nil && !r.stacks(width) {
		width -= r.control.MinSize().Width + theme.Pad
	}
	return width
}

func (r *row) height(width float32) float32 {
	w := r.words(width)
	h := r.title.HeightFor(w) + r.help.HeightFor(w)
	switch {
	case r.control == nil:
	case r.stacks(width):
		h += 6 + r.controlHeight(width)
	default:
		h = max(h, r.control.MinSize().Height)
	}
	if r.problem != nil && r.problem.Text() != "" {
		h += theme.Gap + r.problem.HeightFor(width)
	}
	return h
}

// sized is a control whose height follows from its width.
type sized interface{ HeightFor(width float32) float32 }

func (r *row) controlHeight(width float32) float32 {
	if s, ok := r.control.(sized); ok {
		return s.HeightFor(width)
	}
	return r.control.MinSize().Height
}

func (r *row) place(y, width float32) {
	w := r.words(width)
	th, hh := r.title.HeightFor(w), r.help.HeightFor(w)
	h := th + hh
	top := y
	if r.control != nil && !r.stacks(width) {
		m := r.control.MinSize()
		h = max(h, m.Height)
		top += (h - th - hh) / 2
		widgets.Place(r.control, width-m.Width, y+(h-m.Height)/2, m.Width, m.Height)
	}
	widgets.Place(r.title, 0, top, w, th)
	widgets.Place(r.help, 0, top+th, w, hh)
	y += h
	if r.stacks(width) {
		y += 6
		ch, cw := r.controlHeight(width), width
		if r.beside != nil {
			m := r.beside.MinSize()
			bw := max(m.Width, 72)
			cw -= bw + theme.Gap
			widgets.Place(r.beside, cw+theme.Gap, y, bw, ch)
		}
		widgets.Place(r.control, 0, y, cw, ch)
		y += ch
	}
	if r.problem != nil {
		ph := float32(0)
		if r.problem.Text() != "" {
			ph = r.problem.HeightFor(width)
		}
		widgets.Place(r.problem, 0, y+theme.Gap, width, ph)
	}
}

func (r *row) objects() []fyne.CanvasObject {
	objects := []fyne.CanvasObject{r.title, r.help}
	for _, o := range []fyne.CanvasObject{r.control, r.beside} {
		if o != nil {
			objects = append(objects, o)
		}
	}
	if r.problem != nil {
		objects = append(objects, r.problem)
	}
	return objects
}

// edge is room around the rows for the rings of what has the keyboard: the scroll around them would cut it off.
const edge = 4

// rows is what stands in a section.
type rows struct {
	widget.BaseWidget

	all []*row
}

func newRows(all ...*row) *rows {
	r := &rows{all: all}
	r.ExtendBaseWidget(r)
	return r
}

// rowGap is what is free between two rows.
const rowGap = float32(20)

// HeightFor returns the height at a width.
func (r *rows) HeightFor(width float32) float32 {
	h := -rowGap
	for _, row := range r.all {
		h += row.height(width-2*edge) + rowGap
	}
	return h + 2*edge
}

// CreateRenderer makes the rows' renderer.
func (r *rows) CreateRenderer() fyne.WidgetRenderer {
	var objects []fyne.CanvasObject
	for _, row := range r.all {
		objects = append(objects, row.objects()...)
	}
	least := func() fyne.Size { return fyne.NewSize(160, r.HeightFor(max(r.Size().Width, 160))) }
	refresh := func() {
		for _, row := range r.all {
			widgets.SetShown(row.help, row.help.Text() != "")
			if row.problem != nil {
				widgets.SetShown(row.problem, row.problem.Text() != "")
			}
		}
	}
	layout := func(s fyne.Size) {
		y := float32(edge)
		for _, row := range r.all {
			row.place(y, s.Width-2*edge)
			for _, o := range row.objects() {
				o.Move(o.Position().AddXY(edge, 0))
			}
			y += row.height(s.Width-2*edge) + rowGap
		}
	}
	return widgets.NewRenderer(objects, least, layout, refresh)
}
