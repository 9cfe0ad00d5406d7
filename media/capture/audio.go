package capture

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"parley/media"
	"parley/media/audio"
	"parley/media/codec"
	"parley/media/codec/opus"
)

// Processor cleans what a microphone hears: each 10 ms, in place, captured at a time of media.Now. After an error it leaves sound as it is. The
// capture's goroutine calls it, and closes it at the end.
type Processor interface {
	Process(pcm []int16, captured time.Duration) error
	Close() error
}

// AudioConfig says what to capture and where it goes, as VideoConfig does.
type AudioConfig struct {
	Source media.AudioSource
	// Processor cleans the sound before anything else sees it, muted or not, and belongs to the capture from then on. It may be nil. Unclean is told
	// when it failed; sound goes on as it is.
	Processor Processor
	Unclean   func(error)
	// Opened is called once the source delivers. It may be nil.
	Opened func()
	// Sound is called with each 10 ms of sound as it is to be sent, muted or not, mono. It may be nil.
	Sound func(pcm []int16)
	// Encoded is called with each packet while sending and not muted. A frame without Data was not worth sending (silence); the next with Data
	// begins anew, which KeyFrame marks.
	Encoded func(media.EncodedFrame)
	// MutedSpeech is called when somebody has spoken for a second into the muted microphone while sending, and again not before mutedAgain of sound. What is
	// heard for it is forgotten at once. It may be nil.
	MutedSpeech func()
	Ended       func(error)
}

// mutedAgain is how long it takes until it is said again that a muted microphone is spoken into.
const mutedAgain = 20 * time.Second

// Audio is a running capture of sound. Its methods are safe for concurrent use.
type Audio struct {
	cfg     AudioConfig
	ctx     context.Context
	cancel  context.CancelFunc
	running sync.WaitGroup
	close   sync.Once

	mu      sync.Mutex // held while a packet is encoded and passed on
	sending bool
	muted   bool
	filled  int
	voiced  bool // the last packet was sent
	clock   packetClock
	loss    expectedLoss

	// of the capture's goroutine
	voice audio.Voice
	spoke time.Duration // of sound since somebody spoke into the muted microphone; mutedAgain and more is long ago
	pcm   [codec.FrameSamples]int16
	out   [1275]byte // the largest Opus frame
}

// StartAudio opens the source in the background and captures until Close, or until the source ends.
func StartAudio(cfg AudioConfig) *Audio {
	a := &Audio{cfg: cfg, spoke: mutedAgain}
	a.ctx, a.cancel = context.WithCancel(context.Background())
	a.running.Go(a.read)
	return a
}

// SetSending starts or stops encoding.
func (a *Audio) SetSending(on bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sending, a.filled, a.voiced, a.clock = on, 0, false, packetClock{}
}

// SetMuted silences before the encoder: once it returned, nothing of what the microphone hears is encoded.
func (a *Audio) SetMuted(muted bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.muted, a.filled, a.voiced, a.clock = muted, 0, false, packetClock{}
}

// SetLoss tells which share of the packets was lost on its way of late, 0 to 1. How much is spent on copies of what went before follows it.
func (a *Audio) SetLoss(share float64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.loss.report(share, media.Now())
}

// Close closes the source and waits.
func (a *Audio) Close() error {
	var err error
	a.close.Do(func() {
		a.cancel()
		err = a.cfg.Source.Close()
		a.running.Wait()
	})
	return err
}

func (a *Audio) read() {
	if a.cfg.Processor != nil {
		defer a.cfg.Processor.Close()
	}
	err := a.pull()
	if a.ctx.Err() == nil && a.cfg.Ended != nil {
		if errors.Is(err, io.EOF) {
			err = media.ErrUnplugged
		}
		a.cfg.Ended(err)
	}
}

func (a *Audio) pull() error {
	reader, err := a.cfg.Source.Open(a.ctx)
	if err != nil {
		return fmt.Errorf("open: %w", err)
	}
	enc, err := opus.NewEncoder(opus.DefaultConfig())
	if err != nil {
		return fmt.Errorf("encoder: %w", err)
	}
	defer enc.Close()
	if a.cfg.Opened != nil {
		a.cfg.Opened()
	}
	var mono []int16
	for {
		samples, release, err := reader.Read()
		if err != nil {
			return fmt.Errorf("read: %w", err)
		}
		mono = downmix(mono[:0], samples)
		captured := samples.Captured
		release()
		if a.cfg.Processor != nil {
			if err := a.cfg.Processor.Process(mono, captured); err != nil && a.cfg.Unclean != nil {
				a.cfg.Unclean(err)
			}
		}
		if a.cfg.Sound != nil {
			a.cfg.Sound(mono)
		}
		if a.cfg.MutedSpeech != nil {
			a.listen(mono)
		}
		if err := a.encode(enc, mono, captured); err != nil {
			return err
		}
	}
}

// listen says when somebody speaks into the muted microphone.
func (a *Audio) listen(pcm []int16) {
	a.mu.Lock()
	silenced := a.muted && a.sending
	a.mu.Unlock()
	if !silenced {
		a.voice.Reset()
		a.spoke = mutedAgain
		return
	}
	a.spoke += time.Duration(len(pcm)) * time.Second / media.SampleRate
	if a.voice.Update(pcm) && a.spoke >= mutedAgain {
		a.spoke = 0
		a.cfg.MutedSpeech()
	}
}

// downmix appends samples as mono.
func downmix(dst []int16, s media.Samples) []int16 {
	if s.Channels == 1 {
		return append(dst, s.Data...)
	}
	for i := 0; i+1 < len(s.Data); i += 2 {
		dst = append(dst, int16((int32(s.Data[i])+int32(s.Data[i+1]))/2))
	}
	return dst
}

// encode cuts sound into packets.
func (a *Audio) encode(enc codec.AudioEncoder, pcm []int16, captured time.Duration) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.sending || a.muted {
		return nil
	}
	for len(pcm) > 0 {
		n := copy(a.pcm[a.filled:], pcm)
		a.filled += n
		pcm = pcm[n:]
		captured += time.Duration(n) * time.Second / media.SampleRate
		if a.filled < len(a.pcm) {
			return nil
		}
		a.filled = 0
		if percent, changed := a.loss.percent(media.Now()); changed {
			if err := enc.SetLoss(percent); err != nil {
				return fmt.Errorf("encode: %w", err)
			}
		}
		size, err := enc.Encode(a.pcm[:], a.out[:])
		if err != nil {
			return fmt.Errorf("encode: %w", err)
		}
		frame := media.EncodedFrame{Timestamp: a.clock.stamp(captured - packetTime), Duration: packetTime}
		if size > 2 {
			frame.Data, frame.KeyFrame = a.out[:size], !a.voiced
		}
		a.voiced = size > 2
		a.cfg.Encoded(frame)
	}
	return nil
}
