package playout

import "time"

// audioQueue is the jitter buffer: packets by sequence number, and what is to be played next. Sequence numbers and timestamps
// are continued beyond their wrap. It is bounded: when a packet comes that does not fit, the reader has stopped, and all that
// waits is dropped.
type audioQueue struct {
	slots   [audioSlots]audioPacket
	started bool  // a packet has come
	playing bool  // one has been played
	next    int64 // sequence number to play next
	highest int64 // highest that came
	play    int64 // timestamp to play next
	stamp   int64 // newest timestamp, to continue the next from
	dry     int64 // samples made up since the queue ran empty
	jumped  bool  // what is played next does not follow what was played before
	delay   audioDelay
	stats   AudioStats
}

type audioPacket struct {
	seq  int64
	ts   int64
	size int // 0 is empty
	data [audioMaxPacket]byte
}

const (
	audioSlots     = 64                  // 1.28 s
	audioMaxPacket = 1276                // RFC 6716 section 3.4: a frame has at most 1275 bytes, and one says what it is
	audioRestarted = 1000                // sequence numbers back: the sender began anew
	audioMaxGap    = 2000 * int64(perMs) // a longer silence that is still to be played is no silence but a new clock
	audioMaxDry    = 5 * audioFrame      // of a queue that ran empty: longer than it takes to know that the sender pauses
	audioHopeless  = 300 * perMs         // beyond the target: drop all that is too much at once
)

// audioStep is what to do for the next 20 ms.
type audioStep struct {
	kind   audioKind
	size   int   // bytes of the packet that was copied
	excess int64 // samples of delay beyond the target
	lost   bool  // the packet is known to be lost, or late
	jumped bool  // it does not follow what was played before
}

type audioKind int

const (
	audioSilence audioKind = iota // nothing was sent
	audioPlay                     // decode the packet
	audioRecover                  // decode the copy that the packet holds of the one before it
	audioConceal                  // make something up
)

func (k audioKind) String() string {
	switch k {
	case audioSilence:
		return "silence"
	case audioPlay:
		return "play"
	case audioRecover:
		return "recover"
	case audioConceal:
		return "conceal"
	}
	return "unknown"
}

func (q *audioQueue) slot(seq int64) *audioPacket { return &q.slots[uint64(seq)%audioSlots] }

// at returns the packet, or nil when it is not there.
func (q *audioQueue) at(seq int64) *audioPacket {
	if p := q.slot(seq); p.size > 0 && p.seq == seq {
		return p
	}
	return nil
}

// push takes a packet. left is how many samples of the last frame are still to be read.
func (q *audioQueue) push(seq16 uint16, ts32 uint32, payload []byte, arrival time.Duration, left int64) {
	if len(payload) == 0 || len(payload) > audioMaxPacket {
		return // not Opus
	}
	q.stats.PacketsReceived++
	if !q.started {
		q.restart(int64(seq16), int64(ts32))
	}
	seq := q.highest + int64(int16(seq16-uint16(q.highest)))
	ts := q.stamp + int64(int32(ts32-uint32(q.stamp)))
	if seq >= q.next+audioSlots || seq < q.next-audioRestarted {
		q.delay.begun = false // the clock may be another
		q.restart(seq, ts)
	}
	q.stamp = max(q.stamp, ts)
	if q.delay.arrived(ts, arrival) {
		// The clock of the timestamps jumped: begin anew with this packet rather than wait or hurry.
		q.restart(seq, ts)
	}
	switch {
	case seq < q.next && !q.playing && q.highest-seq < audioSlots:
		q.next = seq // overtaken by what became the first
	case seq < q.next:
		q.stats.Late++
		return
	}
	p := q.slot(seq)
	if p.size > 0 {
		return // twice: all that lies between next and next+audioSlots has a slot of its own
	}
	p.seq, p.ts, p.size = seq, ts, copy(p.data[:], payload)
	q.highest = max(q.highest, seq)
	if q.dry > 0 {
		q.refill(p)
	}
	q.delay.observe(ts - (q.play - left))
}

// restart drops everything and anchors playing at a packet, the target delay from now.
func (q *audioQueue) restart(seq, ts int64) {
	for i := range q.slots {
		q.slots[i].size = 0
	}
	q.started, q.playing = true, false
	q.next, q.highest = seq, seq
	q.stamp = ts
	q.play = ts - q.delay.target
	q.dry = 0
	q.jumped = true
	q.delay.forgetCurrent()
}

// refill ends a time without packets: it decides what that time was, now that the next packet p is there.
func (q *audioQueue) refill(p *audioPacket) {
	missing := p.seq - q.next
	silence := p.ts - q.play - missing*audioFrame
	if silence > 0 {
		// The sender was silent meanwhile: time went by for both sides.
		passed := min(q.dry, silence)
		q.play += passed
		q.dry -= passed
	}
	// What is lost was covered by what was made up.
	for ; missing > 0 && q.dry >= audioFrame; missing-- {
		q.lost()
		q.next++
		q.play = min(q.play+audioFrame, p.ts)
		q.dry -= audioFrame
	}
	// The rest of the time p was on its way: it is played now, and the delay has grown by as much.
	q.dry = 0
}

