package opus

import (
	"errors"
	"fmt"

	"gopkg.in/hraban/opus.v2"

	"parley/media"
	"parley/media/codec"
)

// ErrClosed is returned by everything that is called after Close.
var ErrClosed = errors.New("codec closed")

// DefaultBitrateBps is the bit rate of a Config without one.
const DefaultBitrateBps = 32000

// Config is what an encoder starts with.
type Config struct {
	BitrateBps  int // DefaultBitrateBps when 0
	LossPercent int // expected packet loss: how much is spent on FEC
	DTX         bool
	FEC         bool
}

// DefaultConfig is the configuration of a call: DTX and FEC on.
func DefaultConfig() Config { return Config{BitrateBps: DefaultBitrateBps, DTX: true, FEC: true} }

type encoder struct {
	c *opus.Encoder // nil after Close
}

// NewEncoder returns an encoder of mono sound.
func NewEncoder(config Config) (codec.AudioEncoder, error) {
	c, err := opus.NewEncoder(media.SampleRate, 1, opus.AppVoIP)
	if err != nil {
		return nil, fmt.Errorf("open opus encoder: %w", err)
	}
	e := &encoder{c: c}
	if config.BitrateBps == 0 {
		config.BitrateBps = DefaultBitrateBps
	}
	if err := errors.Join(e.SetBitrate(config.BitrateBps), c.SetInBandFEC(config.FEC), c.SetDTX(config.DTX),
		e.SetLoss(config.LossPercent)); err != nil {
		return nil, fmt.Errorf("open opus encoder: %w", err)
	}
	return e, nil
}

// Encode encodes 20 ms of sound, as codec.AudioEncoder says.
func (e *encoder) Encode(pcm []int16, out []byte) (int, error) {
	if e.c == nil {
		return 0, ErrClosed
	}
	if len(pcm) != codec.FrameSamples {
		return 0, fmt.Errorf("encode opus: %d samples, want %d: %w", len(pcm), codec.FrameSamples, media.ErrFormat)
	}
	n, err := e.c.Encode(pcm, out[:len(out):len(out)])
	if err != nil {
		return 0, fmt.Errorf("encode opus: %w", err)
	}
	return n, nil
}

// SetLoss tells the expected packet loss in percent.
func (e *encoder) SetLoss(percent int) error {
	if e.c == nil {
		return ErrClosed
	}
	if err := e.c.SetPacketLossPerc(max(0, min(percent, 100))); err != nil {
		return fmt.Errorf("set opus loss %d: %w", percent, err)
	}
	return nil
}

// SetBitrate changes the target, in bits per second; it is brought to 6000 to 510000.
func (e *encoder) SetBitrate(bps int) error {
	if e.c == nil {
		return ErrClosed
	}
	if err := e.c.SetBitrate(max(6000, min(bps, 510000))); err != nil {
		return fmt.Errorf("set opus bit rate %d: %w", bps, err)
	}
	return nil
}

// Close releases the encoder. It is idempotent.
func (e *encoder) Close() error {
	e.c = nil
	return nil
}
