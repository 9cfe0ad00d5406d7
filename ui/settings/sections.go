package settings

import (
	"fmt"
	"slices"

	"parley/assets"
	"parley/ui/model"
	"parley/ui/widgets"
)

// nameMost is how many characters a name has at most: the wire carries 240 bytes.
const nameMost = 60

// controls are what sets things, and follows them.
type controls struct {
	name                 *widgets.Field
	language             *widgets.Select
	camera, mic, speaker *widgets.Select
	test                 *widgets.Button
	level                *widgets.LevelBar
	levelRow             *row
	cameraRow            *row
	micRow, speakerRow   *row
	height, rate         *widgets.Segments
	theme, text          *widgets.Segments
	still, thrifty       *widgets.Toggle
	processing           processing
	notify, meetings     *widgets.Toggle
	forget               *widgets.Button
	forgetRow            *row
}

// processing is what is done to the microphone's sound.
type processing struct{ echo, noise, gain *widgets.Toggle }

// percents are the sizes of text as they are written.
func percents() []string {
	var all []string
	for _, p := range model.TextSizes() {
		all = append(all, fmt.Sprintf("%d %%", p))
	}
	return all
}

// build makes the sections.
func (w *Window) build() {
	env, c := w.env, &w.controls
	toggle := func(name string, s model.Switch) *widgets.Toggle {
		return widgets.NewToggle(env, name, func(on bool) { env.Send(model.SetSwitch{Switch: s, On: on}) })
	}
	say := func(key string) string { return env.Say("settings." + key) }
	w.bodies = map[model.Section]*rows{
		model.SectionGeneral:       w.general(say),
		model.SectionDevices:       w.devices(say),
		model.SectionVideo:         w.video(say),
		model.SectionKeys:          newRows(newRow(say("keys"), say("keys-help"), widgets.NewKeyList(env)).under()),
		model.SectionNotifications: nil,
	}
	c.theme = widgets.NewSegments(env, []string{say("theme-system"), say("theme-dark"), say("theme-light")}, func(n int) { env.Send(model.SetTheme{Theme: model.Theme(n)}) })
	c.text = widgets.NewSegments(env, percents(), func(n int) { env.Send(model.SetTextSize{Percent: model.TextSizes()[n]}) })
	c.still = toggle(say("still"), model.SwitchStill)
	w.bodies[model.SectionAppearance] = newRows(newRow(say("theme"), "", c.theme), newRow(say("text"), "", c.text), newRow(say("still"), say("still-help"), c.still))
	c.notify = toggle(say("notify"), model.SwitchNotify)
	w.bodies[model.SectionNotifications] = newRows(newRow(say("notify"), say("notify-help"), c.notify))
	c.meetings = toggle(say("meetings"), model.SwitchKeepMeetings)
	c.forget = widgets.NewButton(env, say("forget"), assets.IconTrash, widgets.Grave, func() { env.Send(model.ForgetMeetings{}) })
	c.forgetRow = newRow(say("forget-title"), "", c.forget)
	w.bodies[model.SectionPrivacy] = newRows(newRow(say("meetings"), say("meetings-help"), c.meetings), c.forgetRow)
}

func (w *Window) general(say func(string) string) *rows {
	env, c := w.env, &w.controls
	c.name = widgets.NewField(env, env.Say("prejoin.name-hint"), nameMost, func(text string) { env.Send(model.SetName{Name: text}) }, nil)
	c.language = widgets.NewSelect(env, assets.IconGlobe, say("language"), "", func(tag string) { env.Send(model.SetLanguage{Tag: tag}) })
	return newRows(newRow(env.Say("prejoin.your-name"), say("name-help"), c.name).under(), newRow(say("language"), "", c.language).under())
}

