package controller

import (
	"fmt"
	"strings"
	"testing"

	"parley/app/config"
	"parley/media"
	"parley/media/audio/process"
	"parley/media/file"
	"parley/server/servertest"
	"parley/ui/model"
)

// TestTalkingWhileMuted: who speaks into a muted microphone is told so, and nobody hears it.
func TestTalkingWhileMuted(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t)
	link := server.Invite(server.Session(), 10)
	ann := newDesk(t, config.Flags{Join: link, SkipPrejoin: true, Name: "Ann"}, func(d *Devices) {
		d.Microphone = func(string) (media.AudioSource, error) {
			return file.OpenWAV("/usr/share/sounds/alsa/Front_Center.wav"), nil
		}
	})
	ben := newDesk(t, config.Flags{Join: link, SkipPrejoin: true, Name: "Ben"}, nil)
	ann.untilCall()
	ben.untilCall()
	own := func(s model.State) model.Tile { return s.Call.Tiles[len(s.Call.Tiles)-1] }
	ann.until(func(s model.State) string {
		if !own(s).Speaking {
			return "her own tile does not speak"
		}
		return ""
	})
	told := func(s model.State) bool {
		for _, n := range s.Notices {
			if strings.HasPrefix(n.Text, "You are muted") {
				return true
			}
		}
		return false
	}
	if told(*ann.latest.Load()) {
		t.Error("told to be muted while she is heard")
	}
	ann.Send(model.ToggleMic{})
	ann.until(func(s model.State) string {
		if s.Call.MicOn || own(s).Speaking || !told(s) {
			return fmt.Sprintf("on %v, speaking %v, notices %+v", s.Call.MicOn, own(s).Speaking, s.Notices)
		}
		return ""
	})
	ben.until(func(s model.State) string {
		if tl, _ := tile(s, "Ann", false); tl.Speaking || !tl.Muted {
			return fmt.Sprintf("Ann's tile: %+v", tl)
		}
		return ""
	})
}

// TestProcessingIsSwitched: at once for the microphone that is open, and for the next one.
func TestProcessingIsSwitched(t *testing.T) {
	t.Parallel()
	c := &cleaning{reference: &process.Reference{}}
	c.set(process.Options{Echo: true})
	p, err := process.New(c.reference, process.Options{})
	if err != nil {
		t.Skip(err) // this build has none
	}
	defer p.Close()
	c.use(p) // it was opened before the change
	if got := p.Options(); got != (process.Options{Echo: true}) {
		t.Errorf("a microphone that was just opened has %+v", got)
	}
	c.set(process.Options{Noise: true, Gain: true})
	if got := p.Options(); got != (process.Options{Noise: true, Gain: true}) {
		t.Errorf("after a change it has %+v", got)
	}
	c.use(nil)
	c.set(process.Options{})
}
