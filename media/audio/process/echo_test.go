//go:build !noprocess && (linux || speexdsp)

package process

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"parley/media/speechtest"
)

// desk is a loudspeaker and a microphone on one desk, with what drivers say of their times.
type desk struct {
	delay   time.Duration // from when the loudspeaker's driver takes sound until the microphone hears it
	latency time.Duration // how much of that the driver admits
	ppm     float64       // how much faster the loudspeaker's clock is
	jitter  time.Duration // of call-backs
	begin   time.Duration // when its first sound is captured
}

const (
	deskSeconds = 12
	deskSettle  = 5 // seconds, then is measured
)

func speak(t testing.TB) (far, near []int16) {
	t.Helper()
	n := deskSeconds * speechtest.Rate
	return speechtest.Prompts(t, n), speechtest.Sentences(t, n)
}

// run plays far in the room while near is spoken, and returns what the microphone hears and what the processor makes of it; p may be nil.
func (d desk) run(t testing.TB, p *Processor, ref *Reference, echo []float64, far, near []int16) (heard, clean []int16) {
	t.Helper()
	random := rand.New(rand.NewPCG(3, 4))
	jitter := func() time.Duration { return time.Duration(random.Float64() * float64(d.jitter)) }
	const piece = 10 * time.Millisecond
	begin := time.Hour + d.begin
	taken := func(n int) time.Duration {
		return begin + time.Duration(float64(n)/speechtest.Rate/(1+d.ppm*1e-6)*float64(time.Second))
	}
	played := 0
	pcm := make([]int16, blockSamples)
	for i := 0; i+blockSamples <= len(echo); i += blockSamples {
		captured := begin + time.Duration(i)*time.Second/speechtest.Rate
		now := captured + piece + jitter()
		for played+blockSamples <= len(far) && taken(played) <= now {
			at := min(taken(played)+jitter(), now)
			ref.Played(far[played:played+blockSamples], at+d.latency)
			played += blockSamples
		}
		for j := range pcm {
			v := echo[i+j]
			if near != nil {
				v += float64(near[i+j])
			}
			pcm[j] = int16(math.Round(max(-32768, min(v, 32767))))
		}
		heard = append(heard, pcm...)
		if p != nil {
			if err := p.Process(pcm, now-piece); err != nil {
				t.Fatal(err)
			}
		}
		clean = append(clean, pcm...)
	}
	return heard, clean
}

// erle is the echo return loss enhancement after the canceller has settled, in dB.
func erle(heard, clean []int16) float64 {
	from := deskSettle * speechtest.Rate
	return speechtest.DB(speechtest.Power(heard[from:]), speechtest.Power(clean[from:]))
}

// kept is how much of the near voice is left in what came out, in dB: that part of each 20 ms which is a multiple of what was said.
func kept(near, clean []int16) float64 {
	from := deskSettle * speechtest.Rate
	delay, best := 0, 0.0
	for l := 0; l < 1500; l += 8 { // the processor's own delay
		sum := 0.0
		for i := from; i < min(from+4*speechtest.Rate, len(clean)-l); i++ {
			sum += float64(near[i]) * float64(clean[i+l])
		}
		if sum > best {
			delay, best = l, sum
		}
	}
	left, all := 0.0, 0.0
	for i := from; i+960+delay <= len(clean); i += 960 {
		cross, own := 0.0, 0.0
		for j := i; j < i+960; j++ {
			cross += float64(near[j]) * float64(clean[j+delay])
			own += float64(near[j]) * float64(near[j])
		}
		if own > 0 {
			left, all = left+cross*cross/own, all+own
		}
	}
	return speechtest.DB(left, all)
}

