package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"parley/assets"
	"parley/ui/theme"
)

// Pill is a short text on a round ground, over a picture or on a bar.
type Pill struct {
	widget.BaseWidget

	icon   assets.Icon
	ground fyne.ThemeColorName
	ink    fyne.ThemeColorName
	back   *canvas.Rectangle
	mark   *Icon
	meter  *Meter
	line   *Line
	height float32
}

// pillIcon is the side of a pill's icon.
const pillIcon = float32(14)

// NewPill returns a pill; icon may be "".
func NewPill(text string, icon assets.Icon, ground, ink fyne.ThemeColorName) *Pill {
	p := &Pill{icon: icon, ground: ground, ink: ink, back: &canvas.Rectangle{}, height: 24}
	p.mark = NewSmallIcon(assets.IconMicOff, ink, pillIcon)
	p.meter = NewMeter(ink)
	p.meter.Hide()
	p.line = NewLine(text, Style{Size: theme.SizeSmall, Colour: ink})
	p.ExtendBaseWidget(p)
	return p
}

// Set changes text and icon.
func (p *Pill) Set(text string, icon assets.Icon) {
	if p.line.Text() == text && p.icon == icon {
		return
	}
	p.line.text, p.icon = text, icon
	p.Refresh()
}

// Text returns the words.
func (p *Pill) Text() string { return p.line.Text() }

// ShowMeter shows or hides a level meter before the text, in the icon's place.
func (p *Pill) ShowMeter(shown bool) {
	if p.meter.Visible() != shown {
		setShown(p.meter, shown)
		p.Refresh()
	}
}

func (p *Pill) lead() float32 {
	if p.icon != "" || p.meter.Visible() {
		return pillIcon + 6
	}
	return 0
}

// CreateRenderer makes the pill's renderer.
func (p *Pill) CreateRenderer() fyne.WidgetRenderer {
	r := &renderer{objects: []fyne.CanvasObject{p.back, p.mark, p.meter, p.line}}
	r.min = func() fyne.Size {
		h := max(p.height, p.line.MinSize().Height+6)
		if p.line.Text() == "" {
			return fyne.NewSize(p.lead()-6+20, h)
		}
		return fyne.NewSize(p.lead()+p.line.Natural()+1+20, h)
	}
	r.refresh = func() {
		p.back.FillColor = colour(p.ground)
		if p.icon != "" {
			p.mark.Set(p.icon, p.ink)
		}
		setShown(p.mark, p.icon != "")
		p.line.Refresh()
	}
	r.layout = func(s fyne.Size) {
		p.back.CornerRadius = s.Height / 2
		place(p.back, 0, 0, s.Width, s.Height)
		x := float32(10)
		if p.lead() > 0 {
			place(p.mark, x-1, 0, pillIcon, s.Height)
			place(p.meter, x-1, (s.Height-pillIcon)/2, pillIcon, pillIcon)
			x += p.lead()
		}
		place(p.line, x, 0, s.Width-x-8, s.Height)
	}
	r.refresh()
	return r
}
