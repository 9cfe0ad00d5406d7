package audio

import "math"

// Voice hears whether somebody speaks, from the sound alone: a voice has a pitch, which hum has too, and syllables, which keys and doors have too, but nothing
// else at home or in an office has both. One goroutine uses it. The zero value is ready for use.
type Voice struct {
	sound  [voiceSpan]float32 // the last 40 ms at 8 kHz
	floor  float64            // level of what is always there, dB
	began  bool
	recent [voiceBlocks]voiceBlock // a ring
	at     int
	blocks int // taken, up to voiceBlocks
}

// voiceBlock is what 10 ms were.
type voiceBlock struct {
	level float64 // dB
	lag   int     // of the pitch, 0 for none
}

const (
	voiceThin   = 6               // 8 kHz
	voicePiece  = 480 / voiceThin // 10 ms
	voiceSpan   = 4 * voicePiece  // 40 ms
	voiceShort  = 20              // lags: 400 Hz
	voiceLong   = 110             // 73 Hz
	voiceWindow = voiceSpan - voiceLong
	voiceBlocks = 120 // 1.2 s
	voicePitch  = 0.75
	voiceLoud   = 9.0   // dB above what is always there
	voiceLeast  = -55.0 // dB of full scale
	voiceFloor  = 0.03  // dB a block by which the floor rises: 3 dB/s
	voiceMost   = 0.4   // of the recent blocks, how many must have a pitch
	voiceDip    = 10.0  // dB between the loudest syllable and the pause after it
	voiceGlides = 4     // different pitches: a tune of one note is no voice
)

// Update takes the next 10 ms, 480 samples, and reports whether somebody has been speaking for the last second or so.
func (v *Voice) Update(pcm []int16) bool {
	if len(pcm) != 480 {
		return false
	}
	copy(v.sound[:], v.sound[voicePiece:])
	power := 0.0
	for i := range voicePiece {
		sum := 0
		for _, s := range pcm[i*voiceThin : (i+1)*voiceThin] {
			sum += int(s)
		}
		x := float64(sum) / voiceThin / 32768
		v.sound[voiceSpan-voicePiece+i] = float32(x)
		power += x * x
	}
	level := 10 * math.Log10(power/voicePiece+1e-10)
	if !v.began {
		v.began, v.floor = true, level
	}
	v.floor = min(v.floor+voiceFloor, level)
	block := voiceBlock{level: level}
	if level > voiceLeast && level > v.floor+voiceLoud {
		block.lag = v.pitch()
	}
	v.recent[v.at] = block
	v.at = (v.at + 1) % voiceBlocks
	v.blocks = min(v.blocks+1, voiceBlocks)
	return v.blocks == voiceBlocks && v.speech()
}

// Reset forgets what was heard of late, but for what is always there.
func (v *Voice) Reset() { v.blocks = 0 }

// pitch returns the lag with which the sound repeats itself, or 0.
func (v *Voice) pitch() int {
	now := v.sound[voiceLong:]
	best, lag := float32(voicePitch), 0
	for p := voiceShort; p <= voiceLong; p++ {
		then := v.sound[voiceLong-p:][:voiceWindow]
		var ab, aa, bb float32
		for i, a := range now {
			b := then[i]
			ab += a * b
			aa += a * a
			bb += b * b
		}
		if ab <= 0 || ab*ab <= best*best*aa*bb {
			continue
		}
		best, lag = ab/float32(math.Sqrt(float64(aa*bb))), p
	}
	return lag
}

// speech reports whether the recent blocks are speech.
func (v *Voice) speech() bool {
	pitched, least, most := 0, 0.0, -200.0
	var lags [voiceLong + 1]bool
	for _, b := range v.recent {
		least, most = min(least, b.level), max(most, b.level)
		if b.lag > 0 {
			pitched++
			lags[b.lag] = true
		}
	}
	glides := 0
	for _, there := range lags {
		if there {
			glides++
		}
	}
	return float64(pitched) >= voiceMost*voiceBlocks && most-least > voiceDip && glides >= voiceGlides
}
