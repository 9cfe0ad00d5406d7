package device

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"parley/media"
	"parley/media/audio"
	"parley/media/device/soundcard"
)

// microphone is a media.AudioSource: a sound card that is recorded.
type microphone struct {
	id     string
	open   func(id string, take func(mono []int16)) (soundStream, error)
	closed chan struct{}

	mu     sync.Mutex
	begun  bool
	ended  bool
	stream soundStream
}

// soundStream is a sound card that calls back: an interface for the tests' sake.
type soundStream interface {
	Beats() uint64
	Close() error
}

const (
	micPiece = media.SampleRate / 100 // 10 ms
	micHeld  = 8192                   // samples that wait for a slow reader: 170 ms; then the oldest are dropped
)

// NewMicrophone returns the microphone with an id of Microphones, or the default one for "". It delivers mono, is opened once, and
// reading it ends with media.ErrUnplugged when it is gone.
func NewMicrophone(id string) media.AudioSource {
	return newMicrophone(id, func(id string, take func([]int16)) (soundStream, error) {
		s, err := soundcard.OpenInput(id, take)
		if err != nil {
			return nil, err // not a nil *Stream in an interface
		}
		return s, nil
	})
}

func newMicrophone(id string, open func(string, func([]int16)) (soundStream, error)) *microphone {
	return &microphone{id: id, open: open, closed: make(chan struct{})}
}

// Open implements media.AudioSource.
func (m *microphone) Open(ctx context.Context) (media.AudioReader, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("open microphone: %w", err)
	}
	if !m.begin() {
		return nil, fmt.Errorf("open microphone: opened already, or closed: %w", media.ErrBusy)
	}
	r := &micReader{ring: audio.NewRing(micHeld), news: make(chan struct{}, 1), closed: m.closed}
	stream, err := m.open(m.id, r.take)
	if err != nil {
		return nil, fmt.Errorf("open microphone: %w", err)
	}
	if !m.own(stream) {
		stream.Close()
		return nil, fmt.Errorf("open microphone: closed meanwhile: %w", media.ErrBusy)
	}
	r.stream, r.seen, r.since = stream, stream.Beats(), media.Now()+micGrace
	r.watchdog = time.NewTicker(soundcard.Silent / 5)
	return r, nil
}

// begin reports whether the microphone may be opened, which it may once.
func (m *microphone) begin() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.begun || m.ended {
		return false
	}
	m.begun = true
	return true
}

// own keeps the stream for Close, and reports whether that has not been called yet.
func (m *microphone) own(stream soundStream) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ended {
		return false
	}
	m.stream = stream
	return true
}

// Close implements media.AudioSource.
func (m *microphone) Close() error {
	m.mu.Lock()
	ended, stream := m.ended, m.stream
	m.ended = true
	m.mu.Unlock()
	if ended {
		return nil
	}
	close(m.closed)
	if stream != nil {
		return stream.Close()
	}
	return nil
}

// micGrace is how long a microphone may take until it first delivers: one on the radio needs its time.
const micGrace = 3 * soundcard.Silent

// micReader is read by one goroutine. The sound card's thread writes the ring.
type micReader struct {
	ring     *audio.Ring
	news     chan struct{}
	closed   <-chan struct{}
	stream   soundStream
	watchdog *time.Ticker
	seen     uint64        // beats
	since    time.Duration // when they last changed
	err      error         // what every further Read returns
	pcm      [micPiece]int16
}

// take copies what the sound card heard: its memory is its own again at once.
func (r *micReader) take(mono []int16) {
	r.ring.Write(mono)
	select {
	case r.news <- struct{}{}:
	default:
	}
}

// Read implements media.AudioReader.
func (r *micReader) Read() (media.Samples, func(), error) {
	for r.err == nil {
		select {
		case <-r.closed:
			r.end(io.EOF)
			continue
		default:
		}
		if r.ring.Len() >= micPiece && r.ring.Take(r.pcm[:]) == micPiece {
			// What still waits is younger than this piece, which ended that much earlier.
			waiting := time.Duration(r.ring.Len()+micPiece) * time.Second / media.SampleRate
			return media.Samples{Data: r.pcm[:], Channels: 1, Captured: media.Now() - waiting}, func() {}, nil
		}
		select {
		case <-r.closed:
		case <-r.news:
		case <-r.watchdog.C:
			now := media.Now()
			if beats := r.stream.Beats(); beats != r.seen {
				r.seen, r.since = beats, now
			}
			if now-r.since >= soundcard.Silent {
				r.end(fmt.Errorf("read microphone: %w", media.ErrUnplugged))
			}
		}
	}
	return media.Samples{}, nil, r.err
}

func (r *micReader) end(err error) {
	r.err = err
	r.watchdog.Stop()
}
