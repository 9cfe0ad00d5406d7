package session

import (
	"strconv"
	"testing"

	"parley/rtc/protocol"
)

func TestSignalsOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.come(Grant{Capabilities: publisher, Name: "Ann"}, protocol.Hello{})
	ben := w.come(Grant{Capabilities: publisher, Name: "Ben"}, protocol.Hello{})
	for _, kind := range []string{"chat", "other"} {
		sig := protocol.Signal{Type: kind, Data: kind, Key: "k" + kind}
		var one, two protocol.SignalReply
		if code := w.ask(ann.Attachment, ann.client, protocol.TypeSignal, sig, &one); code != "" {
			t.Error(code)
		}
		ann.Lose()
		w.again(ann, ann.welcome.Seq, true, nil)
		if code := w.ask(ann.Attachment, ann.client, protocol.TypeSignal, sig, &two); code != "" || one != two {
			t.Errorf("%s: %+v, %+v", code, one, two)
		}
	}
	signals := func(p *person) (list []string) {
		for _, ev := range p.events(t) {
			if ev[:6] == "signal" {
				list = append(list, ev)
			}
		}
		return list
	}
	same(t, "Ben", signals(ben), "signal Ann:chat", "signal Ann:other")
	// The server has forgotten the connection, but not the line.
	ann.Leave()
	back := w.come(Grant{Capabilities: publisher, Name: "Ann"}, protocol.Hello{})
	ben.take()
	if code := w.ask(back.Attachment, back.client, protocol.TypeSignal, protocol.Signal{Type: "chat", Data: "chat", Key: "kchat"}, nil); code != "" {
		t.Error(code)
	}
	same(t, "Ben", signals(ben))
	// What failed may be tried again.
	w.store.mu.Lock()
	w.store.full = true
	w.store.mu.Unlock()
	sig := protocol.Signal{Type: "chat", Data: "late", Key: "klate"}
	if code := w.ask(back.Attachment, back.client, protocol.TypeSignal, sig, nil); code != protocol.CodeStoreFailed {
		t.Error(code)
	}
	w.store.mu.Lock()
	w.store.full = false
	w.store.mu.Unlock()
	if code := w.ask(back.Attachment, back.client, protocol.TypeSignal, sig, nil); code != "" {
		t.Error(code)
	}
	same(t, "Ben", signals(ben), "signal Ann:late")
}

// TestSlowDisk: who chats waits for the disk, others do not.
func TestSlowDisk(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.come(Grant{Capabilities: publisher, Name: "Ann"}, protocol.Hello{})
	ben := w.come(Grant{Capabilities: publisher, Name: "Ben"}, protocol.Hello{})
	hold := make(chan struct{})
	w.store.mu.Lock()
	w.store.hold = hold
	w.store.mu.Unlock()
	line := protocol.Message{Type: protocol.TypeSignal, ID: 5, Data: []byte(`{"type":"chat","data":"slow"}`)}
	for range maxUnkept + 2 { // one is on its way, and one too many
		ann.Request(t.Context(), line)
	}
	w.must(ben, protocol.TypeSignal, protocol.Signal{Data: "quick"})
	heard := map[protocol.MessageType]int{}
	for _, m := range ann.take() {
		heard[m.Type]++
	}
	if heard[protocol.TypeError] != 1 || heard[protocol.TypeReply] != 0 || heard[protocol.TypeEvent] != 2 {
		t.Errorf("before the disk answers: %v", heard)
	}
	close(hold)
	ann.waitFor(5, maxUnkept+1)
	if got := len(ben.events(t)); got != maxUnkept+1+1 {
		t.Errorf("Ben got %d", got)
	}
}

