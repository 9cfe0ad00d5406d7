package rtc_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"parley/rtc"
	"parley/rtc/protocol"
	"parley/server/servertest"
)

func isCode(err error, code protocol.Code) bool { return errors.Is(err, protocol.Errorf(code, "")) }

// TestLobby lets three wait: one is admitted, one is refused, one gives up.
func TestLobby(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t)
	id := server.Session()
	mod := join(t, server, server.Token(id, "moderator", "Mod"), rtc.Options{})
	if err := mod.SetLobby(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	knock := func(ctx context.Context, name string) (protocol.ConnectionID, <-chan error) {
		waiting, done := make(chan protocol.Waiting, 1), make(chan error, 1)
		go func() { // ended by the answer
			session, err := rtc.Connect(ctx, server.URL, server.Token(id, "publisher", name), rtc.Options{
				Waiting: func(w protocol.Waiting) { waiting <- w }, HTTPClient: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}})
			if err == nil {
				err = session.Close()
			}
			done <- err
		}()
		return (<-waiting).ConnectionID, done
	}
	ann, annDone := knock(ctx, "Ann")
	ben, benDone := knock(ctx, "Ben")
	impatient, goAway := context.WithCancel(ctx)
	_, cleoDone := knock(impatient, "Cleo")
	mod.untilHeard("admissionRequested", 3)
	goAway()
	if err := <-cleoDone; !errors.Is(err, context.Canceled) {
		t.Errorf("who gave up: %v", err)
	}
	mod.untilHeard("admissionEnded", 1)
	if err := mod.Refuse(t.Context(), ben); err != nil {
		t.Error(err)
	}
	if err := <-benDone; !isCode(err, protocol.CodeAdmissionRefused) {
		t.Errorf("who was refused: %v", err)
	}
	if err := mod.Admit(t.Context(), ann); err != nil {
		t.Error(err)
	}
	if err := <-annDone; err != nil {
		t.Errorf("who was admitted: %v", err)
	}
	mod.untilHeard("connectionCreated", 1)
	if err := mod.Admit(t.Context(), "nobody"); !isCode(err, protocol.CodeConnectionUnknown) {
		t.Errorf("admit nobody: %v", err)
	}
}

func TestLockAndBan(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t)
	id := server.Session()
	mod := join(t, server, server.Token(id, "moderator", "Mod"), rtc.Options{})
	token := server.Token(id, "publisher", "Ann")
	ann := join(t, server, token, rtc.Options{})
	if err := ann.Lock(t.Context(), true); !isCode(err, protocol.CodeForbidden) {
		t.Errorf("a publisher locks: %v", err)
	}
	if err := mod.Lock(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	ann.untilHeard("sessionPropertyChanged", 1)
	if !ann.State().Locked {
		t.Error("Ann does not know that the session is locked")
	}
	if _, err := dialAs(t, server, server.Token(id, "publisher", "Ben")); !isCode(err, protocol.CodeSessionLocked) {
		t.Errorf("into a locked session: %v", err)
	}
	if err := mod.Lock(t.Context(), false); err != nil {
		t.Error(err)
	}
	if err := mod.Ban(t.Context(), ann.You().ID); err != nil {
		t.Error(err)
	}
	ann.untilHeard("disconnected forceDisconnected", 1)
	if _, err := dialAs(t, server, token); !isCode(err, protocol.CodeBanned) {
		t.Errorf("who was banned: %v", err)
	}
}

// dialAs connects with a token.
func dialAs(t *testing.T, server *servertest.Server, token string) (*rtc.Session, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	return rtc.Connect(ctx, server.URL, token, rtc.Options{HTTPClient: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}})
}

func TestRoleIsLostWhilePublishing(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t)
	id := server.Session()
	mod := join(t, server, server.Token(id, "moderator", "Mod"), rtc.Options{})
	keys := make(chan struct{}, 1)
	ann := join(t, server, server.Token(id, "publisher", "Ann"), rtc.Options{Publish: []rtc.StreamConfig{camera(keys)}})
	ann.send(keys)
	pub := ann.Publishers()[0]
	eventually(t, flows(mod, pub.StreamID(), protocol.KindVideo))
	if err := mod.SetRole(t.Context(), ann.You().ID, "subscriber", 0); err != nil {
		t.Fatal(err)
	}
	ann.untilHeard("streamDestroyed", 1)
	ann.untilHeard("connectionPropertyChanged", 1)
	if ann.Capabilities().Publish || ann.You().Role != "subscriber" || len(ann.Publishers()) != 0 || pub.StreamID() != "" {
		t.Errorf("%+v, %+v, %d publishers", ann.You(), ann.Capabilities(), len(ann.Publishers()))
	}
	if err := pub.SetMuted(t.Context(), protocol.KindAudio, true); err != nil {
		t.Errorf("mute what was ended: %v", err)
	}
	if _, err := ann.Publish(t.Context(), camera(nil)); !isCode(err, protocol.CodeForbidden) {
		t.Errorf("publish without the right: %v", err)
	}
	if err := mod.SetRole(t.Context(), ann.You().ID, "publisher", time.Hour); err != nil {
		t.Fatal(err)
	}
	ann.untilHeard("connectionPropertyChanged", 2)
	if !ann.Capabilities().Publish || ann.You().RoleUntil == 0 {
		t.Errorf("%+v, %+v", ann.You(), ann.Capabilities())
	}
	again, err := ann.Publish(t.Context(), camera(nil))
	if err != nil {
		t.Fatal(err)
	}
	tick, check := 0, flows(mod, again.StreamID(), protocol.KindAudio)
	eventually(t, func() string {
		tick++
		if err := again.WriteAudio(frame(uint32(tick), false), time.Duration(tick)*20*time.Millisecond, false); err != nil {
			t.Error(err)
		}
		return check()
	})
}

