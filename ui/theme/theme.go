package theme

import (
	"fmt"
	"hash/fnv"
	"image/color"

	"fyne.io/fyne/v2"
	fynetheme "fyne.io/fyne/v2/theme"
)

// The sizes of type.
const (
	SizeSmall  = fynetheme.SizeNameCaptionText // 12
	SizeText   = fynetheme.SizeNameText        // 14
	SizeLarge  = fyne.ThemeSizeName("parley.large")
	SizeTitle  = fynetheme.SizeNameSubHeadingText // 20
	SizeHeader = fynetheme.SizeNameHeadingText    // 28
)

// The measures of the grid.
const (
	Gap       = float32(8)
	Pad       = float32(16)
	WidePad   = float32(24)
	Radius    = float32(12) // tiles and cards
	FieldCurb = float32(8)  // fields
	Target    = float32(40) // the least side of what can be hit
	TopBar    = float32(40)
	BottomBar = float32(56)
	Panel     = float32(340)
	Narrow    = float32(720) // under this width a panel covers the stage
)

// Theme is Parley's fyne.Theme.
type Theme struct {
	variant     Variant
	text        float32
	dark, light palette
}

var _ fyne.Theme = (*Theme)(nil)

// New returns the theme in a variant, with text enlarged by a factor (1 is normal, 2 is 200 %).
func New(variant Variant, text float32) *Theme {
	return &Theme{variant: variant, text: max(text, 0.5), dark: darkPalette(), light: lightPalette()}
}

// Color returns a colour of the palette; a variant that was chosen overrides the system's.
func (t *Theme) Color(name fyne.ThemeColorName, system fyne.ThemeVariant) color.Color {
	p := t.dark
	if t.variant == Light || t.variant == System && system == fynetheme.VariantLight {
		p, system = t.light, fynetheme.VariantLight
	} else {
		system = fynetheme.VariantDark
	}
	if c, ok := p[name]; ok {
		return c
	}
	return fynetheme.DefaultTheme().Color(name, system)
}

// Font returns Fyne's bundled family.
func (t *Theme) Font(style fyne.TextStyle) fyne.Resource { return fynetheme.DefaultTheme().Font(style) }

// Icon returns Fyne's icon, for the few that Fyne's own widgets draw.
func (t *Theme) Icon(name fyne.ThemeIconName) fyne.Resource {
	return fynetheme.DefaultTheme().Icon(name)
}

// Size returns a size by name. Sizes of type grow with the text, those of the grid do not.
func (t *Theme) Size(name fyne.ThemeSizeName) float32 {
	switch name {
	case SizeSmall:
		return 12 * t.text
	case SizeText:
		return 14 * t.text
	case SizeLarge:
		return 16 * t.text
	case SizeTitle:
		return 20 * t.text
	case SizeHeader:
		return 28 * t.text
	case fynetheme.SizeNamePadding:
		return 4
	case fynetheme.SizeNameInnerPadding:
		return 10
	case fynetheme.SizeNameInputRadius:
		return FieldCurb
	case fynetheme.SizeNameSelectionRadius:
		return 4
	case fynetheme.SizeNameInputBorder:
		return 1
	case fynetheme.SizeNameScrollBar:
		return 10
	case fynetheme.SizeNameScrollBarSmall:
		return 4
	}
	return fynetheme.DefaultTheme().Size(name)
}

// Hex returns a colour as #RRGGBB.
func Hex(c color.Color) string {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	return fmt.Sprintf("#%02X%02X%02X", n.R, n.G, n.B)
}

// people are the grounds of initials; each carries white text.
func people() []color.NRGBA {
	return []color.NRGBA{
		rgb(0x4B5BD6), rgb(0x7A4FC4), rgb(0xA8458F), rgb(0xB2475A), rgb(0xA3562A), rgb(0x6F6A1E), rgb(0x2F7A4D), rgb(0x1F7680),
		rgb(0x2E6CA8), rgb(0x5C6672),
	}
}

// PersonColour returns the ground of a person's initials: always the same one for a name.
func PersonColour(name string) color.NRGBA {
	h := fnv.New32a()
	h.Write([]byte(name)) // a hash never fails
	all := people()
	return all[h.Sum32()%uint32(len(all))]
}
