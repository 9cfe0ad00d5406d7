package session

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"parley/rtc/protocol"
)

// again gives p a new wire and returns the welcome.
func (w *world) again(p *person, seq uint64, keep bool, publish *protocol.Publish) {
	w.Helper()
	old := p.client
	p.client = newClient(-1)
	hello := protocol.Hello{Versions: []int{1}, Publish: publish, Resume: &protocol.Resume{
		SessionID: p.welcome.SessionID, ConnectionID: p.ID(), Token: p.welcome.ResumeToken, Seq: seq, KeepMedia: keep}}
	a, err := w.manager.Resume(w.Context(), hello, 3, p.client)
	if err != nil {
		w.Fatal(err)
	}
	if a.ID() != p.ID() || !old.ended {
		w.Errorf("another connection, or the old wire is open: %v", old.ended)
	}
	p.Attachment, p.welcome = a, protocol.Welcome{}
	p.mu.Lock()
	defer p.mu.Unlock()
	w.readWelcome(p, 3)
}

// readWelcomeOf takes the late welcome of who was let in.
func (w *world) readWelcomeOf(p *person) {
	w.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	w.readWelcome(p, 1)
}

func TestResume(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pub := camera("ann")
	ann := w.come(Grant{Capabilities: publisher, Name: "Ann"}, protocol.Hello{Publish: &pub, Subscribe: protocol.SubscribeAll})
	id := ann.welcome.Published.Streams["camera"]
	ben := w.come(Grant{Capabilities: everything, Name: "Ben"}, protocol.Hello{Publish: &pub})
	first := ann.welcome
	ann.Lose()
	ann.Lose() // of the same wire: nothing
	same(t, "Ben", ben.events(t), "connectionPropertyChanged Ann away")
	if w.plane.legs[0].closed {
		t.Error("media ended with the wire")
	}
	w.must(ben, protocol.TypeSignal, protocol.Signal{Data: "all"})
	w.must(ben, protocol.TypeSignal, protocol.Signal{Data: "ann", To: ann.ID()})
	w.must(ben, protocol.TypeSignal, protocol.Signal{Data: "ben", To: ben.ID()})
	w.must(ben, protocol.TypeForceMute, protocol.ForceMute{StreamID: id})
	ben.take()
	w.again(ann, first.Seq, true, nil)
	same(t, "Ben", ben.events(t), "connectionPropertyChanged Ann away")
	var missed []string
	for _, ev := range ann.welcome.Resumed.Missed {
		text := string(ev.Name)
		if ev.Signal != nil {
			text += " " + ev.Signal.Data
		}
		missed = append(missed, text)
	}
	same(t, "Ann, late,", missed, "signal all", "signal ann", "muteForced")
	got := ann.welcome
	if got.You.Away || got.ResumeToken != first.ResumeToken || len(got.Resumed.Streams) != 1 || got.Resumed.Streams[0].ID != id || got.Resumed.Streams[0].HasAudio ||
		len(got.Streams) != 1 || got.Offer == nil || got.Offer.SDP != "again" {
		t.Errorf("%+v", got)
	}
	// A wire that takes over before the old one is known to be gone: the others hear nothing.
	old := ann.Attachment
	w.again(ann, got.Seq, true, nil)
	old.Lose()
	old.Leave()
	same(t, "Ben", ben.events(t))
	if len(ann.welcome.Resumed.Missed) != 0 {
		t.Errorf("told twice: %+v", ann.welcome.Resumed.Missed)
	}
	if old.Request(t.Context(), protocol.Message{Type: protocol.TypeSignal, ID: 9}) {
		t.Error("the old wire still speaks")
	}
	// New media: the stream keeps its id, what is not published again ends.
	w.again(ann, ann.welcome.Seq, false, &pub)
	if !w.plane.legs[0].closed || ann.welcome.Published.Streams["camera"] != id || ann.welcome.Offer == nil {
		t.Errorf("%+v", ann.welcome)
	}
	same(t, "Ben", ben.events(t))
	w.again(ann, ann.welcome.Seq, false, nil)
	same(t, "Ben", ben.events(t), "streamDestroyed ann mediaStopped")
	if _, err := w.manager.Resume(t.Context(), protocol.Hello{Resume: &protocol.Resume{SessionID: "s1", ConnectionID: ann.ID(), Token: "guess"}}, 1, newClient(-1)); err != ErrNotResumed {
		t.Error(err)
	}
	ann.Leave()
	if _, err := w.manager.Resume(t.Context(), protocol.Hello{Resume: &protocol.Resume{SessionID: "s1", ConnectionID: ann.ID(), Token: first.ResumeToken}}, 1, newClient(-1)); err != ErrNotResumed {
		t.Errorf("after goodbye: %v", err)
	}
}

func TestAwayForTooLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		ann := w.come(Grant{Capabilities: publisher, Name: "Ann"}, protocol.Hello{})
		ben := w.come(Grant{Capabilities: publisher, Name: "Ben"}, protocol.Hello{})
		ann.Lose()
		time.Sleep(29 * time.Second)
		synctest.Wait()
		same(t, "Ben", ben.events(t), "connectionPropertyChanged Ann away")
		time.Sleep(2 * time.Second)
		synctest.Wait()
		same(t, "Ben", ben.events(t), "connectionDestroyed Ann networkDisconnected")
		w.close()
	})
}

func TestMissedIsBounded(t *testing.T) {
	t.Parallel()
	var k missed
	for i := range 1000 {
		k.keep(protocol.Event{Seq: uint64(i), Name: protocol.SignalReceived, Signal: &protocol.SignalMessage{Data: fmt.Sprintf("%04000d", i)}}, nil)
		k.keep(protocol.Event{Seq: uint64(i), Name: protocol.ConnectionCreated}, nil)
	}
	list := k.since(0, nil)
	if len(list) > missedEvents || len(list) < 40 || k.bytes > missedBytes || list[len(list)-1].Seq != 999 {
		t.Errorf("%d events, %d bytes", len(list), k.bytes)
	}
	for _, ev := range list {
		k.list[0].Signal.ID = "x"
		_ = ev
	}
	k.forget("x")
	if k.bytes > missedBytes || len(k.since(0, nil)) != len(list)-1 {
		t.Errorf("%d left", len(k.list))
	}
}

func TestLife(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		pub := camera("cam")
		ann := w.come(Grant{Capabilities: everything, Name: "Ann"}, protocol.Hello{Publish: &pub})
		w.must(ann, protocol.TypeLock, protocol.Lock{Locked: true})
		ann.Leave()
		same(t, "the observer", w.observer.take(), "sessionCreated", "connectionCreated Ann", "streamCreated cam of Ann",
			"streamDestroyed cam of Ann clientDisconnected", "connectionDestroyed Ann clientDisconnected")
		time.Sleep(59 * time.Second)
		synctest.Wait()
		if _, err := w.manager.Join(t.Context(), Grant{SessionID: "s1", Capabilities: publisher}, protocol.Hello{}, 1, newClient(-1)); codeOf(err) != protocol.CodeSessionLocked {
			t.Errorf("within the minute: %v", err)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		same(t, "the observer", w.observer.take(), "sessionDestroyed")
		if len(w.store.live) != 0 || len(w.manager.sessions) != 0 {
			t.Errorf("%d saved, %d held", len(w.store.live), len(w.manager.sessions))
		}
		ben := w.come(Grant{Capabilities: publisher, Name: "Ben"}, protocol.Hello{})
		if ben.welcome.Session.Locked {
			t.Error("the lock outlived the session")
		}
		w.close()
		w.observer.take()
		w.open()
		if err := w.manager.Restore(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(61 * time.Second) // nobody comes back
		synctest.Wait()
		same(t, "the observer", w.observer.take(), "sessionDestroyed")
		w.close()
	})
}
