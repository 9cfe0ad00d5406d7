package ui

import (
	"fmt"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"parley/ui/model"
	"parley/ui/theme"
	"parley/ui/uitest"
	"parley/ui/widgets"
)

// setting returns a state with the settings open at a section, over a screen.
func setting(s model.State, section model.Section) model.State {
	level := &model.Level{}
	level.Set(0.6)
	s.Settings = model.Settings{Open: true, Section: section, Name: "Zoe Park", Devices: devices(), Level: level, Video: model.Video{Height: 720, FrameRate: 30},
		Echo: true, Noise: true, Gain: true, Notify: true, KeepMeetings: true, Meetings: 3}
	return s
}

func TestSettingsAreReachedFromEverywhere(t *testing.T) {
	for name, state := range map[string]model.State{
		"home": {}, "prejoin": checking(func(*model.Prejoin) {}), "call": inCall(callOf(2)),
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, dark(), 900, 600, state)
			comma := &desktop.CustomShortcut{KeyName: fyne.KeyComma, Modifier: fyne.KeyModifierControl}
			b.canvas().(interface{ TypedShortcut(fyne.Shortcut) }).TypedShortcut(comma)
			b.Want(t, model.OpenSettings{})
			if name == "call" {
				uitest.Press(t, b.canvas(), "More")
				menu, ok := uitest.Find(b.canvas(), func(*widget.PopUpMenu) bool { return true })
				if !ok {
					t.Fatal("there is no menu")
				}
				last := menu.Items[len(menu.Items)-1].(fyne.Tappable)
				last.Tapped(&fyne.PointEvent{})
			} else {
				uitest.Press(t, b.canvas(), "Settings")
			}
			b.Want(t, model.OpenSettings{})
			b.apply(setting(state, model.SectionDevices))
			b.canvas().(interface{ TypedShortcut(fyne.Shortcut) }).TypedShortcut(comma)
			b.key(&fyne.KeyEvent{Name: fyne.KeyEscape})
			uitest.Press(t, b.canvas(), "Close")
			b.Want(t, model.CloseSettings{}, model.CloseSettings{}, model.CloseSettings{})
			b.apply(state)
			if b.env.Busy() {
				t.Error("the settings stay")
			}
		})
	}
}

func TestSettingsAskForEachChange(t *testing.T) {
	b := newBench(t, dark(), 1100, 700, setting(model.State{}, model.SectionGeneral))
	flip := func(name string) {
		t.Helper()
		uitest.Press(t, b.canvas(), name)
	}
	choose := func(name string, down int) {
		t.Helper()
		uitest.Press(t, b.canvas(), name)
		menu, ok := uitest.Find(b.canvas(), func(*widget.PopUpMenu) bool { return true })
		if !ok {
			t.Fatalf("%s opens no menu", name)
		}
		for range down {
			key(menu, fyne.KeyDown)
		}
		key(menu, fyne.KeyReturn)
	}
	choose("Language", 3)
	b.Want(t, model.SetLanguage{Tag: "de"})
	name, ok := uitest.Find(b.canvas(), func(f *widgets.Field) bool { return f.Text == "Zoe Park" })
	if !ok {
		t.Fatal("the name is not there")
	}
	test.Type(name, "!")
	b.Want(t, model.SetName{Name: "Zoe Park!"})
	flip("Devices")
	b.Want(t, model.OpenSettings{Section: model.SectionDevices})

	b.apply(setting(model.State{}, model.SectionDevices))
	choose("Camera", 2)
	choose("Microphone", 2)
	flip("Test")
	flip("Echo cancellation")
	flip("Noise suppression")
	flip("Steady loudness")
	b.Want(t, model.ChooseDevice{Kind: model.DeviceCamera, ID: "c2"}, model.ChooseDevice{Kind: model.DeviceMicrophone, ID: "m2"}, model.TestSpeaker{},
		model.SetSwitch{Switch: model.SwitchEcho}, model.SetSwitch{Switch: model.SwitchNoise}, model.SetSwitch{Switch: model.SwitchGain})

	b.apply(setting(model.State{}, model.SectionVideo))
	flip("1080p")
	flip("15")
	flip("Spare the processor")
	b.Want(t, model.SetVideo{Video: model.Video{Height: 1080, FrameRate: 30}}, model.SetVideo{Video: model.Video{Height: 720, FrameRate: 15}},
		model.SetSwitch{Switch: model.SwitchThrifty, On: true})

	b.apply(setting(model.State{}, model.SectionAppearance))
	flip("Light")
	flip("150 %")
	flip("Reduced motion")
	b.Want(t, model.SetTheme{Theme: model.ThemeLight}, model.SetTextSize{Percent: 150}, model.SetSwitch{Switch: model.SwitchStill, On: true})

	b.apply(setting(model.State{}, model.SectionNotifications))
	flip("Messages in the background")
	b.Want(t, model.SetSwitch{Switch: model.SwitchNotify})

	b.apply(setting(model.State{}, model.SectionPrivacy))
	flip("Keep a list of meetings")
	flip("Forget")
	b.Want(t, model.SetSwitch{Switch: model.SwitchKeepMeetings}, model.ForgetMeetings{})
	none := setting(model.State{}, model.SectionPrivacy)
	none.Settings.Meetings = 0
	b.apply(none)
	flip("Forget")
	b.Want(t)
}

