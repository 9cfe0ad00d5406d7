//go:build linux && !noprocess

package process

import (
	"testing"
	"time"

	"parley/media"
	"parley/media/device"
	"parley/media/pulsetest"
	"parley/media/speaker"
	"parley/media/speechtest"
)

// voice is what a speaker plays in a test: a Listener that hands it to a Reference.
type voice struct {
	*Reference
	pcm []int16
	at  int
}

func (v *voice) Mix(out []int16) {
	for i := range out {
		out[i] = v.pcm[v.at] / 2
		v.at = (v.at + 1) % len(v.pcm)
	}
}

// TestEchoOfARealSoundServer plays and records through PulseAudio, whose loop is the room, on both kinds of output. All latencies are as they are there, and
// on a busy machine sound is lost again and again: it is enough that two seconds in a row come out clean.
func TestEchoOfARealSoundServer(t *testing.T) {
	server := pulsetest.Start(t)
	server.Use()
	server.Echo(60 * time.Millisecond)
	outputs, err := device.Speakers()
	if err != nil {
		t.Fatal(err)
	}
	picked := ""
	for _, o := range outputs {
		if o.Default {
			picked = o.ID
		}
	}
	source := &voice{Reference: &Reference{}, pcm: speechtest.Prompts(t, 10*speechtest.Rate)}
	p, err := New(source.Reference, Options{Echo: true})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	mic := device.NewMicrophone("")
	reader, err := mic.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer mic.Close()
	for _, output := range []struct{ name, id string }{{"the default output", ""}, {"a picked output", picked}} {
		s, err := speaker.Open(t.Context(), speaker.Config{DeviceID: output.id, Source: source})
		if err != nil {
			t.Fatal(err)
		}
		jumps := p.Stats().Jumps
		down, after := cleanEnough(t, p, reader)
		s.Close()
		t.Logf("%s: after %v the echo is %.1f dB down, %+v", output.name, after, down, p.Stats())
		if jumps = p.Stats().Jumps - jumps; down < liveEcho && jumps > 5 {
			t.Skipf("this machine is too busy for real sound: within %v some was lost %d times", after, jumps)
		}
		if down < liveEcho {
			t.Errorf("%s: the echo is %.1f dB down at best, want %d", output.name, down, liveEcho)
		}
	}
}

// cleanEnough processes for up to half a minute, until the echo of two seconds is down by liveEcho. It returns the best that there was.
func cleanEnough(t *testing.T, p *Processor, reader media.AudioReader) (down float64, after time.Duration) {
	const blocks, most = 200, 3000
	var heard, clean [blocks]float64
	for i := range most {
		samples, release, err := reader.Read()
		if err != nil {
			t.Fatal(err)
		}
		heard[i%blocks] = speechtest.Power(samples.Data)
		if err := p.Process(samples.Data, samples.Captured); err != nil {
			t.Fatal(err)
		}
		clean[i%blocks] = speechtest.Power(samples.Data)
		release()
		if i < blocks || i%10 != 0 {
			continue
		}
		var before, left float64
		for j := range blocks {
			before, left = before+heard[j], left+clean[j]
		}
		if before < blocks*1e4 {
			continue // nothing to hear
		}
		down, after = max(down, speechtest.DB(before, left)), time.Duration(i)*10*time.Millisecond
		if down >= liveEcho {
			return down, after
		}
	}
	return down, after
}
