package controller

import (
	"context"
	"fmt"
	"io"
	"sync"
	"testing"

	"parley/app/config"
	"parley/media"
	"parley/media/capture"
	"parley/media/device"
	"parley/media/speaker"
	"parley/media/synthetic"
	"parley/server/servertest"
	"parley/ui/model"
)

// saved waits until the settings on the disk are as a test wants them, while the app runs.
func (d *desk) saved(want func(config.Settings) string) {
	d.t.Helper()
	d.until(func(model.State) string {
		s, err := config.Load(d.folder)
		if err != nil {
			d.t.Fatal(err)
		}
		return want(s)
	})
}

func TestSettingsWorkAndAreSavedAtOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t, config.Flags{}, nil)
	for _, i := range []model.Intent{
		model.OpenSettings{Section: model.SectionAppearance}, model.SetTheme{Theme: model.ThemeLight}, model.SetTextSize{Percent: 150},
		model.SetLanguage{Tag: "de"}, model.SetSwitch{Switch: model.SwitchStill, On: true}, model.SetSwitch{Switch: model.SwitchThrifty, On: true},
		model.SetSwitch{Switch: model.SwitchNotify}, model.SetVideo{Video: model.Video{Height: 360, FrameRate: 15}}, model.SetName{Name: "Zoë"},
		model.SetView{View: model.ViewSide}, model.SetSelf{Self: model.SelfHidden}, model.SetCorner{Corner: model.UpperLeft}, model.SetPanelWidth{Width: 400},
	} {
		d.Send(i)
	}
	d.until(func(s model.State) string {
		want := model.Look{Language: "de", Theme: model.ThemeLight, Text: 150, Still: true, Thrifty: true}
		if s.Look != want || !s.Settings.Open || s.Settings.Section != model.SectionAppearance || s.Settings.Notify || s.Settings.Language != "de" {
			return fmt.Sprintf("look %+v, settings %+v", s.Look, s.Settings)
		}
		return ""
	})
	d.saved(func(s config.Settings) string {
		if s.Name != "Zoë" || s.Look != (config.Look{Language: "de", Theme: "light", Text: 150, Still: true}) || s.Video != (config.Video{Height: 360, FrameRate: 15, Thrifty: true}) ||
			!s.Privacy.Silent || s.Stage != (config.Stage{View: "side", Self: "hidden", Corner: "upper-left", Width: 400}) {
			return fmt.Sprintf("saved %+v", s)
		}
		return ""
	})
	d.Send(model.OpenLink{Link: "nonsense"})
	d.until(func(s model.State) string {
		if s.Home.Problem != "Das ist kein Link zu einem Treffen. Er sieht aus wie parley://meet.example:7880/ABC…: Fügen Sie ihn ganz ein." {
			return s.Home.Problem
		}
		return ""
	})
	d.Send(model.CloseSettings{})
	d.until(func(s model.State) string {
		if s.Settings.Open {
			return "the settings stay"
		}
		return ""
	})
}

// askedCamera notes what cameras are asked for.
type askedCamera struct {
	media.VideoSource
	asked *asked
}

type asked struct {
	mu   sync.Mutex
	want []media.VideoFormat
}

func (a *asked) last() media.VideoFormat {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.want) == 0 {
		return media.VideoFormat{}
	}
	return a.want[len(a.want)-1]
}

func (c askedCamera) Open(ctx context.Context, want media.VideoFormat) (media.VideoReader, media.VideoFormat, error) {
	c.asked.mu.Lock()
	c.asked.want = append(c.asked.want, want)
	c.asked.mu.Unlock()
	return c.VideoSource.Open(ctx, want)
}

func TestVideoQualityRefitsTheCamera(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t)
	link := server.Invite(server.Session(), 10)
	var a asked
	ann := newDesk(t, config.Flags{Join: link, SkipPrejoin: true, Name: "Ann"}, func(d *Devices) {
		d.Camera = func(string) (media.VideoSource, capture.EncodedSource, error) {
			return askedCamera{synthetic.NewBars(5), &a}, nil, nil
		}
	})
	ben := newDesk(t, config.Flags{Join: link, SkipPrejoin: true, Name: "Ben"}, nil)
	ann.untilCall()
	ben.untilCall()
	ben.showing("Ann", false)
	ann.Send(model.SetVideo{Video: model.Video{Height: 360, FrameRate: 15}})
	ann.until(func(model.State) string {
		if got := a.last(); got != (media.VideoFormat{Width: 640, Height: 360, FrameRate: 15}) {
			return fmt.Sprintf("the camera is asked for %+v", got)
		}
		return ""
	})
	ben.showing("Ann", false)
	ben.until(func(model.State) string {
		got := make(chan string, 1)
		ben.loop.post(func() {
			for _, r := range ben.call.remotes {
				if w, h := r.seen.size(); r.stream.VideoType != "screen" {
					got <- fmt.Sprint(w, "x", h)
					return
				}
			}
			got <- "none"
		})
		if size := <-got; size != "640x360" {
			return "Ben sees " + size
		}
		return ""
	})
}