// TestLookWorksAtOnce changes theme, text and language under open settings in a call: the window must look as one that was built so.
func TestLookWorksAtOnce(t *testing.T) {
	c := callOf(4)
	c.Panel, c.Chat, c.ChatDraft = model.PanelChat, chat()[:3], "half a line"
	fresh := func() model.State {
		s := inCall(c)
		for n := range s.Call.Tiles {
			s.Call.Tiles[n].Pictures, s.Call.Tiles[n].Media = nil, model.TileCameraOff
		}
		return setting(s, model.SectionAppearance)
	}
	b := newBench(t, dark(), 1100, 700, fresh())
	dark := b.canvas().Capture()
	for _, look := range []model.Look{
		{Language: "de", Theme: model.ThemeLight, Text: 150},
		{Language: "de", Theme: model.ThemeDark, Text: 200, Still: true},
		{Theme: model.ThemeLight, Text: 100},
	} {
		s := fresh()
		s.Look = look
		b.apply(s)
		b.beat(noon())
		again := &bench{app: b.app}
		again.Window = newWindow(b.app, Options{Width: 1100, Height: 700, Send: again.Send, Look: look}, func(f func()) { f() })
		again.now = noon
		again.win.Show()
		again.apply(s)
		again.beat(noon())
		for _, x := range []*bench{b, again} { // who has the keyboard differs
			x.canvas().Unfocus()
		}
		uitest.Same(t, fmt.Sprint("look-", look), again.canvas().Capture(), b.canvas().Capture())
		again.shut()
		if field, ok := uitest.Find(b.canvas(), func(f *widgets.Field) bool { return f.Text == "half a line" }); !ok {
			t.Errorf("the draft is gone: %v", field)
		}
	}
	if same(dark, b.canvas().Capture()) {
		t.Error("nothing changed")
	}
}

func TestSettingsFit(t *testing.T) {
	for section := model.SectionGeneral; section <= model.SectionPrivacy; section++ {
		for _, text := range []float32{1, 2} {
			b := newBench(t, theme.New(theme.Light, text), 640, 480, setting(model.State{}, section))
			if got := b.canvas().Size(); got.Width != 640 || got.Height != 480 {
				t.Fatalf("the window grew to %v", got)
			}
			uitest.Walk([]fyne.CanvasObject{b.canvas().Overlays().Top()}, func(o fyne.CanvasObject, at fyne.Position) {
				named, ok := o.(uitest.Named)
				if !ok {
					return
				}
				z := o.Size()
				if z.Width < theme.Target-0.1 || z.Height < theme.Target-0.1 || at.X < 0 || at.X+z.Width > 640.1 {
					t.Errorf("section %d, text %v: %q at %v is %v", section, text, named.Name(), at, z)
				}
			})
		}
	}
}

func TestGoldenSettings(t *testing.T) {
	bad := setting(inCall(callOf(3)), model.SectionDevices)
	bad.Settings.CameraProblem = "Your camera is used by another app. Close that app or choose another camera."
	bad.Settings.Level, bad.Settings.MicProblem = nil, "No microphone found. You can join without one."
	bad.Settings.Devices.Microphones, bad.Settings.Devices.Microphone = nil, ""
	german := setting(model.State{Look: model.Look{Language: "de"}}, model.SectionPrivacy)
	for _, s := range []scene{
		{"settings-general-dark", theme.Dark, 1, 1100, 700, setting(inCall(callOf(2)), model.SectionGeneral)},
		{"settings-devices-light", theme.Light, 1, 1100, 700, setting(model.State{}, model.SectionDevices)},
		{"settings-devices-bad-dark", theme.Dark, 1, 1100, 700, bad},
		{"settings-video-dark", theme.Dark, 1, 1280, 800, setting(inCall(callOf(5)), model.SectionVideo)},
		{"settings-appearance-light", theme.Light, 1, 900, 600, setting(model.State{}, model.SectionAppearance)},
		{"settings-appearance-large-text", theme.Dark, 2, 1100, 700, setting(model.State{}, model.SectionAppearance)},
		{"settings-keys-light", theme.Light, 1, 1100, 700, setting(model.State{}, model.SectionKeys)},
		{"settings-notifications-small", theme.Dark, 1, 640, 480, setting(model.State{}, model.SectionNotifications)},
		{"settings-devices-small-large-text", theme.Light, 2, 640, 480, setting(model.State{}, model.SectionDevices)},
		{"settings-privacy-german", theme.Light, 1, 1100, 700, german},
	} {
		s.run(t)
	}
}
