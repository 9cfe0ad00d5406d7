package controller

import (
	"context"
	"io"
	"math"
	"time"

	"parley/media"
)

// testSound is the speaker test of the pre-join screen: two soft notes.
type testSound struct {
	cancel context.CancelFunc
}

// notes is a speaker.Source.
type notes struct{ n int }

// Mix fills out with the next samples. It is called by the speaker's goroutine.
func (s *notes) Mix(out []int16) {
	for i := range out {
		t := float64(s.n) / media.SampleRate
		hz, at := 523.25, t
		if t >= 0.5 {
			hz, at = 659.25, t-0.5
		}
		v := 0.0
		if t < 1 {
			v = 0.25 * math.Sin(2*math.Pi*hz*at) * math.Min(1, at*50) * math.Max(0, 1-at*1.9)
		}
		out[i] = int16(v * 32767)
		s.n++
	}
}

// toggleTest starts or stops the test.
func (c *Controller) toggleTest() {
	if c.testing != nil {
		c.stopTest()
		return
	}
	ctx, cancel := context.WithTimeout(c.loop.ctx, 1500*time.Millisecond)
	test := &testSound{cancel: cancel}
	c.testing = test
	c.state.Prejoin.SpeakerProblem = ""
	id := c.speaker
	c.loop.beside(func(context.Context) {
		defer cancel()
		var s io.Closer
		s, err := c.opt.Devices.Speaker(ctx, id, &notes{}, nil)
		if err == nil {
			<-ctx.Done()
			_ = s.Close()
		}
		c.loop.post(func() {
			if c.testing == test {
				c.testing = nil
			}
			if err != nil {
				c.state.Prejoin.SpeakerProblem = deviceWords(c.words, "speaker", err)
			}
		})
	})
}

func (c *Controller) stopTest() {
	if c.testing != nil {
		c.testing.cancel()
		c.testing = nil
	}
}
