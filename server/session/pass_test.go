package session

import (
	"testing"

	"parley/rtc/protocol"
)

// resume is what p says to be let in again.
func (p *person) resume() *protocol.Resume {
	return &protocol.Resume{SessionID: p.welcome.SessionID, ConnectionID: p.ID(), Token: p.welcome.ResumeToken}
}

// TestPassOfAnotherSession: who was made a moderator of one session is nobody in another.
func TestPassOfAnotherSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mod := w.come(Grant{Capabilities: everything, Name: "Mod"}, protocol.Hello{})
	eve := w.come(Grant{Capabilities: subscriber, Name: "Eve"}, protocol.Hello{})
	w.must(mod, protocol.TypeSetRole, protocol.SetRole{ConnectionID: eve.ID(), Role: "moderator"})
	host := w.come(Grant{SessionID: "s2", Capabilities: everything, Name: "Host"}, protocol.Hello{})
	there := w.come(Grant{SessionID: "s2", Capabilities: subscriber, Name: "Eve"}, protocol.Hello{Resume: eve.resume()})
	if there.welcome.Capabilities != subscriber {
		t.Errorf("a role of another session counts: %+v", there.welcome.Capabilities)
	}
	w.must(host, protocol.TypeLock, protocol.Lock{Locked: true})
	grant := Grant{SessionID: "s2", Capabilities: subscriber, Role: "subscriber"}
	if _, err := w.manager.Join(t.Context(), grant, protocol.Hello{Versions: []int{1}, Resume: eve.resume()}, 1, newClient(-1)); codeOf(err) != protocol.CodeSessionLocked {
		t.Errorf("a pass of another session opens a locked one: %v", err)
	}
}

// TestOldPass: what is decided about a client that came back holds for the pass by which it did, too.
func TestOldPass(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mod := w.come(Grant{SessionID: "lobby", Capabilities: everything, Name: "Mod"}, protocol.Hello{})
	grant := Grant{SessionID: "lobby", Capabilities: publisher, Role: "publisher", Name: "Eve", Fingerprint: "first", Invite: "invite", Address: "there"}
	eve := w.come(grant, protocol.Hello{})
	w.must(mod, protocol.TypeAdmit, protocol.Admit{ConnectionID: eve.ID()})
	w.readWelcomeOf(eve)
	w.must(mod, protocol.TypeSetRole, protocol.SetRole{ConnectionID: eve.ID(), Role: "moderator"})
	old := eve.resume()
	eve.Leave()
	eve = w.come(grant, protocol.Hello{Resume: old})
	if !eve.welcome.Capabilities.Moderate {
		t.Fatalf("the pass is of no use: %+v", eve.welcome.Capabilities)
	}
	w.must(mod, protocol.TypeSetRole, protocol.SetRole{ConnectionID: eve.ID(), Role: "subscriber"})
	eve.Leave()
	eve = w.come(grant, protocol.Hello{Resume: old})
	if eve.welcome.Capabilities != subscriber {
		t.Errorf("a role that was taken back: %+v", eve.welcome.Capabilities)
	}
	w.must(mod, protocol.TypeBan, protocol.Ban{ConnectionID: eve.ID()})
	grant.Fingerprint = "second" // of the same invite
	if _, err := w.manager.Join(t.Context(), grant, protocol.Hello{Versions: []int{1}, Resume: old}, 1, newClient(-1)); codeOf(err) != protocol.CodeBanned {
		t.Errorf("banned, and in by an older pass: %v", err)
	}
}

// TestSharedPass: one admission lets one in.
func TestSharedPass(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mod := w.come(Grant{SessionID: "lobby", Capabilities: everything, Name: "Mod"}, protocol.Hello{})
	eve := w.come(Grant{SessionID: "lobby", Capabilities: publisher, Name: "Eve"}, protocol.Hello{})
	w.must(mod, protocol.TypeAdmit, protocol.Admit{ConnectionID: eve.ID()})
	w.readWelcomeOf(eve)
	mod.take()
	shared := eve.resume()
	shared.ConnectionID = "another"
	w.come(Grant{SessionID: "lobby", Capabilities: publisher, Name: "Friend"}, protocol.Hello{Resume: shared})
	same(t, "Mod", mod.events(t), "connectionDestroyed Eve networkDisconnected", "connectionCreated Friend")
	if !eve.ended {
		t.Error("two are in by one admission")
	}
}
