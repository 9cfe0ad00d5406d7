package widgets

import (
	"bytes"
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
	"github.com/fyne-io/oksvg"
	"github.com/srwiley/rasterx"

	"parley/assets"
	"parley/ui/theme"
)

// Icon draws one icon of the set in a colour of the theme. It is a raster, not a canvas.Image of the SVG: the renderer of SVG does
// not scale the width of strokes, and only a raster is told its size in pixels when it is drawn.
type Icon struct {
	widget.BaseWidget

	icon   assets.Icon
	colour fyne.ThemeColorName
	side   float32
	raster *canvas.Raster
}

// NewIcon returns an icon of the usual size.
func NewIcon(icon assets.Icon, colour fyne.ThemeColorName) *Icon {
	i := &Icon{icon: icon, colour: colour, side: assets.IconSize}
	i.raster = canvas.NewRaster(i.draw)
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

// draw draws the icon at a size in pixels.
func (i *Icon) draw(width, height int) image.Image {
	img := image.NewNRGBA(image.Rect(0, 0, width, height))
	if width == 0 || height == 0 {
		return img
	}
	weight := float32(assets.IconWeight) * float32(height) / assets.IconSize
	svg, err := oksvg.ReadIconStream(bytes.NewReader(i.icon.SVG(theme.Hex(colour(i.colour)), weight)))
	if err != nil { // the icons are ours, and a test draws each
		fyne.LogError("draw icon "+string(i.icon), err)
		return img
	}
	svg.SetTarget(0, 0, float64(width), float64(height))
	svg.Draw(rasterx.NewDasher(width, height, rasterx.NewScannerGV(width, height, img, img.Bounds())), 1)
	return img
}

// CreateRenderer makes the icon's renderer.
func (i *Icon) CreateRenderer() fyne.WidgetRenderer {
	return &renderer{
		objects: []fyne.CanvasObject{i.raster},
		min:     func() fyne.Size { return fyne.NewSquareSize(i.side) },
		refresh: func() {},
		layout:  func(s fyne.Size) { place(i.raster, (s.Width-i.side)/2, (s.Height-i.side)/2, i.side, i.side) },
	}
}

// NewMark returns the app's mark at a side.
func NewMark(side float32) *canvas.Image {
	m := canvas.NewImageFromResource(fyne.NewStaticResource("mark.svg", assets.Mark()))
	m.FillMode = canvas.ImageFillContain
	m.SetMinSize(fyne.NewSquareSize(side))
	return m
}
