package widgets

import (
	"net/url"
	"strings"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"parley/ui/theme"
)

// piece is a part of a span on one line.
type piece struct {
	span  int
	text  string
	line  int
	x     float32
	width float32
}

// chatText shows the spans of a chat line, wrapped.
type chatText struct {
	widget.BaseWidget

	env    *Env
	spans  []Span
	size   fyne.ThemeSizeName
	ink    fyne.ThemeColorName
	pieces []piece
	count  int // lines
	fit    fitKey
}

func newChatText(env *Env) *chatText {
	t := &chatText{env: env}
	t.ExtendBaseWidget(t)
	return t
}

func (t *chatText) set(text string, ink fyne.ThemeColorName, marks Marks) {
	t.spans, t.ink, t.size, t.fit = Spans(text, marks), ink, theme.SizeText, fitKey{}
	if onlySymbols(text) {
		t.size = theme.SizeHeader
	}
	t.Refresh()
}

func (t *chatText) style(span int) Style {
	s := Style{Size: t.size, Colour: t.ink, Mono: t.spans[span].Code}
	if t.spans[span].Link != nil {
		s.Colour = theme.Accent
	}
	switch t.spans[span].Mark {
	case MarkMention:
		s.Bold, s.Colour = true, theme.Accent
	case MarkMe:
		s.Bold, s.Colour = true, theme.Text
	case MarkFound:
		s.Colour = theme.OnWarning
	case MarkNone:
	}
	return s
}

func (t *chatText) lineHeight() float32 { return Style{Size: t.size}.Measure("Mg").Height }

func (t *chatText) heightFor(width float32) float32 {
	t.wrap(width)
	return float32(t.count) * t.lineHeight()
}

// wrap breaks the spans into pieces, at spaces where it can.
func (t *chatText) wrap(width float32) {
	key := fitKey{"", width, size(theme.SizeText)}
	if t.fit == key {
		return
	}
	t.fit, t.pieces, t.count = key, t.pieces[:0], 1
	x := float32(0)
	next := func() { x, t.count = 0, t.count+1 }
	for n, span := range t.spans {
		style := t.style(n)
		for i, part := range strings.Split(span.Text, "\n") {
			if i > 0 {
				next()
			}
			for _, word := range strings.SplitAfter(part, " ") {
				if w := style.Measure(strings.TrimRight(word, " ")).Width; x > 0 && x+w > width {
					next()
				}
				for style.Measure(strings.TrimRight(word, " ")).Width > width && utf8.RuneCountInString(word) > 1 {
					head := fitting(word, width, style)
					t.put(n, head, 0, style)
					word = word[len(head):]
					next()
				}
				x = t.put(n, word, x, style)
			}
		}
	}
}

// put adds a word to the line and returns where the next one begins. A word joins the piece before it, so that a line is shaped as
// one.
func (t *chatText) put(span int, word string, x float32, style Style) float32 {
	if word == "" {
		return x
	}
	line := t.count - 1
	if last := len(t.pieces) - 1; last >= 0 && t.pieces[last].span == span && t.pieces[last].line == line {
		p := &t.pieces[last]
		p.text += word
		p.width = style.Measure(p.text).Width
		return p.x + p.width
	}
	w := style.Measure(word).Width
	t.pieces = append(t.pieces, piece{span: span, text: word, line: line, x: x, width: w})
	return x + w
}

// CreateRenderer makes the text's renderer.
func (t *chatText) CreateRenderer() fyne.WidgetRenderer {
	r := &renderer{}
	r.min = func() fyne.Size { return fyne.NewSize(20, t.heightFor(max(t.Size().Width, 20))) }
	r.refresh = func() {}
	r.layout = func(s fyne.Size) {
		t.wrap(s.Width)
		h := t.lineHeight()
		r.objects = r.objects[:0]
		for _, p := range t.pieces {
			text := &canvas.Text{}
			t.style(p.span).set(text, p.text)
			var o fyne.CanvasObject = text
			if link := t.spans[p.span].Link; link != nil {
				o = newLinkPiece(t.env, text, link)
			}
			if ground := markGround(t.spans[p.span].Mark); ground != "" {
				back := &canvas.Rectangle{FillColor: colour(ground), CornerRadius: 4}
				place(back, p.x-2, float32(p.line)*h, p.width+4, h)
				r.objects = append(r.objects, back)
			}
			place(o, p.x, float32(p.line)*h, p.width, h)
			r.objects = append(r.objects, o)
		}
	}
	return r
}

// links returns where the text's links lead.
func (t *chatText) links() []*url.URL {
	var all []*url.URL
	for _, s := range t.spans {
		if s.Link != nil {
			all = append(all, s.Link)
		}
	}
	return all
}

// markGround returns the colour behind what stands out, or "".
func markGround(m Mark) fyne.ThemeColorName {
	switch m {
	case MarkMe:
		return theme.Calling
	case MarkFound:
		return theme.Warning
	case MarkNone, MarkMention:
	}
	return ""
}

// linkPiece is a part of a link; a click opens the whole.
type linkPiece struct {
	widget.BaseWidget

	env  *Env
	text *canvas.Text
	link *url.URL
}

var (
	_ fyne.Tappable      = (*linkPiece)(nil)
	_ desktop.Cursorable = (*linkPiece)(nil)
)

func newLinkPiece(env *Env, text *canvas.Text, link *url.URL) *linkPiece {
	l := &linkPiece{env: env, text: text, link: link}
	l.ExtendBaseWidget(l)
	return l
}

// Tapped opens the link in the system's browser.
func (l *linkPiece) Tapped(*fyne.PointEvent) { l.env.open(l.link) }

// Cursor is the hand.
func (l *linkPiece) Cursor() desktop.Cursor { return desktop.PointerCursor }

// CreateRenderer makes the link's renderer.
func (l *linkPiece) CreateRenderer() fyne.WidgetRenderer {
	r := &renderer{objects: []fyne.CanvasObject{l.text}, min: l.text.MinSize, refresh: func() {}}
	r.layout = func(s fyne.Size) { place(l.text, 0, 0, s.Width, s.Height) }
	return r
}