func (w *Window) devices(say func(string) string) *rows {
	env, c := w.env, &w.controls
	c.camera = widgets.NewDeviceSelect(env, model.DeviceCamera, assets.IconCamera, env.Say("device.camera"), env.Say("device.no-camera"))
	c.mic = widgets.NewDeviceSelect(env, model.DeviceMicrophone, assets.IconMic, env.Say("device.microphone"), env.Say("device.no-microphone"))
	c.speaker = widgets.NewDeviceSelect(env, model.DeviceSpeaker, assets.IconSpeaker, env.Say("device.speaker"), env.Say("device.no-speaker"))
	c.test = widgets.NewButton(env, env.Say("device.test"), "", widgets.Secondary, func() { env.Send(model.TestSpeaker{}) })
	c.level = widgets.NewLevelBar()
	c.cameraRow = newRow(env.Say("device.camera"), "", c.camera).under().troubled()
	c.micRow = newRow(env.Say("device.microphone"), "", c.mic).under().troubled()
	c.levelRow = newRow(say("level"), say("level-help"), c.level).under()
	c.speakerRow = newRow(env.Say("device.speaker"), "", c.speaker).with(c.test).troubled()
	toggle := func(key string, s model.Switch) *widgets.Toggle {
		return widgets.NewToggle(env, say(key), func(on bool) { env.Send(model.SetSwitch{Switch: s, On: on}) })
	}
	c.processing = processing{echo: toggle("echo", model.SwitchEcho), noise: toggle("noise", model.SwitchNoise), gain: toggle("gain", model.SwitchGain)}
	return newRows(c.cameraRow, c.micRow, c.levelRow, c.speakerRow, newRow(say("echo"), say("echo-help"), c.processing.echo),
		newRow(say("noise"), say("noise-help"), c.processing.noise), newRow(say("gain"), say("gain-help"), c.processing.gain))
}

func (w *Window) video(say func(string) string) *rows {
	env, c := w.env, &w.controls
	var heights, rates []string
	for _, h := range model.VideoHeights() {
		heights = append(heights, fmt.Sprintf("%dp", h))
	}
	for _, r := range model.FrameRates() {
		rates = append(rates, fmt.Sprint(r))
	}
	c.height = widgets.NewSegments(env, heights, func(n int) {
		v := w.state.Video
		v.Height = model.VideoHeights()[n]
		env.Send(model.SetVideo{Video: v})
	})
	c.rate = widgets.NewSegments(env, rates, func(n int) {
		v := w.state.Video
		v.FrameRate = model.FrameRates()[n]
		env.Send(model.SetVideo{Video: v})
	})
	c.thrifty = widgets.NewToggle(env, say("thrifty"), func(on bool) { env.Send(model.SetSwitch{Switch: model.SwitchThrifty, On: on}) })
	return newRows(newRow(say("height"), say("height-help"), c.height), newRow(say("rate"), say("rate-help"), c.rate),
		newRow(say("thrifty"), say("thrifty-help"), c.thrifty))
}

// follow brings the controls up to the state.
func (w *Window) follow(s model.Settings, look model.Look) {
	c, env := &w.controls, w.env
	languages := []model.Device{{Name: env.Say("settings.language-system")}}
	for _, l := range assets.Languages() {
		languages = append(languages, model.Device{ID: l.Tag, Name: l.Name})
	}
	c.language.Set(languages, s.Language)
	c.camera.Set(s.Devices.Cameras, s.Devices.Camera)
	c.mic.Set(s.Devices.Microphones, s.Devices.Microphone)
	c.speaker.Set(s.Devices.Speakers, s.Devices.Speaker)
	c.level.SetLevel(s.Level)
	c.cameraRow.problem.Set(s.CameraProblem)
	c.micRow.problem.Set(s.MicProblem)
	c.speakerRow.problem.Set(s.SpeakerProblem)
	c.test.SetDisabled(s.SpeakerTesting || len(s.Devices.Speakers) == 0)
	if s.SpeakerTesting {
		c.test.SetText(env.Say("device.playing"))
	} else {
		c.test.SetText(env.Say("device.test"))
	}
	c.processing.echo.Set(s.Echo)
	c.processing.noise.Set(s.Noise)
	c.processing.gain.Set(s.Gain)
	c.height.Set(slices.Index(model.VideoHeights(), s.Video.Height))
	c.rate.Set(slices.Index(model.FrameRates(), s.Video.FrameRate))
	c.thrifty.Set(look.Thrifty)
	c.theme.Set(int(look.Theme))
	text := look.Text
	if text == 0 {
		text = 100
	}
	c.text.Set(slices.Index(model.TextSizes(), text))
	c.still.Set(look.Still)
	c.notify.Set(s.Notify)
	c.meetings.Set(s.KeepMeetings)
	c.forgetRow.help.Set(env.Count("settings.meetings-kept", s.Meetings))
	c.forget.SetDisabled(s.Meetings == 0)
}
