package playout

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"parley/media/audio"
	"parley/media/codec"
	"parley/media/codec/opus"
)

// TestAudioWithOpus sends half a second of tone and half a second of silence by turns over a network that loses and delays, and
// listens: the tone is there, without holes, and the silence is not counted as loss.
func TestAudioWithOpus(t *testing.T) {
	t.Parallel()
	config := opus.DefaultConfig()
	encoder, err := opus.NewEncoder(config)
	if err != nil {
		t.Fatal(err)
	}
	defer encoder.Close()
	if err := encoder.SetLoss(10); err != nil {
		t.Fatal(err)
	}
	decoder, err := opus.NewDecoder()
	if err != nil {
		t.Fatal(err)
	}
	a := NewAudio(AudioConfig{Decoder: decoder})
	defer a.Close()

	random := rand.New(rand.NewPCG(5, 6))
	type flight struct {
		seq     uint16
		ts      uint32
		payload []byte
		arrival time.Duration
	}
	const seconds, on, period = 20, 100, 200 // frames
	var flights []flight
	lost, unsent := 0, 0
	pcm := make([]int16, codec.FrameSamples)
	packet := make([]byte, 1276)
	for i, seq := 0, uint16(65500); i < seconds*50; i++ {
		for j := range pcm {
			pcm[j] = 0
			if i%period < on {
				pcm[j] = int16(8000 * math.Sin(2*math.Pi*440*float64(i*len(pcm)+j)/48000))
			}
		}
		n, err := encoder.Encode(pcm, packet)
		if err != nil {
			t.Fatal(err)
		}
		if n <= 2 {
			unsent++
			continue
		}
		seq++
		if random.IntN(10) == 0 {
			lost++
			continue
		}
		flights = append(flights, flight{seq, uint32(i * 960), append([]byte(nil), packet[:n]...),
			time.Duration(i)*20*time.Millisecond + time.Duration(random.Int64N(int64(40*time.Millisecond)))})
	}
	if unsent < 100 || lost < 20 {
		t.Fatalf("%d frames were not sent, %d packets lost: that tests nothing", unsent, lost)
	}
	loud, holes := 0, 0
	out := make([]int16, 480)
	inTone := 0
	for now := time.Duration(0); now < seconds*time.Second; now += 10 * time.Millisecond {
		for i := 0; i < len(flights); {
			if flights[i].arrival <= now {
				f := flights[i]
				a.Push(f.seq, f.ts, f.payload, f.arrival)
				flights = append(flights[:i], flights[i+1:]...)
				continue
			}
			if flights[i].arrival > now+100*time.Millisecond {
				break
			}
			i++
		}
		a.Read(out)
		if audio.Measure(out).RMS > 0.03 {
			loud++
			inTone++
			continue
		}
		if inTone > 0 && inTone < (on-30)*2 {
			holes++
		}
		inTone = 0
	}
	s := a.Stats()
	if want := seconds * 100 * on / period; loud < want*97/100 || loud > want*104/100 {
		t.Errorf("%d pieces of 10 ms are loud, want about %d", loud, want)
	}
	// Opus keeps copies for recovery only once it has turned to its mode for speech, which takes it a while with a tone.
	if holes > 12 {
		t.Errorf("%d holes in the tone", holes)
	}
	if int(s.PacketsLost) > lost+15 || s.Recovered < uint64(lost)/2 {
		t.Errorf("%d of the packets were lost: %+v", lost, s)
	}
}
