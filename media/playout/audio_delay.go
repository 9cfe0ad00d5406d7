package playout

import "time"

// audioDelay measures how long packets are held up on their way and how long they wait here. Times are in samples.
//
// What a packet took compared to the fastest of the last seconds goes into a histogram that slowly forgets; the target is what
// 97 of 100 packets need, and one frame. Where packets are lost it is a frame more: what is lost is made from the packet after it, which has to be there.
type audioDelay struct {
	least, most int64 // bounds of the target
	target      int64
	jitter      int64 // what 97 of 100 packets are held up at most
	current     int64 // what a packet that is not held up waits here, smoothed
	known       bool  // current has been observed
	heldUp      int64 // of the packet that arrived last

	outage bool          // packets come that were held up for longer than can be waited for
	last   time.Duration // arrival of the packet before

	fastest [2]int64      // least way of the window before, and of this one
	window  time.Duration // when this window began
	begun   bool

	weights [audioBuckets]float32
	total   float32
	losses  float32 // packets lost of late
}

const (
	audioBuckets   = 80 // of audioBucket each: 400 ms
	audioBucket    = 5 * perMs
	audioForget    = 0.997 // per packet: half in 4.6 s
	audioNearlyAll = 0.97
	audioLossy     = 1.5 // losses of late
	audioWindow    = 5 * time.Second
	audioTogether  = 5 * time.Millisecond
	audioJump      = 2000 * perMs // longer on its way than any packet is: the clock changed
)

func newAudioDelay(least, most time.Duration) audioDelay {
	if most <= 0 {
		most = 400 * time.Millisecond
	}
	d := audioDelay{most: samplesOf(max(least, most))}
	d.setLeast(least)
	// Before anything is measured: as if some packets had been held up by 35 ms.
	d.weights[7], d.total = 20, 20
	d.aim()
	return d
}

// setLeast changes the least that the target may be.
func (d *audioDelay) setLeast(least time.Duration) {
	d.least = min(max(samplesOf(least), audioFrame), d.most)
	d.aim()
}

func samplesOf(d time.Duration) int64 { return int64(d * 48 / time.Millisecond) }

// arrived takes the timestamp and arrival of a packet and reports whether the sender's clock jumped.
func (d *audioDelay) arrived(ts int64, arrival time.Duration) (jumped bool) {
	way := samplesOf(arrival) - ts
	if d.begun && (way-min(d.fastest[0], d.fastest[1]) > audioJump || min(d.fastest[0], d.fastest[1])-way > audioJump) {
		d.begun, jumped = false, true
	}
	if !d.begun {
		d.begun, d.window, d.fastest = true, arrival, [2]int64{way, way}
	}
	if arrival-d.window > audioWindow {
		d.window, d.fastest = arrival, [2]int64{d.fastest[1], way}
	}
	d.fastest[1] = min(d.fastest[1], way)
	d.heldUp = way - min(d.fastest[0], d.fastest[1])

	if d.inOutage(arrival) {
		return jumped
	}
	for i := range d.weights {
		d.weights[i] *= audioForget
	}
	d.weights[min(d.heldUp/audioBucket, audioBuckets-1)]++
	d.total = d.total*audioForget + 1
	d.losses *= audioForget
	d.aim()
	return jumped
}

// inOutage reports whether a packet comes after an outage: it, and what comes with it, say nothing of the jitter that there is usually.
func (d *audioDelay) inOutage(arrival time.Duration) bool {
	together := arrival-d.last < audioTogether
	d.last = arrival
	d.outage = d.heldUp > d.most || d.outage && together
	return d.outage
}

// aim sets jitter and target from the histogram.
func (d *audioDelay) aim() {
	var sum float32
	bucket := int64(0)
	for i, w := range d.weights {
		sum += w
		bucket = int64(i)
		if sum >= audioNearlyAll*d.total {
			break
		}
	}
	d.jitter = bucket * audioBucket // its lower end: a steady stream has none
	d.target = d.jitter + audioFrame
	if d.losses > audioLossy {
		d.target += audioFrame
	}
	d.target = min(max(d.target, d.least), d.most)
}

// lost takes that a packet was missing when it was to be played.
func (d *audioDelay) lost() { d.losses++ }

// observe takes how long before its play the packet came that arrived last.
func (d *audioDelay) observe(ahead int64) {
	wait := ahead + d.heldUp
	if !d.known {
		d.current, d.known = wait, true
		return
	}
	d.current += (wait - d.current) / 4
}

// forgetCurrent lets the next observation count alone.
func (d *audioDelay) forgetCurrent() { d.known = false }

// excess returns how much the delay is beyond the target; below zero it is too short.
func (d *audioDelay) excess() int64 {
	if !d.known {
		return 0
	}
	return d.current - d.target
}
