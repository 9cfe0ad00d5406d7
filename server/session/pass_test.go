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
