package ui

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"parley/ui/keys"
	"parley/ui/model"
	"parley/ui/uitest"
	"parley/ui/widgets"
)

// tiles returns the tiles in sight by id.
func (b *bench) tiles() map[string]*widgets.Tile {
	found := map[string]*widgets.Tile{}
	uitest.Walk([]fyne.CanvasObject{b.canvas().Content()}, func(o fyne.CanvasObject, _ fyne.Position) {
		if tile, ok := o.(*widgets.Tile); ok {
			found[tile.Tile().ID] = tile
		}
	})
	return found
}

func TestCallButtons(t *testing.T) {
	b := newBench(t, dark(), 1100, 700, inCall(callOf(3)))
	for name, want := range map[string]model.Intent{
		"Mute": model.ToggleMic{}, "Turn camera off": model.ToggleCamera{}, "Share screen": model.OpenSharePicker{},
		"Chat": model.ShowPanel{Panel: model.PanelChat}, "People": model.ShowPanel{Panel: model.PanelPeople}, "Leave": model.Leave{},
	} {
		uitest.Press(t, b.canvas(), name)
		b.Want(t, want)
	}
	c := callOf(3)
	c.MicOn, c.CameraOn, c.Panel, c.Sharing = false, false, model.PanelPeople, &model.Share{Name: "Screen 1"}
	b.apply(inCall(c))
	for name, want := range map[string]model.Intent{
		"Unmute": model.ToggleMic{}, "Turn camera on": model.ToggleCamera{}, "Stop sharing": model.StopShare{}, "Pause": model.PauseShare{},
		"Stop": model.StopShare{}, "Close people": model.ShowPanel{}, "Chat": model.ShowPanel{Panel: model.PanelChat}, "Close": model.ShowPanel{},
	} {
		uitest.Press(t, b.canvas(), name)
		b.Want(t, want)
	}
}

func TestCallShortcuts(t *testing.T) {
	c := callOf(2)
	c.Panel = model.PanelChat
	b := newBench(t, dark(), 1100, 700, inCall(c))
	wants := map[keys.Action]model.Intent{
		keys.ToggleMic: model.ToggleMic{}, keys.ToggleCamera: model.ToggleCamera{}, keys.ToggleShare: model.OpenSharePicker{},
		keys.ToggleChat: model.ShowPanel{}, keys.TogglePeople: model.ShowPanel{Panel: model.PanelPeople}, keys.LeaveCall: model.Leave{},
	}
	f := b.field(t) // the chat takes the keyboard when it opens
	handler := b.canvas().(interface{ TypedShortcut(fyne.Shortcut) })
	for action, want := range wants {
		chord := keys.Of(action).Chord
		f.TypedShortcut(chord)
		b.Want(t, want)
		handler.TypedShortcut(chord)
		b.Want(t, want)
	}
	key(f, fyne.KeyEscape)
	b.Want(t, model.ShowPanel{})
}

func TestWatchersCannotPublish(t *testing.T) {
	c := callOf(2)
	c.CanPublish, c.CanSignal, c.Panel = false, false, model.PanelChat
	b := newBench(t, dark(), 1100, 700, inCall(c))
	for _, name := range []string{"Mute", "Turn camera off", "Share screen", "Send"} {
		uitest.Press(t, b.canvas(), name)
	}
	for _, action := range []keys.Action{keys.ToggleMic, keys.ToggleCamera, keys.ToggleShare} {
		b.act(action)
	}
	b.Want(t)
}

func TestChatSendsAndBreaks(t *testing.T) {
	c := callOf(2)
	c.Panel, c.ChatDraft = model.PanelChat, "so"
	b := newBench(t, dark(), 1100, 700, inCall(c))
	f := b.field(t)
	test.Type(f, "!")
	b.Want(t, model.SetDraft{Text: "so!"})
	f.KeyDown(&fyne.KeyEvent{Name: desktop.KeyShiftLeft})
	key(f, fyne.KeyReturn)
	f.KeyUp(&fyne.KeyEvent{Name: desktop.KeyShiftLeft})
	test.Type(f, "b")
	b.Want(t, model.SetDraft{Text: "so!\n"}, model.SetDraft{Text: "so!\nb"})
	key(f, fyne.KeyReturn)
	b.Want(t, model.SendChat{Text: "so!\nb"}, model.SetDraft{})
	key(f, fyne.KeyReturn)
	b.Want(t) // nothing is left to send
	if b.canvas().Focused() != f {
		t.Error("the field lost the keyboard")
	}
}

func TestChatFieldIsAheadOfTheState(t *testing.T) {
	c := callOf(2)
	c.Panel = model.PanelChat
	b := newBench(t, dark(), 1100, 700, inCall(c))
	f := b.field(t)
	test.Type(f, "abc")
	c.ChatDraft = "a" // the answer to the first character comes late
	c.Chat = chat()[:2]
	b.apply(inCall(c))
	if f.Text != "abc" || f.CursorColumn != 3 {
		t.Errorf("field has %q, cursor %d", f.Text, f.CursorColumn)
	}
	c.ChatDraft = "abc"
	b.apply(model.State{})
	b.apply(inCall(c)) // the draft survives leaving the screen
	again, ok := uitest.Find(b.canvas(), func(*widgets.Field) bool { return true })
	if !ok || b.canvas().Focused() != nil {
		t.Fatalf("a chat that was left open takes the keyboard: %T", b.canvas().Focused())
	}
	if got := again.Text; got != "abc" {
		t.Errorf("field has %q after coming back", got)
	}
}

