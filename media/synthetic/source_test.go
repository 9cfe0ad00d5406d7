package synthetic_test

import (
	"errors"
	"io"
	"math/rand/v2"
	"testing"

	"parley/media"
	"parley/media/codec"
	"parley/media/codec/opus"
	"parley/media/synthetic"
)

func TestBars(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ want, got media.VideoFormat }{
		{media.VideoFormat{Width: 320, Height: 180, FrameRate: 60}, media.VideoFormat{Width: 320, Height: 180, FrameRate: 60}},
		{media.VideoFormat{Width: 321, Height: 241, FrameRate: 1000}, media.VideoFormat{Width: 321, Height: 241, FrameRate: 60}},
		{media.VideoFormat{}, media.VideoFormat{Width: 640, Height: 360, FrameRate: 30}},
	} {
		source := synthetic.NewBars(77)
		reader, got, err := source.Open(t.Context(), c.want)
		if err != nil || got != c.got {
			t.Fatalf("%v: %v, %v", c.want, got, err)
		}
		for n := uint32(1); n <= 3; n++ {
			f, release, err := reader.Read()
			if err != nil || f.Width != c.got.Width || f.Height != c.got.Height || f.Captured == 0 {
				t.Fatal(f, err)
			}
			if m, ok := synthetic.ReadMark(f); !ok || m.Counter != n || m.SenderID != 77 {
				t.Errorf("picture %d says %v, %v", n, m, ok)
			}
			release()
		}
		if err := source.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestCloseUnblocks(t *testing.T) {
	t.Parallel()
	bars, tone := synthetic.NewBars(1), synthetic.NewTone(1)
	pictures, _, err := bars.Open(t.Context(), media.VideoFormat{FrameRate: 1})
	if err != nil {
		t.Fatal(err)
	}
	sound, err := tone.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 2)
	go func() {
		_, _, err := pictures.Read()
		ended <- err
	}()
	go func() {
		for {
			if _, _, err := sound.Read(); err != nil {
				ended <- err
				return
			}
		}
	}()
	for range 2 {
		if err := errors.Join(bars.Close(), tone.Close()); err != nil {
			t.Error(err)
		}
	}
	for range 2 {
		if err := <-ended; !errors.Is(err, io.EOF) {
			t.Errorf("after Close: %v, want io.EOF", err)
		}
	}
	if _, _, err := pictures.Read(); !errors.Is(err, io.EOF) {
		t.Errorf("after Close: %v, want io.EOF", err)
	}
	if _, _, err := bars.Open(t.Context(), media.VideoFormat{}); err == nil {
		t.Error("opened after Close")
	}
	if _, err := tone.Open(t.Context()); err == nil {
		t.Error("opened after Close")
	}
}

// listen reads a tone for so many packets of 20 ms.
func listen(t *testing.T, sender uint16, packets int) []int16 {
	t.Helper()
	source := synthetic.NewTone(sender)
	defer func() { _ = source.Close() }()
	reader, err := source.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var out []int16
	for range 2 * packets {
		s, release, err := reader.Read()
		if err != nil || len(s.Data) != media.SampleRate/100 || s.Channels != 1 {
			t.Fatal(len(s.Data), s.Channels, err)
		}
		out = append(out, s.Data...)
		release()
	}
	return out
}

func TestToneThroughOpus(t *testing.T) {
	t.Parallel()
	const sender, packets = 13, 150
	in := listen(t, sender, packets)
	e, err := opus.NewEncoder(opus.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	d, err := opus.NewDecoder()
	if err != nil {
		t.Fatal(err)
	}
	packet, pcm := make([]byte, 1500), make([]int16, codec.FrameSamples)
	var heard []int16
	silent := 0
	for n := range packets {
		size, err := e.Encode(in[n*codec.FrameSamples:][:codec.FrameSamples], packet)
		if err != nil {
			t.Fatal(err)
		}
		if size <= 2 {
			silent++
			_, err = d.Conceal(pcm)
		} else {
			_, err = d.Decode(packet[:size], pcm)
		}
		if err != nil {
			t.Fatal(err)
		}
		heard = append(heard, pcm...)
	}
	if silent > 0 {
		t.Errorf("%d packets of a tone were taken for silence", silent)
	}
	const tenth = media.SampleRate / 10
	for at := tenth; at+tenth <= len(heard); at += tenth {
		if hz, level := synthetic.Detect(heard[at : at+tenth]); hz != synthetic.ToneHz(sender) || level < 0.5 {
			t.Errorf("at %d ms: %v Hz, %.2f", at*1000/media.SampleRate, hz, level)
		}
	}
	if hz, level := synthetic.Detect(in[tenth : 2*tenth]); hz != synthetic.ToneHz(sender) || level < 0.5 { // a dip may be in it
		t.Errorf("uncoded: %v Hz, %.2f", hz, level)
	}
}

func TestTwoTones(t *testing.T) {
	t.Parallel()
	a, b := listen(t, 4, 10), listen(t, 5, 10)
	for i := range a {
		a[i] += b[i]
	}
	levels := synthetic.Levels(a, synthetic.ToneHz(4), synthetic.ToneHz(5), synthetic.ToneHz(8))
	if levels[0] < 0.25 || levels[1] < 0.25 || levels[2] > 0.05 {
		t.Errorf("levels %.2f", levels)
	}
}

func TestNoTone(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	noise := make([]int16, 9600)
	for i := range noise {
		noise[i] = int16(random.IntN(20000) - 10000)
	}
	for name, samples := range map[string][]int16{"noise": noise, "silence": make([]int16, 4800), "nothing": nil} {
		if hz, level := synthetic.Detect(samples); hz != 0 {
			t.Errorf("%s: %v Hz, %.2f", name, hz, level)
		}
	}
	if a, b := synthetic.ToneHz(0), synthetic.ToneHz(39); a != 400 || b != 1960 || synthetic.ToneHz(40) != a {
		t.Errorf("tones %v to %v", a, b)
	}
}
