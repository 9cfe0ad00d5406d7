package capture

import (
	"context"
	"errors"
	"io"
	"math"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"parley/media"
	"parley/media/codec"
	"parley/media/codec/opus"
	"parley/media/codec/vp8"
	"parley/media/video"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// camera is a source of grey pictures, as many as it is asked for.
type camera struct {
	openErr, readErr error
	left             atomic.Int64
	closed           chan struct{}
	once             sync.Once
	frame            *media.Frame
	released         atomic.Int64
}

func newCamera(frames int64) *camera {
	c := &camera{closed: make(chan struct{}), frame: video.NewFrame(320, 180)}
	video.Black(c.frame)
	c.left.Store(frames)
	return c
}

func (c *camera) Open(context.Context, media.VideoFormat) (media.VideoReader, media.VideoFormat, error) {
	return c, media.VideoFormat{Width: 320, Height: 180, FrameRate: 30}, c.openErr
}

func (c *camera) Read() (*media.Frame, func(), error) {
	select {
	case <-c.closed:
		return nil, nil, io.EOF
	case <-time.After(2 * time.Millisecond):
	}
	if c.left.Add(-1) < 0 {
		return nil, nil, c.readErr
	}
	c.frame.Captured = media.Now()
	return c.frame, func() { c.released.Add(1) }, nil
}

func (c *camera) Close() error { c.once.Do(func() { close(c.closed) }); return nil }

func TestVideoEncodesWhatIsSent(t *testing.T) {
	t.Parallel()
	src := newCamera(1 << 30)
	frames := make(chan bool, 1000)
	pictures := atomic.Int64{}
	v := StartVideo(VideoConfig{
		Source: src, Want: media.VideoFormat{Width: 320, Height: 180, FrameRate: 30}, Picture: func(*media.Frame) { pictures.Add(1) },
		Encoded: func(f media.EncodedFrame) {
			if f.KeyFrame != vp8.IsKeyFrame(f.Data) {
				t.Error("KeyFrame does not say what the data say")
			}
			select {
			case frames <- f.KeyFrame:
			default:
			}
		},
	})
	for pictures.Load() < 5 {
		time.Sleep(time.Millisecond)
	}
	if len(frames) != 0 {
		t.Error("encoded before it was to be sent")
	}
	v.SetSending(true)
	if !<-frames {
		t.Error("the first frame is no key frame")
	}
	v.RequestKeyFrame()
	for !<-frames {
	}
	v.SetSending(false)
	for len(frames) > 0 {
		<-frames
	}
	at := pictures.Load()
	for pictures.Load() < at+20 {
		time.Sleep(time.Millisecond)
	}
	if len(frames) != 0 {
		t.Error("encoded after it was stopped")
	}
	if err := v.Close(); err != nil {
		t.Error(err)
	}
	if err := v.Close(); err != nil {
		t.Error(err)
	}
}

func TestVideoSaysWhyItEnded(t *testing.T) {
	t.Parallel()
	for name, src := range map[string]*camera{"busy": newCamera(0), "unplugged": newCamera(3)} {
		want := media.ErrUnplugged
		if name == "busy" {
			src.openErr, want = media.ErrBusy, media.ErrBusy
		} else {
			src.readErr = media.ErrUnplugged
		}
		ended := make(chan error, 2)
		v := StartVideo(VideoConfig{Source: src, Encoded: func(media.EncodedFrame) {}, Ended: func(err error) { ended <- err }})
		if err := <-ended; !errors.Is(err, want) {
			t.Errorf("%s: %v", name, err)
		}
		if err := v.Close(); err != nil {
			t.Error(err)
		}
		if len(ended) != 0 {
			t.Errorf("%s: said twice", name)
		}
	}
}

// microphone is a sine in stereo.
type microphone struct {
	closed chan struct{}
	once   sync.Once
	n      int
	reads  atomic.Int64
}

func (m *microphone) Open(context.Context) (media.AudioReader, error) { return m, nil }
func (m *microphone) Close() error                                    { m.once.Do(func() { close(m.closed) }); return nil }
func (m *microphone) Read() (media.Samples, func(), error) {
	select {
	case <-m.closed:
		return media.Samples{}, nil, io.EOF
	case <-time.After(time.Millisecond):
	}
	data := make([]int16, 960)
	for i := 0; i < len(data); i += 2 {
		v := int16(8000 * math.Sin(float64(m.n)*2*math.Pi*440/media.SampleRate))
		data[i], data[i+1] = v, v
		m.n++
	}
	m.reads.Add(1)
	return media.Samples{Data: data, Channels: 2, Captured: media.Now()}, func() {}, nil
}

// TestNoVoicedPacketAfterMute decodes everything that was encoded after SetMuted returned.
func TestNoVoicedPacketAfterMute(t *testing.T) {
	t.Parallel()
	src := &microphone{closed: make(chan struct{})}
	var after atomic.Bool
	var voiced, late atomic.Int64
	dec, err := opus.NewDecoder()
	if err != nil {
		t.Fatal(err)
	}
	defer dec.Close()
	pcm := make([]int16, codec.FrameSamples)
	a := StartAudio(AudioConfig{Source: src, Encoded: func(f media.EncodedFrame) {
		if after.Load() {
			late.Add(1)
		}
		if len(f.Data) == 0 {
			return
		}
		n, err := dec.Decode(f.Data, pcm)
		if err != nil {
			t.Error(err)
		}
		for _, s := range pcm[:n] {
			if s > 2000 {
				voiced.Add(1)
				return
			}
		}
	}})
	a.SetSending(true)
	for voiced.Load() < 5 {
		time.Sleep(time.Millisecond)
	}
	a.SetMuted(true)
	after.Store(true)
	at := src.reads.Load()
	for src.reads.Load() < at+50 {
		time.Sleep(time.Millisecond)
	}
	if n := late.Load(); n != 0 {
		t.Errorf("%d packets after mute", n)
	}
	after.Store(false)
	a.SetMuted(false)
	before := voiced.Load()
	for voiced.Load() < before+5 {
		time.Sleep(time.Millisecond)
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
}

// cleaner is a Processor of functions.
type cleaner struct {
	process func(pcm []int16, captured time.Duration) error
	closed  atomic.Int64
}

func (c *cleaner) Process(pcm []int16, captured time.Duration) error { return c.process(pcm, captured) }
func (c *cleaner) Close() error                                      { c.closed.Add(1); return nil }

// TestProcessorIsFirst: what is shown and sent is what the processor made of it, also while muted.
func TestProcessorIsFirst(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	heard, troubles := make(chan int16, 1), make(chan error, 1)
	var n int16
	c := &cleaner{process: func(pcm []int16, captured time.Duration) error {
		if len(pcm) != media.SampleRate/100 || captured <= 0 {
			t.Errorf("%d samples of %v", len(pcm), captured)
		}
		if n++; n == 3 {
			return broken
		}
		for i := range pcm {
			pcm[i] = n
		}
		return nil
	}}
	a := StartAudio(AudioConfig{
		Source: &microphone{closed: make(chan struct{})}, Processor: c, Encoded: func(media.EncodedFrame) {},
		Sound: func(pcm []int16) {
			select {
			case heard <- pcm[0]:
			default:
			}
		},
		Unclean: func(err error) {
			select {
			case troubles <- err:
			default:
			}
		},
	})
	a.SetMuted(true)
	if got := <-heard; got != 1 {
		t.Errorf("heard %d before the processor", got)
	}
	if err := <-troubles; !errors.Is(err, broken) {
		t.Errorf("told %v", err)
	}
	for <-heard < 5 { // it goes on
	}
	a.Close()
	a.Close()
	if got := c.closed.Load(); got != 1 {
		t.Errorf("closed %d times", got)
	}
}

// loop is an encoded source.
type loop struct{ n int }

func (l *loop) Next(ctx context.Context) (media.EncodedFrame, int, int, error) {
	select {
	case <-ctx.Done():
		return media.EncodedFrame{}, 0, 0, ctx.Err()
	case <-time.After(time.Millisecond):
	}
	l.n++
	return media.EncodedFrame{Data: []byte{1}, KeyFrame: l.n%10 == 0}, 640, 360, nil
}
func (l *loop) Close() error { return nil }

func TestReadyStartsWithAKeyFrame(t *testing.T) {
	t.Parallel()
	got := make(chan bool, 1000)
	r := StartReady(&loop{}, func(w, h int) {
		if w != 640 || h != 360 {
			t.Error(w, h)
		}
	}, func(f media.EncodedFrame) { got <- f.KeyFrame }, func(err error) { t.Error(err) })
	r.SetSending(true)
	if !<-got {
		t.Error("the first frame is no key frame")
	}
	<-got
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}
