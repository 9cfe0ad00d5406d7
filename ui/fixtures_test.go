package ui

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	_ "fyne.io/fyne/v2/test" // makes the app of the tests

	"parley/ui/model"
	"parley/ui/theme"
	"parley/ui/uitest"
)

// noon is when everything in these tests happens.
func noon() time.Time { return time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC) }

// bench is a window on a test canvas.
type bench struct {
	*Window
	uitest.Intents
	app fyne.App
}

// newBench opens a window of a size with a theme, and shows a state. What is posted runs at once.
func newBench(t *testing.T, th *theme.Theme, width, height int, state model.State) *bench {
	t.Helper()
	app := fyne.CurrentApp()
	if !reflect.DeepEqual(app.Settings().Theme(), fyne.Theme(th)) { // each change has the fonts read anew
		app.Settings().SetTheme(th)
	}
	b := &bench{app: app}
	b.Window = newWindow(app, Options{Width: width, Height: height, Send: b.Send}, func(f func()) { f() })
	b.now = noon
	b.win.Show()
	t.Cleanup(func() {
		b.shut()
		app.Clipboard().SetContent("")
	})
	if state.Screen == model.ScreenCall && state.Call.Panel != model.PanelNone { // opened by hand, so that it has the keyboard
		closed := state
		closed.Call.Panel = model.PanelNone
		b.apply(closed)
	}
	b.apply(state)
	b.present()
	b.beat(noon())
	b.All = nil
	return b
}

func (b *bench) canvas() fyne.Canvas { return b.win.Canvas() }

func (b *bench) golden(t *testing.T, name string) {
	t.Helper()
	b.win.Resize(fyne.NewSize(float32(b.opt.Width), float32(b.opt.Height)))
	uitest.Golden(t, name, b.win.Canvas().Capture())
}

// people are names as they come: short, long, right to left, with emoji.
func names() []string {
	return []string{"Ann Bell", "Ben Ortiz", "Chinonso Adeyemi-Featherstonehaugh of the Northern Region", "דנה לוי", "Émile Zola", "Fay 🌻 Kim",
		"Gus", "Hana Suzuki", "Ivan Petrov", "Jo", "Kwame Mensah", "Lena Ek", "Mo Salah", "Nia Long", "Otto von Bismarck", "Pia"}
}

// callOf returns a running call with so many people; most have a picture.
func callOf(people int) model.Call {
	c := model.Call{
		Meeting: "Weekly planning", Started: noon().Add(-754 * time.Second), Phase: model.PhaseRunning, Since: noon().Add(-754 * time.Second),
		MicOn: true, CameraOn: true, CanPublish: true, CanSignal: true, CanMute: true, Devices: devices(),
	}
	for n := range people {
		own := n == people-1
		name := names()[n]
		if own {
			name = "Zoe Park"
		}
		id := fmt.Sprint("p", n)
		t := model.Tile{ID: "s" + id, PersonID: id, Name: name, Own: own, Level: levelOf(n), Moderation: !own}
		switch {
		case n%5 == 3:
			t.Media = model.TileCameraOff
		default:
			t.Pictures = uitest.NewPictures(uitest.Portrait(256, 144, n))
		}
		if own {
			t.ID, t.Mirrored = "own", true
		}
		t.Speaking, t.Muted = n == 1 && !own, n%4 == 2
		c.Tiles = append(c.Tiles, t)
		c.People = append(c.People, model.Person{ID: id, Name: name, Own: own, Muted: t.Muted, CameraOff: t.Media == model.TileCameraOff})
	}
	return c
}

func levelOf(n int) *model.Level {
	l := &model.Level{}
	if n%3 == 1 {
		l.Set(0.7)
	}
	return l
}

func devices() model.Devices {
	return model.Devices{
		Cameras:     []model.Device{{ID: "c1", Name: "Integrated Camera"}, {ID: "c2", Name: "Logitech StreamCam Plus with a very long product name"}},
		Microphones: []model.Device{{ID: "m1", Name: "Headset Microphone"}, {ID: "m2", Name: "Built-in Audio Analog Stereo"}},
		Speakers:    []model.Device{{ID: "s1", Name: "Headset"}},
		Camera:      "c1", Microphone: "m1", Speaker: "s1",
	}
}

func inCall(c model.Call) model.State { return model.State{Screen: model.ScreenCall, Call: c} }

// withScreen adds somebody's shared screen of a size.
func withScreen(c model.Call, width, height int) model.Call {
	screen := model.Tile{ID: "screen", PersonID: "p0", Name: names()[0], Screen: true, Pictures: uitest.NewPictures(uitest.Desktop(width, height))}
	c.Tiles = append([]model.Tile{screen}, c.Tiles...)
	return c
}

func chat() []model.ChatLine {
	at := func(minutes int) time.Time { return noon().Add(time.Duration(minutes-20) * time.Minute) }
	long := names()[2]
	return []model.ChatLine{
		{ID: "1", From: "p0", Name: "Ann Bell", Text: "Morning! The agenda is at https://wiki.example.org/weekly/2026-03-14?tab=agenda#open-questions, please have a look.", Time: at(0)},
		{ID: "2", From: "p0", Name: "Ann Bell", Text: "Two things today.", Time: at(0)},
		{ID: "3", From: "p2", Name: long, Text: "Run `make golden` first, then compare.", Time: at(2)},
		{ID: "4", From: "p3", Name: "דנה לוי", Text: "שלום לכולם, אני מצטרפת", Time: at(3)},
		{ID: "5", From: "p5", Name: "Fay 🌻 Kim", Text: "👍🎉", Time: at(3)},
		{ID: "6", From: "own", Name: "Zoe Park", Own: true, Text: "Works here.\nSecond line after a break.", Time: at(5)},
		{ID: "7", From: "own", Name: "Zoe Park", Own: true, Text: "This one has not come back from the server yet.", Time: at(6), Pending: true},
		{ID: "8", From: "own", Name: "Zoe Park", Own: true, Text: "And this one failed.", Time: at(7), Failed: "The connection was lost."},
	}
}

func screenChoices() []model.ScreenChoice {
	return []model.ScreenChoice{
		{ID: "x1", Name: "Screen 1", Width: 1920, Height: 1080, Thumbnail: uitest.Desktop(320, 180)},
		{ID: "x2", Name: "Screen 2", Width: 1080, Height: 1920, Thumbnail: uitest.Desktop(101, 180)},
		{ID: "x3", Name: "Whole desktop", Width: 3000, Height: 1920},
	}
}

func prejoinState() model.Prejoin {
	level := &model.Level{}
	level.Set(0.55)
	return model.Prejoin{
		Meeting: "Ann's meeting", Name: "Zoe Park", Devices: devices(), CameraOn: true, MicOn: true, Level: level, CanRecord: true,
		Video:    model.Video{Height: 720, FrameRate: 30},
		SelfView: uitest.NewPictures(uitest.Portrait(384, 216, 4)),
	}
}
