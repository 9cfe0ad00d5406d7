package call

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

// Action is what a shortcut does.
type Action int

// The actions.
const (
	ToggleMic Action = iota
	ToggleCamera
	ToggleShare
	ToggleChat
	TogglePeople
	LeaveCall
)

// String names the action.
func (a Action) String() string {
	return [...]string{"toggle microphone", "toggle camera", "share", "chat", "people", "leave"}[a]
}

// Shortcuts returns the keys of every action.
func Shortcuts() map[Action]*desktop.CustomShortcut {
	const control, both = fyne.KeyModifierControl, fyne.KeyModifierControl | fyne.KeyModifierShift
	return map[Action]*desktop.CustomShortcut{
		ToggleMic:    {KeyName: fyne.KeyD, Modifier: control},
		ToggleCamera: {KeyName: fyne.KeyE, Modifier: control},
		ToggleShare:  {KeyName: fyne.KeyS, Modifier: both},
		ToggleChat:   {KeyName: fyne.KeyC, Modifier: both},
		TogglePeople: {KeyName: fyne.KeyP, Modifier: both},
		LeaveCall:    {KeyName: fyne.KeyL, Modifier: both},
	}
}
