//go:build speexdsp && !noprocess

package process

/*
#cgo LDFLAGS: -lspeexdsp -lm
#cgo noescape speex_echo_cancellation
#cgo nocallback speex_echo_cancellation
#cgo noescape speex_preprocess_run
#cgo nocallback speex_preprocess_run
#include <speex/speex_echo.h>
#include <speex/speex_preprocess.h>
*/
import "C"

import (
	"errors"
	"unsafe"

	"parley/media"
)

// speex is speexdsp's echo canceller and preprocessor: portable, and slower to learn a room than webrtc.
type speex struct {
	echo    *C.SpeexEchoState
	clean   *C.SpeexPreprocessState
	options Options
	out     block
}

// speexTail is how long an echo may be, with its delay: 250 ms.
const speexTail = media.SampleRate / 4

func newEngine() (engine, error) {
	s := &speex{echo: C.speex_echo_state_init(blockSamples, speexTail), clean: C.speex_preprocess_state_init(blockSamples, media.SampleRate)}
	if s.echo == nil || s.clean == nil {
		s.close()
		return nil, errors.New("open sound processing: out of memory")
	}
	rate := C.int(media.SampleRate)
	C.speex_echo_ctl(s.echo, C.SPEEX_ECHO_SET_SAMPLING_RATE, unsafe.Pointer(&rate))
	return s, nil
}

func (s *speex) set(o Options) error {
	on := map[bool]C.int{true: 1}
	denoise, agc := on[o.Noise || o.Echo], on[o.Gain] // what is left of an echo is turned down as noise is
	noise := C.int(-15) * on[o.Noise]                 // dB
	C.speex_preprocess_ctl(s.clean, C.SPEEX_PREPROCESS_SET_NOISE_SUPPRESS, unsafe.Pointer(&noise))
	C.speex_preprocess_ctl(s.clean, C.SPEEX_PREPROCESS_SET_DENOISE, unsafe.Pointer(&denoise))
	C.speex_preprocess_ctl(s.clean, C.SPEEX_PREPROCESS_SET_AGC, unsafe.Pointer(&agc))
	level, most := C.float(8000), C.int(6) // of full scale 32768; dB: it raises what is left of an echo too
	C.speex_preprocess_ctl(s.clean, C.SPEEX_PREPROCESS_SET_AGC_LEVEL, unsafe.Pointer(&level))
	C.speex_preprocess_ctl(s.clean, C.SPEEX_PREPROCESS_SET_AGC_MAX_GAIN, unsafe.Pointer(&most))
	quiet, active := C.int(-60), C.int(-45) // dB by which what is left of an echo is turned down, without and with a near voice
	C.speex_preprocess_ctl(s.clean, C.SPEEX_PREPROCESS_SET_ECHO_SUPPRESS, unsafe.Pointer(&quiet))
	C.speex_preprocess_ctl(s.clean, C.SPEEX_PREPROCESS_SET_ECHO_SUPPRESS_ACTIVE, unsafe.Pointer(&active))
	var state unsafe.Pointer
	if o.Echo {
		state = unsafe.Pointer(s.echo)
	}
	C.speex_preprocess_ctl(s.clean, C.SPEEX_PREPROCESS_SET_ECHO_STATE, state)
	if o.Echo && !s.options.Echo {
		C.speex_echo_state_reset(s.echo)
	}
	s.options = o
	return nil
}

func (s *speex) process(played, recorded *block) error {
	pcm := (*C.spx_int16_t)(unsafe.Pointer(recorded))
	if s.options.Echo {
		C.speex_echo_cancellation(s.echo, pcm, (*C.spx_int16_t)(unsafe.Pointer(played)), (*C.spx_int16_t)(unsafe.Pointer(&s.out)))
		*recorded = s.out
	}
	C.speex_preprocess_run(s.clean, pcm)
	return nil
}

func (s *speex) close() {
	if s.clean != nil {
		C.speex_preprocess_state_destroy(s.clean)
	}
	if s.echo != nil {
		C.speex_echo_state_destroy(s.echo)
	}
}
