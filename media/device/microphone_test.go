//go:build linux

package device

import (
	"errors"
	"io"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"parley/media"
	"parley/media/pulsetest"
)

// fakeStream is a sound card of the test.
type fakeStream struct {
	take   func([]int16)
	beats  atomic.Uint64
	closed atomic.Int32
}

func (f *fakeStream) Beats() uint64 { return f.beats.Load() }
func (f *fakeStream) Close() error  { f.closed.Add(1); return nil }

func TestMicrophoneCopiesAndEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fakeStream{}
		m := newMicrophone("", func(_ string, take func([]int16)) (soundStream, error) { f.take = take; return f, nil })
		r, err := m.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.Open(t.Context()); !errors.Is(err, media.ErrBusy) {
			t.Errorf("opened again: %v", err)
		}
		memory := make([]int16, 700) // not the size that is read
		go func() {
			for range 10 {
				time.Sleep(14 * time.Millisecond)
				for i := range memory {
					memory[i] = 5
				}
				f.beats.Add(1)
				f.take(memory)
				clear(memory)
			}
		}()
		for i := range 14 {
			s, release, err := r.Read()
			if err != nil || len(s.Data) != 480 || s.Channels != 1 {
				t.Fatalf("piece %d: %d samples, %v", i, len(s.Data), err)
			}
			for _, v := range s.Data {
				if v != 5 {
					t.Fatalf("piece %d is torn: %d", i, v)
				}
			}
			if age := media.Now() - s.Captured; age < 10*time.Millisecond || age > 40*time.Millisecond {
				t.Errorf("piece %d is %v old", i, age)
			}
			release()
		}
		begun := time.Now()
		if _, _, err := r.Read(); !errors.Is(err, media.ErrUnplugged) || time.Since(begun) > 800*time.Millisecond {
			t.Errorf("silent for %v: %v", time.Since(begun), err)
		}
		if _, _, err := r.Read(); !errors.Is(err, media.ErrUnplugged) {
			t.Errorf("and again: %v", err)
		}
		m.Close()
		m.Close()
	})
}

func TestMicrophoneCloseEndsRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fakeStream{}
		m := newMicrophone("", func(string, func([]int16)) (soundStream, error) { return f, nil })
		r, err := m.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan error)
		go func() {
			_, _, err := r.Read()
			ended <- err
		}()
		synctest.Wait()
		m.Close()
		if err := <-ended; err != io.EOF || f.closed.Load() != 1 {
			t.Errorf("%v, closed %d times", err, f.closed.Load())
		}
		if _, err := m.Open(t.Context()); err == nil {
			t.Error("closed, it opens")
		}
	})
}

// TestMicrophoneHears records from a real sound server until the microphone is pulled out.
func TestMicrophoneHears(t *testing.T) {
	server := pulsetest.Start(t)
	server.Use()
	server.PlugMicrophone("boom")
	list, err := Microphones()
	if err != nil {
		t.Fatal(err)
	}
	var id string
	for _, d := range list {
		if d.Name == "boom" {
			id = d.ID
		} else if d.Name != pulsetest.Microphone || !d.Default {
			t.Errorf("microphone %+v", d)
		}
	}
	if speakers, err := Speakers(); err != nil || len(speakers) < 2 {
		t.Errorf("speakers %+v, %v", speakers, err)
	}
	server.Speak(pulsetest.Tone(600, 9000))
	m := NewMicrophone(id)
	defer m.Close()
	r, err := m.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	heard := make([]int16, 9600)
	for deadline := time.Now().Add(10 * time.Second); pulsetest.Power(heard, 600) < 8000; {
		s, release, err := r.Read()
		if err != nil {
			t.Fatal(err)
		}
		copy(heard, heard[len(s.Data):])
		copy(heard[len(heard)-len(s.Data):], s.Data)
		release()
		if time.Now().After(deadline) {
			t.Fatalf("600 Hz is heard at %.0f", pulsetest.Power(heard, 600))
		}
	}
	server.Unplug("boom")
	for deadline := time.Now().Add(5 * time.Second); ; {
		_, release, err := r.Read()
		if errors.Is(err, media.ErrUnplugged) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		release()
		if time.Now().After(deadline) {
			t.Fatal("pulled out, it still delivers")
		}
	}
	if _, err := NewMicrophone(id).Open(t.Context()); !errors.Is(err, media.ErrNotFound) {
		t.Errorf("opened after it was pulled out: %v", err)
	}
}
