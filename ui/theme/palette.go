package theme

import (
	"image/color"

	"fyne.io/fyne/v2"
	fynetheme "fyne.io/fyne/v2/theme"
)

// The colours. Those that Fyne's own widgets use too bear Fyne's name.
const (
	Background = fynetheme.ColorNameBackground
	Surface    = fyne.ThemeColorName("parley.surface") // bars, panels, tiles without a picture
	Raised     = fyne.ThemeColorName("parley.raised")  // buttons, fields, cards
	Line       = fyne.ThemeColorName("parley.line")
	Text       = fynetheme.ColorNameForeground
	SecondText = fyne.ThemeColorName("parley.secondText")
	Accent     = fynetheme.ColorNamePrimary
	OnAccent   = fynetheme.ColorNameForegroundOnPrimary
	Danger     = fynetheme.ColorNameError
	OnDanger   = fynetheme.ColorNameForegroundOnError // icons only, see the contrast test
	Warning    = fynetheme.ColorNameWarning
	OnWarning  = fynetheme.ColorNameForegroundOnWarning
	Good       = fynetheme.ColorNameSuccess
	OnGood     = fynetheme.ColorNameForegroundOnSuccess
	Shade      = fyne.ThemeColorName("parley.shade") // pills over pictures
	OnShade    = fyne.ThemeColorName("parley.onShade")
	Hover      = fynetheme.ColorNameHover
	Pressed    = fynetheme.ColorNamePressed
	Stage      = fyne.ThemeColorName("parley.stage")   // behind a shared screen
	Knob       = fyne.ThemeColorName("parley.knob")    // a round button at rest
	Calling    = fyne.ThemeColorName("parley.calling") // behind one's own name in the chat
	Clear      = fyne.ThemeColorName("parley.clear")
)

// Variant is dark, light, or what the system says.
type Variant int

// The variants.
const (
	System Variant = iota
	Dark
	Light
)

// String names the variant.
func (v Variant) String() string {
	switch v {
	case Dark:
		return "dark"
	case Light:
		return "light"
	case System:
		return "system"
	}
	return "unknown"
}

func rgb(v uint32) color.NRGBA {
	return color.NRGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: 0xff}
}

func rgba(v uint32, alpha uint8) color.NRGBA {
	c := rgb(v)
	c.A = alpha
	return c
}

type palette map[fyne.ThemeColorName]color.NRGBA

// tones are the colours that a variant chooses; the rest of its palette follows from them.
type tones struct {
	background, surface, raised, line, text, second, accent, onAccent, knob uint32
	hover, pressed, scroll                                                  color.NRGBA
}

func (t tones) palette() palette {
	return palette{
		Background: rgb(t.background), Surface: rgb(t.surface), Raised: rgb(t.raised), Line: rgb(t.line), Text: rgb(t.text),
		SecondText: rgb(t.second), Accent: rgb(t.accent), OnAccent: rgb(t.onAccent), Knob: rgb(t.knob),
		Danger: rgb(0xE5484D), OnDanger: rgb(0xFFFFFF), Warning: rgb(0xE9A23B), OnWarning: rgb(0x11171D),
		Good: rgb(0x2FA36B), OnGood: rgb(0x101317),
		Shade: rgba(0x0B0E11, 0xB8), OnShade: rgb(0xFFFFFF), Stage: rgb(0x0B0E11), Clear: {},
		Hover: t.hover, Pressed: t.pressed, Calling: rgba(t.accent, 0x4D),
		fynetheme.ColorNameButton:              rgb(t.raised),
		fynetheme.ColorNameDisabledButton:      rgb(t.surface),
		fynetheme.ColorNameDisabled:            rgb(t.second),
		fynetheme.ColorNameFocus:               rgba(t.accent, 0x50),
		fynetheme.ColorNameHeaderBackground:    rgb(t.surface),
		fynetheme.ColorNameHyperlink:           rgb(t.accent),
		fynetheme.ColorNameInputBackground:     rgb(t.raised),
		fynetheme.ColorNameInputBorder:         rgb(t.line),
		fynetheme.ColorNameMenuBackground:      rgb(t.raised),
		fynetheme.ColorNameOverlayBackground:   rgb(t.surface),
		fynetheme.ColorNamePlaceHolder:         rgb(t.second),
		fynetheme.ColorNameScrollBar:           t.scroll,
		fynetheme.ColorNameScrollBarBackground: {},
		fynetheme.ColorNameSelection:           rgba(t.accent, 0x59),
		fynetheme.ColorNameSeparator:           rgb(t.line),
		fynetheme.ColorNameShadow:              rgba(0, 0x48),
	}
}

func darkPalette() palette {
	return tones{
		background: 0x101317, surface: 0x191E25, raised: 0x222933, line: 0x2E3742, text: 0xE9EDF2, second: 0x9BA8B6,
		accent: 0x6C7BFF, onAccent: 0x101317, knob: 0x28303A,
		hover: rgba(0xFFFFFF, 0x0F), pressed: rgba(0xFFFFFF, 0x22), scroll: rgba(0xFFFFFF, 0x38),
	}.palette()
}

func lightPalette() palette {
	return tones{
		background: 0xF5F7FA, surface: 0xFFFFFF, raised: 0xFFFFFF, line: 0xDDE3EA, text: 0x11171D, second: 0x566270,
		accent: 0x4253E8, onAccent: 0xFFFFFF, knob: 0xE9EDF2,
		hover: rgba(0x11171D, 0x0D), pressed: rgba(0x11171D, 0x1A), scroll: rgba(0x11171D, 0x38),
	}.palette()
}
