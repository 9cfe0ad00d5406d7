package speaker

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"parley/media"
	"parley/media/device/soundcard"
)

// Source is what is heard: it fills out, mono at media.SampleRate. It must not block. One goroutine at a time calls it, which
// is not always the same.
type Source interface {
	Mix(out []int16)
}

// Listener is a Source that also wants to know when what it mixed is heard, as who takes its echo out does. Played is called after each Mix whose sound
// goes to a device, by the same goroutine, with the time of media.Now at which its first sample leaves the loudspeaker, as far as the device tells.
type Listener interface {
	Played(mono []int16, heard time.Duration)
}

// Off is the DeviceID of no device: the source is asked in real time, and what it says is thrown away.
const Off = "off"

// Config says what to play where.
type Config struct {
	DeviceID string // of device.Speakers; "" is the default output, Off is none
	Source   Source
	// OnTrouble is told when the device went away and where sound goes now; the error wraps media.ErrUnplugged or
	// media.ErrNotFound. A goroutine of the speaker calls it: it must not call Close. It may be nil.
	OnTrouble func(error)
}

// Speaker is an open output.
type Speaker struct {
	source    Source
	listener  Listener // the source, or nil
	onTrouble func(error)
	open      opener
	silent    time.Duration // without a beat for so long, an output is gone

	stop func()
	done chan struct{}

	mu      sync.Mutex    // held while the source mixes, which does not block
	turn    uint64        // which output may ask; 0 is none
	latency time.Duration // of that output
	scratch [pieceSamples]int16

	// loop state, and of Open before the loop runs
	now        output
	way        way
	systemLost bool   // the default output by open.system is gone for good
	turns      uint64 // how many were given out
	pickedErr  error  // why the device asked for was not opened
}

// way is how sound goes out now.
type way int

const (
	off     way = iota // nowhere, as asked
	lost               // nowhere, for want of a device
	picked             // on the device that the user picked
	system             // on the default one
	another            // on the default one, in another way
)

func (w way) String() string {
	switch w {
	case off:
		return "off"
	case lost:
		return "lost"
	case picked:
		return "picked"
	case system:
		return "system"
	case another:
		return "another"
	}
	return "unknown"
}

// pieceSamples is what is asked of the source at a time, at most: 10 ms.
const pieceSamples = media.SampleRate / 100

// output is one way to play. It asks pull for interleaved stereo whenever it needs some, and each time that is a beat.
type output interface {
	Beats() uint64
	// Latency is the time from when it asks for a sample until that is heard, at least; below zero is never.
	Latency() time.Duration
	Close() error
}

// pull fills interleaved stereo.
type pull func(stereo []int16)

// opener opens outputs; tests put their own in its place.
type opener struct {
	picked  func(id string, p pull) (output, error)
	system  func(ctx context.Context, p pull) (output, error) // the default output
	another func(p pull) (output, error)                      // the default output in another way, when system failed
}

// Open opens a speaker. A picked device that is not there is replaced by the default output, and OnTrouble hears of it. When
// nothing can be played at all the error wraps media.ErrNotFound: open Off then.
func Open(ctx context.Context, cfg Config) (*Speaker, error) {
	return openWith(ctx, cfg, opener{picked: openPicked, system: openShared, another: openDefault}, soundcard.Silent)
}

func openWith(ctx context.Context, cfg Config, open opener, silent time.Duration) (*Speaker, error) {
	s := &Speaker{source: cfg.Source, onTrouble: cfg.OnTrouble, open: open, silent: silent, done: make(chan struct{})}
	s.listener, _ = cfg.Source.(Listener)
	if s.onTrouble == nil {
		s.onTrouble = func(error) {}
	}
	if err := s.first(ctx, cfg.DeviceID); err != nil {
		return nil, fmt.Errorf("open speaker: %w", err)
	}
	watching, cancel := context.WithCancel(context.Background())
	s.stop = cancel
	go func() {
		defer close(s.done)
		s.run(watching)
	}()
	return s, nil
}

// Close stops the sound. When it returns the source is not asked any more. It is idempotent.
func (s *Speaker) Close() error {
	s.stop()
	<-s.done
	return nil
}

