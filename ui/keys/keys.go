package keys

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

// Action is what a key does.
type Action int

// The actions.
const (
	ToggleMic Action = iota
	Talk
	ToggleCamera
	ToggleShare
	ToggleHand
	ToggleChat
	TogglePeople
	Search
	NextView
	FullScreen
	Number
	NextPage
	PreviousPage
	ZoomIn
	ZoomOut
	ZoomAll
	LeaveCall
	OpenSettings
	ShowKeys
)

// String names the action, as the keys of its words do.
func (a Action) String() string {
	return [...]string{"microphone", "talk", "camera", "share", "hand", "chat", "people", "search", "view", "full-screen", "number", "next-page", "previous-page",
		"zoom-in", "zoom-out", "zoom-all", "leave", "settings", "keys"}[a]
}

// Binding is an action with its keys.
type Binding struct {
	Action Action
	Key    fyne.KeyName            // plain, in a call while no field has the keyboard; "" for none
	Rune   rune                    // plain too, where a character says it better than a key; 0 for none
	Chord  *desktop.CustomShortcut // everywhere; nil for none
	shown  string                  // the plain key as it is written, where its name is not
}

// Bindings returns all of them, in the order in which they are listed.
func Bindings() []Binding {
	const control, both = fyne.KeyModifierControl, fyne.KeyModifierControl | fyne.KeyModifierShift
	chord := func(key fyne.KeyName, m fyne.KeyModifier) *desktop.CustomShortcut {
		return &desktop.CustomShortcut{KeyName: key, Modifier: m}
	}
	return []Binding{
		{Action: ToggleMic, Key: fyne.KeyM, Chord: chord(fyne.KeyD, control)},
		{Action: Talk, Key: fyne.KeySpace, shown: "key.space"},
		{Action: ToggleCamera, Key: fyne.KeyV, Chord: chord(fyne.KeyE, control)},
		{Action: ToggleShare, Key: fyne.KeyS, Chord: chord(fyne.KeyS, both)},
		{Action: ToggleHand, Key: fyne.KeyH},
		{Action: ToggleChat, Key: fyne.KeyC, Chord: chord(fyne.KeyC, both)},
		{Action: TogglePeople, Key: fyne.KeyP, Chord: chord(fyne.KeyP, both)},
		{Action: Search, Chord: chord(fyne.KeyF, control)},
		{Action: NextView, Key: fyne.KeyG},
		{Action: FullScreen, Key: fyne.KeyF, Chord: chord(fyne.KeyF, both)},
		{Action: Number, shown: "key.digits"},
		{Action: NextPage, shown: "key.page-down"},
		{Action: PreviousPage, shown: "key.page-up"},
		{Action: ZoomIn, Rune: '+', Chord: chord(fyne.KeyPlus, control)},
		{Action: ZoomOut, Rune: '-', Chord: chord(fyne.KeyMinus, control)},
		{Action: ZoomAll, Key: fyne.Key0, Chord: chord(fyne.Key0, control)},
		{Action: LeaveCall, Chord: chord(fyne.KeyL, both)},
		{Action: OpenSettings, Chord: chord(fyne.KeyComma, control)},
		{Action: ShowKeys, Rune: '?'},
	}
}

// Of returns an action's binding.
func Of(a Action) Binding {
	for _, b := range Bindings() {
		if b.Action == a {
			return b
		}
	}
	return Binding{Action: a}
}

// Sayer says the text of a key of words.
type Sayer interface {
	Say(key string, args ...any) string
}

// Plain returns the plain key as it is written, or "".
func (b Binding) Plain(say Sayer) string {
	switch {
	case b.shown != "":
		return say.Say(b.shown)
	case b.Rune != 0:
		return string(b.Rune)
	}
	return string(b.Key)
}

// Combined returns the chord as it is written, or "".
func (b Binding) Combined(say Sayer) string {
	if b.Chord == nil {
		return ""
	}
	var parts []string
	if b.Chord.Modifier&fyne.KeyModifierControl != 0 {
		parts = append(parts, say.Say("key.control"))
	}
	if b.Chord.Modifier&fyne.KeyModifierShift != 0 {
		parts = append(parts, say.Say("key.shift"))
	}
	return strings.Join(append(parts, string(b.Chord.KeyName)), "+")
}

// Hint returns what a tooltip says: the plain key, or the chord where there is none.
func Hint(say Sayer, a Action) string {
	b := Of(a)
	if plain := b.Plain(say); plain != "" {
		return plain
	}
	return b.Combined(say)
}

// ChordHint returns what a tooltip says where plain keys type.
func ChordHint(say Sayer, a Action) string { return Of(a).Combined(say) }

// Digit returns which of 1 to 9 a key is.
func Digit(k fyne.KeyName) (n int, ok bool) {
	if len(k) == 1 && k[0] >= '1' && k[0] <= '9' {
		return int(k[0] - '0'), true
	}
	return 0, false
}
