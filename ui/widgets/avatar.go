package widgets

import (
	"strings"
	"unicode"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"parley/ui/theme"
)

// Avatar is a person's initials on a colour drawn from the name.
type Avatar struct {
	widget.BaseWidget

	name string
	side float32
	disc *canvas.Circle
	text *canvas.Text
}

// NewAvatar returns an avatar with a side of its own; it is drawn as large as it is made.
func NewAvatar(name string, side float32) *Avatar {
	a := &Avatar{name: name, side: side, disc: &canvas.Circle{}, text: &canvas.Text{}}
	a.ExtendBaseWidget(a)
	return a
}

// Set changes the name.
func (a *Avatar) Set(name string) {
	if a.name != name {
		a.name = name
		a.Refresh()
	}
}

// Initials returns the first letters of the first and the last word of a name; what has no letters keeps its first character.
func Initials(name string) string {
	var letters []rune
	for _, word := range strings.Fields(name) {
		for _, r := range word {
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				letters = append(letters, unicode.ToUpper(r))
				break
			}
		}
	}
	switch len(letters) {
	case 0:
		for _, r := range name {
			return string(r)
		}
		return "?"
	case 1:
		return string(letters)
	}
	return string([]rune{letters[0], letters[len(letters)-1]})
}

// CreateRenderer makes the avatar's renderer.
func (a *Avatar) CreateRenderer() fyne.WidgetRenderer {
	r := &renderer{objects: []fyne.CanvasObject{a.disc, a.text}}
	r.min = func() fyne.Size { return fyne.NewSquareSize(a.side) }
	r.refresh = func() {
		a.disc.FillColor = theme.PersonColour(a.name)
		a.text.Text, a.text.Color, a.text.TextStyle.Bold = Initials(a.name), colour(theme.OnShade), true
		a.text.Alignment = fyne.TextAlignCenter
	}
	r.layout = func(s fyne.Size) {
		side := min(s.Width, s.Height)
		place(a.disc, (s.Width-side)/2, (s.Height-side)/2, side, side)
		a.text.TextSize = side * 0.36
		h := a.text.MinSize().Height
		place(a.text, 0, (s.Height-h)/2, s.Width, h)
	}
	r.refresh()
	return r
}
