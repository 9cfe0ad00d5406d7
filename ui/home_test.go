package ui

import (
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"parley/ui/home"
	"parley/ui/model"
	"parley/ui/theme"
	"parley/ui/uitest"
	"parley/ui/widgets"
)

func dark() *theme.Theme { return theme.New(theme.Dark, 1) }

// field returns the text field in sight that holds the keyboard.
func (b *bench) field(t *testing.T) *widgets.Field {
	t.Helper()
	f, ok := b.canvas().Focused().(*widgets.Field)
	if !ok {
		t.Fatalf("%T has the keyboard, not a field", b.canvas().Focused())
	}
	return f
}

func key(f fyne.Focusable, names ...fyne.KeyName) {
	for _, n := range names {
		f.TypedKey(&fyne.KeyEvent{Name: n})
	}
}

func TestHomeJoinsOnEnterAndOnTheButton(t *testing.T) {
	b := newBench(t, dark(), 900, 600, model.State{})
	f := b.field(t)
	key(f, fyne.KeyReturn)
	uitest.Press(t, b.canvas(), "Join")
	b.Want(t) // an empty field joins nothing
	test.Type(f, " meet.example.org/j/x ")
	key(f, fyne.KeyReturn)
	b.Want(t, model.OpenLink{Link: "meet.example.org/j/x"})
	uitest.Press(t, b.canvas(), "Join")
	b.Want(t, model.OpenLink{Link: "meet.example.org/j/x"})
}

func TestHomeKeepsWhatIsTyped(t *testing.T) {
	b := newBench(t, dark(), 900, 600, model.State{Home: model.Home{Link: "host:1/A"}})
	f := b.field(t)
	if f.Text != "host:1/A" {
		t.Fatalf("the field starts with %q", f.Text)
	}
	test.Type(f, "BC")
	key(f, fyne.KeyLeft)
	column := f.CursorColumn
	b.apply(model.State{Home: model.Home{Link: "host:1/A", Problem: "No such computer.", Busy: false}})
	if f.Text != "host:1/ABC" || f.CursorColumn != column || b.canvas().Focused() != f {
		t.Errorf("field has %q, cursor %d, want host:1/ABC, %d", f.Text, f.CursorColumn, column)
	}
	b.apply(model.State{Home: model.Home{Link: "host:1/A", Busy: true}})
	key(f, fyne.KeyReturn)
	b.Want(t) // it is looked up already
}

func TestHomeOffersTheClipboard(t *testing.T) {
	b := newBench(t, dark(), 900, 600, model.State{Screen: model.ScreenPrejoin, Prejoin: prejoinState()})
	fyne.CurrentApp().Clipboard().SetContent(" https://meet.example.org/j/abc\n")
	b.apply(model.State{})
	uitest.Press(t, b.canvas(), "Join with the link you copied")
	b.Want(t, model.OpenLink{Link: "https://meet.example.org/j/abc"})
	if uitest.Has(b.canvas(), "Join with the link you copied") {
		t.Error("the offer stays once it is taken")
	}
}

// met are meetings that were joined before.
func met() []model.Meeting {
	return []model.Meeting{
		{Link: "parley://meet.example.org:7880/AAAA", Name: "meet.example.org:7880", Code: "AAAAAA…", Last: noon().Add(-2 * time.Hour)},
		{Link: "parley://192.168.1.20:7880/BBBB", Name: "Weekly planning of the whole northern region, with guests", Code: "BBBBBB…", Last: noon().Add(-26 * time.Hour)},
		{Link: "parley://10.0.0.5:7880/CCCC", Name: "פגישה", Last: noon().AddDate(0, -2, 0)},
	}
}

func TestHomeOffersRecentMeetings(t *testing.T) {
	b := newBench(t, dark(), 1100, 700, model.State{Home: model.Home{Recent: met()}})
	uitest.Press(t, b.canvas(), "meet.example.org:7880")
	uitest.Press(t, b.canvas(), "Remove פגישה from the list")
	b.Want(t, model.OpenLink{Link: "parley://meet.example.org:7880/AAAA"}, model.ForgetMeeting{Link: "parley://10.0.0.5:7880/CCCC"})
	b.apply(model.State{})
	if uitest.Has(b.canvas(), "meet.example.org:7880") {
		t.Error("a meeting that is forgotten stays")
	}
	for at, want := range map[time.Time]string{
		noon().Add(-2 * time.Hour): "today, 10:00", noon().Add(-13 * time.Hour): "yesterday, 23:00", noon().AddDate(0, 0, -2): "2026-03-12, 12:00",
	} {
		if got := home.When(b.env, at, noon()); got != want {
			t.Errorf("%v is %q, want %q", at, got, want)
		}
	}
}

func TestHomeLooksAtTheClipboardAgain(t *testing.T) {
	b := newBench(t, dark(), 900, 600, model.State{})
	fyne.CurrentApp().Clipboard().SetContent("parley://host:1/ABC")
	b.app.Lifecycle().(interface{ OnEnteredForeground() func() }).OnEnteredForeground()()
	uitest.Press(t, b.canvas(), "Join with the link you copied")
	b.Want(t, model.OpenLink{Link: "parley://host:1/ABC"})
}

func TestLooksLikeLink(t *testing.T) {
	for text, want := range map[string]bool{
		"https://meet.example.org/j/abc": true, "parley://host:1/x": true, "http://10.0.0.1:7880/join#x": true,
		"": false, "hello": false, "https://news.example.org/x": false, "https://a/j b": false, "my password": false,
	} {
		if got := home.LooksLikeLink(text); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}
