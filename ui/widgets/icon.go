package widgets

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"parley/assets"
	"parley/ui/theme"
)

// Icon draws one icon of the set in a colour of the theme.
type Icon struct {
	widget.BaseWidget

	icon   assets.Icon
	colour fyne.ThemeColorName
	side   float32
	image  *canvas.Image
}

// NewIcon returns an icon of the usual size.
func NewIcon(icon assets.Icon, colour fyne.ThemeColorName) *Icon {
	i := &Icon{icon: icon, colour: colour, side: assets.IconSize, image: &canvas.Image{FillMode: canvas.ImageFillContain}}
	i.ExtendBaseWidget(i)
	return i
}

// NewSmallIcon returns an icon of a given side.
func NewSmallIcon(icon assets.Icon, colour fyne.ThemeColorName, side float32) *Icon {
	i := NewIcon(icon, colour)
	i.side = side
	return i
}

// Set changes what is drawn.
func (i *Icon) Set(icon assets.Icon, colour fyne.ThemeColorName) {
	if i.icon != icon || i.colour != colour {
		i.icon, i.colour = icon, colour
		i.Refresh()
	}
}

// SetSide changes the size.
func (i *Icon) SetSide(side float32) {
	if i.side != side {
		i.side = side
		i.Refresh()
	}
}

// CreateRenderer makes the icon's renderer.
func (i *Icon) CreateRenderer() fyne.WidgetRenderer {
	r := &renderer{objects: []fyne.CanvasObject{i.image}}
	r.min = func() fyne.Size { return fyne.NewSquareSize(i.side) }
	r.refresh = func() {
		scale := float32(1)
		if c := fyne.CurrentApp().Driver().CanvasForObject(i); c != nil {
			scale = c.Scale()
		}
		weight := assets.IconWeight * i.side / assets.IconSize * scale
		hex := theme.Hex(colour(i.colour))
		name := fmt.Sprintf("%s-%s-%.2f.svg", i.icon, hex, weight)
		if i.image.Resource == nil || i.image.Resource.Name() != name {
			i.image.Resource = fyne.NewStaticResource(name, i.icon.SVG(hex, weight))
			i.image.Refresh()
		}
	}
	r.layout = func(s fyne.Size) { place(i.image, (s.Width-i.side)/2, (s.Height-i.side)/2, i.side, i.side) }
	r.refresh()
	return r
}

// NewMark returns the app's mark at a side.
func NewMark(side float32) *canvas.Image {
	m := canvas.NewImageFromResource(fyne.NewStaticResource("mark.svg", assets.Mark()))
	m.FillMode = canvas.ImageFillContain
	m.SetMinSize(fyne.NewSquareSize(side))
	return m
}
