package ui

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"parley/ui/model"
	"parley/ui/uitest"
)

func checking(change func(*model.Prejoin)) model.State {
	p := prejoinState()
	change(&p)
	return model.State{Screen: model.ScreenPrejoin, Prejoin: p}
}

func TestPrejoinKeyboard(t *testing.T) {
	b := newBench(t, dark(), 900, 600, checking(func(*model.Prejoin) {}))
	f := b.field(t)
	test.Type(f, "!")
	b.Want(t, model.SetName{Name: "Zoe Park!"})
	key(f, fyne.KeyReturn)
	b.Want(t, model.Join{})
	f.TypedShortcut(&desktop.CustomShortcut{KeyName: fyne.KeyD, Modifier: fyne.KeyModifierControl})
	f.TypedShortcut(&desktop.CustomShortcut{KeyName: fyne.KeyE, Modifier: fyne.KeyModifierControl})
	b.Want(t, model.ToggleMic{}, model.ToggleCamera{})
	key(f, fyne.KeyEscape)
	b.Want(t, model.BackHome{})
	f.SetText("  ")
	b.All = nil
	key(f, fyne.KeyReturn)
	b.Want(t) // nobody joins without a name
}

func TestPrejoinButtons(t *testing.T) {
	b := newBench(t, dark(), 900, 600, checking(func(*model.Prejoin) {}))
	for name, want := range map[string]model.Intent{
		"Mute": model.ToggleMic{}, "Turn camera off": model.ToggleCamera{}, "Test": model.TestSpeaker{}, "Record": model.RecordVoice{}, "Join now": model.Join{}, "Back": model.BackHome{},
	} {
		uitest.Press(t, b.canvas(), name)
		b.Want(t, want)
	}
	b.apply(checking(func(p *model.Prejoin) { p.Joining, p.MicOn, p.CameraOn = true, false, false }))
	for name, want := range map[string]model.Intent{
		"Unmute": model.ToggleMic{}, "Turn camera on": model.ToggleCamera{}, "Cancel": model.CancelJoin{}, "Back": model.CancelJoin{},
	} {
		uitest.Press(t, b.canvas(), name)
		b.Want(t, want)
	}
}

func TestPrejoinChoosesDevices(t *testing.T) {
	b := newBench(t, dark(), 900, 600, checking(func(*model.Prejoin) {}))
	for name, want := range map[string]model.ChooseDevice{
		"Camera":     {Kind: model.DeviceCamera, ID: "c2"},
		"Microphone": {Kind: model.DeviceMicrophone, ID: "m2"},
	} {
		uitest.Press(t, b.canvas(), name)
		menu, ok := uitest.Find(b.canvas(), func(m *widget.PopUpMenu) bool { return true })
		if !ok {
			t.Fatalf("%s opens no menu", name)
		}
		if len(menu.Items) != 2 {
			t.Fatalf("%s has %d items", name, len(menu.Items))
		}
		key(menu, fyne.KeyDown, fyne.KeyDown, fyne.KeyReturn)
		b.Want(t, want)
	}
}

func TestPrejoinSelfView(t *testing.T) {
	pictures := uitest.NewPictures(nil)
	b := newBench(t, dark(), 900, 600, checking(func(p *model.Prejoin) { p.SelfView = pictures }))
	want := pictures.Wanted()
	if want[0] < 200 || want[1] < 100 {
		t.Errorf("the self view wants %v", want)
	}
	pictures.Put(uitest.Portrait(64, 36, 1))
	b.present()
	if pictures.Taken() != 1 {
		t.Errorf("%d pictures were taken", pictures.Taken())
	}
	b.apply(inCall(callOf(1)))
	if pictures.Wanted() != [2]int{} {
		t.Errorf("off the screen the self view still wants %v", pictures.Wanted())
	}
}

func TestPrejoinChoosesTheQuality(t *testing.T) {
	b := newBench(t, dark(), 900, 600, checking(func(*model.Prejoin) {}))
	uitest.Press(t, b.canvas(), "Quality")
	menu, ok := uitest.Find(b.canvas(), func(*widget.PopUpMenu) bool { return true })
	if !ok || len(menu.Items) != 3 {
		t.Fatalf("there is no choice of three: %v", ok)
	}
	key(menu, fyne.KeyDown, fyne.KeyDown, fyne.KeyDown, fyne.KeyReturn)
	b.Want(t, model.SetVideo{Video: model.Video{Height: 1080, FrameRate: 30}})
}
