package assets

import (
	"embed"
	"io/fs"
	"strconv"
	"strings"
)

// Icon names one icon of the set: 20 x 20, drawn with strokes of one weight.
type Icon string

// The icons.
const (
	IconMic            Icon = "mic"
	IconMicOff         Icon = "mic-off"
	IconCamera         Icon = "camera"
	IconCameraOff      Icon = "camera-off"
	IconScreenShare    Icon = "screen-share"
	IconStopShare      Icon = "stop-share"
	IconChat           Icon = "chat"
	IconPeople         Icon = "people"
	IconLeave          Icon = "leave"
	IconMore           Icon = "more"
	IconPin            Icon = "pin"
	IconUnpin          Icon = "unpin"
	IconPause          Icon = "pause"
	IconPlay           Icon = "play"
	IconSettings       Icon = "settings"
	IconClose          Icon = "close"
	IconSend           Icon = "send"
	IconSpeaker        Icon = "speaker"
	IconRetry          Icon = "retry"
	IconHand           Icon = "hand"
	IconChevron        Icon = "chevron"
	IconChevronLeft    Icon = "chevron-left"
	IconCheck          Icon = "check"
	IconWarning        Icon = "warning"
	IconInfo           Icon = "info"
	IconLink           Icon = "link"
	IconClock          Icon = "clock"
	IconGrid           Icon = "grid"
	IconSpeakerView    Icon = "speaker-view"
	IconSideView       Icon = "side-view"
	IconFullScreen     Icon = "fullscreen"
	IconFullScreenExit Icon = "fullscreen-exit"
	IconChevronRight   Icon = "chevron-right"
	IconPlus           Icon = "plus"
	IconMinus          Icon = "minus"
	IconFit            Icon = "fit"
	IconHide           Icon = "hide"
	IconSearch         Icon = "search"
	IconCopy           Icon = "copy"
	IconKeyboard       Icon = "keyboard"
	IconBell           Icon = "bell"
	IconShield         Icon = "shield"
	IconGlobe          Icon = "globe"
	IconTrash          Icon = "trash"
	IconAppearance     Icon = "appearance"
	IconRecord         Icon = "record"
	IconPerson         Icon = "person"
	IconSignal         Icon = "signal"
)

// How every icon file is drawn.
const (
	colourInFile = "#000000"
	weightInFile = `stroke-width="1.6"`
	// IconSize and IconWeight are the size that icons are drawn for and the weight of their strokes at that size.
	IconSize, IconWeight = 20, 1.6
)

//go:embed icons/*.svg
var iconFiles embed.FS

//go:embed mark.svg
var mark []byte

//go:embed icon.png
var appIcon []byte

// SVG returns an icon drawn in a colour, given as #RRGGBB, with strokes of a weight. The weight is in pixels of the screen: the
// renderer scales outlines, but not the width of strokes. It is safe for concurrent use. It panics when there is no such icon.
func (i Icon) SVG(colour string, weight float32) []byte {
	b, err := iconFiles.ReadFile("icons/" + string(i) + ".svg")
	if err != nil {
		panic("assets: no icon " + string(i))
	}
	stroke := `stroke-width="` + strconv.FormatFloat(float64(weight), 'f', 2, 32) + `"`
	return []byte(strings.NewReplacer(colourInFile, colour, weightInFile, stroke).Replace(string(b)))
}

// Icons returns the names of all icons of the set.
func Icons() []Icon {
	files, _ := fs.Glob(iconFiles, "icons/*.svg") // the pattern is a constant that parses
	names := make([]Icon, len(files))
	for n, f := range files {
		names[n] = Icon(strings.TrimSuffix(strings.TrimPrefix(f, "icons/"), ".svg"))
	}
	return names
}

// Mark returns the app's mark as SVG, in its own colours.
func Mark() []byte { return mark }

// AppIcon returns the app's icon as a PNG of 512 x 512.
func AppIcon() []byte { return appIcon }
