package session

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"parley/rtc/protocol"
)

// TestRightsOfModeration asks for everything a moderator can do, as each role.
func TestRightsOfModeration(t *testing.T) {
	t.Parallel()
	requests := map[protocol.MessageType]any{
		protocol.TypeForceMute: protocol.ForceMute{}, protocol.TypeDisableForceMute: nil, protocol.TypeAskUnmute: protocol.AskUnmute{},
		protocol.TypeUnpublish: protocol.ForceUnpublish{}, protocol.TypeDisconnect: protocol.ForceDisconnect{}, protocol.TypeBan: protocol.Ban{},
		protocol.TypeLock: protocol.Lock{}, protocol.TypeSetLobby: protocol.SetLobby{}, protocol.TypeAdmit: protocol.Admit{}, protocol.TypeRefuse: protocol.Refuse{},
		protocol.TypeSetRole: protocol.SetRole{Role: "publisher"}, protocol.TypeDeleteChat: protocol.DeleteChat{},
	}
	for role, caps := range roles {
		w := newWorld(t)
		p := w.come(Grant{Capabilities: caps}, protocol.Hello{})
		for kind, data := range requests {
			code := w.ask(p.Attachment, p.client, kind, data, nil)
			if refused := code == protocol.CodeForbidden; refused != (role != "moderator") {
				t.Errorf("%s, %s: %q", role, kind, code)
			}
		}
	}
}

func TestRoles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mod := w.come(Grant{Capabilities: everything, Name: "Mod"}, protocol.Hello{})
	pub := camera("ann")
	ann := w.come(Grant{Capabilities: publisher, Name: "Ann"}, protocol.Hello{Publish: &pub, Subscribe: protocol.SubscribeAll})
	pub = camera("ben")
	w.come(Grant{Capabilities: publisher, Name: "Ben"}, protocol.Hello{Publish: &pub})
	leg := w.plane.legs[1]
	mod.take()
	ann.take()
	// A lost right cuts media both ways at once, whatever the client does.
	w.must(mod, protocol.TypeSetRole, protocol.SetRole{ConnectionID: ann.ID(), Role: "subscriber"})
	if len(leg.published) != 0 {
		t.Errorf("still published: %v", leg.published)
	}
	same(t, "Ann", ann.events(t), "connectionPropertyChanged Ann role", "streamDestroyed ann forceUnpublished")
	if code := w.ask(ann.Attachment, ann.client, protocol.TypePublish, camera("again"), nil); code != protocol.CodeForbidden {
		t.Error(code)
	}
	if len(leg.subscribed) != 2 {
		t.Errorf("receives %v", leg.subscribed)
	}
	w.must(mod, protocol.TypeSetRole, protocol.SetRole{ConnectionID: ann.ID(), Role: "publisheronly"})
	if len(leg.subscribed) != 0 {
		t.Errorf("still receives %v", leg.subscribed)
	}
	if code := w.ask(ann.Attachment, ann.client, protocol.TypePublish, camera("again"), nil); code != "" {
		t.Error(code)
	}
	w.must(mod, protocol.TypeSetRole, protocol.SetRole{ConnectionID: ann.ID(), Role: "moderator"})
	if len(leg.subscribed) != 2 {
		t.Errorf("receives %v", leg.subscribed)
	}
	ann.take()
	w.must(ann, protocol.TypeSetRole, protocol.SetRole{ConnectionID: mod.ID(), Role: "subscriber"})
	if code := w.ask(mod.Attachment, mod.client, protocol.TypeLock, protocol.Lock{Locked: true}, nil); code != protocol.CodeForbidden {
		t.Error(code)
	}
	if code := w.ask(ann.Attachment, ann.client, protocol.TypeSetRole, protocol.SetRole{ConnectionID: mod.ID(), Role: "king"}, nil); code != protocol.CodeRoleUnknown {
		t.Error(code)
	}
	if code := w.ask(ann.Attachment, ann.client, protocol.TypeSetRole, protocol.SetRole{ConnectionID: mod.ID(), Role: "subscriber", Seconds: -1}, nil); code != protocol.CodeMalformed {
		t.Error(code)
	}
}

