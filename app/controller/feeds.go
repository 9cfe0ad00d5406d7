package controller

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"parley/media"
	"parley/media/audio"
	"parley/media/capture"
	"parley/media/video"
	"parley/rtc"
	"parley/rtc/protocol"
	"parley/ui/model"
)

// Formats that we ask sources for.
var (
	cameraWant = media.VideoFormat{Width: 1280, Height: 720, FrameRate: 30}
	screenWant = media.VideoFormat{Width: 1920, Height: 1080, FrameRate: 10}
)

// encoder is a capture of pictures, encoded by us or already.
type encoder interface {
	SetSending(bool)
	RequestKeyFrame()
	Close() error
}

// feedEnv is what every feed works with.
type feedEnv struct {
	loop    *loop
	log     *slog.Logger
	devices *Devices
	changed func() // the loop is to look again
}

// videoFeed is the own camera or screen. The loop calls its methods; what is atomic is shared with media goroutines.
type videoFeed struct {
	feedEnv
	want   media.VideoFormat
	screen bool

	// loop state
	on       bool
	id       string
	problem  error
	opened   bool
	sending  bool
	format   media.VideoFormat
	pictures *video.Pictures

	said      line     // what the others are told
	run       *feedRun // nil while off
	publisher atomic.Pointer[rtc.Publisher]
	encoder   atomic.Pointer[encoder]
}

// feedRun stands for one life of a feed between start and stop: news of an earlier one are known by its address.
type feedRun struct{ _ byte }

// start opens the device beside the loop.
func (f *videoFeed) start(id string, mirrored bool, notify func()) {
	f.stop()
	fit := video.FitCover
	if f.screen {
		fit = video.FitContain
	}
	f.on, f.id, f.problem, f.opened = true, id, nil, false
	f.pictures = video.NewPictures(fit, mirrored, notify)
	run := &feedRun{}
	f.run = run
	pictures := f.pictures
	f.loop.beside(func(context.Context) {
		enc, err := f.open(id, run, pictures)
		taken := f.loop.post(func() {
			switch {
			case err != nil && run == f.run:
				f.failed(err)
			case err == nil && run != f.run:
				f.closeLater(enc)
			case err == nil:
				f.encoder.Store(&enc)
				enc.SetSending(f.sending)
			}
		})
		if !taken && err == nil {
			_ = enc.Close()
		}
	})
}

// open starts the capture. The device itself is opened on the capture's goroutine, which says Opened or Ended.
func (f *videoFeed) open(id string, run *feedRun, pictures *video.Pictures) (encoder, error) {
	opened := func(format media.VideoFormat) {
		f.loop.post(func() {
			if run == f.run {
				f.opened, f.format, f.problem = true, format, nil
				f.announce()
				f.changed()
			}
		})
	}
	ended := func(err error) {
		f.loop.post(func() {
			if run == f.run {
				f.failed(err)
			}
		})
	}
	encoded := func(frame media.EncodedFrame) {
		if p := f.publisher.Load(); p != nil {
			_ = p.WriteVideo(frame.Data, frame.Timestamp) // a session that broke says so itself
		}
	}
	var src media.VideoSource
	if f.screen {
		src = f.devices.Screen(id)
	} else {
		var ready capture.EncodedSource
		var err error
		if src, ready, err = f.devices.Camera(id); err != nil {
			return nil, err
		}
		if ready != nil {
			return capture.StartReady(ready, func(w, h int) { opened(media.VideoFormat{Width: w, Height: h, FrameRate: 30}) }, encoded, ended), nil
		}
	}
	return capture.StartVideo(capture.VideoConfig{Source: src, Want: f.want, Screen: f.screen, Opened: opened, Picture: pictures.Put, Encoded: encoded, Ended: ended}), nil
}

// failed turns the feed off and keeps why.
func (f *videoFeed) failed(err error) {
	f.log.Warn("picture source", "device", f.id, "screen", f.screen, "error", err)
	f.stop()
	f.problem = err
	f.setMuted(true)
	f.changed()
}

// stop closes the device.
func (f *videoFeed) stop() {
	f.run = nil
	f.on, f.opened, f.problem = false, false, nil
	if e := f.encoder.Swap(nil); e != nil {
		f.closeLater(*e)
	}
	if f.pictures != nil {
		f.pictures.Close()
		f.pictures = nil
	}
}

// closeLater closes a capture beside the loop: it waits for the driver.
func (f *videoFeed) closeLater(e encoder) {
	f.loop.beside(func(context.Context) { _ = e.Close() })
}

// setSending says whether what is captured is encoded and sent.
func (f *videoFeed) setSending(on bool) {
	f.sending = on
	if e := f.encoder.Load(); e != nil {
		(*e).SetSending(on)
	}
}

// keyFrame is called from any goroutine.
func (f *videoFeed) keyFrame() {
	if e := f.encoder.Load(); e != nil {
		(*e).RequestKeyFrame()
	}
}

// announce tells the others that there is a picture, and its size.
func (f *videoFeed) announce() {
	p := f.publisher.Load()
	if p == nil {
		return
	}
	format := f.format
	f.said.do(func(ctx context.Context) {
		_ = p.SetSize(ctx, format.Width, format.Height, format.FrameRate)
		_ = p.SetMuted(ctx, protocol.KindVideo, false)
	})
}

// setMuted tells the others that there is no picture.
func (f *videoFeed) setMuted(muted bool) {
	if p := f.publisher.Load(); p != nil && !f.screen {
		f.said.do(func(ctx context.Context) { _ = p.SetMuted(ctx, protocol.KindVideo, muted) })
	}
}

