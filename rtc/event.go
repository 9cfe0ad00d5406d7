package rtc

import (
	"iter"
	"slices"
	"sync"

	"parley/rtc/protocol"
)

// Event is something that happened in a session. The kinds are the types below.
type Event interface{ event() }

// The kinds of events.
type (
	// SessionConnected comes first: what the session looks like.
	SessionConnected struct{ Welcome protocol.Welcome }
	// SessionReconnecting says that the wire or the media path broke; it is being mended. Media may flow on meanwhile.
	SessionReconnecting struct{ Err error }
	// SessionReconnected says that it is mended. When the connection was Resumed, everything that was there before goes on, and what was missed follows as
	// Happened. Else the server had forgotten it, and everything in Welcome is new: own ids, connections, streams.
	SessionReconnected struct {
		Welcome protocol.Welcome
		Resumed bool
	}
	// SessionDisconnected comes last. Err is nil when this end left.
	SessionDisconnected struct {
		Reason protocol.Reason
		Err    error
	}
	// Happened is an event of the server: connections, streams, signals, mutes. What happened to connections and streams while there was no wire is told
	// afterwards without its Reason, which nobody knows any more.
	Happened struct{ protocol.Event }
	// TrackStarted says that the first packet of a subscribed track came. Somebody must read the track to its end.
	TrackStarted struct{ Track *Track }
)

// HasChanged reports whether a field, named as in JSON, is among those that changed: for example "role", "away" or "hasAudio".
func (h Happened) HasChanged(field string) bool { return slices.Contains(h.Changed, field) }

func (SessionConnected) event()    {}
func (SessionReconnecting) event() {}
func (SessionReconnected) event()  {}
func (SessionDisconnected) event() {}
func (Happened) event()            {}
func (TrackStarted) event()        {}

// maxEvents bounds the events that nobody has taken. Full means that the program does not listen: the session ends with tooSlow.
const maxEvents = 8192

// events is the queue of a session.
type events struct {
	mu     sync.Mutex
	list   []Event
	closed bool
	wake   chan struct{} // of one slot
}

func newEvents() *events { return &events{wake: make(chan struct{}, 1)} }

// put appends an event. It reports false when the queue is full.
func (e *events) put(ev Event) bool {
	e.mu.Lock()
	ok := len(e.list) < maxEvents && !e.closed
	if ok {
		e.list = append(e.list, ev)
	}
	e.mu.Unlock()
	e.signal()
	return ok
}

// close appends a last event, for which there is always room.
func (e *events) close(last Event) {
	e.mu.Lock()
	if !e.closed {
		e.list = append(e.list, last)
		e.closed = true
	}
	e.mu.Unlock()
	e.signal()
}

func (e *events) signal() {
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

// all yields events as they come, to the last.
func (e *events) all() iter.Seq[Event] {
	return func(yield func(Event) bool) {
		for {
			e.mu.Lock()
			batch, closed := e.list, e.closed
			e.list = nil
			e.mu.Unlock()
			for i, ev := range batch {
				if !yield(ev) {
					e.mu.Lock()
					e.list = append(batch[i+1:len(batch):len(batch)], e.list...)
					e.mu.Unlock()
					e.signal()
					return
				}
			}
			if closed {
				return
			}
			if len(batch) == 0 {
				<-e.wake
			}
		}
	}
}
