// Package codec holds the interfaces of encoders and decoders. One package below it implements each codec, and all of them pass
// the suite in codectest. No implementation is safe for concurrent use; one goroutine owns one.
package codec

import "parley/media"

// VideoEncoder turns pictures into encoded frames.
type VideoEncoder interface {
	// Encode encodes one picture. The result's Data is valid until the next call. ok is false when the encoder dropped the
	// picture to keep its rate. A picture of another size than the last reconfigures the encoder and makes a key frame.
	Encode(frame *media.Frame, keyFrame bool) (out media.EncodedFrame, ok bool, err error)
	// SetBitrate changes the target, in bits per second.
	SetBitrate(bps int) error
	Close() error
}

// VideoDecoder turns encoded frames into pictures.
type VideoDecoder interface {
	// Decode returns the picture, valid until the next call, or nil when data holds none to show.
	Decode(data []byte) (*media.Frame, error)
	Close() error
}

// AudioEncoder turns sound into packets.
type AudioEncoder interface {
	// Encode encodes exactly FrameSamples samples a channel into out and returns the length; a length of 2 or less means that
	// nothing need be sent (DTX).
	Encode(pcm []int16, out []byte) (int, error)
	// SetLoss tells the expected packet loss in percent, for in-band FEC.
	SetLoss(percent int) error
	SetBitrate(bps int) error
	Close() error
}

// AudioDecoder turns packets into sound. Each call fills pcm (FrameSamples a channel, mono) and returns the samples written.
type AudioDecoder interface {
	Decode(packet []byte, pcm []int16) (int, error)
	// DecodeFEC makes the packet before this one from the copy that this one holds. It returns 0, and the packet before can still be concealed, when
	// there is none.
	DecodeFEC(next []byte, pcm []int16) (int, error)
	// Conceal makes up what was lost.
	Conceal(pcm []int16) (int, error)
	Close() error
}

// FrameSamples is the length of a sound packet: 20 ms.
const FrameSamples = media.SampleRate / 50
