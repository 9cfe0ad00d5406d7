package process

import (
	"math"
	"time"

	"parley/media"
)

// alignment reads a Reference at the pace of a microphone. It belongs to the goroutine that processes.
type alignment struct {
	ref      *Reference
	turn     int
	begun    bool
	speaker  pace
	mic      pace
	recorded float64 // samples of the microphone since it began
	shift    float64 // samples by which the reference is read later than the times say
	at       float64 // sample to read next
	step     float64 // samples that the last block took
	settled  int     // blocks since something jumped
	late     float64 // blocks that were not there in time, of late

	taps  [alignPhases + 1][alignTaps]float32
	input [blockSamples + alignTaps + 8]int16
}

const (
	alignLead    = 10 * time.Millisecond // the reference is read that much ahead: what is known of latencies may be too much
	alignTaps    = 16
	alignPhases  = 64
	alignSettled = 2 * paceWindow // blocks until small errors are mended slowly
	alignJump    = 3 * perMs      // larger ones at once
	alignHurry   = 1.0 / 50       // part of an error that is mended with each block
	alignMost    = 0.5            // samples a block: 1000 ppm

	alignLate       = 40 // blocks
	alignLateForget = 0.2
	alignLater      = 5 * perMs
)

func newAlignment(ref *Reference) *alignment {
	a := &alignment{ref: ref, step: blockSamples}
	for p := range a.taps {
		sum := 0.0
		var row [alignTaps]float64
		for i := range row {
			x := float64(i-alignTaps/2+1) - float64(p)/alignPhases
			row[i] = 0.5 + 0.5*math.Cos(math.Pi*max(-1, min(x/(alignTaps/2), 1)))
			if x != 0 {
				row[i] *= math.Sin(math.Pi*x) / (math.Pi * x)
			}
			sum += row[i]
		}
		for i := range row {
			a.taps[p][i] = float32(row[i] / sum)
		}
	}
	return a
}

// move reads the reference by so many samples later from now on.
func (a *alignment) move(samples float64) {
	a.shift += samples
	a.at -= samples
}

// driftPpm returns how much faster the loudspeaker's clock runs.
func (a *alignment) driftPpm() float64 {
	return (a.mic.drift() - a.speaker.drift()) / blockSamples * 1e6
}

// take fills played with what is heard from the time on when a block was captured. It reports whether that was there, as it is when nothing is played.
func (a *alignment) take(played *block, captured time.Duration) bool {
	a.mic.observe(samplesOf(captured) - a.recorded)
	a.recorded += blockSamples
	m := a.ref.mark()
	if m.end == 0 || captured > m.heard+referenceGap { // nothing is played
		a.begun, a.speaker.begun = false, false
		clear(played[:])
		return true
	}
	if m.turn != a.turn {
		a.begun, a.speaker = false, pace{jumps: a.speaker.jumps} // perhaps another device
	}
	a.turn = m.turn
	a.speaker.observe(samplesOf(m.heard) - float64(m.end))

	want := a.mic.now() + a.recorded - blockSamples + samplesOf(alignLead) - a.speaker.now() - a.shift
	off := want - a.at
	if a.settled++; !a.begun || a.settled < alignSettled || off > alignJump || off < -alignJump {
		if !a.begun || off > alignJump || off < -alignJump {
			a.settled = 0
		}
		a.begun, a.at, off = true, want, 0
	}
	a.step = blockSamples*(1+a.driftPpm()*1e-6) + max(-alignMost, min(off*alignHurry, alignMost))
	there := a.at+blockSamples+alignTaps <= float64(m.end)
	a.read(played)
	a.at += a.step
	a.wait(there)
	return there
}

// wait reads later when what is read is often not there yet: the device asks for less ahead than it said.
func (a *alignment) wait(there bool) {
	if there {
		a.late = max(0, a.late-alignLateForget)
		return
	}
	if a.late++; a.late > alignLate {
		a.late = 0
		a.move(alignLater)
	}
}

// read resamples a step from a.at on to a block.
func (a *alignment) read(played *block) {
	first := math.Floor(a.at)
	a.ref.copy(a.input[:], int64(first)-alignTaps/2+1)
	at, rate := a.at-first, a.step/blockSamples
	for i := range played {
		whole := int(at)
		phase := (at - float64(whole)) * alignPhases
		row := int(phase)
		between := float32(phase - float64(row))
		in := (*[alignTaps]int16)(a.input[whole:])
		from, to := &a.taps[row], &a.taps[row+1]
		var x, y float32
		for k, v := range in {
			x += float32(v) * from[k]
			y += float32(v) * to[k]
		}
		played[i] = int16(math.Round(float64(max(-32768, min(x+(y-x)*between, 32767)))))
		at += rate
	}
}

func samplesOf(t time.Duration) float64 { return t.Seconds() * media.SampleRate }
