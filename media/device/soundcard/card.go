package soundcard

import (
	"encoding/hex"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/gen2brain/malgo"

	"parley/media"
)

// Info describes a device. The ID stays the same from one start to the next.
type Info struct {
	ID, Name string
	Default  bool
}

// Silent is how long a device may be without a call-back before it counts as unplugged: nothing else tells.
const Silent = 500 * time.Millisecond

// backends are the sound systems that are tried, in this order. The null device is not among them.
var backends = []malgo.Backend{malgo.BackendWasapi, malgo.BackendCoreaudio, malgo.BackendPulseaudio, malgo.BackendAlsa}

// Outputs returns the speakers that there are now.
func Outputs() ([]Info, error) { return list(malgo.Playback) }

// Inputs returns the microphones that there are now. What merely records a speaker is not one.
func Inputs() ([]Info, error) { return list(malgo.Capture) }

func list(kind malgo.DeviceType) (infos []Info, err error) {
	defer fence(&err)
	ctx, backend, err := open()
	if err != nil {
		return nil, err
	}
	defer free(ctx)
	devices, err := ctx.Devices(kind)
	if err != nil {
		return nil, fmt.Errorf("list sound devices: %w", mapped(err))
	}
	for i := range devices {
		d := &devices[i]
		if kind == malgo.Capture && isMonitor(d) || backend == malgo.BackendAlsa && !isCard(d) {
			continue
		}
		infos = append(infos, Info{ID: d.ID.String(), Name: d.Name(), Default: d.IsDefault != 0})
	}
	return infos, nil
}

// isMonitor reports whether a device records what a speaker plays: PulseAudio names it so.
func isMonitor(d *malgo.DeviceInfo) bool {
	id := strings.TrimRight(string(d.ID[:]), "\x00")
	return strings.HasSuffix(id, ".monitor")
}

// isCard reports whether a device of ALSA is a card. ALSA lists every plugin of its configuration beside the cards: rate converters, a device
// that is always silent, sound servers that may not run.
func isCard(d *malgo.DeviceInfo) bool {
	id := strings.TrimRight(string(d.ID[:]), "\x00")
	for _, prefix := range []string{":", "hw:", "plughw:", "sysdefault:"} {
		if strings.HasPrefix(id, prefix) {
			return true
		}
	}
	return false
}

// open opens the first sound system that there is.
func open() (ctx *malgo.AllocatedContext, backend malgo.Backend, err error) {
	for _, backend = range backends {
		if ctx, err = malgo.InitContext([]malgo.Backend{backend}, malgo.ContextConfig{}, nil); err == nil {
			return ctx, backend, nil
		}
	}
	return nil, 0, fmt.Errorf("open sound system: %w", mapped(err))
}

func free(ctx *malgo.AllocatedContext) {
	ctx.Uninit()
	ctx.Free()
}

// The buffer of a device: pieces, and their length in milliseconds.
const (
	period  = 10
	periods = 2
)

// Stream is an open device. Each has a connection of its own to the sound system.
type Stream struct {
	ctx    *malgo.AllocatedContext
	device *malgo.Device
	beats  atomic.Uint64
	closed atomic.Bool
}

// OpenOutput opens a speaker, the default one when id is "", and lets fill write what it plays, interleaved stereo. fill is
// called by a thread of the sound system and must neither block nor allocate.
func OpenOutput(id string, fill func(stereo []int16)) (*Stream, error) {
	cfg := malgo.DefaultDeviceConfig(malgo.Playback)
	cfg.Playback.Format, cfg.Playback.Channels = malgo.FormatS16, 2
	return start(cfg, id, func(out, _ []byte) { fill(samples(out)) })
}

// OpenInput opens a microphone, the default one when id is "", and hands what it hears to take, in mono. take is called by a
// thread of the sound system, must copy what it keeps, and must neither block nor allocate.
func OpenInput(id string, take func(mono []int16)) (*Stream, error) {
	cfg := malgo.DefaultDeviceConfig(malgo.Capture)
	cfg.Capture.Format, cfg.Capture.Channels = malgo.FormatS16, 1
	return start(cfg, id, func(_, in []byte) { take(samples(in)) })
}

func samples(b []byte) []int16 {
	if len(b) < 2 {
		return nil
	}
	return unsafe.Slice((*int16)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/2)
}

func start(cfg malgo.DeviceConfig, id string, data func(out, in []byte)) (s *Stream, err error) {
	defer fence(&err)
	cfg.SampleRate = media.SampleRate
	cfg.PeriodSizeInMilliseconds = period
	cfg.Periods = periods
	cfg.PerformanceProfile = malgo.LowLatency
	cfg.Alsa.NoMMap = 1

	var pin runtime.Pinner
	defer pin.Unpin()
	if id != "" {
		raw, err := parse(id)
		if err != nil {
			return nil, err
		}
		// The library's own way to pass it leaks a copy.
		pin.Pin(raw)
		cfg.Playback.DeviceID, cfg.Capture.DeviceID = unsafe.Pointer(raw), unsafe.Pointer(raw)
	}
	s = &Stream{}
	if s.ctx, _, err = open(); err != nil {
		return nil, err
	}
	s.device, err = malgo.InitDevice(s.ctx.Context, cfg, malgo.DeviceCallbacks{Data: func(out, in []byte, _ uint32) {
		s.beats.Add(1)
		data(out, in)
	}})
	if err != nil {
		free(s.ctx)
		return nil, fmt.Errorf("open sound device: %w", mapped(err))
	}
	if err := s.device.Start(); err != nil {
		s.Close()
		return nil, fmt.Errorf("start sound device: %w", mapped(err))
	}
	return s, nil
}

func parse(id string) (*malgo.DeviceID, error) {
	var raw malgo.DeviceID
	data, err := hex.DecodeString(id)
	if err != nil || len(data) > len(raw) {
		return nil, fmt.Errorf("open sound device %q: %w", id, media.ErrNotFound)
	}
	copy(raw[:], data)
	return &raw, nil
}

// Beats returns how often the device has called back. One that beats no more for as long as Silent is gone. It is safe for
// concurrent use.
func (s *Stream) Beats() uint64 { return s.beats.Load() }

// Latency returns how much sound waits in the buffer of an output, which is the least that its sound is late. Sound servers and radio links add to that, and
// do not say how much.
func (s *Stream) Latency() time.Duration { return period * periods * time.Millisecond }

// Close stops the device and waits until no call-back runs. It is idempotent.
func (s *Stream) Close() error {
	if !s.closed.CompareAndSwap(false, true) {
		return nil
	}
	// Uninit alone hangs when the device was unplugged: it waits for a thread that PulseAudio wakes no more. Stop wakes it. What
	// Stop says does not matter then.
	_ = s.device.Stop()
	s.device.Uninit()
	free(s.ctx)
	return nil
}

// mapped turns the library's codes into errors that callers branch on.
func mapped(err error) error {
	switch {
	case errors.Is(err, malgo.ErrBusy), errors.Is(err, malgo.ErrAlreadyInUse):
		return fmt.Errorf("%w: %w", media.ErrBusy, err)
	case errors.Is(err, malgo.ErrFormatNotSupported), errors.Is(err, malgo.ErrShareModeNotSupported):
		return fmt.Errorf("%w: %w", media.ErrFormat, err)
	default:
		return fmt.Errorf("%w: %w", media.ErrNotFound, err)
	}
}

// fence turns a panic of the library, which happens on machines without any sound system, into an error.
func fence(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("sound system: %v: %w", p, media.ErrNotFound)
	}
}
