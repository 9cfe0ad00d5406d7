package widgets

import (
	"strings"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"parley/ui/theme"
)

// Style is how a text is set: its size and colour by the theme's names.
type Style struct {
	Size   fyne.ThemeSizeName
	Colour fyne.ThemeColorName
	Bold   bool
	Mono   bool
	Align  fyne.TextAlign
}

func (s Style) or() Style {
	if s.Size == "" {
		s.Size = theme.SizeText
	}
	if s.Colour == "" {
		s.Colour = theme.Text
	}
	return s
}

func (s Style) fyne() fyne.TextStyle { return fyne.TextStyle{Bold: s.Bold, Monospace: s.Mono} }

// Measure returns the size of a text in a style on one line.
func (s Style) Measure(text string) fyne.Size {
	s = s.or()
	return fyne.MeasureText(text, size(s.Size), s.fyne())
}

// set gives a canvas text its content and looks.
func (s Style) set(t *canvas.Text, text string) {
	s = s.or()
	t.Text, t.TextSize, t.TextStyle, t.Alignment, t.Color = text, size(s.Size), s.fyne(), s.Align, colour(s.Colour)
}

// Line is one line of text that ends in an ellipsis where there is no room.
type Line struct {
	widget.BaseWidget

	text  string
	style Style
	shown *canvas.Text
	fit   fitKey
}

// fitKey is what the cut of a line depends on.
type fitKey struct {
	text  string
	width float32
	size  float32
}

// NewLine returns a line.
func NewLine(text string, style Style) *Line {
	l := &Line{text: text, style: style.or(), shown: &canvas.Text{}}
	l.ExtendBaseWidget(l)
	return l
}

// Set changes the text; it does nothing when it is the same.
func (l *Line) Set(text string) {
	if l.text != text {
		l.text = text
		l.Refresh()
	}
}

// Text returns the whole text.
func (l *Line) Text() string { return l.text }

// SetStyle changes the style.
func (l *Line) SetStyle(style Style) {
	if l.style != style.or() {
		l.style = style.or()
		l.Refresh()
	}
}

// Natural returns the width that the whole text needs.
func (l *Line) Natural() float32 { return l.style.Measure(l.text).Width }

// CreateRenderer makes the line's renderer.
func (l *Line) CreateRenderer() fyne.WidgetRenderer {
	refresh := func() {
		l.style.set(l.shown, l.shown.Text)
		l.fit = fitKey{}
	}
	refresh()
	return &renderer{
		objects: []fyne.CanvasObject{l.shown},
		min:     func() fyne.Size { return fyne.NewSize(0, l.style.Measure("Mg").Height) },
		layout: func(s fyne.Size) {
			key := fitKey{l.text, s.Width, size(l.style.Size)}
			if l.fit != key {
				l.fit = key
				l.shown.Text = Ellipsis(l.text, s.Width, l.style)
			}
			h := l.style.Measure("Mg").Height
			place(l.shown, 0, (s.Height-h)/2, s.Width, h)
			l.shown.Refresh()
		},
		refresh: refresh,
	}
}

// Ellipsis cuts a text to a width, at the end, between whole characters.
func Ellipsis(text string, width float32, style Style) string {
	text = strings.ReplaceAll(text, "\n", " ")
	if style.Measure(text).Width <= width {
		return text
	}
	runes := []rune(text)
	low, high := 0, len(runes)
	for low < high {
		mid := (low + high + 1) / 2
		if style.Measure(string(runes[:mid])+"…").Width <= width {
			low = mid
		} else {
			high = mid - 1
		}
	}
	for low > 0 && joins(runes[low-1]) { // never cut an emoji in two
		low--
	}
	return strings.TrimRight(string(runes[:low]), " ") + "…"
}

// joins reports whether a character holds to the one after it.
func joins(r rune) bool {
	return r == '\u200d' || r >= 0x1F3FB && r <= 0x1F3FF || r >= 0xFE00 && r <= 0xFE0F
}

// Wrap breaks a text into lines of at most a width, at spaces where it can.
func Wrap(text string, width float32, style Style) []string {
	var lines []string
	for part := range strings.SplitSeq(text, "\n") {
		lines = wrapPart(lines, part, width, style)
	}
	return lines
}

func wrapPart(lines []string, part string, width float32, style Style) []string {
	line := ""
	for _, word := range strings.SplitAfter(part, " ") {
		if style.Measure(strings.TrimRight(line+word, " ")).Width <= width {
			line += word
			continue
		}
		if line != "" {
			lines = append(lines, strings.TrimRight(line, " "))
			line = ""
		}
		for style.Measure(strings.TrimRight(word, " ")).Width > width && utf8.RuneCountInString(word) > 1 {
			head := fitting(word, width, style)
			lines = append(lines, head)
			word = word[len(head):]
		}
		line = word
	}
	return append(lines, strings.TrimRight(line, " "))
}

// fitting returns the longest beginning of a word that fits, at least one character.
func fitting(word string, width float32, style Style) string {
	runes := []rune(word)
	low, high := 1, len(runes)
	for low < high {
		mid := (low + high + 1) / 2
		if style.Measure(string(runes[:mid])).Width <= width {
			low = mid
		} else {
			high = mid - 1
		}
	}
	for low > 1 && low < len(runes) && (joins(runes[low]) || joins(runes[low-1])) {
		low--
	}
	return string(runes[:low])
}
