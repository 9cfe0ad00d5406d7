package ui

import (
	"net/url"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"parley/ui/model"
	"parley/ui/theme"
	"parley/ui/uitest"
	"parley/ui/widgets"
)

// lively is a chat with mentions, code and links.
func lively() model.Call {
	c := callOf(5)
	c.Panel = model.PanelChat
	c.Chat = append(chat()[:6:6],
		model.ChatLine{ID: "9", From: "p0", Name: "Ann Bell", Text: "@Zoe Park can you ask @Ben Ortiz for the budget? The draft is at https://wiki.example.org/budget", Time: noon()},
		model.ChatLine{ID: "10", From: "p1", Name: "Ben Ortiz", Text: "```\nfor n := range 3 {\n    budget += n\n}\n```", Time: noon()},
		model.ChatLine{ID: "11", From: "p1", Name: "", Text: "Budget it is.", Time: noon()},
	)
	return c
}

// focus gives the keyboard to the first object in sight of a kind.
func focus[T interface {
	fyne.CanvasObject
	fyne.Focusable
}](t *testing.T, b *bench) T {
	t.Helper()
	o, ok := uitest.Find(b.canvas(), func(T) bool { return true })
	if !ok {
		t.Fatal("there is none")
	}
	b.canvas().Focus(o)
	return o
}

func (b *bench) clipboard() string { return b.app.Clipboard().Content() }

func TestChatLinesAreCopied(t *testing.T) {
	b := newBench(t, dark(), 1100, 700, inCall(lively()))
	var last desktop.Hoverable
	uitest.Walk([]fyne.CanvasObject{b.canvas().Content()}, func(o fyne.CanvasObject, _ fyne.Position) {
		if row, ok := o.(interface {
			desktop.Hoverable
			LineText() string
		}); ok && row.LineText() == "Budget it is." {
			last = row
		}
	})
	if last == nil {
		t.Fatal("the line is not in sight")
	}
	if uitest.Has(b.canvas(), "Copy") {
		t.Error("each line has a button without the pointer")
	}
	last.MouseIn(&desktop.MouseEvent{})
	uitest.Press(t, b.canvas(), "Copy")
	if got := b.clipboard(); got != "Budget it is." || !uitest.Has(b.canvas(), "Copied") {
		t.Errorf("the clipboard has %q", got)
	}
	last.MouseOut()
	if uitest.Has(b.canvas(), "Copied") {
		t.Error("the button stays")
	}
}

func TestChatKeyboard(t *testing.T) {
	b := newBench(t, dark(), 1100, 700, inCall(lively()))
	list := focus[*widgets.ChatList](t, b)
	list.TypedShortcut(&fyne.ShortcutCopy{})
	if got := b.clipboard(); got != "Budget it is." {
		t.Errorf("the newest line copies as %q", got)
	}
	key(list, fyne.KeyUp, fyne.KeyUp)
	b.golden(t, "chat-cursor-dark")
	opened := ""
	b.env.Open = func(u *url.URL) { opened = u.String() }
	key(list, fyne.KeyReturn)
	if opened != "https://wiki.example.org/budget" {
		t.Errorf("Enter opens %q", opened)
	}
	key(list, fyne.KeyHome)
	list.TypedShortcut(&fyne.ShortcutCopy{})
	if got := b.clipboard(); got != lively().Chat[0].Text {
		t.Errorf("the first line copies as %q", got)
	}
	b.Want(t)
	list.KeyDown(&fyne.KeyEvent{Name: fyne.KeyV})
	key(list, fyne.KeyEscape)
	b.Want(t, model.ToggleCamera{}, model.ShowPanel{})
}

