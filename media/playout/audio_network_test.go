package playout

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"parley/media"
	"parley/media/codec"
	"parley/media/codec/opus"
	"parley/media/speechtest"
)

// path is a network between a speaker and a listener.
type path struct {
	base    time.Duration
	jitter  time.Duration // each packet is held up for up to this, so that some overtake others
	loss    float64       // share of packets
	burst   float64       // packets lost in a row, on average; 0 is one by one
	spike   time.Duration // each third second, packets are held up for so long
	unequal float64       // by how many millionths the listener's clock is faster
}

const pathSettle = 5 * time.Second

// heard is what became of a voice on a path.
type heard struct {
	pcm        []int16
	stats      AudioStats      // of the time after it has settled
	delays     []time.Duration // from mouth to ear, sorted
	timestamps []uint32        // of each 10 ms of pcm
}

func (h heard) concealed() float64 { return 100 * float64(h.stats.Concealed) / float64(h.stats.Played) }

func (h heard) delay(percent int) time.Duration { return h.delays[(len(h.delays)-1)*percent/100] }

// undisturbed is what is heard of a voice with no network at all.
func undisturbed(t testing.TB, packets [][]byte) []int16 {
	d, err := opus.NewDecoder()
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var out []int16
	pcm := make([]int16, codec.FrameSamples)
	for _, p := range packets {
		if p == nil {
			_, err = d.Conceal(pcm)
		} else {
			_, err = d.Decode(p, pcm)
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, pcm...)
	}
	return out
}

// encode makes packets of 20 ms; nil is silence that is not sent.
func encode(t testing.TB, pcm []int16, loss int) [][]byte {
	t.Helper()
	config := opus.DefaultConfig()
	config.LossPercent = loss
	e, err := opus.NewEncoder(config)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	var packets [][]byte
	out := make([]byte, 1275)
	for i := 0; i+codec.FrameSamples <= len(pcm); i += codec.FrameSamples {
		n, err := e.Encode(pcm[i:i+codec.FrameSamples], out)
		if err != nil {
			t.Fatal(err)
		}
		if n <= 2 {
			packets = append(packets, nil)
			continue
		}
		packets = append(packets, append([]byte(nil), out[:n]...))
	}
	return packets
}

// listen sends packets over a path and plays what comes.
func (p path) listen(t testing.TB, packets [][]byte) heard {
	t.Helper()
	random := rand.New(rand.NewPCG(7, 8))
	const frame = 20 * time.Millisecond
	var flights []flight
	seq, losing := uint16(65000), false
	for i, packet := range packets {
		if packet == nil {
			continue
		}
		seq++
		stay := p.loss // one by one
		if p.burst > 0 {
			stay = 1 - 1/p.burst
		}
		if losing {
			losing = random.Float64() < stay
		} else {
			losing = random.Float64() < p.loss*(1-stay)/(1-p.loss)
		}
		if losing {
			continue
		}
		held := p.base + time.Duration(random.Float64()*float64(p.jitter))
		spoken := time.Duration(i+1) * frame // a packet is sent when all of it was said
		if p.spike > 0 && spoken%(3*time.Second) < p.spike {
			held += p.spike - spoken%(3*time.Second)
		}
		flights = append(flights, flight{seq, uint32(i * codec.FrameSamples), packet, spoken + held})
	}
	slices.SortStableFunc(flights, func(a, b flight) int { return int(a.arrival - b.arrival) })

	d, err := opus.NewDecoder()
	if err != nil {
		t.Fatal(err)
	}
	a := NewAudio(AudioConfig{Decoder: d})
	defer a.Close()
	var h heard
	var before AudioStats
	pcm := make([]int16, media.SampleRate/100)
	end := time.Duration(len(packets)) * frame
	settled := false
	for n := 0; ; n++ {
		now := time.Duration(float64(n) * float64(10*time.Millisecond) / (1 + p.unequal*1e-6))
		if now >= end {
			break
		}
		if !settled && now > pathSettle {
			settled, before = true, a.Stats()
		}
		for len(flights) > 0 && flights[0].arrival <= now {
			f := flights[0]
			a.Push(f.seq, f.ts, f.payload, f.arrival)
			flights = flights[1:]
		}
		timestamp, _, ok := a.Playing()
		a.Read(pcm)
		h.pcm, h.timestamps = append(h.pcm, pcm...), append(h.timestamps, timestamp)
		if ok && settled {
			h.delays = append(h.delays, now-time.Duration(timestamp)*time.Second/media.SampleRate)
		}
	}
	slices.Sort(h.delays)
	h.stats = a.Stats()
	h.stats.Concealed -= before.Concealed
	h.stats.Played -= before.Played
	h.stats.PacketsLost -= before.PacketsLost
	h.stats.Recovered -= before.Recovered
	h.stats.Late -= before.Late
	return h
}

