package opus

import (
	"fmt"

	"gopkg.in/hraban/opus.v2"

	"parley/media"
	"parley/media/codec"
)

type decoder struct {
	c *opus.Decoder // nil after Close
}

// NewDecoder returns a decoder to mono sound; packets of stereo sound are mixed down.
func NewDecoder() (codec.AudioDecoder, error) {
	c, err := opus.NewDecoder(media.SampleRate, 1)
	if err != nil {
		return nil, fmt.Errorf("open opus decoder: %w", err)
	}
	return &decoder{c: c}, nil
}

// usable checks a buffer to decode into and returns it with no room behind its length, where libopus would write.
func (d *decoder) usable(pcm []int16) ([]int16, error) {
	if d.c == nil {
		return nil, ErrClosed
	}
	if len(pcm) < codec.FrameSamples {
		return nil, fmt.Errorf("decode opus: room for %d samples, want %d: %w", len(pcm), codec.FrameSamples, media.ErrFormat)
	}
	return pcm[:len(pcm):len(pcm)], nil
}

// Decode decodes a packet. pcm may be longer than 20 ms, for packets that hold more; one that holds more than pcm is an error.
func (d *decoder) Decode(packet []byte, pcm []int16) (int, error) {
	pcm, err := d.usable(pcm)
	if err != nil {
		return 0, err
	}
	if len(packet) == 0 {
		return 0, fmt.Errorf("decode opus: empty packet: %w", media.ErrFormat)
	}
	n, err := d.c.Decode(packet, pcm)
	if err != nil {
		return 0, fmt.Errorf("decode opus: %w: %w", err, media.ErrFormat)
	}
	return n, nil
}

// DecodeFEC makes the 20 ms before a packet from the copy that it holds; it conceals when there is none.
func (d *decoder) DecodeFEC(next []byte, pcm []int16) (int, error) {
	pcm, err := d.usable(pcm)
	if err != nil {
		return 0, err
	}
	if len(next) == 0 {
		return 0, fmt.Errorf("decode opus: empty packet: %w", media.ErrFormat)
	}
	pcm = pcm[:codec.FrameSamples:codec.FrameSamples]
	if err := d.c.DecodeFEC(next, pcm); err != nil {
		return 0, fmt.Errorf("decode opus: %w: %w", err, media.ErrFormat)
	}
	return len(pcm), nil
}

// Conceal makes up 20 ms that were lost.
func (d *decoder) Conceal(pcm []int16) (int, error) {
	pcm, err := d.usable(pcm)
	if err != nil {
		return 0, err
	}
	pcm = pcm[:codec.FrameSamples:codec.FrameSamples]
	if err := d.c.DecodePLC(pcm); err != nil {
		return 0, fmt.Errorf("conceal opus: %w", err)
	}
	return len(pcm), nil
}

// Close releases the decoder. It is idempotent.
func (d *decoder) Close() error {
	d.c = nil
	return nil
}