func TestChatIsSearched(t *testing.T) {
	c := lively()
	b := newBench(t, dark(), 1100, 700, inCall(c))
	b.shortcut(&desktop.CustomShortcut{KeyName: fyne.KeyF, Modifier: fyne.KeyModifierControl})
	query := b.field(t)
	test.Type(query, "budget")
	count := func() int {
		n := 0
		uitest.Walk([]fyne.CanvasObject{b.canvas().Content()}, func(o fyne.CanvasObject, _ fyne.Position) {
			if _, ok := o.(interface{ LineText() string }); ok {
				n++
			}
		})
		return n
	}
	if got := count(); got != 3 {
		t.Errorf("%d lines are found", got)
	}
	if _, ok := uitest.Find(b.canvas(), func(l *widgets.Line) bool { return l.Text() == "3 messages" }); !ok {
		t.Error("nothing says how many")
	}
	b.golden(t, "chat-search-dark")
	c.Chat = append(c.Chat, model.ChatLine{ID: "12", Name: "Ann Bell", Text: "over budget", Time: noon()})
	b.apply(inCall(c))
	if got := count(); got != 4 {
		t.Errorf("with a new one %d lines are found", got)
	}
	test.Type(query, "xyz")
	if got := count(); got != 0 {
		t.Errorf("%d lines are found for nothing", got)
	}
	b.golden(t, "chat-search-none-dark")
	key(query, fyne.KeyEscape)
	if got := count(); got != 10 {
		t.Errorf("%d lines are left after searching", got)
	}
	c.Panel = model.PanelNone
	b.apply(inCall(c))
	b.All = nil
	b.shortcut(&desktop.CustomShortcut{KeyName: fyne.KeyF, Modifier: fyne.KeyModifierControl})
	b.Want(t, model.ShowPanel{Panel: model.PanelChat})
}

func TestPeopleAreSearched(t *testing.T) {
	c := callOf(9)
	c.Panel = model.PanelPeople
	c.People[4].Hand, c.People[6].Hand, c.People[1].Speaking = 2, 1, true
	b := newBench(t, dark(), 1100, 700, inCall(c))
	b.golden(t, "people-hands-dark")
	rows := func() (names []string) {
		uitest.Walk([]fyne.CanvasObject{b.canvas().Content()}, func(o fyne.CanvasObject, _ fyne.Position) {
			if row, ok := o.(interface{ PersonName() string }); ok {
				names = append(names, row.PersonName())
			}
		})
		return names
	}
	if got := rows(); len(got) != 9 || got[0] != "Gus" || got[1] != "Émile Zola" || got[2] != "Ann Bell" {
		t.Errorf("people are listed as %q", got)
	}
	query := focus[*widgets.Field](t, b)
	test.Type(query, "AN")
	if got := rows(); len(got) != 2 || got[0] != "Ann Bell" || got[1] != "Hana Suzuki" {
		t.Errorf("searching finds %q", got)
	}
	test.Type(query, "zzz")
	b.golden(t, "people-none-dark")
	c.People = c.People[:3]
	b.apply(inCall(c))
	if got := rows(); len(got) != 3 {
		t.Errorf("of few people %q are listed", got)
	}
}

func TestPanelIsMadeWider(t *testing.T) {
	c := lively()
	b := newBench(t, dark(), 1100, 700, inCall(c))
	var handle fyne.Draggable
	uitest.Walk([]fyne.CanvasObject{b.canvas().Content()}, func(o fyne.CanvasObject, _ fyne.Position) {
		if h, ok := o.(desktop.Cursorable); ok && h.Cursor() == desktop.HResizeCursor {
			handle = o.(fyne.Draggable)
		}
	})
	width := func() float32 { return 1100 - b.tiles()["sp1"].Position().X - b.tiles()["sp1"].Size().Width }
	before := width()
	handle.Dragged(&fyne.DragEvent{Dragged: fyne.NewDelta(-60, 0)})
	handle.DragEnd()
	b.Want(t, model.SetPanelWidth{Width: 400})
	if got := width(); got < before+50 || got > before+70 {
		t.Errorf("the panel grew by %v", got-before)
	}
	handle.Dragged(&fyne.DragEvent{Dragged: fyne.NewDelta(5000, 0)})
	handle.DragEnd()
	b.Want(t, model.SetPanelWidth{Width: 280})
}

func TestGoldenChat(t *testing.T) {
	for _, s := range []scene{
		{"chat-lively-dark", theme.Dark, 1, 1280, 800, inCall(lively())},
		{"chat-lively-light-large-text", theme.Light, 2, 1100, 700, inCall(lively())},
	} {
		s.run(t)
	}
}
