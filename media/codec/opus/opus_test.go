package opus_test

import (
	"testing"

	"parley/media/codec"
	"parley/media/codec/codectest"
	"parley/media/codec/opus"
)

var suite = codectest.AudioCodec{
	NewEncoder: func(bps, loss int, dtx bool) (codec.AudioEncoder, error) {
		return opus.NewEncoder(opus.Config{BitrateBps: bps, LossPercent: loss, DTX: dtx, FEC: true})
	},
	NewDecoder: opus.NewDecoder,
}

func TestSuite(t *testing.T) {
	t.Parallel()
	codectest.Audio(t, suite)
}

func TestDefaultConfig(t *testing.T) {
	t.Parallel()
	e, err := opus.NewEncoder(opus.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
	if _, err := opus.NewEncoder(opus.Config{BitrateBps: 1, LossPercent: 400}); err != nil {
		t.Errorf("values out of range are brought into it: %v", err)
	}
}

func BenchmarkOpus(b *testing.B) { codectest.BenchAudio(b, suite) }

func FuzzDecode(f *testing.F) {
	e, err := opus.NewEncoder(opus.DefaultConfig())
	if err != nil {
		f.Fatal(err)
	}
	pcm, packet := make([]int16, codec.FrameSamples), make([]byte, 1500)
	for n := range 5 {
		codectest.Speech(pcm, n*len(pcm))
		size, err := e.Encode(pcm, packet)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(append([]byte(nil), packet[:size]...))
	}
	f.Add([]byte{})
	f.Add([]byte{0xff})
	f.Add([]byte{3, 0x3f, 1, 2})
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := opus.NewDecoder()
		if err != nil {
			t.Fatal(err)
		}
		out := make([]int16, codec.FrameSamples)
		for range 2 {
			if n, err := d.Decode(data, out); err == nil && (n < 1 || n > len(out)) {
				t.Errorf("%d samples", n)
			}
			if n, err := d.DecodeFEC(data, out); err == nil && n != 0 && n != len(out) {
				t.Errorf("%d samples", n)
			}
			if n, err := d.Conceal(out); err != nil || n != len(out) {
				t.Errorf("%d samples, %v", n, err)
			}
		}
	})
}
