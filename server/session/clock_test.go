package session

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"parley/rtc/protocol"
)

// TestClockJumps: the wall clock leaps while the session goes on. Order, and what ends after a time, do not depend on it.
func TestClockJumps(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var jump atomic.Int64
		w.manager.cfg.Now = func() time.Time { return time.Now().Add(time.Duration(jump.Load())) }
		mod := w.come(Grant{Capabilities: everything, Name: "Mod"}, protocol.Hello{})
		ann := w.come(Grant{Capabilities: subscriber, Name: "Ann"}, protocol.Hello{})
		ben := w.come(Grant{Capabilities: publisher, Name: "Ben"}, protocol.Hello{})
		w.must(mod, protocol.TypeSetRole, protocol.SetRole{ConnectionID: ann.ID(), Role: "publisher", Seconds: 60})
		ben.Lose()
		for i, leap := range []time.Duration{0, -24 * time.Hour, 365 * 24 * time.Hour} {
			jump.Store(int64(leap))
			w.must(mod, protocol.TypeSignal, protocol.Signal{Type: "chat", Data: string(rune('a' + i))})
			synctest.Wait()
		}
		late := w.come(Grant{Capabilities: publisher, Name: "Late"}, protocol.Hello{})
		if len(late.welcome.Chat) != 3 || late.welcome.Chat[0].Text != "a" || late.welcome.Chat[2].Text != "c" {
			t.Errorf("%+v", late.welcome.Chat)
		}
		if len(late.welcome.Connections) != 3 {
			t.Errorf("a leap ended somebody: %+v", late.welcome.Connections)
		}
		time.Sleep(31 * time.Second)
		synctest.Wait()
		o, err := w.manager.Overview(t.Context(), "s1")
		if err != nil || len(o.Connections) != 3 {
			t.Errorf("who is away was not given up in its time: %+v, %v", o.Connections, err)
		}
		mod.take()
		time.Sleep(30 * time.Second)
		synctest.Wait()
		same(t, "Mod", mod.events(t), "connectionPropertyChanged Ann role")
		w.close()
	})
}
