package ui

import (
	"testing"

	"parley/ui/model"
	"parley/ui/uitest"
	"parley/ui/widgets"
)

// tabs presses Tab so often and returns what had the keyboard: a tile's name, a button's, or "field".
func (b *bench) tabs(count int) []string {
	var names []string
	for range count {
		b.canvas().FocusNext()
		switch f := b.canvas().Focused().(type) {
		case *widgets.Tile:
			names = append(names, f.Tile().Name)
		case uitest.Named:
			names = append(names, f.Name())
		case *widgets.Field:
			names = append(names, "field")
		default:
			names = append(names, "")
		}
	}
	return names
}

func wantOrder(t *testing.T, got []string, want ...string) {
	t.Helper()
	for n := range want {
		if n >= len(got) || got[n] != want[n] {
			t.Errorf("Tab leads to %q, want %q", got, want)
			return
		}
	}
}

func TestTabOrder(t *testing.T) {
	b := newBench(t, dark(), 900, 600, model.State{Home: model.Home{Link: "host:1/x"}})
	wantOrder(t, b.tabs(3), "Join", "Settings", "field")
	b.apply(model.State{Screen: model.ScreenPrejoin, Prejoin: prejoinState()})
	wantOrder(t, b.tabs(8), "Camera", "Quality", "Microphone", "Record", "Speaker", "Test", "Join now", "Settings")
	b.apply(inCall(callOf(2)))
	b.canvas().Unfocus()
	wantOrder(t, b.tabs(16), "Ann Bell", "Zoe Park", "Grid", "Speaker", "Side by side", "Full screen", "Mute", "Choose microphone and speaker",
		"Turn camera off", "Choose camera", "Share screen", "Raise hand (this server does not offer it)", "Chat", "People", "More", "Leave")
}
