package playout

import (
	"encoding/binary"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parley/media"
	"parley/media/codec/opus"
	"parley/media/speechtest"
)

func toneDecoder(closed *atomic.Int32) *fakeDecoder {
	fill := func(pcm []int16) (int, error) {
		for i := range pcm {
			pcm[i] = 1000
		}
		return len(pcm), nil
	}
	return &fakeDecoder{
		decode:  func(_ []byte, pcm []int16) (int, error) { return fill(pcm) },
		fec:     func(_ []byte, pcm []int16) (int, error) { return fill(pcm) },
		conceal: fill,
		close:   func() error { closed.Add(1); return nil },
	}
}

func TestAudioFromManyGoroutines(t *testing.T) {
	t.Parallel()
	for range 20 {
		var closed atomic.Int32
		a := NewAudio(AudioConfig{Decoder: toneDecoder(&closed)})
		var wg sync.WaitGroup
		wg.Go(func() {
			for i := range 300 {
				a.Push(uint16(i), uint32(i*960), []byte{1, 2, 3}, time.Duration(i)*20*time.Millisecond)
			}
		})
		wg.Go(func() {
			pcm := make([]int16, 700)
			for range 300 {
				if a.Read(pcm) != len(pcm) {
					t.Error("read too little")
				}
			}
		})
		wg.Go(func() {
			for range 100 {
				a.Level()
				a.Stats()
			}
			a.Close()
			a.Close()
		})
		wg.Wait()
		if closed.Load() != 1 {
			t.Fatalf("decoder closed %d times", closed.Load())
		}
		pcm := []int16{1, 2}
		if n := a.Read(pcm); n != 2 || pcm[0] != 0 || pcm[1] != 0 {
			t.Fatalf("closed, it reads %v", pcm)
		}
	}
}

func TestAudioDecoderThatFails(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	a := NewAudio(AudioConfig{Decoder: &fakeDecoder{
		decode:  func([]byte, []int16) (int, error) { return 0, broken },
		fec:     func([]byte, []int16) (int, error) { return 0, broken },
		conceal: func([]int16) (int, error) { return 0, broken },
		close:   func() error { return nil },
	}})
	defer a.Close()
	pcm := make([]int16, 960)
	for i := range 20 {
		a.Push(uint16(i), uint32(i*960), []byte{1}, time.Duration(i)*20*time.Millisecond)
		pcm[7] = 7
		if n := a.Read(pcm); n != 960 || pcm[7] != 0 {
			t.Fatalf("read %d, %d", n, pcm[7])
		}
	}
}

func TestAudioPathsDoNotAllocate(t *testing.T) {
	var closed atomic.Int32
	a := NewAudio(AudioConfig{Decoder: toneDecoder(&closed)})
	defer a.Close()
	pcm := make([]int16, 960)
	payload := make([]byte, 80)
	i := 0
	if n := testing.AllocsPerRun(500, func() {
		if i%10 != 0 {
			a.Push(uint16(i), uint32(i*960), payload, time.Duration(i)*20*time.Millisecond)
		}
		a.Read(pcm)
		i++
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// FuzzAudio pushes any packets at any time: reading always fills, and the counters make sense.
func FuzzAudio(f *testing.F) {
	f.Add([]byte{0, 1, 0, 0, 3, 192, 20, 2, 0, 2, 0, 0, 7, 128, 20, 2})
	f.Add([]byte{255, 255, 255, 255, 255, 255, 0, 1, 0, 0, 0, 0, 0, 0, 255, 200})
	f.Fuzz(func(t *testing.T, data []byte) {
		var closed atomic.Int32
		a := NewAudio(AudioConfig{Decoder: toneDecoder(&closed)})
		defer a.Close()
		data = data[:min(len(data), 8*400)]
		pcm := make([]int16, 500)
		now := time.Duration(0)
		for ; len(data) >= 8; data = data[8:] {
			a.Push(binary.BigEndian.Uint16(data), binary.BigEndian.Uint32(data[2:]), data[:data[7]%9], now)
			now += time.Duration(data[6]) * time.Millisecond
			for range data[7] % 5 {
				if n := a.Read(pcm); n != len(pcm) {
					t.Fatalf("read %d", n)
				}
			}
		}
		s := a.Stats()
		if s.Recovered > s.PacketsLost || s.TargetDelayMs < 20 || s.TargetDelayMs > 400 {
			t.Fatalf("%+v", s)
		}
	})
}

func BenchmarkAudioPushRead20ms(b *testing.B) {
	var closed atomic.Int32
	a := NewAudio(AudioConfig{Decoder: toneDecoder(&closed)})
	defer a.Close()
	pcm := make([]int16, 960)
	payload := make([]byte, 80)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		a.Push(uint16(i), uint32(i*960), payload, time.Duration(i)*20*time.Millisecond)
		a.Read(pcm)
	}
}

// BenchmarkAudioSpeech20ms is what 20 ms of a voice cost with everything: the buffer, Opus, and a delay that changes all the time.
func BenchmarkAudioSpeech20ms(b *testing.B) {
	packets := encode(b, speechtest.Sentences(b, 10*media.SampleRate), 5)
	d, err := opus.NewDecoder()
	if err != nil {
		b.Fatal(err)
	}
	a := NewAudio(AudioConfig{Decoder: d})
	defer a.Close()
	pcm := make([]int16, 960)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if packet := packets[i%len(packets)]; i%10 != 0 {
			held := time.Duration(i%500) * 100 * time.Microsecond
			a.Push(uint16(i), uint32(i*960), packet, time.Duration(i)*20*time.Millisecond+held)
		}
		a.Read(pcm)
	}
}
