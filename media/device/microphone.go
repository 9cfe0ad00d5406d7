package device

import (
	"context"
	"io"
	"os"
	"sync"
	"time"

	"parley/media"
	"parley/media/audio"
	"parley/media/device/soundcard"
)

// Microphones returns the microphones that there are now.
func Microphones() ([]Info, error) { return infos(soundcard.Inputs()) }

// Speakers returns the speakers that there are now.
func Speakers() ([]Info, error) { return infos(soundcard.Outputs()) }

func infos(found []soundcard.Info, err error) ([]Info, error) {
	var list []Info
	for _, f := range found {
		list = append(list, Info{ID: f.ID, Name: f.Name, Default: f.Default})
	}
	return list, err
}

// NewMicrophone returns the microphone with an id of Microphones; "" is the system's default.
func NewMicrophone(id string) media.AudioSource {
	return &microphone{id: id, ring: audio.NewRing(media.SampleRate / 4), wake: make(chan struct{}, 1), done: make(chan struct{})}
}

// microphone is a source and its one reader. The sound system's thread writes the ring, Read empties it.
type microphone struct {
	id     string
	ring   *audio.Ring
	wake   chan struct{} // of one slot
	done   chan struct{}
	once   sync.Once
	mu     sync.Mutex // guards stream
	stream *soundcard.Stream
	buf    [media.SampleRate / 100]int16
}

// Open implements media.AudioSource.
func (m *microphone) Open(context.Context) (media.AudioReader, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	select {
	case <-m.done:
		return nil, os.ErrClosed
	default:
	}
	s, err := soundcard.OpenInput(m.id, func(mono []int16) {
		m.ring.Write(mono)
		select {
		case m.wake <- struct{}{}:
		default:
		}
	})
	if err != nil {
		return nil, err
	}
	m.stream = s
	return m, nil
}

// Read implements media.AudioReader.
func (m *microphone) Read() (media.Samples, func(), error) {
	timer := time.NewTimer(soundcard.Silent)
	defer timer.Stop()
	beats := m.stream.Beats()
	for m.ring.Len() < len(m.buf) {
		select {
		case <-m.wake:
		case <-m.done:
			return media.Samples{}, nil, io.EOF
		case <-timer.C:
			now := m.stream.Beats()
			if now == beats {
				return media.Samples{}, nil, media.ErrUnplugged
			}
			beats = now
			timer.Reset(soundcard.Silent)
		}
	}
	m.ring.Read(m.buf[:])
	return media.Samples{Data: m.buf[:], Channels: 1, Captured: media.Now()}, func() {}, nil
}

// Close implements media.AudioSource.
func (m *microphone) Close() error {
	m.once.Do(func() { close(m.done) })
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.stream == nil {
		return nil
	}
	err := m.stream.Close()
	return err
}
