package playout

import (
	"parley/media/audio"
	"parley/media/codec"
)

// audioRender makes the frames that are played. It belongs to the goroutine that reads.
type audioRender struct {
	decoder   codec.AudioDecoder
	voices    voiceTeller // the decoder, or nil
	stretcher audio.Stretcher
	payload   [audioMaxPacket]byte
	frame     [codec.FrameSamples + audio.Period]int16
	length    int // of frame
	at        int // first sample of frame that is not yet read

	calm    bool // nobody spoke in the last frame that was decoded
	madeUp  int  // frames in a row that were not decoded
	silent  bool // the last frame ended in silence
	aim     int  // below zero: the delay is being shortened; above: lengthened
	changed int  // frames since it was changed
}

// voiceTeller is a decoder that knows whether somebody speaks in a packet.
type voiceTeller interface {
	Voiced(packet []byte) bool
}

const (
	audioMaxConcealed = 5     // frames: 100 ms
	audioMaxNoise     = 30    // frames that a sender's noise goes on: longer than an encoder pauses between two that renew it
	audioQuiet        = 0.003 // RMS under which nobody speaks: 50 dB below full scale

	audioTooLong     = 15 * perMs // beyond the target: shorten, until it is reached
	audioTooShort    = 10 * perMs
	audioFarTooLong  = 60 * perMs
	audioFarTooShort = 40 * perMs
	audioChangeEvery = 3   // frames, in speech: some 10 % faster or slower
	audioLike        = 0.6 // how much alike must be what is put together, in speech
	audioLikeFar     = 0.3 // when the delay is far off
)

// next makes the next frame. made says what it is, which is not always what was asked for, and change by how many samples it is longer than 20 ms.
func (r *audioRender) next(step audioStep) (made audioKind, change int) {
	made = r.make(step)
	r.at, r.length = 0, codec.FrameSamples
	if made == audioPlay || made == audioRecover {
		r.length = r.fit(step.excess)
	}
	r.stretcher.Played(r.frame[:r.length])
	return made, r.length - codec.FrameSamples
}

// make fills the frame.
func (r *audioRender) make(step audioStep) audioKind {
	frame := r.frame[:codec.FrameSamples]
	packet := r.payload[:step.size]
	n := 0
	switch step.kind {
	case audioPlay:
		n, _ = r.decoder.Decode(packet, frame) // what cannot be decoded is concealed
	case audioRecover:
		n, _ = r.decoder.DecodeFEC(packet, frame)
	case audioSilence:
		if r.calm {
			return r.makeUp(frame, audioMaxNoise, audioSilence)
		}
		return r.makeUp(frame, 0, audioSilence)
	case audioConceal:
	}
	if n <= 0 {
		if r.calm {
			return r.makeUp(frame, audioMaxNoise, audioConceal)
		}
		return r.makeUp(frame, audioMaxConcealed, audioConceal)
	}
	clear(frame[min(n, len(frame)):])
	if r.silent || step.jumped {
		r.stretcher.Join(frame)
	}
	r.calm = audio.Measure(frame).RMS < audioQuiet || r.voices != nil && !r.voices.Voiced(packet)
	r.madeUp, r.silent = 0, false
	return step.kind
}

// makeUp lets the sound go on for at most so many frames in a row, then end.
func (r *audioRender) makeUp(frame []int16, most int, kind audioKind) audioKind {
	r.madeUp++
	if r.madeUp <= most && !r.silent {
		if n, err := r.decoder.Conceal(frame); err == nil && n > 0 {
			clear(frame[min(n, len(frame)):])
			return kind
		}
	}
	if r.silent {
		clear(frame)
	} else {
		r.stretcher.End(frame)
	}
	r.silent = true
	return audioSilence
}

// fit brings the delay nearer to its target and returns the frame's length.
func (r *audioRender) fit(excess int64) int {
	switch {
	case excess > audioTooLong:
		r.aim = -1
	case excess < -audioTooShort:
		r.aim = 1
	case r.aim < 0 && excess <= 0, r.aim > 0 && excess >= 0:
		r.aim = 0
	}
	every, like := audioChangeEvery, float32(audioLike)
	switch {
	case r.calm:
		every, like = 1, -1
	case excess > audioFarTooLong, excess < -audioFarTooShort:
		every, like = 1, audioLikeFar
	}
	if r.changed++; r.aim == 0 || r.changed < every {
		return codec.FrameSamples
	}
	length := codec.FrameSamples
	if r.aim < 0 {
		length = r.stretcher.Shorten(r.frame[:], length, like)
	} else {
		length = r.stretcher.Lengthen(r.frame[:], length, like)
	}
	if length != codec.FrameSamples {
		r.changed = 0
	}
	return length
}
