package widgets

import (
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"parley/ui/theme"
)

// inChat finds what a chat line sets apart: code between back quotes, and links.
var inChat = regexp.MustCompile("```(?s:.+?)```|`[^`\n]+`|https?://[^\\s<>\"]+")

// Span is a part of a chat text: plain, code, or a link.
type Span struct {
	Text string
	Code bool
	Link *url.URL
}

// Spans splits a chat text into plain text, code in fixed width, and links that open.
func Spans(text string) []Span {
	var out []Span
	plain := func(s string) {
		if s != "" {
			out = append(out, Span{Text: s})
		}
	}
	from := 0
	for _, at := range inChat.FindAllStringIndex(text, -1) {
		found := text[at[0]:at[1]]
		plain(text[from:at[0]])
		from = at[1]
		if strings.HasPrefix(found, "`") {
			out = append(out, Span{Text: strings.Trim(strings.Trim(found, "`"), "\n"), Code: true})
			continue
		}
		link := strings.TrimRight(found, ".,;:!?)'")
		if u, err := url.Parse(link); err == nil && u.Host != "" {
			out = append(out, Span{Text: link, Link: u})
		} else {
			plain(link)
		}
		plain(found[len(link):])
	}
	plain(text[from:])
	return out
}

// onlySymbols reports whether a text is a few emoji and nothing else: those are shown large.
func onlySymbols(text string) bool {
	if text == "" || utf8.RuneCountInString(text) > 8 {
		return false
	}
	for _, r := range text {
		if r < 0x2190 || unicode.IsLetter(r) || unicode.IsDigit(r) {
			return false
		}
	}
	return true
}

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

	spans  []Span
	size   fyne.ThemeSizeName
	ink    fyne.ThemeColorName
	pieces []piece
	count  int // lines
	fit    fitKey
}

func newChatText() *chatText {
	t := &chatText{}
	t.ExtendBaseWidget(t)
	return t
}

func (t *chatText) set(text string, ink fyne.ThemeColorName) {
	t.spans, t.ink, t.size, t.fit = Spans(text), ink, theme.SizeText, fitKey{}
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
				o = newLinkPiece(text, link)
			}
			place(o, p.x, float32(p.line)*h, p.width, h)
			r.objects = append(r.objects, o)
		}
	}
	return r
}

// linkPiece is a part of a link; a click opens the whole.
type linkPiece struct {
	widget.BaseWidget

	text *canvas.Text
	link *url.URL
}

var (
	_ fyne.Tappable      = (*linkPiece)(nil)
	_ desktop.Cursorable = (*linkPiece)(nil)
)

func newLinkPiece(text *canvas.Text, link *url.URL) *linkPiece {
	l := &linkPiece{text: text, link: link}
	l.ExtendBaseWidget(l)
	return l
}

// Tapped opens the link in the system's browser.
func (l *linkPiece) Tapped(*fyne.PointEvent) {
	if err := fyne.CurrentApp().OpenURL(l.link); err != nil {
		fyne.LogError("open "+l.link.String(), err)
	}
}

// Cursor is the hand.
func (l *linkPiece) Cursor() desktop.Cursor { return desktop.PointerCursor }

// CreateRenderer makes the link's renderer.
func (l *linkPiece) CreateRenderer() fyne.WidgetRenderer {
	r := &renderer{objects: []fyne.CanvasObject{l.text}, min: l.text.MinSize, refresh: func() {}}
	r.layout = func(s fyne.Size) { place(l.text, 0, 0, s.Width, s.Height) }
	return r
}
