package codectest

import (
	"math"
	"testing"

	"parley/media"
	"parley/media/codec"
)

// AudioCodec makes what the audio suite tests.
type AudioCodec struct {
	// NewEncoder returns an encoder with FEC on.
	NewEncoder func(bps, lossPercent int, dtx bool) (codec.AudioEncoder, error)
	NewDecoder func() (codec.AudioDecoder, error)
}

// Speech fills pcm with a sound like a voice: a few harmonics that swell, beginning at sample n.
func Speech(pcm []int16, n int) {
	for i := range pcm {
		s := float64(n+i) / media.SampleRate
		pitch := 2 * math.Pi * (140*s + 3*math.Sin(3*s))
		v := math.Sin(pitch) + 0.6*math.Sin(2*pitch) + 0.4*math.Sin(5*pitch)
		pcm[i] = int16(5000 * v * (0.6 + 0.4*math.Sin(2*math.Pi*4*s)))
	}
}

// Level is the root mean square of the samples.
func Level(pcm []int16) float64 {
	var sum float64
	for _, s := range pcm {
		sum += float64(s) * float64(s)
	}
	return math.Sqrt(sum / float64(max(1, len(pcm))))
}

// Audio runs the suite for audio codecs.
func Audio(t *testing.T, c AudioCodec) {
	t.Run("round trip", func(t *testing.T) { t.Parallel(); c.roundTrip(t) })
	t.Run("silence", func(t *testing.T) { t.Parallel(); c.silence(t) })
	t.Run("loss", func(t *testing.T) { t.Parallel(); c.loss(t) })
	t.Run("bit rate", func(t *testing.T) { t.Parallel(); c.bitrate(t) })
	t.Run("bad input", func(t *testing.T) { t.Parallel(); c.badInput(t) })
	t.Run("close", func(t *testing.T) { t.Parallel(); c.closed(t) })
}

func (c AudioCodec) open(t *testing.T, bps, loss int, dtx bool) (codec.AudioEncoder, codec.AudioDecoder) {
	t.Helper()
	e, err := c.NewEncoder(bps, loss, dtx)
	if err != nil {
		t.Fatal(err)
	}
	d, err := c.NewDecoder()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return e, d
}

// similarity is the best normalised correlation of b with a, b delayed by up to 20 ms.
func similarity(a, b []int16) float64 {
	best := 0.0
	for lag := 0; lag < codec.FrameSamples; lag += 4 {
		var ab, aa, bb float64
		for i := 0; i+lag < len(b) && i < len(a); i++ {
			x, y := float64(a[i]), float64(b[i+lag])
			ab += x * y
			aa += x * x
			bb += y * y
		}
		best = max(best, ab/math.Sqrt(max(1, aa*bb)))
	}
	return best
}

func (c AudioCodec) roundTrip(t *testing.T) {
	e, d := c.open(t, 32000, 0, false)
	in, packet := make([]int16, codec.FrameSamples), make([]byte, 1500)
	out := make([]int16, codec.FrameSamples)
	var sent, heard []int16
	for n := range 50 {
		Speech(in, n*len(in))
		size, err := e.Encode(in, packet)
		if err != nil {
			t.Fatal(err)
		}
		got, err := d.Decode(packet[:size], out)
		if err != nil || got != codec.FrameSamples {
			t.Fatal(got, err)
		}
		sent, heard = append(sent, in...), append(heard, out...)
	}
	from := 10 * codec.FrameSamples
	if s := similarity(sent[from:from+9600], heard[from:]); s < 0.9 {
		t.Errorf("what is heard resembles what was said by %.2f", s)
	}
}

func (c AudioCodec) silence(t *testing.T) {
	e, _ := c.open(t, 32000, 0, true)
	packet := make([]byte, 1500)
	silent, quiet := make([]int16, codec.FrameSamples), 0
	for range 100 {
		n, err := e.Encode(silent, packet)
		if err != nil {
			t.Fatal(err)
		}
		if n <= 2 {
			quiet++
		}
	}
	if quiet < 50 {
		t.Errorf("%d of 100 silent packets need not be sent, want most", quiet)
	}
}