func TestDeleteChat(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mod := w.come(Grant{Capabilities: everything, Name: "Mod"}, protocol.Hello{})
	ann := w.come(Grant{Capabilities: publisher, Name: "Ann"}, protocol.Hello{})
	ben := w.come(Grant{Capabilities: publisher, Name: "Ben"}, protocol.Hello{})
	say := func(p *person, text string) (id string) {
		var reply protocol.SignalReply
		if code := w.ask(p.Attachment, p.client, protocol.TypeSignal, protocol.Signal{Type: "chat", Data: text}, &reply); code != "" {
			t.Fatal(code)
		}
		return reply.SignalID
	}
	own, rude, other := say(ann, "oops"), say(ann, "rude"), say(ben, "fine")
	if code := w.ask(ann.Attachment, ann.client, protocol.TypeDeleteChat, protocol.DeleteChat{SignalID: other}, nil); code != protocol.CodeForbidden {
		t.Error(code)
	}
	seq := mod.welcome.Seq
	w.must(ann, protocol.TypeDeleteChat, protocol.DeleteChat{SignalID: own})
	w.must(mod, protocol.TypeDeleteChat, protocol.DeleteChat{SignalID: rude})
	if code := w.ask(mod.Attachment, mod.client, protocol.TypeDeleteChat, protocol.DeleteChat{SignalID: rude}, nil); code != protocol.CodeNotFound {
		t.Error(code)
	}
	late := w.come(Grant{Capabilities: publisher, Name: "Late"}, protocol.Hello{})
	if len(late.welcome.Chat) != 1 || late.welcome.Chat[0].Text != "fine" || len(w.store.lines) != 1 {
		t.Errorf("%+v", late.welcome.Chat)
	}
	mod.Lose()
	w.again(mod, seq, true, nil)
	for _, ev := range mod.welcome.Resumed.Missed {
		if ev.Signal != nil && ev.Signal.Data != "fine" {
			t.Errorf("a deleted line came late: %+v", ev.Signal)
		}
	}
}

// TestLateAnswerAndAnotherWire: the numbers of requests are a wire's own.
func TestLateAnswerAndAnotherWire(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.come(Grant{Capabilities: publisher, Name: "Ann"}, protocol.Hello{})
	hold := make(chan struct{})
	w.store.hold = hold
	ann.Request(t.Context(), protocol.Message{Type: protocol.TypeSignal, ID: 5, Data: []byte(`{"type":"chat","data":"a"}`)})
	ann.Request(t.Context(), protocol.Message{Type: protocol.TypeSignal, ID: 6, Data: []byte(`{"type":"chat","data":"b","key":"b"}`)})
	ann.Request(t.Context(), protocol.Message{Type: protocol.TypeSignal, ID: 7, Data: []byte(`{"type":"chat","data":"c","key":"c"}`)})
	ann.Lose()
	w.again(ann, ann.welcome.Seq, true, nil)
	ann.Request(t.Context(), protocol.Message{Type: protocol.TypeSignal, ID: 50, Data: []byte(`{"type":"chat","data":"c","key":"c"}`)})
	close(hold)
	if got := ann.answer(50); got.Type != protocol.TypeReply {
		t.Errorf("sent again: %+v", got)
	}
	for _, m := range ann.take() {
		if m.ID != 0 && m.ID != 50 {
			t.Errorf("request %d of the lost wire was answered by the new one", m.ID)
		}
	}
}

// TestManySignalsSentAgain: as many as a client keeps for the next wire (rtc: 100, of a burst of 250) are each delivered once.
func TestManySignalsSentAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.come(Grant{Capabilities: publisher, Name: "Ann"}, protocol.Hello{})
	ben := w.come(Grant{Capabilities: publisher, Name: "Ben"}, protocol.Hello{})
	for range 2 {
		for i := range 250 {
			w.must(ann, protocol.TypeSignal, protocol.Signal{Data: "x", Key: strconv.Itoa(i)})
		}
	}
	if n := len(ben.events(t)); n != 250 {
		t.Errorf("250 signals, sent twice with their keys, were delivered %d times", n)
	}
}

// TestChatReadWhileKept: a line that the history is read with before its keeper is back stands in it once.
func TestChatReadWhileKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	kept, goOn := make(chan struct{}), make(chan struct{})
	w.store.kept = func() { close(kept); <-goOn }
	done := make(chan error, 1)
	go func() { done <- w.manager.Signal(t.Context(), "s1", protocol.Signal{Type: ChatType, Data: "x"}) }()
	<-kept
	ann := w.come(Grant{Capabilities: publisher, Name: "Ann"}, protocol.Hello{})
	close(goOn)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if n := len(ann.welcome.Chat) + len(ann.events(t)); n != 1 {
		t.Errorf("Ann was told of one line %d times", n)
	}
	if ben := w.come(Grant{Capabilities: publisher, Name: "Ben"}, protocol.Hello{}); len(ben.welcome.Chat) != 1 {
		t.Errorf("one line stands in the history %d times", len(ben.welcome.Chat))
	}
}
