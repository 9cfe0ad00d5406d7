package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// Paragraph is a text that wraps. Its height follows from its width: HeightFor tells it before it is laid out.
type Paragraph struct {
	widget.BaseWidget

	text  string
	style Style
	most  int // lines at most, 0 for no limit
	lines []*canvas.Text
	fit   fitKey
	cut   []string
}

// NewParagraph returns a paragraph.
func NewParagraph(text string, style Style) *Paragraph {
	p := &Paragraph{text: text, style: style.or()}
	p.ExtendBaseWidget(p)
	return p
}

// Set changes the text; it does nothing when it is the same.
func (p *Paragraph) Set(text string) {
	if p.text != text {
		p.text = text
		p.Refresh()
	}
}

// SetStyle changes the style.
func (p *Paragraph) SetStyle(style Style) {
	if p.style != style.or() {
		p.style = style.or()
		p.Refresh()
	}
}

// SetMost limits the lines; the last one then ends in an ellipsis.
func (p *Paragraph) SetMost(lines int) {
	if p.most != lines {
		p.most = lines
		p.fit = fitKey{}
		p.Refresh()
	}
}

// Text returns the text.
func (p *Paragraph) Text() string { return p.text }

// HeightFor returns the height at a width; an empty paragraph has none.
func (p *Paragraph) HeightFor(width float32) float32 {
	if p.text == "" {
		return 0
	}
	return float32(len(p.wrapped(width))) * p.lineHeight()
}

func (p *Paragraph) lineHeight() float32 { return p.style.Measure("Mg").Height }

func (p *Paragraph) wrapped(width float32) []string {
	key := fitKey{p.text, width, size(p.style.Size)}
	if p.fit == key {
		return p.cut
	}
	p.fit = key
	p.cut = Wrap(p.text, width, p.style)
	if p.most > 0 && len(p.cut) > p.most {
		p.cut = p.cut[:p.most]
		p.cut[p.most-1] = Ellipsis(p.cut[p.most-1]+" …", width-1, p.style)
	}
	return p.cut
}

// CreateRenderer makes the paragraph's renderer.
func (p *Paragraph) CreateRenderer() fyne.WidgetRenderer {
	r := &renderer{}
	r.min = func() fyne.Size { return fyne.NewSize(0, p.HeightFor(max(p.Size().Width, 40))) }
	r.refresh = func() {
		for _, l := range p.lines {
			p.style.set(l, l.Text)
		}
	}
	r.layout = func(s fyne.Size) {
		cut := p.wrapped(s.Width)
		for len(p.lines) < len(cut) {
			p.lines = append(p.lines, &canvas.Text{})
		}
		h := p.lineHeight()
		r.objects = r.objects[:0]
		for n, text := range cut {
			p.style.set(p.lines[n], text)
			place(p.lines[n], 0, float32(n)*h, s.Width, h)
			p.lines[n].Refresh()
			r.objects = append(r.objects, p.lines[n])
		}
	}
	return r
}