// loss leaves every fourth packet out and compares FEC with concealment.
func (c AudioCodec) loss(t *testing.T) {
	hear := func(fec bool) (like float64, copies int) {
		e, d := c.open(t, 32000, 25, false)
		in, packet := make([]int16, codec.FrameSamples), make([]byte, 1500)
		out := make([]int16, codec.FrameSamples)
		var sent, heard []int16
		take := func(n int, err error) {
			if err != nil || n != codec.FrameSamples {
				t.Fatal(n, err)
			}
			heard = append(heard, out...)
		}
		lost := false
		for n := range 60 {
			Speech(in, n*len(in))
			sent = append(sent, in...)
			size, err := e.Encode(in, packet)
			if err != nil {
				t.Fatal(err)
			}
			if lost {
				got := 0
				if fec {
					if got, err = d.DecodeFEC(packet[:size], out); err != nil {
						t.Fatal(err)
					}
					copies += got / codec.FrameSamples
				}
				if got > 0 {
					take(got, nil)
				} else {
					take(d.Conceal(out))
				}
			}
			lost = n%4 == 3
			if !lost {
				take(d.Decode(packet[:size], out))
			}
		}
		from := 12 * codec.FrameSamples
		return similarity(sent[from:from+30*codec.FrameSamples], heard[from:]), copies
	}
	with, copies := hear(true)
	without, _ := hear(false)
	if copies < 8 {
		t.Errorf("%d of 15 lost packets had a copy in the next", copies)
	}
	if with < 0.8 || with < without-0.02 {
		t.Errorf("with a quarter lost it is %.3f like the original, by concealment alone %.3f", with, without)
	}
}

func (c AudioCodec) bitrate(t *testing.T) {
	e, _ := c.open(t, 64000, 0, false)
	in, packet := make([]int16, codec.FrameSamples), make([]byte, 1500)
	bytes := func() (sum int) {
		for n := range 50 {
			Speech(in, n*len(in))
			size, err := e.Encode(in, packet)
			if err != nil {
				t.Fatal(err)
			}
			sum += size
		}
		return sum
	}
	high := bytes()
	if err := e.SetBitrate(12000); err != nil {
		t.Fatal(err)
	}
	if low := bytes(); low*2 > high {
		t.Errorf("%d bytes at 12 kbit/s, %d at 64", low, high)
	}
	if err := e.SetLoss(20); err != nil {
		t.Error(err)
	}
}

func (c AudioCodec) badInput(t *testing.T) {
	e, d := c.open(t, 32000, 0, false)
	if _, err := e.Encode(make([]int16, codec.FrameSamples-1), make([]byte, 1500)); err == nil {
		t.Error("encoded a short packet")
	}
	if _, err := e.Encode(make([]int16, codec.FrameSamples), nil); err == nil {
		t.Error("encoded into nothing")
	}
	pcm := make([]int16, codec.FrameSamples)
	if _, err := d.Decode(nil, pcm); err == nil {
		t.Error("decoded an empty packet")
	}
	if _, err := d.DecodeFEC(nil, pcm); err == nil {
		t.Error("recovered from an empty packet")
	}
	packet := make([]byte, 1500)
	n, err := e.Encode(pcm, packet)
	if err != nil {
		t.Fatal(err)
	}
	room := make([]int16, 2*codec.FrameSamples)
	for i := range room {
		room[i] = 77
	}
	if _, err := d.Decode(packet[:n], room[:codec.FrameSamples-1]); err == nil {
		t.Error("decoded into too little room")
	}
	if _, err := d.Conceal(room[:codec.FrameSamples]); err != nil {
		t.Error(err)
	}
	for _, s := range room[codec.FrameSamples:] {
		if s != 77 {
			t.Fatal("wrote behind the buffer's end")
		}
	}
}

func (c AudioCodec) closed(t *testing.T) {
	e, d := c.open(t, 32000, 0, true)
	for range 2 {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
	pcm := make([]int16, codec.FrameSamples)
	if _, err := e.Encode(pcm, make([]byte, 100)); err == nil {
		t.Error("encoded after Close")
	}
	if e.SetBitrate(20000) == nil || e.SetLoss(5) == nil {
		t.Error("set something after Close")
	}
	if _, err := d.Decode([]byte{1, 2, 3}, pcm); err == nil {
		t.Error("decoded after Close")
	}
	if _, err := d.Conceal(pcm); err == nil {
		t.Error("concealed after Close")
	}
}

// BenchAudio measures encoding and decoding of 20 ms.
func BenchAudio(b *testing.B, c AudioCodec) {
	e, err := c.NewEncoder(32000, 10, true)
	if err != nil {
		b.Fatal(err)
	}
	d, err := c.NewDecoder()
	if err != nil {
		b.Fatal(err)
	}
	in, packet := make([]int16, codec.FrameSamples), make([]byte, 1500)
	b.Run("encode", func(b *testing.B) {
		b.ReportAllocs()
		for n := 0; b.Loop(); n++ {
			Speech(in, n%1000*len(in))
			if _, err := e.Encode(in, packet); err != nil {
				b.Fatal(err)
			}
		}
	})
	Speech(in, 0)
	size, err := e.Encode(in, packet)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("decode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := d.Decode(packet[:size], in); err != nil {
				b.Fatal(err)
			}
		}
	})
}
