package model

// Look is how the window presents itself.
type Look struct {
	Language string // tag, such as "de"; "" is English
	Theme    Theme
	Text     int  // size of the text in percent; 0 is 100
	Still    bool // nothing glides
	Thrifty  bool // pictures are painted half as often
}

// Theme is dark, light, or what the system says.
type Theme int

// The themes.
const (
	ThemeSystem Theme = iota
	ThemeDark
	ThemeLight
)

// TextSizes are the sizes of text that can be chosen, in percent.
func TextSizes() []int { return []int{100, 125, 150, 175, 200} }
