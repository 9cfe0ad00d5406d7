package synthetic

import (
	"context"
	"fmt"
	"io"
	"math"
	"sync"
	"time"

	"parley/media"
)

// The grid of tones, the loudness, and the dip that marks each second.
const (
	lowestHz, stepHz, tones = 400, 40, 40
	amplitude               = 8000
	readSamples             = media.SampleRate / 100
	dipSamples              = media.SampleRate / 25
	rampSamples             = media.SampleRate / 500
)

// ToneHz is the frequency of a sender's tone.
func ToneHz(senderID uint16) float64 { return lowestHz + stepHz*float64(senderID%tones) }

// tone is a media.AudioSource.
type tone struct {
	sender uint16
	done   chan struct{}
	once   sync.Once
}

// NewTone returns a test microphone: a sine whose frequency tells the sender. It dips for 40 ms at each full second of the wall
// clock.
func NewTone(senderID uint16) media.AudioSource {
	return &tone{sender: senderID, done: make(chan struct{})}
}

// Open starts the tone. ctx bounds the opening only, which takes no time.
func (t *tone) Open(ctx context.Context) (media.AudioReader, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case <-t.done:
		return nil, fmt.Errorf("open tone: closed: %w", media.ErrUnplugged)
	default:
	}
	now := time.Now()
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	return &toneReader{
		tone: t, timer: timer, begin: now, data: make([]int16, readSamples),
		second: int(int64(now.Nanosecond()) * media.SampleRate / int64(time.Second)),
	}, nil
}

// Close ends the tone: Read returns io.EOF. It is idempotent.
func (t *tone) Close() error {
	t.once.Do(func() { close(t.done) })
	return nil
}

type toneReader struct {
	tone   *tone
	timer  *time.Timer
	begin  time.Time // of the block that count counts from
	count  int       // blocks read since begin
	phase  float64
	second int // samples since the last full second
	data   []int16
}

// Read waits until the next 10 ms are over and returns them.
func (r *toneReader) Read() (media.Samples, func(), error) {
	r.count++
	due := r.begin.Add(time.Duration(r.count) * time.Second / 100)
	wait := time.Until(due)
	if wait < -time.Second { // whoever reads was away: do not catch up
		r.begin, r.count, wait = time.Now(), 0, 0
	}
	r.timer.Reset(max(0, wait))
	select {
	case <-r.timer.C:
	case <-r.tone.done:
	}
	select {
	case <-r.tone.done:
		r.timer.Stop()
		return media.Samples{}, nil, io.EOF
	default:
	}
	step := 2 * math.Pi * ToneHz(r.tone.sender) / media.SampleRate
	for i := range r.data {
		r.data[i] = int16(amplitude * loudness(r.second) * math.Sin(r.phase))
		r.phase = math.Mod(r.phase+step, 2*math.Pi)
		r.second = (r.second + 1) % media.SampleRate
	}
	// Also when the reader was late: it is what was due then.
	return media.Samples{Data: r.data, Channels: 1, Captured: media.Now() - time.Since(due) - time.Second/100}, func() {}, nil
}

// loudness is the share of the amplitude, second samples into a second: a tenth inside the dip, with soft edges.
func loudness(second int) float64 {
	inside := min(second, dipSamples-second)
	if inside <= 0 {
		return 1
	}
	return 1 - 0.9*min(1, float64(inside)/rampSamples)
}