func TestChatResends(t *testing.T) {
	c := callOf(2)
	c.Panel, c.Chat = model.PanelChat, chat()
	b := newBench(t, dark(), 1100, 700, inCall(c))
	uitest.Press(t, b.canvas(), "Send again")
	b.Want(t, model.ResendChat{ID: "8"})
	c.Chat = append([]model.ChatLine{}, chat()...)
	c.Chat[7].Failed = ""
	b.apply(inCall(c))
	if uitest.Has(b.canvas(), "Send again") {
		t.Error("a line that was sent can still be sent again")
	}
}

func TestSharePickerKeyboard(t *testing.T) {
	c := callOf(2)
	c.SharePickerOpen = true
	b := newBench(t, dark(), 1100, 700, inCall(c))
	c.Screens = screenChoices()
	b.apply(inCall(c))
	choice := func() *widgets.Choice {
		t.Helper()
		found, ok := b.canvas().Focused().(*widgets.Choice)
		if !ok {
			t.Fatalf("%T has the keyboard", b.canvas().Focused())
		}
		return found
	}
	key(choice(), fyne.KeyRight)
	b.apply(inCall(c)) // a new thumbnail must not take the keyboard back
	if got := choice().ID(); got != "x2" {
		t.Errorf("the right arrow leads to %s", got)
	}
	key(choice(), fyne.KeyReturn)
	b.Want(t, model.StartShare{ID: "x2"})
	key(choice(), fyne.KeyLeft, fyne.KeyEscape)
	b.Want(t, model.CloseSharePicker{})
	c.SharePickerOpen = false
	b.apply(inCall(c))
	if b.canvas().Overlays().Top() != nil {
		t.Error("the picker stays open")
	}
}

func TestModeratorMutesInPeople(t *testing.T) {
	c := callOf(4)
	c.Panel = model.PanelPeople
	b := newBench(t, dark(), 1100, 700, inCall(c))
	uitest.Press(t, b.canvas(), "Mute for everyone")
	b.Want(t, model.ForceMute{TileID: "sp0"})
	for n := range c.Tiles {
		c.Tiles[n].Moderation = false
	}
	c.Tiles = append([]model.Tile{}, c.Tiles...)
	b.apply(inCall(c))
	if uitest.Has(b.canvas(), "Mute for everyone") {
		t.Error("somebody without the right can mute")
	}
}

func TestTilePinsAndMutes(t *testing.T) {
	b := newBench(t, dark(), 1100, 700, inCall(callOf(3)))
	tile := b.tiles()["sp0"]
	if uitest.Has(b.canvas(), "Pin") {
		t.Error("pin shows without the pointer")
	}
	tile.MouseIn(&desktop.MouseEvent{})
	uitest.Press(t, b.canvas(), "Pin")
	uitest.Press(t, b.canvas(), "Mute for everyone")
	tile.DoubleTapped(&fyne.PointEvent{})
	key(tile, fyne.KeyReturn)
	key(tile, fyne.KeyDelete)
	pin := model.Pin{TileID: "sp0"}
	b.Want(t, pin, model.ForceMute{TileID: "sp0"}, pin, pin, model.ForceMute{TileID: "sp0"})
	b.canvas().Unfocus()
	tile.MouseOut()
	if uitest.Has(b.canvas(), "Pin") {
		t.Error("pin stays")
	}
}

// TestPinCanBeReached moves the pointer over a tile onto the button that shows there.
func TestPinCanBeReached(t *testing.T) {
	b := newBench(t, dark(), 1100, 700, inCall(callOf(3)))
	tile := b.tiles()["sp0"]
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(tile)
	test.MoveMouse(b.canvas(), at.AddXY(50, 50))
	for range 3 {
		test.MoveMouse(b.canvas(), at.AddXY(tile.Size().Width-20, 20))
		if !uitest.Has(b.canvas(), "Pin") {
			t.Fatal("pin goes as the pointer reaches it")
		}
	}
	test.TapCanvas(b.canvas(), at.AddXY(tile.Size().Width-20, 20))
	b.Want(t, model.Pin{TileID: "sp0"})
	test.MoveMouse(b.canvas(), fyne.NewPos(2, 2))
	if uitest.Has(b.canvas(), "Pin") {
		t.Error("pin stays without the pointer")
	}
}

func TestLostAndEnded(t *testing.T) {
	c := callOf(2)
	b := newBench(t, dark(), 900, 600, inCall(c))
	c.Phase = model.PhaseLost
	b.apply(inCall(c))
	if n, ok := b.canvas().Focused().(uitest.Named); !ok || n.Name() != "Rejoin" {
		t.Errorf("%T has the keyboard, want Rejoin", b.canvas().Focused())
	}
	uitest.Press(t, b.canvas(), "Rejoin")
	b.Want(t, model.Rejoin{})
	uitest.Press(t, b.canvas(), "Mute")
	b.Want(t)
	c.Phase = model.PhaseEnded
	b.apply(inCall(c))
	uitest.Press(t, b.canvas(), "Back to start")
	b.Want(t, model.BackHome{})
	if len(b.tiles()) != 0 {
		t.Error("tiles of a call that ended are in sight")
	}
}

func TestJoiningCanBeCancelled(t *testing.T) {
	c := callOf(1)
	c.Phase = model.PhaseJoining
	b := newBench(t, dark(), 900, 600, inCall(c))
	uitest.Press(t, b.canvas(), "Cancel")
	b.Want(t, model.CancelJoin{})
}

func TestNoticesGoAway(t *testing.T) {
	s := inCall(callOf(1))
	s.Notices = []model.Notice{{ID: 7, Text: "Ben joined."}}
	b := newBench(t, dark(), 900, 600, s)
	uitest.Press(t, b.canvas(), "Dismiss")
	b.Want(t, model.DismissNotice{ID: 7})
	s.Notices = nil
	b.apply(s)
	if uitest.Has(b.canvas(), "Dismiss") {
		t.Error("the notice stays")
	}
}
