package rtc

import (
	"reflect"
	"slices"
	"strings"
	"sync"

	"parley/rtc/protocol"
)

// roster is what the session looks like, as far as this client was told. It is safe for concurrent use.
type roster struct {
	mu           sync.Mutex
	seq          uint64 // of the last event
	you          protocol.Connection
	capabilities protocol.Capabilities
	state        protocol.SessionState
	connections  []protocol.Connection // the others', oldest first
	streams      []protocol.Stream     // likewise
	waiting      []protocol.Connection // who waits for admission, for moderators
}

// last returns the number of the last event.
func (r *roster) last() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.seq
}

// own returns what concerns this client itself, and the session as such.
func (r *roster) own() (protocol.Connection, protocol.Capabilities, protocol.SessionState) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.you, r.capabilities, r.state
}

// enter makes the roster what a welcome says.
func (r *roster) enter(w *protocol.Welcome) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seq, r.you, r.capabilities, r.state = w.Seq, w.You, w.Capabilities, w.Session
	r.connections, r.streams, r.waiting = slices.Clone(w.Connections), slices.Clone(w.Streams), slices.Clone(w.Waiting)
}

// apply follows an event.
func (r *roster) apply(ev *protocol.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seq = max(r.seq, ev.Seq)
	if c := ev.Connection; c != nil {
		r.applyConnection(ev, *c)
	}
	if st := ev.Stream; st != nil && st.ConnectionID != r.you.ID {
		switch ev.Name {
		case protocol.StreamCreated, protocol.StreamPropertyChanged:
			r.streams = put(r.streams, *st, streamID)
		case protocol.StreamDestroyed:
			r.streams = without(r.streams, st.ID, streamID)
		}
	}
	if ev.Session != nil {
		r.state = *ev.Session
	}
}

func (r *roster) applyConnection(ev *protocol.Event, c protocol.Connection) {
	switch ev.Name {
	case protocol.ConnectionCreated:
		r.connections = put(r.connections, c, connectionID)
	case protocol.ConnectionDestroyed:
		r.connections = without(r.connections, c.ID, connectionID)
	case protocol.ConnectionPropertyChanged:
		if c.ID != r.you.ID {
			r.connections = put(r.connections, c, connectionID)
			return
		}
		r.you = c
		if ev.Capabilities != nil {
			r.capabilities = *ev.Capabilities
		}
	case protocol.AdmissionRequested:
		r.waiting = put(r.waiting, c, connectionID)
	case protocol.AdmissionEnded:
		r.waiting = without(r.waiting, c.ID, connectionID)
	}
}

func connectionID(c protocol.Connection) protocol.ConnectionID { return c.ID }
func streamID(s protocol.Stream) protocol.StreamID             { return s.ID }

// put replaces the one in a list that has the id of x, or appends x.
func put[T any, K comparable](list []T, x T, id func(T) K) []T {
	if at := slices.IndexFunc(list, func(y T) bool { return id(y) == id(x) }); at >= 0 {
		list[at] = x
		return list
	}
	return append(list, x)
}

// without takes the one with an id out of a list.
func without[T any, K comparable](list []T, gone K, id func(T) K) []T {
	return slices.DeleteFunc(list, func(x T) bool { return id(x) == gone })
}

// since returns what happened between what the roster knows and a welcome, in an order in which it can have happened, and after it what the
// server kept: signals and the like. ended are own streams that are gone. Why others went is not known any more: these have no reason.
func (r *roster) since(w *protocol.Welcome, ended []protocol.Stream) []protocol.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	var list []protocol.Event
	add := func(ev protocol.Event) {
		ev.Seq = w.Seq
		list = append(list, ev)
	}
	goneStreams, newStreams, sameStreams := compare(r.streams, w.Streams, streamID)
	gone, came, same := compare(r.connections, w.Connections, connectionID)
	decided, asking, _ := compare(r.waiting, w.Waiting, connectionID)
	for _, st := range goneStreams {
		add(protocol.Event{Name: protocol.StreamDestroyed, Stream: &st})
	}
	for _, st := range ended {
		add(protocol.Event{Name: protocol.StreamDestroyed, Stream: &st, Reason: protocol.ReasonForceUnpublished})
	}
	for _, c := range gone {
		add(protocol.Event{Name: protocol.ConnectionDestroyed, Connection: &c})
	}
	for _, c := range decided {
		reason := protocol.Reason("")
		if slices.ContainsFunc(came, func(x protocol.Connection) bool { return x.ID == c.ID }) {
			reason = protocol.ReasonAdmitted
		}
		add(protocol.Event{Name: protocol.AdmissionEnded, Connection: &c, Reason: reason})
	}
	for _, c := range came {
		add(protocol.Event{Name: protocol.ConnectionCreated, Connection: &c})
	}
	for _, st := range newStreams {
		add(protocol.Event{Name: protocol.StreamCreated, Stream: &st})
	}
	r.changesSince(w, same, sameStreams, add)
	for _, c := range asking {
		add(protocol.Event{Name: protocol.AdmissionRequested, Connection: &c})
	}
	return append(list, kept(w)...)
}