func TestAudioOnBadNetworks(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	voice := append(speechtest.Sentences(t, 14*media.SampleRate), speechtest.Prompts(t, 12*media.SampleRate)...)
	packets := map[int][][]byte{}
	for _, loss := range []int{5, 10, 20} {
		packets[loss] = encode(t, voice, loss)
	}
	whole := undisturbed(t, packets[5])
	usual, _ := speechtest.Clicks(whole)
	for _, c := range []struct {
		name      string
		path      path
		concealed float64       // percent at most
		p50, p95  time.Duration // from mouth to ear at most, 40 ms of which are not ours: the packet's length and the way
	}{
		{"calm", path{base: 20 * ms}, 0, 75 * ms, 110 * ms},
		{"jitter of 20 ms", path{base: 20 * ms, jitter: 20 * ms}, 0.5, 100 * ms, 110 * ms},
		{"jitter of 60 ms", path{base: 20 * ms, jitter: 60 * ms}, 0.5, 135 * ms, 160 * ms},
		{"5 % lost", path{base: 20 * ms, loss: 0.05}, 1, 95 * ms, 130 * ms},
		{"10 % lost", path{base: 20 * ms, loss: 0.10}, 3, 95 * ms, 130 * ms},
		{"10 % lost, jitter of 60 ms", path{base: 20 * ms, loss: 0.10, jitter: 60 * ms}, 3, 155 * ms, 170 * ms},
		{"20 % lost, jitter of 30 ms", path{base: 20 * ms, loss: 0.20, jitter: 30 * ms}, 7, 125 * ms, 150 * ms},
		{"5 % lost, by threes", path{base: 20 * ms, loss: 0.05, burst: 3}, 4, 95 * ms, 130 * ms},
		{"spikes of 150 ms", path{base: 20 * ms, spike: 150 * ms, jitter: 10 * ms}, 4, 180 * ms, 220 * ms},
		{"clock 300 ppm fast", path{base: 20 * ms, jitter: 20 * ms, unequal: 300}, 0.5, 100 * ms, 110 * ms},
		{"clock 300 ppm slow", path{base: 20 * ms, jitter: 20 * ms, unequal: -300}, 0.5, 100 * ms, 110 * ms},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := c.path.listen(t, packets[max(5, int(100*c.path.loss))])
			clicks, at := speechtest.Clicks(h.pcm)
			t.Logf("%.1f %% concealed, %d of %d packets late, mouth to ear %v p50, %v p95, %d clicks, made %d ms shorter and %d ms longer",
				h.concealed(), h.stats.Late, h.stats.PacketsReceived, h.delay(50).Round(ms), h.delay(95).Round(ms), clicks, h.stats.Shortened/perMs, h.stats.Lengthened/perMs)
			if got := h.concealed(); got > c.concealed {
				t.Errorf("%.1f %% of speech is concealed, want %.1f at most: %+v", got, c.concealed, h.stats)
			}
			if h.delay(50) > c.p50 || h.delay(95) > c.p95 {
				t.Errorf("mouth to ear %v p50, %v p95, want %v and %v", h.delay(50), h.delay(95), c.p50, c.p95)
			}
			if clicks > usual+2 {
				t.Errorf("%d clicks, %d without a network, at %v", clicks, usual, at)
			}
			if c.path.loss == 0 && c.path.spike == 0 {
				h.inStep(t, whole)
			}
		})
	}
}

// inStep checks that what Playing says is what is played.
func (h heard) inStep(t *testing.T, whole []int16) {
	const piece, reach = 4800, 480
	wrong, looked := 0, 0
	for i := 600; (i+20)*480 < len(h.pcm); i += 37 {
		at, n := int(h.timestamps[i]), i*480
		if at < reach || at+piece+reach > len(whole) || speechtest.Power(whole[at:at+piece]) < 1e5 {
			continue
		}
		best, off := 0.0, 0
		for d := -reach; d <= reach; d += 8 {
			sum, power := 0.0, 1.0
			for j := 0; j < piece; j += 4 {
				v := float64(whole[at+d+j])
				sum, power = sum+v*float64(h.pcm[n+j]), power+v*v
			}
			if like := sum / math.Sqrt(power); like > best {
				best, off = like, d
			}
		}
		if looked++; off < -3*perMs || off > 3*perMs {
			wrong++
		}
	}
	if looked < 10 || wrong > looked/8 {
		t.Errorf("%d times of %d something else was played than was said", wrong, looked)
	}
}

// TestAudioToneDoesNotClick: on a tone everything is heard.
func TestAudioToneDoesNotClick(t *testing.T) {
	t.Parallel()
	pcm := make([]int16, 20*media.SampleRate)
	for i := range pcm {
		pcm[i] = int16(9000 * math.Sin(2*math.Pi*300*float64(i)/media.SampleRate))
	}
	packets := encode(t, pcm, 5)
	h := path{base: 20 * time.Millisecond, jitter: 40 * time.Millisecond, spike: 120 * time.Millisecond, unequal: 200}.listen(t, packets)
	if h.stats.Shortened < 100*perMs || h.stats.Lengthened < 20*perMs {
		t.Errorf("hardly anything was changed: this measures nothing: %+v", h.stats)
	}
	clicks, at := speechtest.Clicks(h.pcm[media.SampleRate:])
	t.Logf("%d clicks, %+v", clicks, h.stats)
	if clicks > 1 {
		t.Errorf("%d clicks at %v", clicks, at)
	}
}