// audioFeed is the own microphone, likewise.
type audioFeed struct {
	feedEnv

	// loop state
	on       bool
	id       string
	problem  error
	failedAt time.Time
	sending  bool
	level    *model.Level
	speaking *audio.Speaking
	said     line // what the others are told
	run      *feedRun
	clean    cleaning
	talked   func()      // somebody spoke into the muted microphone
	refused  func(error) // hears that the server keeps the sound muted

	publisher atomic.Pointer[rtc.Publisher]
	capture   atomic.Pointer[capture.Audio]
	tap       atomic.Pointer[recording] // takes what is heard too; nil for nobody
}

// start opens the microphone beside the loop.
func (f *audioFeed) start(id string) {
	f.stop()
	f.on, f.id, f.problem, f.level, f.speaking = true, id, nil, &model.Level{}, &audio.Speaking{}
	run, level, speaking, options := &feedRun{}, f.level, f.speaking, f.clean.options
	f.run = run
	f.loop.beside(func(context.Context) {
		src, err := f.devices.Microphone(id)
		if err != nil {
			f.loop.post(func() {
				if run == f.run {
					f.failed(err)
				}
			})
			return
		}
		cfg := capture.AudioConfig{
			Source: src, Unclean: func(err error) { f.log.Error("microphone", "device", id, "error", err) },
			Sound: func(pcm []int16) {
				f.hears(pcm, level)
				speaking.Update(pcm)
			},
			Encoded:     f.encoded,
			MutedSpeech: func() { f.loop.post(f.talked) },
			Opened: func() {
				f.loop.post(func() {
					if run == f.run {
						f.setMuted(!f.on)
						f.changed()
					}
				})
			},
			Ended: func(err error) {
				f.loop.post(func() {
					if run == f.run {
						f.failed(err)
					}
				})
			},
		}
		processor, err := clean(&cfg, id, f.clean.reference, options)
		if err != nil {
			f.log.Warn("the microphone's sound stays as it is", "error", err)
		}
		c := capture.StartAudio(cfg)
		taken := f.loop.post(func() {
			if run != f.run {
				f.loop.beside(func(context.Context) { _ = c.Close() })
				return
			}
			f.capture.Store(c)
			f.clean.use(processor)
			c.SetMuted(!f.on)
			c.SetSending(f.sending)
		})
		if !taken {
			_ = c.Close()
		}
	})
}

// hears measures sound, muted or not, and passes it to who listens besides. The capture's goroutine calls it.
func (f *audioFeed) hears(pcm []int16, level *model.Level) {
	level.Set(levelOf(pcm))
	if tap := f.tap.Load(); tap != nil {
		tap.take(pcm)
	}
}

// encoded sends a packet; silence is left out, and the first after it is marked.
func (f *audioFeed) encoded(frame media.EncodedFrame) {
	if p := f.publisher.Load(); p != nil && len(frame.Data) > 0 {
		_ = p.WriteAudio(frame.Data, frame.Timestamp, frame.KeyFrame)
	}
}

func (f *audioFeed) failed(err error) {
	f.log.Warn("microphone", "device", f.id, "error", err)
	f.stop()
	f.problem, f.failedAt = err, time.Now()
	f.setMuted(true)
	f.changed()
}

// mendAfter is how long after a microphone went away another is opened in its place.
const mendAfter = time.Second

// mend opens the system's default microphone in place of one that was unplugged: a headset that falls off must not silence its owner. The test of
// whether it is wanted is the caller's.
func (f *audioFeed) mend(now time.Time) (begun bool) {
	if f.on || !errors.Is(f.problem, media.ErrUnplugged) || now.Sub(f.failedAt) < mendAfter {
		return false
	}
	f.start("")
	return true
}

// mute silences or unmutes. The microphone stays open while muted, so that unmuting takes no time; nothing that it hears is encoded.
func (f *audioFeed) mute(muted bool, id string) {
	c := f.capture.Load()
	switch {
	case muted:
		f.on = false
		if c != nil {
			c.SetMuted(true)
		}
	case f.run != nil && f.id == id:
		f.on = true
		if c != nil {
			c.SetMuted(false)
		}
	default:
		f.start(id)
	}
	f.setMuted(muted)
}

// meter returns the level to show; nil while off.
func (f *audioFeed) meter() *model.Level {
	if !f.on {
		return nil
	}
	return f.level
}

// speaks reports whether the user is speaking, and heard.
func (f *audioFeed) speaks() bool { return f.on && f.speaking.Value() }

// stop closes the microphone. Nothing that it hears is encoded from then on.
func (f *audioFeed) stop() {
	f.run, f.on, f.problem, f.level, f.speaking = nil, false, nil, nil, nil
	f.clean.use(nil)
	if c := f.capture.Swap(nil); c != nil {
		c.SetMuted(true)
		f.loop.beside(func(context.Context) { _ = c.Close() })
	}
}

func (f *audioFeed) setSending(on bool) {
	f.sending = on
	if c := f.capture.Load(); c != nil {
		c.SetSending(on)
	}
}

// adapt lets the encoder follow what is lost on the way to the server. It is called again and again.
func (f *audioFeed) adapt() {
	p, c := f.publisher.Load(), f.capture.Load()
	if p != nil && c != nil {
		c.SetLoss(p.Loss())
	}
}

// setMuted tells the others.
func (f *audioFeed) setMuted(muted bool) {
	p := f.publisher.Load()
	if p == nil {
		return
	}
	f.said.do(func(ctx context.Context) {
		var body *protocol.ErrorBody
		if err := p.SetMuted(ctx, protocol.KindAudio, muted); errors.As(err, &body) && !muted {
			f.loop.post(func() {
				if f.on && f.publisher.Load() == p {
					f.refused(err)
				}
			})
		}
	})
}
