package controller

import (
	"context"
	"reflect"
	"time"

	"parley/app/config"
	"parley/assets"
	"parley/media"
	"parley/ui/model"
)

// preferences is the settings window, and the saving of what it changes.
type preferences struct {
	shown   model.Settings // Open and Section
	probe   *audioFeed     // the microphone, for its level, while nobody else has it open
	saved   config.Settings
	savedAt time.Time
	saving  line
}

// setting does what the settings window asks for, and reports whether an intent was about it.
func (c *Controller) setting(i model.Intent) bool {
	s := &c.settings
	switch i := i.(type) {
	case model.OpenSettings:
		if !c.prefs.shown.Open {
			c.findDevices()
		}
		c.prefs.shown.Open, c.prefs.shown.Section = true, i.Section
	case model.CloseSettings:
		c.prefs.shown.Open = false
	case model.SetLanguage:
		s.Look.Language = i.Tag
		c.words = assets.NewWords(first(i.Tag, c.opt.Locale))
	case model.SetTheme:
		s.Look.Theme = keptTheme(i.Theme)
	case model.SetTextSize:
		s.Look.Text = i.Percent
	case model.SetVideo:
		s.Video.Height, s.Video.FrameRate = i.Video.Height, i.Video.FrameRate
		c.refitCamera()
	case model.SetSwitch:
		c.flip(i)
	case model.ForgetMeetings:
		s.Privacy.Recent = nil
	case model.ForgetMeeting:
		c.forget(i.Link)
	default:
		return false
	}
	c.state.Look = Look(c.settings, c.opt.Locale)
	return true
}

func (c *Controller) flip(i model.SetSwitch) {
	s := &c.settings
	switch i.Switch {
	case model.SwitchStill:
		s.Look.Still = i.On
	case model.SwitchThrifty:
		s.Video.Thrifty = i.On
	case model.SwitchNotify:
		s.Privacy.Silent = !i.On
	case model.SwitchEcho, model.SwitchNoise, model.SwitchGain:
		c.process(i)
	case model.SwitchKeepMeetings:
		if s.Privacy.Forget = !i.On; s.Privacy.Forget {
			s.Privacy.Recent = nil
		}
	}
}

// process switches what is done to the microphone's sound.
func (c *Controller) process(i model.SetSwitch) {
	p := c.settings.Processing
	switch i.Switch {
	case model.SwitchEcho:
		p.Echo = i.On
	case model.SwitchNoise:
		p.Noise = i.On
	case model.SwitchGain:
		p.Gain = i.On
	}
	c.setProcessing(p)
}

// videoWant returns what the camera is asked for by the settings.
func videoWant(v config.Video) media.VideoFormat {
	want := cameraWant
	if v.Height != 0 {
		want.Width, want.Height = v.Height*16/9, v.Height
	}
	if v.FrameRate != 0 {
		want.FrameRate = float64(v.FrameRate)
	}
	return want
}

// chosenVideo is the same as the screens show it.
func chosenVideo(v config.Video) model.Video {
	want := videoWant(v)
	return model.Video{Height: want.Height, FrameRate: int(want.FrameRate)}
}

// refitCamera lets the camera begin again in another format, if it is on.
func (c *Controller) refitCamera() {
	cam := c.call.camera
	cam.want = videoWant(c.settings.Video)
	if cam.on {
		cam.start(cam.id, true, c.opt.Pictures)
	}
}

// describeSettings brings what the settings window shows up to date.
func (c *Controller) describeSettings(devices model.Devices) {
	c.tendProbe(devices.Microphone)
	s := &c.state.Settings
	*s = model.Settings{Open: c.prefs.shown.Open, Section: c.prefs.shown.Section, Name: c.name, Language: c.settings.Look.Language, Devices: devices,
		Echo: c.settings.Processing.Echo, Noise: c.settings.Processing.Noise, Gain: c.settings.Processing.Gain, SpeakerTesting: c.testing != nil, SpeakerProblem: c.state.Prejoin.SpeakerProblem, CameraProblem: c.state.Prejoin.CameraProblem,
		Video: chosenVideo(c.settings.Video), Notify: !c.settings.Privacy.Silent,
		KeepMeetings: !c.settings.Privacy.Forget, Meetings: len(c.settings.Privacy.Recent)}
	if s.Open {
		s.Level, s.MicProblem = c.call.mic.level, c.state.Prejoin.MicProblem // muted too: it stays open
		if s.Level == nil {
			s.Level, s.MicProblem = c.prefs.probe.meter(), deviceWords(c.words, "microphone", c.prefs.probe.problem)
		}
	}
}

// tendProbe opens the microphone for its level while the devices are shown and nobody else has it open. Nothing that it hears is sent.
func (c *Controller) tendProbe(id string) {
	p := c.prefs.probe
	wanted := c.prefs.shown.Open && c.prefs.shown.Section == model.SectionDevices && c.call.mic.run == nil && c.devices.known && (id != "" || c.mic != "")
	switch {
	case wanted && p.id != id, wanted && p.run == nil && p.problem == nil:
		p.start(id)
	case !wanted && (p.run != nil || p.problem != nil):
		p.stop()
		p.id = ""
	}
}

// saveEvery is how often changed settings are written at most.
const saveEvery = time.Second

// keep saves the settings when they changed, beside the loop: a crash loses a second of them at most.
func (c *Controller) keep(now time.Time) {
	if now.Sub(c.prefs.savedAt) < saveEvery {
		return
	}
	s := c.kept()
	if reflect.DeepEqual(s, c.prefs.saved) {
		return
	}
	c.prefs.saved, c.prefs.savedAt = s, now
	folder := c.opt.Folder
	c.prefs.saving.do(func(context.Context) {
		if err := s.Save(folder); err != nil {
			c.log.Error("save settings", "error", err)
		}
	})
}

// kept returns the settings as they are to be saved.
func (c *Controller) kept() config.Settings {
	s := c.settings
	s.Draft = c.chat.draft
	if c.opt.Flags.Name == "" {
		s.Name = c.name
	}
	s.Privacy.Recent = append([]config.Recent(nil), s.Privacy.Recent...)
	return s
}