func TestMicrophoneIsProbedForItsLevelAlone(t *testing.T) {
	t.Parallel()
	opened := make(chan string, 10)
	d := newDesk(t, config.Flags{}, func(d *Devices) {
		d.Microphones = func() ([]device.Info, error) {
			return []device.Info{{ID: "one", Name: "One"}, {ID: "two", Name: "Two"}}, nil
		}
		d.Microphone = func(id string) (media.AudioSource, error) {
			opened <- id
			if id == "two" {
				return nil, media.ErrBusy
			}
			return synthetic.NewTone(1), nil
		}
	})
	d.loop.post(func() { d.mic = "" }) // newDesk chooses the test tone
	d.Send(model.OpenSettings{Section: model.SectionDevices})
	d.until(func(s model.State) string {
		if s.Settings.Level.Value() == 0 {
			return "no level"
		}
		return ""
	})
	d.Send(model.ChooseDevice{Kind: model.DeviceMicrophone, ID: "two"})
	d.until(func(s model.State) string {
		if s.Settings.MicProblem == "" || s.Settings.Level != nil {
			return "nothing says that it is busy"
		}
		return ""
	})
	d.Send(model.ChooseDevice{Kind: model.DeviceMicrophone, ID: "one"})
	d.until(func(s model.State) string {
		if s.Settings.MicProblem != "" || s.Settings.Level.Value() == 0 {
			return "the other one is not heard"
		}
		return ""
	})
	d.Send(model.OpenSettings{Section: model.SectionVideo})
	d.until(func(model.State) string {
		open := make(chan bool, 1)
		d.loop.post(func() { open <- d.prefs.probe.run != nil })
		if <-open {
			return "the microphone stays open for nobody"
		}
		return ""
	})
	if got := []string{<-opened, <-opened, <-opened}; got[0] != "one" || got[1] != "two" || got[2] != "one" {
		t.Errorf("opened %q", got)
	}
}

// played keeps what a speaker is given.
type played struct {
	src speaker.Source
	mu  sync.Mutex
	pcm []int16
}

func (p *played) Mix(out []int16) {
	p.src.Mix(out)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pcm = append(p.pcm, out...)
}

func TestVoiceIsRecordedAndPlayed(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t)
	var mu sync.Mutex
	var heard []*played
	d := newDesk(t, config.Flags{Join: server.Invite(server.Session(), 1), Name: "Ann"}, func(d *Devices) {
		d.Speaker = func(_ context.Context, _ string, src speaker.Source, _ func(error)) (io.Closer, error) {
			p := &played{src: src}
			mu.Lock()
			heard = append(heard, p)
			mu.Unlock()
			return newPulled(p), nil
		}
	})
	d.until(func(s model.State) string {
		if !s.Prejoin.CanRecord || s.Prejoin.Level.Value() == 0 {
			return "no microphone"
		}
		return ""
	})
	d.Send(model.RecordVoice{})
	d.until(func(s model.State) string {
		if v := s.Prejoin.Voice; !v.Recording || v.Seconds < 1 || v.Seconds > 4 {
			return fmt.Sprintf("%+v", v)
		}
		return ""
	})
	d.until(func(s model.State) string {
		if !s.Prejoin.Voice.Playing {
			return "nothing is played"
		}
		return ""
	})
	d.until(func(model.State) string {
		mu.Lock()
		if len(heard) == 0 {
			mu.Unlock()
			return "no speaker is opened"
		}
		p := heard[0]
		mu.Unlock()
		p.mu.Lock()
		pcm := append([]int16(nil), p.pcm[:min(len(p.pcm), media.SampleRate/2)]...)
		p.mu.Unlock()
		if hz, _ := synthetic.Detect(pcm); len(pcm) < media.SampleRate/2 || hz == 0 {
			return fmt.Sprintf("the speaker has %d samples of %v Hz", len(pcm), hz)
		}
		return ""
	})
	d.Send(model.RecordVoice{}) // stops it
	d.until(func(s model.State) string {
		if s.Prejoin.Voice != (model.Voice{}) {
			return fmt.Sprintf("%+v", s.Prejoin.Voice)
		}
		return ""
	})
}
