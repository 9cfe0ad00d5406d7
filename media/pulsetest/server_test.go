//go:build linux

package pulsetest

import (
	"strings"
	"testing"
	"time"
)

func loud(hz, least float64) func([]int16) bool {
	return func(pcm []int16) bool { return len(pcm) >= Rate/5 && Power(pcm, hz) > least }
}

func TestSpeakerAndMicrophone(t *testing.T) {
	t.Parallel()
	s := Start(t)
	// What is spoken comes out of the microphone: played on, it is heard on the speaker.
	cmd := s.command("sh", "-c", "parec --raw --latency-msec=10 --format=s16le --rate=48000 --channels=1 | "+
		"pacat --raw --latency-msec=10 --format=s16le --rate=48000 --channels=1")
	s.own(cmd)
	stop := s.Speak(Tone(600, 8000))
	if !s.Await(200*time.Millisecond, 10*time.Second, loud(600, 6000)) {
		t.Fatalf("600 Hz is heard at %.0f", Power(s.Heard(200*time.Millisecond), 600))
	}
	stop()
	if !s.Await(200*time.Millisecond, 10*time.Second, func(pcm []int16) bool { return Power(pcm, 600) < 10 }) {
		t.Error("the tone did not end")
	}
}

func TestPlugging(t *testing.T) {
	t.Parallel()
	s := Start(t)
	s.Plug("headset")
	s.PlugMicrophone("boom")
	await := s.Listen("headset")
	s.play("headset", Tone(500, 9000))
	if !await(200*time.Millisecond, 10*time.Second, loud(500, 7000)) {
		t.Error("the second speaker is not heard")
	}
	s.Unplug("headset")
	s.Unplug("boom")
	if devices := s.control("list", "short", "sinks") + s.control("list", "short", "sources"); strings.Contains(devices, "headset") ||
		strings.Contains(devices, "boom") {
		t.Errorf("still there:\n%s", devices)
	}
}