// first opens what was asked for.
func (s *Speaker) first(ctx context.Context, id string) error {
	switch id {
	case Off:
		s.toNull(off)
		return nil
	case "":
		return s.openAny(ctx)
	}
	err := s.try(picked, func(p pull) (output, error) { return s.open.picked(id, p) })
	if err == nil {
		return nil
	}
	s.pickedErr = err
	return s.openAny(ctx)
}

// openAny opens the default output, one way or the other. When it fails all stays as it was.
func (s *Speaker) openAny(ctx context.Context) error {
	var first error
	if !s.systemLost {
		first = s.try(system, func(p pull) (output, error) { return s.open.system(ctx, p) })
		if first == nil || ctx.Err() != nil {
			return first
		}
	}
	second := s.try(another, s.open.another)
	if second == nil {
		return nil
	}
	return errors.Join(first, second)
}

// try opens an output and gives it the right to ask, which the last one loses. The last one is not closed.
func (s *Speaker) try(w way, open func(pull) (output, error)) error {
	s.turns++
	turn := s.turns
	out, err := open(func(stereo []int16) { s.pull(turn, stereo) })
	if err != nil {
		return err
	}
	s.now, s.way = out, w
	s.give(turn, out.Latency())
	return nil
}

// toNull goes on with no device.
func (s *Speaker) toNull(w way) {
	// Nothing can fail here.
	_ = s.try(w, func(p pull) (output, error) { return openNull(p), nil })
}

// give gives one output the right to ask. When it returns no other one is asking.
func (s *Speaker) give(turn uint64, latency time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.turn, s.latency = turn, latency
}

// pull fills stereo with what the source mixes, or with silence for an output whose turn is over.
func (s *Speaker) pull(turn uint64, stereo []int16) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.turn != turn {
		clear(stereo)
		return
	}
	heard := media.Now() + s.latency
	for len(stereo) > 1 {
		mono := s.scratch[:min(len(stereo)/2, pieceSamples)]
		s.source.Mix(mono)
		if s.listener != nil && s.latency >= 0 {
			s.listener.Played(mono, heard)
			heard += time.Duration(len(mono)) * time.Second / media.SampleRate
		}
		for i, v := range mono {
			stereo[2*i], stereo[2*i+1] = v, v
		}
		stereo = stereo[2*len(mono):]
	}
}

// run watches the output until the speaker is closed.
func (s *Speaker) run(ctx context.Context) {
	defer func() {
		s.give(0, 0)
		s.now.Close()
	}()
	if s.pickedErr != nil {
		s.onTrouble(fmt.Errorf("speaker that was picked not usable, playing on the default one: %w", s.pickedErr))
	}
	tick := time.NewTicker(s.silent / 5)
	defer tick.Stop()
	var beats uint64
	var beaten, looked time.Duration
	fresh := func() {
		// A new device may take a while before its first beats, one on the radio above all.
		beats, beaten, looked = s.now.Beats(), media.Now()+3*s.silent, media.Now()
	}
	fresh()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := media.Now()
		if b := s.now.Beats(); b != beats {
			beats, beaten = b, now
		}
		switch {
		case s.way == lost && now-looked >= 4*s.silent:
			s.lookAgain(ctx)
		case s.way != lost && s.way != off && now-beaten >= s.silent:
			s.replace(ctx)
		default:
			continue
		}
		fresh()
	}
}

// replace goes on elsewhere: the output does not ask any more.
func (s *Speaker) replace(ctx context.Context) {
	gone := s.now
	// oto's context never comes back once its device is gone, nor does it always say so.
	s.systemLost = s.systemLost || s.way == system
	if err := s.openAny(ctx); err != nil {
		s.toNull(lost)
		s.onTrouble(fmt.Errorf("speaker stopped, and there is no other: %w: %w", media.ErrUnplugged, err))
	} else {
		s.onTrouble(fmt.Errorf("speaker stopped, playing on the default one: %w", media.ErrUnplugged))
	}
	gone.Close()
}

// lookAgain tries whether there is a device by now.
func (s *Speaker) lookAgain(ctx context.Context) {
	silence := s.now
	if s.openAny(ctx) == nil {
		silence.Close()
	}
}
