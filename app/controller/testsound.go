package controller

import (
	"context"
	"io"
	"math"
	"time"

	"parley/media"
)

// testSound is the speaker test: two soft notes.
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

// heard is a sound that a speaker pulls.
type heard interface{ Mix(out []int16) }

// asSource lets a mixer pull it too.
type asSource struct{ heard }

// Read implements audio.Source.
func (s asSource) Read(pcm []int16) int {
	s.Mix(pcm)
	return len(pcm)
}

// hear plays a sound beside the loop until ctx ends, and then says so in the loop. In a call it goes through the call's mixer: a second way to
// the same speaker may not be had.
func (c *Controller) hear(ctx context.Context, sound heard, done func(error)) {
	id, inCall, mixer := c.speaker, c.call.session != nil, c.call.mixer
	c.loop.beside(func(context.Context) {
		var err error
		if inCall {
			remove := mixer.Add(asSource{sound})
			<-ctx.Done()
			remove()
		} else {
			var s io.Closer
			if s, err = c.opt.Devices.Speaker(ctx, id, sound, nil); err == nil {
				<-ctx.Done()
				_ = s.Close()
			}
		}
		c.loop.post(func() { done(err) })
	})
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
	c.hear(ctx, &notes{}, func(err error) {
		cancel()
		if c.testing == test {
			c.testing = nil
		}
		if err != nil {
			c.state.Prejoin.SpeakerProblem = deviceWords(c.words, "speaker", err)
		}
	})
}

func (c *Controller) stopTest() {
	if c.testing != nil {
		c.testing.cancel()
		c.testing = nil
	}
}