// changesSince adds the changes of what was there before and still is.
func (r *roster) changesSince(w *protocol.Welcome, same [][2]protocol.Connection, sameStreams [][2]protocol.Stream, add func(protocol.Event)) {
	for _, c := range same {
		if changed := changes(c[0], c[1]); changed != nil {
			add(protocol.Event{Name: protocol.ConnectionPropertyChanged, Connection: &c[1], Changed: changed})
		}
	}
	changed := changes(r.you, w.You)
	if r.capabilities != w.Capabilities {
		if !slices.Contains(changed, "role") {
			changed = append(changed, "role")
		}
		add(protocol.Event{Name: protocol.ConnectionPropertyChanged, Connection: &w.You, Changed: changed, Capabilities: &w.Capabilities})
	} else if changed != nil {
		add(protocol.Event{Name: protocol.ConnectionPropertyChanged, Connection: &w.You, Changed: changed})
	}
	for _, st := range sameStreams {
		if changed := changes(st[0], st[1]); changed != nil {
			add(protocol.Event{Name: protocol.StreamPropertyChanged, Stream: &st[1], Changed: changed})
		}
	}
	if changed := without(changes(r.state, w.Session), "muted", func(s string) string { return s }); len(changed) > 0 {
		add(protocol.Event{Name: protocol.SessionPropertyChanged, Session: &w.Session, Changed: changed})
	}
	told := slices.ContainsFunc(kept(w), func(ev protocol.Event) bool { return ev.Name == protocol.MuteForced && ev.Session != nil })
	if r.state.Muted != w.Session.Muted && !told {
		add(protocol.Event{Name: protocol.MuteForced, Session: &w.Session})
	}
}

// kept returns what the server kept of the events that were missed, without those that its lists tell of.
func kept(w *protocol.Welcome) []protocol.Event {
	return slices.DeleteFunc(slices.Clone(w.Resumed.Missed), func(ev protocol.Event) bool {
		switch ev.Name {
		case protocol.ConnectionCreated, protocol.ConnectionDestroyed, protocol.ConnectionPropertyChanged, protocol.StreamCreated, protocol.StreamDestroyed,
			protocol.StreamPropertyChanged, protocol.SessionPropertyChanged, protocol.AdmissionRequested, protocol.AdmissionEnded:
			return true
		}
		return false
	})
}

// compare sorts two lists of things with ids: what is only in the first, only in the second, and in both, before and after.
func compare[T any, K comparable](before, after []T, id func(T) K) (gone, came []T, same [][2]T) {
	old := map[K]T{}
	for _, x := range before {
		old[id(x)] = x
	}
	for _, x := range after {
		if o, ok := old[id(x)]; ok {
			same = append(same, [2]T{o, x})
			delete(old, id(x))
		} else {
			came = append(came, x)
		}
	}
	for _, x := range before {
		if _, ok := old[id(x)]; ok {
			gone = append(gone, x)
		}
	}
	return gone, came, same
}

// changes lists the names, as in JSON, of the fields that differ between two structs of one type; nil is none.
func changes(a, b any) []string {
	var names []string
	va, vb := reflect.ValueOf(a), reflect.ValueOf(b)
	for i := range va.NumField() {
		if !va.Field(i).Equal(vb.Field(i)) {
			name, _, _ := strings.Cut(va.Type().Field(i).Tag.Get("json"), ",")
			names = append(names, name)
		}
	}
	return names
}