func TestUnmutingIsForTheOwner(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t)
	id := server.Session()
	mod := join(t, server, server.Token(id, "moderator", "Mod"), rtc.Options{})
	if err := mod.ForceMute(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	ann := join(t, server, server.Token(id, "publisher", "Ann"), rtc.Options{Publish: []rtc.StreamConfig{camera(nil)}})
	ann.untilHeard("muteForced", 1)
	pub := ann.Publishers()[0]
	hears := func(want bool) {
		t.Helper()
		if st := streams(t, server, id)["cam"]; st.HasAudio != want {
			t.Errorf("Ann is heard: %v", st.HasAudio)
		}
	}
	if err := pub.SetMuted(t.Context(), protocol.KindAudio, false); !isCode(err, protocol.CodeForbidden) {
		t.Errorf("unmuted while everybody is muted: %v", err)
	}
	if err := pub.SetMuted(t.Context(), protocol.KindVideo, true); err != nil {
		t.Errorf("the picture is its owner's: %v", err)
	}
	hears(false)
	if err := mod.AskUnmute(t.Context(), pub.StreamID()); err != nil {
		t.Error(err)
	}
	ann.untilHeard("unmuteAsked", 1)
	hears(false)
	if err := pub.SetMuted(t.Context(), protocol.KindAudio, false); err != nil {
		t.Error(err)
	}
	hears(true)
	if err := mod.DisableForceMute(t.Context()); err != nil {
		t.Error(err)
	}
	ann.untilHeard("muteForced", 2)
	if ann.State().Muted {
		t.Error("Ann does not know that everybody may speak")
	}
}

func TestHandsAndChatLines(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t)
	id := server.Session()
	mod := join(t, server, server.Token(id, "moderator", "Mod"), rtc.Options{})
	ann := join(t, server, server.Token(id, "publisher", "Ann"), rtc.Options{})
	if err := ann.RaiseHand(t.Context()); err != nil {
		t.Fatal(err)
	}
	mod.untilHeard("connectionPropertyChanged", 1)
	ann.untilHeard("connectionPropertyChanged", 1)
	if ann.You().HandRaisedAt == 0 {
		t.Error("Ann's hand is down")
	}
	if err := mod.LowerHand(t.Context(), ann.You().ID); err != nil {
		t.Error(err)
	}
	ann.untilHeard("connectionPropertyChanged", 2)
	if ann.You().HandRaisedAt != 0 {
		t.Error("Ann's hand is up")
	}
	if err := ann.LowerHand(t.Context(), ""); err != nil {
		t.Error(err)
	}
	line, err := mod.Signal(t.Context(), protocol.Signal{Type: "chat", Data: "hello"})
	if err != nil {
		t.Fatal(err)
	}
	if err := ann.DeleteChat(t.Context(), line.SignalID); !isCode(err, protocol.CodeForbidden) {
		t.Errorf("another's line: %v", err)
	}
	if err := mod.DeleteChat(t.Context(), line.SignalID); err != nil {
		t.Error(err)
	}
	ann.untilHeard("chatDeleted", 1)
	if err := mod.ForceDisconnect(t.Context(), ann.You().ID); err != nil {
		t.Error(err)
	}
	ann.untilHeard("disconnected forceDisconnected", 1)
}

// TestRemovedWhileSending: the server ends media and wire of who is removed; the one that is heard first must not be taken for a fault of the network.
func TestRemovedWhileSending(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t)
	id := server.Session()
	mod := join(t, server, server.Token(id, "moderator", "Mod"), rtc.Options{})
	var all []*person
	for range 6 {
		keys := make(chan struct{}, 1)
		p := join(t, server, server.Token(id, "publisher", "Ann"), rtc.Options{Subscribe: protocol.SubscribeNone, Publish: []rtc.StreamConfig{camera(keys)}})
		p.send(keys)
		eventually(t, flows(mod, p.Publishers()[0].StreamID(), protocol.KindAudio))
		all = append(all, p)
	}
	for _, p := range all {
		if err := mod.ForceDisconnect(t.Context(), p.You().ID); err != nil {
			t.Error(err)
		}
	}
	for _, p := range all {
		p.untilHeard("disconnected forceDisconnected", 1)
		if p.heard("reconnecting") {
			t.Errorf("heard %q", p.events)
		}
	}
}
