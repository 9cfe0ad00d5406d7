package widgets

import (
	"image"
	"testing"

	"fyne.io/fyne/v2/test"

	"parley/assets"
	"parley/ui/theme"
)

// ink sums up how much of an image is drawn on, from 0 to 1.
func ink(img image.Image) float64 {
	sum, b := 0.0, img.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			_, _, _, a := img.At(x, y).RGBA()
			sum += float64(a) / 0xffff
		}
	}
	return sum / float64(b.Dx()*b.Dy())
}

// TestIconsScale draws every icon small and large: the same part of the area must be inked, for the strokes grow along.
func TestIconsScale(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(theme.New(theme.Dark, 1))
	for _, name := range assets.Icons() {
		icon := NewIcon(name, theme.Text)
		small, large := ink(icon.draw(20, 20)), ink(icon.draw(80, 80))
		if small < 0.02 {
			t.Errorf("%s draws nothing", name)
		}
		if large < small*0.8 || large > small*1.25 {
			t.Errorf("%s covers %.3f at 20 pixels and %.3f at 80", name, small, large)
		}
	}
}
