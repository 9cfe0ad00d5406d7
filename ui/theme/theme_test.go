package theme

import (
	"fmt"
	"image/color"
	"math"
	"testing"

	"fyne.io/fyne/v2"
	fynetheme "fyne.io/fyne/v2/theme"
)

// luminance is the relative luminance of WCAG 2.
func luminance(c color.NRGBA) float64 {
	lin := func(v uint8) float64 {
		s := float64(v) / 255
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return 0.2126*lin(c.R) + 0.7152*lin(c.G) + 0.0722*lin(c.B)
}

func contrast(a, b color.NRGBA) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// over lays a translucent colour over a solid one.
func over(top, ground color.NRGBA) color.NRGBA {
	mix := func(a, b uint8) uint8 { return uint8((int(a)*int(top.A) + int(b)*(255-int(top.A))) / 255) }
	return color.NRGBA{R: mix(top.R, ground.R), G: mix(top.G, ground.G), B: mix(top.B, ground.B), A: 255}
}

// least is what WCAG AA asks of text, and of icons and other graphics.
const (
	leastText = 4.5
	leastIcon = 3.0
)

func TestContrast(t *testing.T) {
	t.Parallel()
	pairs := []struct {
		text, ground fyne.ThemeColorName
		least        float64
	}{
		{Text, Background, leastText}, {Text, Surface, leastText}, {Text, Raised, leastText}, {Text, Knob, leastText},
		{SecondText, Background, leastText}, {SecondText, Surface, leastText}, {SecondText, Raised, leastText}, {SecondText, Knob, leastText},
		{OnAccent, Accent, leastText}, {OnWarning, Warning, leastText}, {OnGood, Good, leastText},
		{fynetheme.ColorNameHyperlink, Surface, leastText}, {fynetheme.ColorNameHyperlink, Background, leastText},
		{fynetheme.ColorNamePlaceHolder, fynetheme.ColorNameInputBackground, leastText},
		{Text, fynetheme.ColorNameMenuBackground, leastText}, {Text, fynetheme.ColorNameInputBackground, leastText},
		{OnShade, Stage, leastText}, {OnDanger, Danger, leastIcon}, {Danger, Surface, leastIcon}, {Danger, Background, leastIcon},
		{Accent, Background, leastIcon},
	}
	for _, v := range []Variant{Dark, Light} {
		th := New(v, 1)
		at := func(n fyne.ThemeColorName) color.NRGBA { return th.Color(n, 0).(color.NRGBA) }
		for _, p := range pairs {
			if got := contrast(at(p.text), at(p.ground)); got < p.least {
				t.Errorf("%s: %s on %s is %.2f, want %.1f", v, p.text, p.ground, got, p.least)
			}
			if p.least == leastText { // a hovered ground carries the text too
				if got := contrast(at(p.text), over(at(Hover), at(p.ground))); p.ground == Knob && got < p.least {
					t.Errorf("%s: %s on hovered %s is %.2f, want %.1f", v, p.text, p.ground, got, p.least)
				}
			}
		}
		if got := contrast(at(Text), over(at(Calling), at(Surface))); got < leastText {
			t.Errorf("%s: one's own name in the chat is %.2f", v, got)
		}
		for _, picture := range []uint32{0xFFFFFF, 0x808080, 0x000000} {
			if got := contrast(at(OnShade), over(at(Shade), rgb(picture))); got < leastText {
				t.Errorf("%s: a pill over a picture of #%06X is %.2f", v, picture, got)
			}
		}
	}
	for _, c := range people() {
		if got := contrast(rgb(0xFFFFFF), c); got < leastText {
			t.Errorf("white on %s is %.2f, want %.1f", Hex(c), got, leastText)
		}
	}
}

// TestPalette holds the theme to the colours of the design, word for word.
func TestPalette(t *testing.T) {
	t.Parallel()
	both := map[fyne.ThemeColorName]string{Danger: "#E5484D", Warning: "#E9A23B", Good: "#2FA36B"}
	want := map[Variant]map[fyne.ThemeColorName]string{
		Dark: {Background: "#101317", Surface: "#191E25", Raised: "#222933", Line: "#2E3742", Text: "#E9EDF2", SecondText: "#9BA8B6", Accent: "#6C7BFF"},
		Light: {Background: "#F5F7FA", Surface: "#FFFFFF", Raised: "#FFFFFF", Line: "#DDE3EA", Text: "#11171D", SecondText: "#566270",
			Accent: "#4253E8"},
	}
	for v, colours := range want {
		th := New(v, 1)
		for _, set := range []map[fyne.ThemeColorName]string{colours, both} {
			for name, hex := range set {
				if got := Hex(th.Color(name, 0)); got != hex {
					t.Errorf("%s: %s is %s, want %s", v, name, got, hex)
				}
			}
		}
	}
}

func TestSystemVariant(t *testing.T) {
	t.Parallel()
	th := New(System, 1)
	if got := Hex(th.Color(Background, fynetheme.VariantLight)); got != "#F5F7FA" {
		t.Errorf("light system has background %s", got)
	}
	if got := Hex(th.Color(Background, fynetheme.VariantDark)); got != "#101317" {
		t.Errorf("dark system has background %s", got)
	}
}

func TestTextScale(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name fyne.ThemeSizeName
		want float32
	}{{SizeSmall, 12}, {SizeText, 14}, {SizeLarge, 16}, {SizeTitle, 20}, {SizeHeader, 28}} {
		if got := New(Dark, 1).Size(c.name); got != c.want {
			t.Errorf("%s is %v, want %v", c.name, got, c.want)
		}
		if got := New(Dark, 2).Size(c.name); got != 2*c.want {
			t.Errorf("%s at 200 %% is %v, want %v", c.name, got, 2*c.want)
		}
	}
}

func TestPersonColourIsSteady(t *testing.T) {
	t.Parallel()
	seen := map[color.NRGBA]bool{}
	for i := range 40 {
		name := fmt.Sprint("Person ", i)
		colour := PersonColour(name)
		if again := PersonColour(name); again != colour {
			t.Fatalf("%s changes its colour", name)
		}
		seen[colour] = true
	}
	if len(seen) < 5 {
		t.Errorf("40 names share %d colours", len(seen))
	}
}
