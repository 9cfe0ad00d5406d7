//go:build linux

package speaker

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"parley/media"
	"parley/media/device/soundcard"
	"parley/media/pulsetest"
)

// toneSource mixes a tone that can be changed.
type toneSource struct {
	pcm atomic.Pointer[[]int16]
	at  int
}

func (s *toneSource) play(hz float64) {
	pcm := pulsetest.Tone(hz, 9000)
	s.pcm.Store(&pcm)
}

func (s *toneSource) Mix(out []int16) {
	pcm := *s.pcm.Load()
	for i := range out {
		out[i] = pcm[s.at]
		s.at = (s.at + 1) % len(pcm)
	}
}

func hears(hz float64) func([]int16) bool {
	return func(pcm []int16) bool { return pulsetest.Power(pcm, hz) > 8000 }
}

// TestSoundIsHeard plays on a real sound server. It is one test because the process has one context for the default output.
func TestSoundIsHeard(t *testing.T) {
	server := pulsetest.Start(t)
	server.Use()
	server.Plug("headset")
	source := &toneSource{}
	const piece, patience = 200 * time.Millisecond, 10 * time.Second

	source.play(500)
	s, err := Open(t.Context(), Config{Source: source})
	if err != nil {
		t.Fatal(err)
	}
	if !server.Await(piece, patience, hears(500)) {
		t.Error("the default speaker is silent")
	}
	s.Close()
	if !server.Await(piece, patience, func(pcm []int16) bool { return pulsetest.Power(pcm, 500) < 10 }) {
		t.Error("closed, it still sounds")
	}

	outputs, err := soundcard.Outputs()
	if err != nil {
		t.Fatal(err)
	}
	var id string
	for _, o := range outputs {
		if o.Name == "headset" {
			id = o.ID
		}
	}
	headset := server.Listen("headset")
	troubles := make(chan error, 10)
	source.play(700)
	s, err = Open(t.Context(), Config{DeviceID: id, Source: source, OnTrouble: func(err error) { troubles <- err }})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if !headset(piece, patience, hears(700)) {
		t.Error("the headset is silent")
	}
	if pulsetest.Power(server.Heard(piece), 700) > 10 {
		t.Error("the default speaker plays too")
	}
	server.Unplug("headset")
	select {
	case err := <-troubles:
		if !errors.Is(err, media.ErrUnplugged) {
			t.Errorf("unplugged: %v", err)
		}
	case <-time.After(patience):
		t.Fatal("nobody noticed that the headset is gone")
	}
	if !server.Await(piece, patience, hears(700)) {
		t.Error("it does not go on with the default speaker")
	}
}
