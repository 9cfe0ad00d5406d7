package playout

import "time"

// windowSize is how many packets the window spans: a second of 4 Mbit/s. When one comes from beyond its end, all in it is dropped.
const windowSize = 512

// maxPayload bounds a packet's payload.
const maxPayload = 4096

// staleLimit is how many packets in a row from before the window mean that the sender began anew rather than that they are late.
const staleLimit = 32

// packet is one place of the window.
type packet struct {
	seq       int64 // without wrap
	timestamp uint32
	arrived   time.Duration
	filled    bool
	marker    bool
	start     bool
	key       bool
	data      []byte // the buffer stays with the place
}

// window puts packets in order. It is not safe for concurrent use.
type window struct {
	places  [windowSize]packet
	next    int64 // the first packet not taken out
	highest int64 // the newest packet seen
	begun   bool  // there was a packet
	taken   bool  // next is fixed: something was taken out or given up
	stale   int   // packets in a row from before the window
	lost    uint64
	broken  bool // packets were given up or dropped since the last frame was taken out
}

func (w *window) place(seq int64) *packet { return &w.places[seq&(windowSize-1)] }

// has reports whether a packet is there.
func (w *window) has(seq int64) bool {
	p := w.place(seq)
	return p.filled && p.seq == seq
}

// push puts a packet in its place. Those that are late, doubled or unreadable are left out. Payloads that are empty fill their
// place: a sender that probes the network sends them between frames.
func (w *window) push(seq uint16, timestamp uint32, marker bool, payload []byte, now time.Duration) {
	var content part
	if len(payload) > 0 {
		var ok bool
		if content, ok = parseVP8(payload); !ok || len(payload) > maxPayload {
			return
		}
	}
	if !w.begun {
		w.begun, w.next, w.highest = true, int64(seq), int64(seq)
	}
	at := w.highest + int64(int16(seq-uint16(w.highest)))
	switch {
	case at < w.next && !w.taken && w.highest-at < windowSize:
		w.next = at // the very first packets came out of order
	case at < w.next:
		if at > w.next-windowSize {
			return // late or doubled
		}
		if w.stale++; w.stale < staleLimit {
			return
		}
		w.restart(at)
	case at >= w.next+windowSize:
		w.restart(at)
	}
	w.stale = 0
	w.highest = max(w.highest, at)
	if w.has(at) {
		return
	}
	p := w.place(at)
	*p = packet{
		seq: at, timestamp: timestamp, arrived: now, filled: true, marker: marker, start: content.start, key: content.key,
		data: append(p.data[:0], content.data...),
	}
}

// restart drops everything and goes on at a packet.
func (w *window) restart(at int64) {
	if at > w.next {
		w.lost += uint64(at - w.next)
	}
	w.clear()
	w.next, w.highest = at, at
}

// clear drops all packets that are there and goes on behind the newest.
func (w *window) clear() {
	for seq := w.next; seq <= w.highest; seq++ {
		w.place(seq).filled = false
	}
	w.next, w.stale, w.taken, w.broken = w.highest+1, 0, true, true
}

// skipTo gives up all before a packet.
func (w *window) skipTo(seq int64) {
	for ; w.next < seq; w.next++ {
		if w.has(w.next) {
			w.place(w.next).filled = false
		} else {
			w.lost++
		}
	}
	w.taken, w.broken = true, true
}

// frame is a whole frame taken out of the window.
type frame struct {
	data      []byte
	timestamp uint32
	arrived   time.Duration // when its last packet came
	start     bool          // its first packet was there
	key       bool
	broken    bool // packets before it are missing
}

// front returns the timestamp of the next frame when all its packets are there.
func (w *window) front() (timestamp uint32, ok bool) {
	for w.begun && w.has(w.next) && len(w.place(w.next).data) == 0 { // between frames
		w.drop(1)
	}
	if _, ok := w.whole(); !ok {
		return 0, false
	}
	return w.place(w.next).timestamp, true
}

// take takes the next frame out when all its packets are there. into is the buffer to use.
func (w *window) take(into []byte) (f frame, ok bool) {
	if _, ok = w.front(); !ok {
		return frame{}, false
	}
	count, ok := w.whole()
	if !ok {
		return frame{}, false
	}
	first := w.place(w.next)
	f = frame{data: into[:0], timestamp: first.timestamp, start: first.start, key: first.key, broken: w.broken}
	for seq := w.next; seq < w.next+count; seq++ {
		p := w.place(seq)
		f.data = append(f.data, p.data...)
		f.arrived = max(f.arrived, p.arrived)
	}
	w.drop(count)
	w.broken = false
	return f, true
}

// whole returns how many packets the frame at the front has, if they are all there.
func (w *window) whole() (count int64, ok bool) {
	if !w.begun || !w.has(w.next) {
		return 0, false
	}
	timestamp := w.place(w.next).timestamp
	for seq := w.next; seq < w.next+windowSize && w.has(seq); seq++ {
		p := w.place(seq)
		if len(p.data) == 0 {
			continue
		}
		if seq > w.next && (p.start || p.timestamp != timestamp) { // another begins: the marker bit was not set
			return seq - w.next, true
		}
		if p.marker {
			return seq - w.next + 1, true
		}
	}
	return 0, false
}

// coming reports whether a key frame has begun to arrive, and when.
func (w *window) coming() (arrived time.Duration, ok bool) {
	for seq := w.next; w.begun && seq <= w.highest; seq++ {
		if p := w.place(seq); w.has(seq) && p.key {
			return p.arrived, true
		}
	}
	return 0, false
}

// drop takes packets out that are all there.
func (w *window) drop(count int64) {
	for range count {
		w.place(w.next).filled = false
		w.next++
	}
	w.taken = true
}

// gap reports whether a packet is missing before one that is there, and where the first one behind it is that a frame can begin
// with: a key frame's if there is one, for nothing before that is needed any more.
func (w *window) gap() (missing bool, resume int64, key bool) {
	hole := false
	for seq := w.next; w.begun && seq <= w.highest; seq++ {
		if !w.has(seq) {
			hole = true
			continue
		}
		if !hole {
			continue
		}
		p := w.place(seq)
		if !missing {
			missing, resume = true, seq
		}
		if p.key {
			return true, seq, true
		}
	}
	return missing, resume, false
}