// step decides what to play for the next 20 ms and moves on. The packet that it needs is copied to data. calm says that nobody spoke in what was played
// last: what is missing then is not missed.
func (q *audioQueue) step(data []byte, calm bool) audioStep {
	if !q.started {
		return audioStep{kind: audioSilence}
	}
	if q.delay.excess() > audioHopeless {
		q.catchUp()
	}
	p := q.at(q.next)
	if p == nil {
		return q.missing(data, calm)
	}
	if p.ts > q.play && q.silence(p) {
		return audioStep{kind: audioSilence}
	}
	step := audioStep{kind: audioPlay, size: copy(data, p.data[:p.size]), excess: q.delay.excess(), jumped: q.jumped}
	p.size = 0
	q.next++
	q.play = p.ts + audioFrame
	q.playing, q.jumped = true, false
	return step
}

// silence plays 20 ms of the silence before p and reports whether there was as much. Nobody hears it grow or shrink: this is
// where the delay is brought to its target first.
func (q *audioQueue) silence(p *audioPacket) bool {
	if p.ts-q.play > audioMaxGap {
		q.play = p.ts - q.delay.target
	}
	for q.playing && q.delay.excess() > audioTooLong && p.ts-q.play >= audioFrame {
		q.play += audioFrame
		q.changed(-audioFrame)
	}
	if q.playing && q.delay.excess() < -audioTooShort {
		q.changed(audioFrame)
		return true
	}
	if p.ts-q.play < audioFrame {
		q.play = p.ts
		return false
	}
	q.play += audioFrame
	return true
}

// missing plays 20 ms for which there is no packet.
func (q *audioQueue) missing(data []byte, calm bool) audioStep {
	if q.highest <= q.next {
		// The queue is empty. Whether packets are late or the sender is silent shows with the next one.
		if !q.playing {
			return audioStep{kind: audioSilence}
		}
		q.dry += audioFrame
		if q.dry > audioMaxDry {
			return audioStep{kind: audioSilence}
		}
		return audioStep{kind: audioConceal, lost: !calm}
	}
	if q.silenceFirst() {
		q.play += audioFrame
		return audioStep{kind: audioSilence}
	}
	q.lost()
	q.next++
	q.play += audioFrame
	q.playing = true
	step := audioStep{kind: audioConceal, lost: true, excess: q.delay.excess(), jumped: q.jumped}
	if p := q.at(q.next); p != nil && p.ts == q.play {
		step.kind, step.size = audioRecover, copy(data, p.data[:p.size])
	}
	q.jumped = false
	return step
}

// lost counts a packet that is missing when it is to be played.
func (q *audioQueue) lost() {
	q.stats.PacketsLost++
	q.delay.lost()
}

// silenceFirst reports whether 20 ms of silence come before what is missing: the next packet that is there is later than the
// missing ones account for. Where in between the silence was nobody knows; most likely the sender began to speak with them.
func (q *audioQueue) silenceFirst() bool {
	for seq := q.next + 1; seq <= q.highest; seq++ {
		if p := q.at(seq); p != nil {
			gap := p.ts - q.play - (seq-q.next)*audioFrame
			return gap >= audioFrame && gap <= audioMaxGap
		}
	}
	return false
}

// catchUp leaves out all that is beyond the target delay.
func (q *audioQueue) catchUp() {
	for q.delay.excess() > 0 && q.next < q.highest {
		if p := q.at(q.next); p != nil {
			q.play = p.ts
			p.size = 0
		}
		q.next++
		q.play += audioFrame
		q.changed(-audioFrame)
	}
	q.playing, q.jumped = true, true
}

// rendered takes what became of a step: what was played, and by how many samples it was longer than 20 ms.
func (q *audioQueue) rendered(step audioStep, made audioKind, change int64) {
	q.changed(change)
	switch made {
	case audioPlay:
		q.stats.Played++
	case audioRecover:
		q.stats.Played++
		q.stats.Recovered++
	case audioConceal:
		if step.lost {
			q.stats.Played++
			q.stats.Concealed++
		}
	case audioSilence:
		if step.kind != audioSilence && step.lost { // it went on for too long
			q.stats.Played++
			q.stats.Concealed++
		}
	}
}

// changed notes that the delay grew by so many samples.
func (q *audioQueue) changed(samples int64) {
	q.delay.current += samples
	if samples > 0 {
		q.stats.Lengthened += uint64(samples)
	} else {
		q.stats.Shortened += uint64(-samples)
	}
}
