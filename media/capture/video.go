package capture

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"parley/media"
	"parley/media/codec"
	"parley/media/codec/vp8"
	"parley/media/video"
)

// VideoConfig says what to capture and where it goes. The functions are called by the capture's goroutines, never at once with themselves, and
// may not call Close.
type VideoConfig struct {
	Source     media.VideoSource
	Want       media.VideoFormat
	BitrateBps int  // 0 chooses by the size
	Screen     bool // tune for text rather than motion
	// Opened is called once the source delivers, with the format that it really has. It may be nil.
	Opened func(media.VideoFormat)
	// Picture is called with each picture, for the self view; it may not keep it. It may be nil.
	Picture func(*media.Frame)
	// Encoded is called with each encoded frame while sending; Data is valid until it returns.
	Encoded func(media.EncodedFrame)
	// Ended is called once, when the source failed or ended by itself: not after Close. It may be nil.
	Ended func(error)
}

// Video is a running capture of pictures. Its methods are safe for concurrent use.
type Video struct {
	cfg     VideoConfig
	slot    *video.Slot
	cancel  context.CancelFunc
	ctx     context.Context
	running sync.WaitGroup
	key     atomic.Bool
	bitrate atomic.Int64 // wanted; 0 is the default
	close   sync.Once

	mu      sync.Mutex // held while Encoded runs
	sending bool
}

// StartVideo opens the source in the background and captures until Close, or until the source ends.
func StartVideo(cfg VideoConfig) *Video {
	v := &Video{cfg: cfg, slot: video.NewSlot()}
	v.ctx, v.cancel = context.WithCancel(context.Background())
	v.bitrate.Store(int64(cfg.BitrateBps))
	v.running.Go(v.read)
	v.running.Go(v.encode)
	return v
}

// SetSending starts or stops encoding. It starts with a key frame.
func (v *Video) SetSending(on bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if on && !v.sending {
		v.key.Store(true)
	}
	v.sending = on
}

// RequestKeyFrame makes the next encoded frame a key frame.
func (v *Video) RequestKeyFrame() { v.key.Store(true) }

// SetBitrate changes the target, in bits per second; 0 chooses by the size.
func (v *Video) SetBitrate(bps int) { v.bitrate.Store(int64(bps)) }

// Close closes the source and waits for all that runs.
func (v *Video) Close() error {
	var err error
	v.close.Do(func() {
		v.cancel()
		err = v.cfg.Source.Close()
		v.slot.Close()
		v.running.Wait()
	})
	return err
}

// read pulls the source.
func (v *Video) read() {
	defer v.slot.Close()
	err := v.pull()
	if v.ctx.Err() == nil && v.cfg.Ended != nil {
		if errors.Is(err, io.EOF) {
			err = media.ErrUnplugged
		}
		v.cfg.Ended(err)
	}
}

func (v *Video) pull() error {
	reader, format, err := v.cfg.Source.Open(v.ctx, v.cfg.Want)
	if err != nil {
		return fmt.Errorf("open: %w", err)
	}
	if v.cfg.Opened != nil {
		v.cfg.Opened(format)
	}
	for {
		frame, release, err := reader.Read()
		if err != nil {
			return fmt.Errorf("read: %w", err)
		}
		if v.cfg.Picture != nil {
			v.cfg.Picture(frame)
		}
		if v.isSending() {
			v.slot.Put(frame)
		}
		release()
		if v.ctx.Err() != nil {
			return v.ctx.Err()
		}
	}
}

func (v *Video) isSending() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.sending
}

// encode takes the newest picture from the slot each time it is free.
func (v *Video) encode() {
	var enc codec.VideoEncoder
	var bps int64
	defer func() {
		if enc != nil {
			_ = enc.Close() // nothing is left to save
		}
	}()
	for {
		frame, err := v.slot.Take(context.Background())
		if err != nil {
			return
		}
		want := v.bitrate.Load()
		if want == 0 {
			want = int64(DefaultBitrate(frame.Width, frame.Height, v.cfg.Screen))
		}
		if enc == nil {
			rate := v.cfg.Want.FrameRate
			if enc, err = vp8.NewEncoder(vp8.Config{Width: frame.Width, Height: frame.Height, FrameRate: rate, BitrateBps: int(want), Screen: v.cfg.Screen}); err != nil {
				v.fail(fmt.Errorf("encoder: %w", err))
				return
			}
			bps = want
		}
		if want != bps {
			if err := enc.SetBitrate(int(want)); err == nil {
				bps = want
			}
		}
		out, ok, err := enc.Encode(frame, v.key.Swap(false))
		if err != nil {
			v.fail(fmt.Errorf("encode: %w", err))
			return
		}
		if ok {
			v.send(out)
		}
	}
}

func (v *Video) send(out media.EncodedFrame) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.sending {
		v.cfg.Encoded(out)
	}
}

// fail reports an encoder's failure.
func (v *Video) fail(err error) {
	if v.ctx.Err() == nil && v.cfg.Ended != nil {
		v.cfg.Ended(err)
	}
}

// DefaultBitrate is the rate for a picture size, in bits per second.
func DefaultBitrate(width, height int, screen bool) int {
	pixels := width * height
	bps := 300_000 + pixels*4/3 // 360p: 607k, 720p: 1.5M, 1080p: 3M
	if screen {
		bps = 400_000 + pixels
	}
	return min(bps, 3_000_000)
}
