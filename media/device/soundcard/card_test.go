//go:build linux

package soundcard

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"parley/media"
	"parley/media/pulsetest"
)

func find(t *testing.T, list func() ([]Info, error), name string) Info {
	t.Helper()
	infos, err := list()
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range infos {
		if i.Name == name {
			return i
		}
	}
	return Info{}
}

func TestDevicesComeAndGo(t *testing.T) {
	s := pulsetest.Start(t)
	s.Use()
	if d := find(t, Outputs, "spk"); !d.Default || d.ID == "" {
		t.Errorf("speaker %+v", d)
	}
	if d := find(t, Inputs, "microphone"); !d.Default {
		t.Errorf("microphone %+v", d)
	}
	if in, err := Inputs(); err != nil || len(in) != 1 {
		t.Errorf("microphones %+v, %v", in, err)
	}
	s.Plug("headset")
	s.PlugMicrophone("boom")
	headset, boom := find(t, Outputs, "headset"), find(t, Inputs, "boom")
	if headset.ID == "" || headset.Default || boom.ID == "" || boom.Default {
		t.Errorf("plugged in: %+v, %+v", headset, boom)
	}
	s.Unplug("headset")
	s.Unplug("boom")
	if d := find(t, Outputs, "headset"); d.ID != "" {
		t.Errorf("unplugged: %+v", d)
	}
	for _, id := range []string{headset.ID, "not an id", "abcdef"} {
		if _, err := OpenOutput(id, func([]int16) {}); !errors.Is(err, media.ErrNotFound) {
			t.Errorf("open %s: %v", id, err)
		}
	}
	if _, err := OpenInput(boom.ID, func([]int16) {}); !errors.Is(err, media.ErrNotFound) {
		t.Errorf("open the microphone that is gone: %v", err)
	}
}

func TestStreamsBeatUntilUnplugged(t *testing.T) {
	s := pulsetest.Start(t)
	s.Use()
	s.Plug("headset")
	hears := s.Listen("headset")
	tone, at := pulsetest.Tone(500, 9000), 0
	out, err := OpenOutput(find(t, Outputs, "headset").ID, func(stereo []int16) {
		for i := 0; i+1 < len(stereo); i += 2 {
			stereo[i], stereo[i+1] = tone[at], tone[at]
			at = (at + 1) % len(tone)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	var taken atomic.Int64
	in, err := OpenInput("", func(mono []int16) { taken.Add(int64(len(mono))) })
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if !hears(200*time.Millisecond, 5*time.Second, func(pcm []int16) bool { return pulsetest.Power(pcm, 500) > 8000 }) {
		t.Error("the headset is silent")
	}
	if taken.Load() == 0 || in.Beats() == 0 {
		t.Error("the microphone is silent")
	}
	s.Unplug("headset")
	last, since := out.Beats(), time.Now()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(5 * time.Second); time.Since(since) < Silent; <-tick.C {
		if b := out.Beats(); b != last {
			last, since = b, time.Now()
		}
		if time.Now().After(deadline) {
			t.Fatal("the headset is gone and still asks for sound")
		}
	}
	out.Close()
	out.Close()
}

func TestNoSoundSystem(t *testing.T) {
	t.Setenv("PULSE_SERVER", "unix:"+t.TempDir()+"/none")
	t.Setenv("ALSA_CONFIG_PATH", "/dev/null")
	if _, err := OpenOutput("", func([]int16) {}); !errors.Is(err, media.ErrNotFound) {
		t.Errorf("%v", err)
	}
	if infos, err := Outputs(); len(infos) > 0 {
		t.Errorf("speakers %+v, %v", infos, err)
	}
}
