package session

import (
	"testing"

	"parley/rtc/protocol"
)

// first returns the first message that came, as "type code".
func (w *world) first(p *person) string {
	w.Helper()
	got := p.take()
	if len(got) == 0 {
		return "nothing"
	}
	return string(got[0].Type) + codeIn(got[0])
}

func TestLobby(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pub := camera("guest")
	in := func(name string, caps protocol.Capabilities) *person {
		return w.come(Grant{SessionID: "lobby", Capabilities: caps, Name: name}, protocol.Hello{Subscribe: protocol.SubscribeAll, Publish: &pub})
	}
	early := in("Early", publisher) // nobody is there to let it in: the session is not live yet
	if got := w.first(early); got != "waiting" {
		t.Fatal(got)
	}
	if got := w.observer.take(); len(got) != 0 {
		t.Errorf("somebody who waits was observed: %q", got)
	}
	mod := in("Mod", everything) // is not made to wait
	if len(mod.welcome.Waiting) != 1 || mod.welcome.Waiting[0].Name != "Early" || mod.welcome.Connections == nil || len(mod.welcome.Connections) != 0 {
		t.Errorf("%+v", mod.welcome)
	}
	guest := in("Guest", publisher)
	same(t, "Mod", mod.events(t), "admissionRequested Guest")
	if code := w.ask(mod.Attachment, mod.client, protocol.TypeSignal, protocol.Signal{Type: "chat", Data: "secret"}, nil); code != "" {
		t.Error(code)
	}
	mod.take()
	// Who waits hears nothing and can do nothing.
	for kind, data := range map[protocol.MessageType]any{protocol.TypeSignal: protocol.Signal{Data: "x"}, protocol.TypePublish: pub, protocol.TypeAdmit: protocol.Admit{}} {
		if code := w.ask(guest.Attachment, guest.client, kind, data, nil); code != protocol.CodeWaiting {
			t.Errorf("%s: %s", kind, code)
		}
	}
	for _, m := range guest.take() {
		if m.Type != protocol.TypeWaiting && m.ID == 0 {
			t.Errorf("who waits was sent %s %s", m.Type, m.Data)
		}
	}
	if n := len(w.plane.legs); n != 1 {
		t.Errorf("%d legs: who waits has media", n)
	}
	w.must(mod, protocol.TypeAdmit, protocol.Admit{ConnectionID: guest.ID()})
	same(t, "Mod", mod.events(t), "admissionEnded Guest admitted", "connectionCreated Guest", "streamCreated guest")
	w.readWelcomeOf(guest)
	if guest.welcome.Published == nil || guest.welcome.Offer == nil || len(guest.welcome.Chat) != 1 || len(guest.welcome.Waiting) != 0 {
		t.Errorf("%+v", guest.welcome)
	}
	w.must(mod, protocol.TypeRefuse, protocol.Refuse{ConnectionID: early.ID()})
	same(t, "Mod", mod.events(t), "admissionEnded Early refused")
	if got := w.first(early); got != "error admissionRefused" || !early.ended {
		t.Errorf("%s, ended %v", got, early.ended)
	}
	if code := w.ask(guest.Attachment, guest.client, protocol.TypeAdmit, protocol.Admit{}, nil); code != protocol.CodeForbidden {
		t.Error(code)
	}
	gone := in("Gone", publisher)
	gone.Lose() // who waits is not kept without a wire
	same(t, "Mod", mod.events(t), "admissionRequested Gone", "admissionEnded Gone networkDisconnected")
	for range 3 {
		in("x", publisher)
	}
	if _, err := w.manager.Join(t.Context(), Grant{SessionID: "lobby", Capabilities: publisher}, protocol.Hello{}, 1, newClient(-1)); codeOf(err) != protocol.CodeTooMany {
		t.Error(err)
	}
	mod.take()
	w.must(mod, protocol.TypeSetLobby, protocol.SetLobby{})
	if p := in("Walker", publisher); p.welcome.Version == 0 {
		t.Error("made to wait without a lobby")
	}
	if code := w.ask(mod.Attachment, mod.client, protocol.TypeAdmit, protocol.Admit{}, nil); code != protocol.CodeTooMany { // three, and room for two
		t.Error(code)
	}
	if o, err := w.manager.Overview(t.Context(), "lobby"); err != nil || len(o.Connections) != 5 || len(o.Waiting) != 1 || o.State.Lobby {
		t.Errorf("%+v %v", o, err)
	}
}

