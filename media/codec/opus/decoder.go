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

// hasCopy reports whether a packet holds a copy of what was before it: only speech does (SILK, alone or under CELT), and says so in the first bits of its
// first frame (RFC 6716 sections 3.1 and 4.2.3).
func hasCopy(packet []byte) bool {
	config, frames := packet[0]>>3, packet[0]&3
	if config >= 16 || len(packet) < 2 {
		return false
	}
	if frames != 0 {
		return true // where its first frame begins is more than is worth knowing: our encoder sends one
	}
	silk := byte(1) // frames of 20 ms or less, each with a bit that says whether it has a voice
	if config < 12 && config&3 > 1 {
		silk = config & 3
	}
	return packet[1]>>(7-silk)&1 == 1
}

// Voiced reports whether somebody speaks in a packet, as its encoder found; of music, which is encoded in another way, it says so always.
func (d *decoder) Voiced(packet []byte) bool {
	if len(packet) < 2 || packet[0]>>3 >= 16 || packet[0]&3 != 0 {
		return len(packet) > 2
	}
	return packet[1]&0x80 != 0
}

// DecodeFEC makes the 20 ms before a packet from the copy that it holds, if it does.
func (d *decoder) DecodeFEC(next []byte, pcm []int16) (int, error) {
	pcm, err := d.usable(pcm)
	if err != nil {
		return 0, err
	}
	if len(next) == 0 {
		return 0, fmt.Errorf("decode opus: empty packet: %w", media.ErrFormat)
	}
	if !hasCopy(next) {
		return 0, nil
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
