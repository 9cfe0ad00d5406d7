package session

import (
	"testing"

	"parley/rtc/protocol"
)

// TestDemotionOutlivesTheConnection: who lost a right does not get it back by coming anew with the same token, who was given one does not pass it on.
func TestDemotionOutlivesTheConnection(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mod := w.come(Grant{Capabilities: everything, Name: "Mod", Fingerprint: "m"}, protocol.Hello{})
	come := func(fingerprint string, caps protocol.Capabilities) *person {
		return w.come(Grant{Capabilities: caps, Name: "Ann", Fingerprint: fingerprint}, protocol.Hello{})
	}
	ann := come("a", everything)
	w.must(mod, protocol.TypeSetRole, protocol.SetRole{ConnectionID: ann.ID(), Role: "subscriber"})
	ann.Leave()
	if back := come("a", everything); back.welcome.Capabilities != subscriber || back.welcome.You.Role != "subscriber" {
		t.Errorf("%+v", back.welcome.Capabilities)
	} else {
		w.must(mod, protocol.TypeLock, protocol.Lock{Locked: true})
		back.Leave()
		if _, err := w.manager.Join(t.Context(), Grant{SessionID: "s1", Role: "moderator", Capabilities: everything, Fingerprint: "a"}, protocol.Hello{}, 1, newClient(-1)); codeOf(err) != protocol.CodeSessionLocked {
			t.Errorf("a demoted moderator passes the lock: %v", err)
		}
		w.must(mod, protocol.TypeLock, protocol.Lock{})
	}
	ben := come("b", subscriber)
	w.must(mod, protocol.TypeSetRole, protocol.SetRole{ConnectionID: ben.ID(), Role: "publisher"})
	if other := come("b", subscriber); other.welcome.Capabilities != subscriber {
		t.Errorf("a shared token was promoted: %+v", other.welcome.Capabilities)
	}
	again := come("a", everything)
	w.must(mod, protocol.TypeSetRole, protocol.SetRole{ConnectionID: again.ID(), Role: "moderator"})
	again.Leave()
	if back := come("a", everything); back.welcome.Capabilities != everything {
		t.Errorf("the demotion was lifted: %+v", back.welcome.Capabilities)
	}
}

// TestBanCoversTheToken: all that came by it are put out.
func TestBanCoversTheToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mod := w.come(Grant{SessionID: "lobby", Capabilities: everything, Name: "Mod", Fingerprint: "m"}, protocol.Hello{})
	shared := Grant{SessionID: "lobby", Capabilities: publisher, Name: "Troll", Fingerprint: "t"}
	one, two, waits := w.come(shared, protocol.Hello{}), w.come(shared, protocol.Hello{}), w.come(shared, protocol.Hello{})
	w.must(mod, protocol.TypeAdmit, protocol.Admit{ConnectionID: one.ID()})
	w.must(mod, protocol.TypeAdmit, protocol.Admit{ConnectionID: two.ID()})
	w.must(mod, protocol.TypeBan, protocol.Ban{ConnectionID: one.ID()})
	for _, p := range []*person{one, two, waits} {
		if !p.ended {
			t.Error("one by the same token is still there")
		}
	}
	if o, err := w.manager.Overview(t.Context(), "lobby"); err != nil || len(o.Connections) != 1 || len(o.Waiting) != 0 {
		t.Errorf("%+v, %v", o, err)
	}
}
