package prejoin

import (
	"fmt"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"parley/assets"
	"parley/ui/model"
	"parley/ui/theme"
	"parley/ui/widgets"
)

// edge is room around the form for the rings of what has the keyboard: the scroll around it would cut them off.
const edge = 3

// form is the right half: name, camera, microphone, speaker, each with its problem under it.
type form struct {
	widget.BaseWidget

	env     *widgets.Env
	name    *widgets.Field
	label   *widgets.Line
	title   *widgets.Line
	camera  *widgets.Select
	mic     *widgets.Select
	speaker *widgets.Select
	test    *widgets.Button
	record  *widgets.Button
	quality *widgets.Select
	video   model.Video
	micBad  *widgets.Banner
	spkBad  *widgets.Banner
	bad     *widgets.Banner
	width   float32
}

func newForm(env *widgets.Env, submit, changed func()) *form {
	small := widgets.Style{Size: theme.SizeSmall, Colour: theme.SecondText}
	f := &form{env: env, label: widgets.NewLine(env.Say("prejoin.your-name"), small), title: widgets.NewLine(env.Say("prejoin.devices"), small)}
	f.name = widgets.NewField(env, env.Say("prejoin.name-hint"), nameMost, func(text string) {
		env.Send(model.SetName{Name: text})
		changed()
	}, func(string) { submit() })
	f.camera = widgets.NewDeviceSelect(env, model.DeviceCamera, assets.IconCamera, env.Say("device.camera"), env.Say("device.no-camera"))
	f.mic = widgets.NewDeviceSelect(env, model.DeviceMicrophone, assets.IconMic, env.Say("device.microphone"), env.Say("device.no-microphone"))
	f.speaker = widgets.NewDeviceSelect(env, model.DeviceSpeaker, assets.IconSpeaker, env.Say("device.speaker"), env.Say("device.no-speaker"))
	f.test = widgets.NewButton(env, env.Say("device.test"), "", widgets.Secondary, func() { env.Send(model.TestSpeaker{}) })
	f.record = widgets.NewButton(env, env.Say("prejoin.record"), "", widgets.Secondary, func() { env.Send(model.RecordVoice{}) })
	f.quality = widgets.NewSelect(env, "", env.Say("prejoin.quality"), "", f.pickQuality)
	f.quality.Set(qualities(), "")
	f.micBad, f.spkBad, f.bad = widgets.NewProblem(""), widgets.NewProblem(""), widgets.NewProblem("")
	f.ExtendBaseWidget(f)
	return f
}

// qualities are the heights of pictures that can be chosen.
func qualities() []model.Device {
	var all []model.Device
	for _, h := range model.VideoHeights() {
		all = append(all, model.Device{ID: strconv.Itoa(h), Name: fmt.Sprintf("%dp", h)})
	}
	return all
}

func (f *form) pickQuality(id string) {
	v := f.video
	v.Height, _ = strconv.Atoi(id) // an id of ours
	f.env.Send(model.SetVideo{Video: v})
}

func (f *form) update(p model.Prejoin) {
	d := p.Devices
	f.camera.Set(d.Cameras, d.Camera)
	f.mic.Set(d.Microphones, d.Microphone)
	f.speaker.Set(d.Speakers, d.Speaker)
	f.micBad.Set(p.MicProblem)
	f.spkBad.Set(p.SpeakerProblem)
	f.bad.Set(p.Problem)
	if p.SpeakerTesting {
		f.test.SetText(f.env.Say("device.playing"))
	} else {
		f.test.SetText(f.env.Say("device.test"))
	}
	f.test.SetDisabled(p.SpeakerTesting || len(d.Speakers) == 0)
	f.video = p.Video
	f.quality.Choose(strconv.Itoa(p.Video.Height))
	if p.Voice.Recording || p.Voice.Playing {
		f.record.SetText(f.env.Say("prejoin.record-stop"))
	} else {
		f.record.SetText(f.env.Say("prejoin.record"))
	}
	f.record.SetDisabled(!p.CanRecord)
	f.Refresh()
}

// part is one row of the form, with what stands under it.
type part struct {
	row    fyne.CanvasObject
	least  float32
	beside fyne.CanvasObject
	under  *widgets.Banner
	gap    float32
}

func (f *form) parts() []part {
	label := f.label.MinSize().Height
	return []part{
		{row: f.label, least: label, gap: 4},
		{row: f.name, least: max(f.name.MinSize().Height, theme.Target), gap: 12},
		{row: f.title, least: label, gap: 4},
		{row: f.camera, least: f.camera.MinSize().Height, beside: f.quality, gap: theme.Gap},
		{row: f.mic, least: f.mic.MinSize().Height, beside: f.record, under: f.micBad, gap: theme.Gap},
		{row: f.speaker, least: f.speaker.MinSize().Height, beside: f.test, under: f.spkBad, gap: theme.Gap},
		{under: f.bad},
	}
}

// aside is how wide all that stands beside a device is.
func (f *form) aside() float32 {
	return max(f.test.MinSize().Width, f.record.MinSize().Width, widgets.Style{}.Measure("1080p").Width+48, 72)
}

// stacks reports whether what stands beside a device stands below it, for want of width.
func (f *form) stacks(width float32) bool {
	return width-f.aside()-theme.Gap < widgets.Style{}.Measure("Integrated").Width+76
}

// heightFor returns the height at a width.
func (f *form) heightFor(width float32) float32 {
	h := float32(0)
	width -= 2 * edge
	for _, p := range f.parts() {
		h += p.least + p.gap
		if p.beside != nil && f.stacks(width) {
			h += p.least + p.gap
		}
		if p.under != nil && p.under.Text() != "" {
			h += p.under.HeightFor(width) + theme.Gap
		}
	}
	return h - theme.Gap + 2*edge
}

// CreateRenderer makes the form's renderer.
func (f *form) CreateRenderer() fyne.WidgetRenderer {
	objects := []fyne.CanvasObject{f.label, f.name, f.title, f.camera, f.quality, f.mic, f.record, f.micBad, f.speaker, f.test, f.spkBad, f.bad}
	least := func() fyne.Size { return fyne.NewSize(200, f.heightFor(max(f.width, 200))) }
	refresh := func() {
		for _, b := range []*widgets.Banner{f.micBad, f.spkBad, f.bad} {
			widgets.SetShown(b, b.Text() != "")
		}
	}
	layout := func(z fyne.Size) {
		s := fyne.NewSize(z.Width-2*edge, z.Height)
		y := float32(edge)
		place := func(o fyne.CanvasObject, x, y, w, h float32) { widgets.Place(o, x+edge, y, w, h) }
		for _, p := range f.parts() {
			w := s.Width
			if p.beside != nil && !f.stacks(s.Width) {
				b := f.aside()
				w -= b + theme.Gap
				place(p.beside, w+theme.Gap, y, b, p.least)
			}
			if p.row != nil {
				place(p.row, 0, y, w, p.least)
				y += p.least + p.gap
			}
			if p.beside != nil && f.stacks(s.Width) {
				place(p.beside, 0, y, s.Width, p.least)
				y += p.least + p.gap
			}
			if p.under != nil && p.under.Text() != "" {
				h := p.under.HeightFor(s.Width)
				place(p.under, 0, y, s.Width, h)
				y += h + theme.Gap
			}
		}
	}
	return widgets.NewRenderer(objects, least, layout, refresh)
}
