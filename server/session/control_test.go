package session

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"parley/rtc/protocol"
)

// codeOf returns an error's code, or its text when it has none.
func codeOf(err error) protocol.Code {
	var body *protocol.ErrorBody
	switch {
	case err == nil:
		return ""
	case errors.As(err, &body):
		return body.Code
	}
	return protocol.Code(err.Error())
}

func TestStreamsAndClasses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	list, err := w.manager.Streams(w.Context(), "s1")
	if err != nil || list == nil || len(list) != 0 {
		t.Errorf("%v, %v", list, err)
	}
	c := newClient(-1)
	pub := camera("ann")
	m, err := w.manager.Join(w.Context(), Grant{SessionID: "s1", Capabilities: publisher, Name: "Ann", Classes: []string{"focus"}},
		protocol.Hello{Versions: []int{1}, Publish: &pub}, 1, c)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Leave()
	list, err = w.manager.Streams(w.Context(), "s1")
	if err != nil || len(list) != 1 || list[0].Name != "ann" || list[0].VideoType != protocol.VideoCamera || fmt.Sprint(list[0].Classes) != "[focus]" {
		t.Fatalf("%+v, %v", list, err)
	}
	id := list[0].ID
	if err := w.manager.SetClassLists(w.Context(), "s1", map[protocol.StreamID][]string{id: {"a"}, "other": {"b"}}); codeOf(err) != protocol.CodeStreamUnknown {
		t.Error(err)
	}
	if list, _ = w.manager.Streams(w.Context(), "s1"); fmt.Sprint(list[0].Classes) != "[focus]" {
		t.Errorf("changed by a refused call: %v", list[0].Classes)
	}
	if err := w.manager.SetClassLists(w.Context(), "s1", map[protocol.StreamID][]string{id: {"a", "b"}}); err != nil {
		t.Error(err)
	}
	if code := w.ask(m, c, protocol.TypePublish, camera("anne"), nil); code != "" { // again: the classes stay
		t.Error(code)
	}
	if list, _ = w.manager.Streams(w.Context(), "s1"); fmt.Sprint(list[0].Classes) != "[a b]" || list[0].Name != "anne" {
		t.Errorf("%+v", list)
	}
	if _, err := w.manager.Streams(w.Context(), "s9"); codeOf(err) != protocol.CodeSessionUnknown {
		t.Error(err)
	}
}

func TestSignalOfTheServer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	chat := protocol.Signal{Type: ChatType, Data: "Welcome"}
	if err := w.manager.Signal(w.Context(), "s1", chat); err != nil { // nobody is there
		t.Fatal(err)
	}
	a, ac, welcome := w.join("Ann", publisher, protocol.Hello{})
	if len(welcome.Chat) != 1 || welcome.Chat[0].Text != "Welcome" || welcome.Chat[0].From != "" || welcome.Chat[0].Name != APIName {
		t.Errorf("history %+v", welcome.Chat)
	}
	b, bc, _ := w.join("Bob", publisher, protocol.Hello{})
	p, pc, _ := w.join("Pia", pubOnly, protocol.Hello{})
	ac.take()
	bc.take()
	if err := w.manager.Signal(w.Context(), "s1", chat); err != nil {
		t.Error(err)
	}
	if err := w.manager.Signal(w.Context(), "s1", protocol.Signal{Type: "x", Data: "1", To: b.ID()}); err != nil {
		t.Error(err)
	}
	same(t, "Ann", ac.events(t), "signal Server:Welcome")
	same(t, "Bob", bc.events(t), "signal Server:Welcome", "signal Server:1")
	same(t, "Pia", pc.events(t))
	_, _, late := w.join("Eve", publisher, protocol.Hello{})
	if len(late.Chat) != 2 {
		t.Errorf("history %+v", late.Chat)
	}
	for want, sig := range map[protocol.Code]protocol.Signal{
		protocol.CodeConnectionUnknown: {Data: "x", To: "nobody"},
		protocol.CodeForbidden:         {Data: "x", To: p.ID()},
		protocol.CodeTooLarge:          {Data: strings.Repeat("x", 8<<10+1)},
		protocol.CodeMalformed:         {Data: "\xff"},
	} {
		if err := w.manager.Signal(w.Context(), "s1", sig); codeOf(err) != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	w.store.mu.Lock()
	w.store.full = true
	w.store.mu.Unlock()
	if err := w.manager.Signal(w.Context(), "s1", chat); codeOf(err) != protocol.CodeStoreFailed {
		t.Error(err)
	}
	if got := ac.events(t); len(got) != 1 { // Eve
		t.Errorf("seen and not kept: %v", got)
	}
	if err := w.manager.Disconnect(w.Context(), "s1", a.ID()); err != nil {
		t.Error(err)
	}
	same(t, "Ann", ac.events(t), "sessionDisconnected forceDisconnected")
	if err := w.manager.Disconnect(w.Context(), "s1", a.ID()); codeOf(err) != protocol.CodeConnectionUnknown {
		t.Error(err)
	}
}

