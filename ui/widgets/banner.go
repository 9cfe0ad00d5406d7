package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"parley/assets"
	"parley/ui/model"
	"parley/ui/theme"
)

// Banner is a card with an icon, a sentence and perhaps buttons: a notice, a problem, the band of a lost connection.
type Banner struct {
	widget.BaseWidget

	ground  *canvas.Rectangle
	icon    *Icon
	text    *Paragraph
	buttons []fyne.CanvasObject
	flat    bool
}

// NewBanner returns a raised banner. Buttons stand at its right.
func NewBanner(text string, kind model.NoticeKind, buttons ...fyne.CanvasObject) *Banner {
	b := &Banner{ground: &canvas.Rectangle{CornerRadius: theme.Radius}, text: NewParagraph(text, Style{}), buttons: buttons}
	icon, ink := noticeLook(kind)
	b.icon = NewIcon(icon, ink)
	b.ExtendBaseWidget(b)
	return b
}

// NewProblem returns a sentence with a warning icon and no ground, to stand under a field.
func NewProblem(text string) *Banner {
	b := NewBanner(text, model.NoticeWarning)
	b.flat = true
	return b
}

func noticeLook(kind model.NoticeKind) (assets.Icon, fyne.ThemeColorName) {
	switch kind {
	case model.NoticeWarning:
		return assets.IconWarning, theme.Warning
	case model.NoticeDanger:
		return assets.IconWarning, theme.Danger
	case model.NoticeInfo:
	}
	return assets.IconInfo, theme.Accent
}

// Set changes the sentence.
func (b *Banner) Set(text string) {
	if b.text.Text() != text {
		b.text.Set(text)
		b.Refresh()
	}
}

// SetKind changes how grave it looks.
func (b *Banner) SetKind(kind model.NoticeKind) { b.icon.Set(noticeLook(kind)) }

// Text returns the sentence.
func (b *Banner) Text() string { return b.text.Text() }

func (b *Banner) pad() float32 {
	if b.flat {
		return 0
	}
	return 12
}

func (b *Banner) aside() float32 {
	w := float32(0)
	for _, o := range b.buttons {
		if o.Visible() {
			w += o.MinSize().Width + theme.Gap
		}
	}
	return w
}

// stacked reports whether the buttons stand below the text, for want of width.
func (b *Banner) stacked(width float32) bool {
	room := width - b.aside() - 2*b.pad() - assets.IconSize - theme.Gap
	return b.aside() > 0 && room < min(160, b.text.style.Measure(b.text.text).Width)
}

func (b *Banner) textWidth(width float32) float32 {
	w := width - 2*b.pad() - assets.IconSize - theme.Gap
	if !b.stacked(width) {
		w -= b.aside()
	}
	return w
}

// HeightFor returns the height at a width.
func (b *Banner) HeightFor(width float32) float32 {
	h := max(b.text.HeightFor(b.textWidth(width)), assets.IconSize) + 2*b.pad()
	if b.aside() > 0 {
		if b.stacked(width) {
			return h + theme.Target + 4
		}
		h = max(h, theme.Target+8)
	}
	return h
}

// Natural returns the width that keeps the sentence on one line.
func (b *Banner) Natural() float32 {
	return b.text.style.Measure(b.text.text).Width + 2 + 2*b.pad() + assets.IconSize + theme.Gap + b.aside()
}

// CreateRenderer makes the banner's renderer.
func (b *Banner) CreateRenderer() fyne.WidgetRenderer {
	r := &renderer{objects: append([]fyne.CanvasObject{b.ground, b.icon, b.text}, b.buttons...)}
	r.min = func() fyne.Size { return fyne.NewSize(120, b.HeightFor(max(b.Size().Width, 120))) }
	r.refresh = func() {
		b.ground.FillColor, b.ground.StrokeColor, b.ground.StrokeWidth = colour(theme.Raised), colour(theme.Line), 1
		setShown(b.ground, !b.flat)
		b.text.Refresh()
		b.icon.Refresh()
	}
	r.layout = func(s fyne.Size) {
		place(b.ground, 0, 0, s.Width, s.Height)
		upper := s.Height
		if b.stacked(s.Width) {
			upper -= theme.Target + 4
		}
		w := b.textWidth(s.Width)
		h := b.text.HeightFor(w)
		line := b.text.lineHeight()
		top := (upper - h) / 2
		place(b.icon, b.pad(), top+(line-assets.IconSize)/2, assets.IconSize, assets.IconSize)
		place(b.text, b.pad()+assets.IconSize+theme.Gap, top, w, h)
		x := s.Width - b.pad() + theme.Gap - b.aside()
		y := (s.Height - theme.Target) / 2
		if b.stacked(s.Width) {
			y = s.Height - theme.Target - 8
		}
		for _, o := range b.buttons {
			if o.Visible() {
				w := o.MinSize().Width
				place(o, x, y, w, theme.Target)
				x += w + theme.Gap
			}
		}
	}
	r.refresh()
	return r
}
