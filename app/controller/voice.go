package controller

import (
	"context"
	"time"

	"parley/media"
	"parley/ui/model"
)

// voiceFor is how long one's voice is recorded, and then played.
const voiceFor = 5 * time.Second

// voice is the test of the microphone on the pre-join screen: it records five seconds and plays them.
type voice struct {
	playing bool
	since   time.Time // of recording, then of playing
	cancel  context.CancelFunc
}

// recording takes what a microphone hears until it is full. Its memory is there from the start. It belongs to the capture's goroutine, which
// hands the sound over with full.
type recording struct {
	pcm  []int16
	full func(pcm []int16) // called once
	done bool
}

func newRecording(length time.Duration, full func(pcm []int16)) *recording {
	return &recording{pcm: make([]int16, 0, int(length.Seconds()*media.SampleRate)), full: full}
}

// take is called by the capture's goroutine.
func (r *recording) take(pcm []int16) {
	if r.done {
		return // it belongs to who plays it
	}
	n := min(len(pcm), cap(r.pcm)-len(r.pcm))
	r.pcm = append(r.pcm, pcm[:n]...)
	if len(r.pcm) == cap(r.pcm) {
		r.done = true
		r.full(r.pcm)
	}
}

// replay is a sound that plays a recording once, then silence.
type replay struct {
	pcm []int16
	at  int
}

// Mix fills out with the next samples. It is called by the speaker's goroutine.
func (r *replay) Mix(out []int16) {
	n := copy(out, r.pcm[r.at:])
	r.at += n
	clear(out[n:])
}

// toggleVoice records and plays, or stops that.
func (c *Controller) toggleVoice() {
	if c.voice != nil {
		c.stopVoice()
		return
	}
	if c.call.mic.run == nil {
		return // there is nothing to record: the screen says why
	}
	c.stopTest()
	v := &voice{since: time.Now(), cancel: func() {}}
	recorded := newRecording(voiceFor, func(pcm []int16) { c.loop.post(func() { c.playVoice(v, pcm) }) })
	c.voice = v
	c.call.mic.tap.Store(recorded)
}

func (c *Controller) playVoice(v *voice, pcm []int16) {
	if c.voice != v {
		return
	}
	c.call.mic.tap.Store(nil)
	ctx, cancel := context.WithTimeout(c.loop.ctx, voiceFor+200*time.Millisecond)
	v.playing, v.since, v.cancel = true, time.Now(), cancel
	c.state.Prejoin.SpeakerProblem = ""
	c.hear(ctx, &replay{pcm: pcm}, func(err error) {
		cancel()
		if c.voice == v {
			c.voice = nil
		}
		if err != nil {
			c.state.Prejoin.SpeakerProblem = deviceWords(c.words, "speaker", err)
		}
	})
}

func (c *Controller) stopVoice() {
	if c.voice != nil {
		c.call.mic.tap.Store(nil)
		c.voice.cancel()
		c.voice = nil
	}
}

// describeVoice says where the test stands, with the seconds that are left.
func (c *Controller) describeVoice() model.Voice {
	v := c.voice
	if v == nil {
		return model.Voice{}
	}
	left := int((voiceFor - time.Since(v.since) + time.Second - 1) / time.Second)
	return model.Voice{Recording: !v.playing, Playing: v.playing, Seconds: min(max(left, 0), int(voiceFor/time.Second))}
}