func TestAdmissionIsRemembered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mod := w.come(Grant{SessionID: "lobby", Capabilities: everything, Name: "Mod"}, protocol.Hello{})
	guest := w.come(Grant{SessionID: "lobby", Capabilities: publisher, Name: "Guest"}, protocol.Hello{})
	w.must(mod, protocol.TypeAdmit, protocol.Admit{})
	w.readWelcomeOf(guest)
	w.must(mod, protocol.TypeSetRole, protocol.SetRole{ConnectionID: guest.ID(), Role: "subscriber"})
	w.must(mod, protocol.TypeLock, protocol.Lock{Locked: true})
	w.close()
	w.observer.take()
	w.open()
	if err := w.manager.Restore(t.Context()); err != nil {
		t.Fatal(err)
	}
	stranger, err := w.manager.Join(t.Context(), Grant{SessionID: "lobby", Capabilities: publisher}, protocol.Hello{}, 1, newClient(-1))
	if codeOf(err) != protocol.CodeSessionLocked {
		t.Errorf("%v %v", stranger, err)
	}
	resume := &protocol.Resume{SessionID: "lobby", ConnectionID: guest.ID(), Token: guest.welcome.ResumeToken}
	if _, err := w.manager.Resume(t.Context(), protocol.Hello{Resume: resume}, 1, newClient(-1)); err != ErrNotResumed {
		t.Errorf("resumed over a restart: %v", err)
	}
	back := w.come(Grant{SessionID: "lobby", Capabilities: publisher, Name: "Guest"}, protocol.Hello{Resume: resume})
	if back.welcome.Version == 0 || back.welcome.Capabilities != subscriber || !back.welcome.Session.Locked || back.ID() == guest.ID() {
		t.Errorf("%+v", back.welcome)
	}
	same(t, "the observer", w.observer.take(), "connectionCreated Guest") // the session goes on
	forged := *resume
	forged.Token = "guess"
	if _, err := w.manager.Join(t.Context(), Grant{SessionID: "lobby", Capabilities: publisher}, protocol.Hello{Resume: &forged}, 1, newClient(-1)); codeOf(err) != protocol.CodeSessionLocked {
		t.Error(err)
	}
}

func TestBan(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mod := w.come(Grant{Capabilities: everything, Name: "Mod", Fingerprint: "m"}, protocol.Hello{})
	troll := Grant{Capabilities: publisher, Name: "Troll", Fingerprint: "t", Address: "192.0.2.1", Invite: "i"}
	bad := w.come(troll, protocol.Hello{})
	mod.take()
	w.must(mod, protocol.TypeBan, protocol.Ban{ConnectionID: bad.ID()})
	same(t, "Troll", bad.events(t), "sessionDisconnected forceDisconnected")
	same(t, "Mod", mod.events(t), "connectionDestroyed Troll forceDisconnected")
	join := func(g Grant, r *protocol.Resume) (string, *person) {
		p := &person{client: newClient(-1)}
		g.SessionID = "s1"
		var err error
		if p.Attachment, err = w.manager.Join(t.Context(), g, protocol.Hello{Versions: []int{1}, Resume: r}, 1, p.client); err != nil {
			return string(codeOf(err)), p
		}
		t.Cleanup(p.Leave)
		return w.first(p), p
	}
	if got, _ := join(troll, nil); got != "banned" {
		t.Error(got)
	}
	other := troll
	other.Fingerprint = "another token of the invite"
	got, waits := join(other, nil)
	if got != "waiting" {
		t.Error(got)
	}
	if got, _ := join(other, &protocol.Resume{SessionID: "s1", Token: bad.welcome.ResumeToken}); got != "banned" {
		t.Error(got)
	}
	elsewhere := other
	elsewhere.Address = "192.0.2.2"
	if got, _ := join(elsewhere, nil); got != "welcome" {
		t.Error(got)
	}
	owner := other
	owner.Capabilities = everything
	if got, _ := join(owner, nil); got != "welcome" {
		t.Error(got)
	}
	w.must(mod, protocol.TypeBan, protocol.Ban{ConnectionID: waits.ID()}) // also who waits
	if !waits.ended {
		t.Error("still waits")
	}
	if code := w.ask(mod.Attachment, mod.client, protocol.TypeBan, protocol.Ban{}, nil); code != protocol.CodeConnectionUnknown {
		t.Error(code)
	}
}