func TestEcho(t *testing.T) {
	t.Parallel()
	far, near := speak(t)
	sound := speechtest.NewRoom(1).Sound(far)
	const ms = time.Millisecond
	for _, c := range []struct {
		name string
		desk desk
		want float64 // dB
	}{
		{"40 ms", desk{delay: 40 * ms, latency: 20 * ms, jitter: 4 * ms}, steadyEcho},
		{"80 ms, calm", desk{delay: 80 * ms, latency: 30 * ms}, steadyEcho},
		{"120 ms, busy", desk{delay: 120 * ms, latency: 30 * ms, jitter: 9 * ms}, steadyEcho},
		{"300 ms, a radio link", desk{delay: 300 * ms, latency: 30 * ms, jitter: 4 * ms}, steadyEcho},
		{"earlier than the driver says", desk{delay: 30 * ms, latency: 70 * ms, jitter: 4 * ms}, steadyEcho},
		{"40 ms, 100 ppm", desk{delay: 40 * ms, latency: 30 * ms, ppm: 100, jitter: 4 * ms}, driftingEcho},
		{"120 ms, 100 ppm", desk{delay: 120 * ms, latency: 30 * ms, ppm: 100, jitter: 4 * ms}, driftingEcho},
		{"80 ms, -100 ppm", desk{delay: 80 * ms, latency: 30 * ms, ppm: -100, jitter: 4 * ms}, driftingEcho},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			echo := speechtest.Hear(sound, c.desk.delay.Seconds(), c.desk.ppm)
			heard, same := c.desk.run(t, nil, &Reference{}, echo, far, nil)
			if got := erle(heard, same); got >= c.want || got != 0 {
				t.Errorf("without processing the echo is %.1f dB down: this measures nothing", got)
			}
			for _, o := range []Options{{Echo: true}, {Echo: true, Noise: true, Gain: true}} {
				want := c.want
				if o.Gain {
					want -= gainRaises
				}
				heard, clean, stats := c.desk.clean(t, o, echo, far, nil)
				t.Logf("%+v: the echo is %.1f dB down, %+v", o, erle(heard, clean), stats)
				if got := erle(heard, clean); got < want {
					t.Errorf("%+v: the echo is %.1f dB down, want %.0f", o, got, want)
				}
				if got := stats.DriftPpm - c.desk.ppm; math.Abs(got) > 30 {
					t.Errorf("%+v: the drift is found %.0f ppm wrong", o, got)
				}
			}
			_, both, _ := c.desk.clean(t, Options{Echo: true}, echo, far, near)
			t.Logf("the near voice is %.1f dB down when both speak", -kept(near, both))
			if got := kept(near, both); got < -7 {
				t.Errorf("when both speak the near voice is %.1f dB down, want 7 at most", -got)
			}
		})
	}
}

// clean is run with a new processor.
func (d desk) clean(t testing.TB, o Options, echo []float64, far, near []int16) (heard, clean []int16, stats Stats) {
	t.Helper()
	var ref Reference
	p, err := New(&ref, o)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	heard, clean = d.run(t, p, &ref, echo, far, near)
	return heard, clean, p.Stats()
}

// TestHeadphones: with no echo there is nothing to find, and the near voice stays as it is.
func TestHeadphones(t *testing.T) {
	t.Parallel()
	far, near := speak(t)
	_, clean, stats := desk{latency: 30 * time.Millisecond}.clean(t, Options{Echo: true}, make([]float64, len(far)), far, near)
	if got := kept(near, clean); got < -3 {
		t.Errorf("the near voice is %.1f dB", got)
	}
	if stats.EchoDelayMs != 0 || stats.Moved != 0 {
		t.Errorf("an echo was found: %+v", stats)
	}
}

// TestAnotherSpeaker goes over to a loudspeaker with another latency in the middle of the call.
func TestAnotherSpeaker(t *testing.T) {
	t.Parallel()
	far, _ := speak(t)
	half := len(far) / 2
	var ref Reference
	p, err := New(&ref, Options{Echo: true})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	room := speechtest.NewRoom(2)
	near := desk{delay: 50 * time.Millisecond, latency: 30 * time.Millisecond, jitter: 3 * time.Millisecond}
	radio := desk{delay: 220 * time.Millisecond, ppm: 50, latency: 20 * time.Millisecond, jitter: 3 * time.Millisecond, begin: deskSeconds / 2 * time.Second}
	near.run(t, p, &ref, speechtest.Hear(room.Sound(far[:half]), near.delay.Seconds(), 0), far[:half], nil)
	heard, clean := radio.run(t, p, &ref, speechtest.Hear(room.Sound(far[half:]), radio.delay.Seconds(), radio.ppm), far[half:], nil)
	if got := erle(heard, clean); got < steadyEcho {
		t.Errorf("after the change the echo is %.1f dB down: %+v", got, p.Stats())
	}
}