func TestMuteEverybody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if err := w.manager.MuteAll(w.Context(), "s1", true, nil); codeOf(err) != protocol.CodeSessionUnknown {
		t.Errorf("nobody there: %v", err)
	}
	on := true
	pub := camera("ann")
	a, ac, aw := w.join("Ann", publisher, protocol.Hello{Publish: &pub})
	pub = camera("bob")
	_, bc, bw := w.join("Bob", publisher, protocol.Hello{Publish: &pub})
	ann, bob := aw.Published.Streams["camera"], bw.Published.Streams["camera"]
	ac.take()
	if err := w.manager.MuteAll(w.Context(), "s1", true, []protocol.StreamID{bob, "gone"}); err != nil {
		t.Fatal(err)
	}
	same(t, "Ann", ac.events(t), "muteForced {false false true}", "muteForced ann")
	same(t, "Bob", bc.events(t), "muteForced {false false true}", "streamPropertyChanged ann")
	// Publishing again is no unmuting, an update is.
	if code := w.ask(a, ac, protocol.TypePublish, camera("ann"), nil); code != "" || !w.silent(0, ann) {
		t.Errorf("%s: published again, and heard: %v", code, !w.silent(0, ann))
	}
	ac.take()
	if code := w.ask(a, ac, protocol.TypeUpdate, protocol.Update{StreamID: ann, HasAudio: &on}, nil); code != "" || w.silent(0, ann) {
		t.Errorf("%s: unmuted, and not heard: %v", code, w.silent(0, ann))
	}
	// Who comes is muted, told so after the welcome, and stays so.
	pub = camera("eve")
	e, ec, ew := w.join("Eve", publisher, protocol.Hello{Publish: &pub})
	eve := ew.Published.Streams["camera"]
	same(t, "Eve", ec.events(t), "muteForced eve")
	ec.take()
	if code := w.ask(e, ec, protocol.TypeUpdate, protocol.Update{StreamID: eve, HasAudio: &on}, nil); code != protocol.CodeForbidden || !w.silent(2, eve) {
		t.Errorf("%s: heard: %v", code, !w.silent(2, eve))
	}
	ec.take()
	if code := w.ask(e, ec, protocol.TypePublish, camera("eve"), nil); code != "" || !w.silent(2, eve) {
		t.Errorf("%s: heard: %v", code, !w.silent(2, eve))
	}
	// A moderator can unmute itself.
	pub = camera("mod")
	m, mc, mw := w.join("Mod", everything, protocol.Hello{Publish: &pub})
	mod := mw.Published.Streams["camera"]
	mc.take()
	if code := w.ask(m, mc, protocol.TypeUpdate, protocol.Update{StreamID: mod, HasAudio: &on}, nil); code != "" || w.silent(3, mod) {
		t.Errorf("%s: silent: %v", code, w.silent(3, mod))
	}
	if err := w.manager.MuteAll(w.Context(), "s1", false, nil); err != nil {
		t.Fatal(err)
	}
	if !w.silent(2, eve) {
		t.Error("lifting unmuted somebody")
	}
	ec.take()
	if code := w.ask(e, ec, protocol.TypeUpdate, protocol.Update{StreamID: eve, HasAudio: &on}, nil); code != "" || w.silent(2, eve) {
		t.Errorf("%s: silent: %v", code, w.silent(2, eve))
	}
}

func TestMuteStream(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pub := camera("ann")
	_, ac, aw := w.join("Ann", publisher, protocol.Hello{Publish: &pub})
	ann := aw.Published.Streams["camera"]
	if err := w.manager.MuteStream(w.Context(), "s1", ann); err != nil || !w.silent(0, ann) {
		t.Error(err)
	}
	same(t, "Ann", ac.events(t), "muteForced ann")
	if err := w.manager.MuteStream(w.Context(), "s1", "gone"); codeOf(err) != protocol.CodeStreamUnknown {
		t.Error(err)
	}
}

// TestQuietCoversAddedSound: a stream that was only a picture does not get around it.
func TestQuietCoversAddedSound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	silent := camera("ann")
	silent.Streams[0].AudioMID = ""
	a, ac, aw := w.join("Ann", publisher, protocol.Hello{Publish: &silent})
	ann := aw.Published.Streams["camera"]
	if err := w.manager.MuteAll(w.Context(), "s1", true, nil); err != nil {
		t.Fatal(err)
	}
	if code := w.ask(a, ac, protocol.TypePublish, camera("ann"), nil); code != "" || !w.silent(0, ann) {
		t.Errorf("%s: heard: %v", code, !w.silent(0, ann))
	}
	same(t, "Ann", ac.events(t), "muteForced {false false true}", "muteForced ann")
}

func TestControlAfterClose(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if err := w.manager.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	if _, err := w.manager.Streams(w.Context(), "s1"); codeOf(err) != protocol.CodeServerStopping {
		t.Error(err)
	}
}
