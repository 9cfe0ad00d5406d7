package controller

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
	"testing"
	"time"

	"parley/app/config"
	"parley/media"
	"parley/media/audio"
	"parley/media/speaker"
	"parley/media/synthetic"
	"parley/server/servertest"
	"parley/ui/model"
)

// listener is a speaker.Source that hears when the test tone dips, which it does at each full second of the clock.
type listener struct {
	speaker.Source

	mu     sync.Mutex
	loud   bool
	delays []time.Duration // from mouth to ear
}

// Mix implements speaker.Source: what is mixed now is heard now, as far as this test is concerned.
func (l *listener) Mix(out []int16) {
	now := time.Now()
	l.Source.Mix(out)
	const piece = 48 // 1 ms
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := 0; i+piece <= len(out); i += piece {
		loud := audio.Measure(out[i:i+piece]).Peak > 0.1
		if l.loud && !loud {
			at := now.Add(time.Duration(i) * time.Second / media.SampleRate)
			l.delays = append(l.delays, at.Sub(at.Truncate(time.Second)))
		}
		l.loud = loud
	}
}

// delay returns what it was of late, and how often it was heard.
func (l *listener) delay() (middle time.Duration, n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return median(l.delays[max(0, len(l.delays)-3):]), len(l.delays)
}

func median(d []time.Duration) time.Duration {
	if len(d) == 0 {
		return 0
	}
	d = slices.Sorted(slices.Values(d))
	return d[len(d)/2]
}

// TestLipSync: through a real server, pictures are shown when the sound that belongs to them is heard, within 40 ms.
func TestLipSync(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t)
	link := server.Invite(server.Session(), 10)
	newDesk(t, config.Flags{Join: link, SkipPrejoin: true, Name: "Ann"}, nil).untilCall()
	ear := &listener{}
	ben := newDesk(t, config.Flags{Join: link, SkipPrejoin: true, Name: "Ben", Microphone: deviceOff}, func(d *Devices) {
		d.Speaker = func(_ context.Context, _ string, src speaker.Source, _ func(error)) (io.Closer, error) {
			ear.Source = src
			return newPulled(ear), nil
		}
	})
	ben.untilCall()
	var seen []time.Duration
	ben.until(func(s model.State) string {
		tl, ok := tile(s, "Ann", false)
		if !ok || tl.Pictures == nil {
			return "no pictures"
		}
		tl.Pictures.Want(320, 180)
		if img := tl.Pictures.Newest(); img != nil {
			now := time.Now()
			if found := synthetic.FindMarks(img); len(found) == 1 {
				seen = append(seen, now.Sub(found[0].Captured))
			}
		}
		heard, n := ear.delay()
		if n < 5 || len(seen) < 30 {
			return "not heard and seen for long enough"
		}
		shown := median(seen[len(seen)-20:])
		if skew := shown - heard; skew > 40*time.Millisecond || skew < -40*time.Millisecond {
			return fmt.Sprintf("pictures are seen after %v, their sound is heard after %v", shown, heard)
		}
		t.Logf("glass to glass %v, mouth to ear %v", shown, heard)
		return ""
	})
}