func TestRoleForAWhile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		mod := w.come(Grant{Capabilities: everything, Name: "Mod"}, protocol.Hello{})
		ann := w.come(Grant{Capabilities: subscriber, Name: "Ann"}, protocol.Hello{})
		w.must(mod, protocol.TypeSetRole, protocol.SetRole{ConnectionID: ann.ID(), Role: "publisher", Seconds: 60})
		if code := w.ask(ann.Attachment, ann.client, protocol.TypePublish, camera("ann"), nil); code != "" {
			t.Fatal(code)
		}
		time.Sleep(59 * time.Second)
		synctest.Wait()
		if n := len(w.plane.legs[1].published); n != 2 {
			t.Errorf("%d tracks before the time is over", n)
		}
		mod.take()
		time.Sleep(2 * time.Second)
		synctest.Wait()
		same(t, "Mod", mod.events(t), "connectionPropertyChanged Ann role", "streamDestroyed ann forceUnpublished")
		if n := len(w.plane.legs[1].published); n != 0 {
			t.Errorf("%d tracks after it", n)
		}
		w.close() // in the bubble
	})
}

func TestHands(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mod := w.come(Grant{Capabilities: everything, Name: "Mod"}, protocol.Hello{})
	ann := w.come(Grant{Capabilities: subscriber, Name: "Ann"}, protocol.Hello{})
	ben := w.come(Grant{Capabilities: publisher, Name: "Ben"}, protocol.Hello{})
	mod.take()
	for range 2 { // twice is once
		w.must(ann, protocol.TypeRaiseHand, protocol.RaiseHand{Raised: true})
	}
	same(t, "Mod", mod.events(t), "connectionPropertyChanged Ann handRaisedAt")
	if code := w.ask(ben.Attachment, ben.client, protocol.TypeRaiseHand, protocol.RaiseHand{ConnectionID: ann.ID()}, nil); code != protocol.CodeForbidden {
		t.Error(code)
	}
	if code := w.ask(mod.Attachment, mod.client, protocol.TypeRaiseHand, protocol.RaiseHand{ConnectionID: ben.ID(), Raised: true}, nil); code != protocol.CodeForbidden {
		t.Error(code)
	}
	late := w.come(Grant{Capabilities: publisher, Name: "Late"}, protocol.Hello{})
	if !slices.ContainsFunc(late.welcome.Connections, func(c protocol.Connection) bool { return c.ID == ann.ID() && c.HandRaisedAt > 0 }) {
		t.Errorf("%+v", late.welcome.Connections)
	}
	mod.take()
	w.must(mod, protocol.TypeRaiseHand, protocol.RaiseHand{ConnectionID: ann.ID()})
	same(t, "Mod", mod.events(t), "connectionPropertyChanged Ann handRaisedAt")
}

func TestAskUnmute(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mod := w.come(Grant{Capabilities: everything, Name: "Mod"}, protocol.Hello{})
	w.must(mod, protocol.TypeForceMute, protocol.ForceMute{})
	pub := camera("ann")
	ann := w.come(Grant{Capabilities: publisher, Name: "Ann"}, protocol.Hello{Publish: &pub})
	id := ann.welcome.Published.Streams["camera"]
	if !ann.welcome.Session.Muted {
		t.Error("the welcome does not say that everybody is muted")
	}
	ann.take()
	on := true
	if code := w.ask(ann.Attachment, ann.client, protocol.TypeUpdate, protocol.Update{StreamID: id, HasAudio: &on}, nil); code != protocol.CodeForbidden {
		t.Error(code)
	}
	ann.take()
	w.must(mod, protocol.TypeAskUnmute, protocol.AskUnmute{StreamID: id})
	same(t, "Ann", ann.events(t), "unmuteAsked ann")
	if !w.silent(1, id) {
		t.Error("unmuted by another")
	}
	if code := w.ask(ann.Attachment, ann.client, protocol.TypeUpdate, protocol.Update{StreamID: id, HasAudio: &on}, nil); code != "" || w.silent(1, id) {
		t.Error(code)
	}
	w.must(mod, protocol.TypeDisableForceMute, nil)
	same(t, "Ann", ann.events(t), "muteForced {false false false}")
}
