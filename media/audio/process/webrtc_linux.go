//go:build linux && !speexdsp && !noprocess

package process

/*
#cgo CXXFLAGS: -std=c++11 -O2 -DWEBRTC_POSIX -DWEBRTC_AUDIO_PROCESSING_ONLY_BUILD -I/usr/include/webrtc_audio_processing
#cgo LDFLAGS: -l:libwebrtc_audio_processing.a -lstdc++ -lm -lpthread
#cgo noescape parley_apm_process
#cgo nocallback parley_apm_process
#include "webrtc.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"unsafe"
)

// webrtc is the audio processing module of WebRTC, in version 0.3 of its package.
type webrtc struct{ apm *C.parley_apm }

func newEngine() (engine, error) {
	apm := C.parley_apm_new()
	if apm == nil {
		return nil, errors.New("open sound processing: out of memory")
	}
	return &webrtc{apm}, nil
}

func (w *webrtc) set(o Options) error {
	on := func(b bool) C.int {
		if b {
			return 1
		}
		return 0
	}
	if code := C.parley_apm_set(w.apm, on(o.Echo), on(o.Noise), on(o.Gain)); code != 0 {
		return fmt.Errorf("set sound processing %+v: error %d of the library", o, code)
	}
	return nil
}

func (w *webrtc) process(played, recorded *block) error {
	code := C.parley_apm_process(w.apm, (*C.int16_t)(unsafe.Pointer(played)), (*C.int16_t)(unsafe.Pointer(recorded)), C.int(echoDelay/perMs))
	if code != 0 {
		return fmt.Errorf("process sound: error %d of the library", code)
	}
	return nil
}

func (w *webrtc) close() { C.parley_apm_free(w.apm) }
