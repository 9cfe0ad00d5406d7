package process

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"parley/media"
)

// ErrUnavailable means that this build has no sound processing.
var ErrUnavailable = errors.New("no sound processing in this build")

// Options says what is done to the sound of a microphone.
type Options struct {
	Echo  bool // what the loudspeaker plays is taken out
	Noise bool // steady noise is turned down
	Gain  bool // speech is brought to a usual loudness
}

// bits packs options for an atomic.
func (o Options) bits() uint32 {
	var b uint32
	for i, on := range []bool{o.Echo, o.Noise, o.Gain} {
		if on {
			b |= 1 << i
		}
	}
	return b
}

func optionsOf(bits uint32) Options {
	return Options{Echo: bits&1 != 0, Noise: bits&2 != 0, Gain: bits&4 != 0}
}

// blockSamples is what is processed at a time: 10 ms.
const blockSamples = media.SampleRate / 100

type block [blockSamples]int16

// engine does the work. It belongs to the goroutine that processes.
type engine interface {
	set(Options) error
	// process cleans recorded, in which played is heard echoDelay later, about.
	process(played, recorded *block) error
	close()
}

// Stats says how well the loudspeaker is followed.
type Stats struct {
	EchoDelayMs float64 // from the reference to its echo, as it was last found; 0 while it was not
	DriftPpm    float64 // how much faster the loudspeaker's clock runs than the microphone's
	Moved       uint64  // times the reference was moved to where the echo was found
	Missing     uint64  // blocks for which the loudspeaker's sound had not come yet
	Jumps       uint64  // times that either device lost sound, or kept it longer than before
}

// Processor cleans the sound of one microphone. Process and Close are for one goroutine; Set and Stats are safe for concurrent use.
type Processor struct {
	engine engine
	align  *alignment
	finder *delayFinder
	wanted atomic.Uint32 // bits of Options
	broken bool          // the engine failed: sound passes as it is

	// of the goroutine that processes
	now           uint32 // bits that the engine has
	played, heard block

	delay, drift   atomic.Int64 // thousandths of a ms, of a ppm
	moved, missing atomic.Uint64
	jumps          atomic.Uint64
}

// New returns a processor that takes the echo of what ref carries out.
func New(ref *Reference, o Options) (*Processor, error) {
	e, err := newEngine()
	if err != nil {
		return nil, err
	}
	p := &Processor{engine: e, align: newAlignment(ref), finder: newDelayFinder()}
	p.wanted.Store(o.bits())
	if err := e.set(o); err != nil {
		e.close()
		return nil, fmt.Errorf("open sound processing: %w", err)
	}
	p.now = o.bits()
	return p, nil
}

// Set changes what is done, from the next 10 ms on.
func (p *Processor) Set(o Options) { p.wanted.Store(o.bits()) }

// Options returns what is done. It is safe for concurrent use.
func (p *Processor) Options() Options { return optionsOf(p.wanted.Load()) }

// Process cleans pcm, 10 ms or several times 10 ms of mono sound that were captured at a time of media.Now, in place. It does not allocate. An error is
// the engine's; after one, sound passes as it is.
func (p *Processor) Process(pcm []int16, captured time.Duration) error {
	for ; len(pcm) >= blockSamples && !p.broken; captured += 10 * time.Millisecond {
		if err := p.block((*block)(pcm), captured); err != nil {
			p.broken = true
			return err
		}
		pcm = pcm[blockSamples:]
	}
	return nil
}

func (p *Processor) block(pcm *block, captured time.Duration) error {
	if wanted := p.wanted.Load(); wanted != p.now {
		p.now = wanted
		if err := p.engine.set(optionsOf(wanted)); err != nil {
			return err
		}
	}
	if p.now == 0 {
		return nil
	}
	p.follow(pcm, captured)
	p.heard = *pcm
	if err := p.engine.process(&p.played, &p.heard); err != nil {
		return err
	}
	*pcm = p.heard
	return nil
}

// follow takes what was played for what was recorded, and looks where its echo is.
func (p *Processor) follow(pcm *block, captured time.Duration) {
	if !p.align.take(&p.played, captured) {
		p.missing.Add(1)
	}
	p.jumps.Store(p.align.speaker.jumps + p.align.mic.jumps)
	p.drift.Store(int64(p.align.driftPpm() * 1000))
	if !optionsOf(p.now).Echo {
		return
	}
	delay, ok := p.finder.find(&p.played, pcm)
	if !ok {
		return
	}
	p.delay.Store(int64(delay / perMs * 1000))
	if delay < echoLeast || delay > echoMost {
		p.align.move(delay - echoDelay)
		p.finder.reset()
		p.moved.Add(1)
	}
}

// What the engine sees of the delay of an echo, in samples: it is moved to echoDelay when it is found beyond these.
const (
	perMs     = media.SampleRate / 1000.0
	echoDelay = 40 * perMs
	echoLeast = 15 * perMs
	echoMost  = 85 * perMs
)

// Stats returns how well the loudspeaker is followed.
func (p *Processor) Stats() Stats {
	return Stats{
		EchoDelayMs: float64(p.delay.Load()) / 1000, DriftPpm: float64(p.drift.Load()) / 1000,
		Moved: p.moved.Load(), Missing: p.missing.Load(), Jumps: p.jumps.Load(),
	}
}

// Close releases the engine.
func (p *Processor) Close() error {
	if p.engine != nil {
		p.engine.close()
		p.engine, p.broken = nil, true
	}
	return nil
}
