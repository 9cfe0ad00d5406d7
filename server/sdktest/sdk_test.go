package sdktest

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/rtc/protocol"
	"parley/server/servertest"
	"parley/server/store"
)

// TestSDKs runs the official SDKs against one server, each kind of credential beside the others, in sessions of their own.
func TestSDKs(t *testing.T) {
	s := servertest.Start(t)
	stranger := strangers(t)
	for _, m := range modes() {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			sdk := start(t, m.args(s.URL+"/", s.Project())...) // with a slash at the end: it is joined to paths as text
			for name, part := range map[string]func(*room){"create session": createSession, "tokens": tokens, "streams": streams, "signals": signals,
				"moderation": moderation, "missing features": missingFeatures, "failures": func(r *room) { failures(r, stranger) }} {
				t.Run(name, func(t *testing.T) { part(newRoom(t, m, s, sdk)) })
			}
			if !m.isJWT() {
				t.Run("T1 tokens", func(t *testing.T) { t1Tokens(newRoom(t, m, s, sdk)) })
			}
		})
	}
}

func createSession(r *room) {
	for _, options := range r.options {
		r.session = r.create(options)
		join(r.T, r.server, r.token(nil), "Ann").leave()
	}
	for _, c := range r.refused {
		if f := r.sdk.try(nil, "createSession", c.options); f == nil || !strings.Contains(f.String(), c.want) {
			r.Errorf("%v: %v, want %s", c.options, f, c.want)
		}
	}
}

func code(err error) protocol.Code {
	var body *protocol.ErrorBody
	if errors.As(err, &body) {
		return body.Code
	}
	return ""
}

func tokens(r *room) {
	moderator := protocol.Capabilities{Publish: true, Subscribe: true, Signal: true, ForceMute: true, ForceUnpublish: true, ForceDisconnect: true, Moderate: true}
	rights := map[string]protocol.Capabilities{
		"":              {Publish: true, Subscribe: true, Signal: true},
		"subscriber":    {Subscribe: true, Signal: true},
		"publisher":     {Publish: true, Subscribe: true, Signal: true},
		"publisheronly": {Publish: true},
		"moderator":     moderator,
	}
	expiry := "expireTime"
	if strings.HasPrefix(r.name, "opentok") && r.isJWT() {
		expiry = "expire_time" // what it reads in this mode
	}
	for role, want := range rights {
		options := map[string]any{"data": "seat=4 & więcej", "initialLayoutClassList": []string{"focus", "left"}, expiry: time.Now().Add(29 * 24 * time.Hour).Unix()}
		if role != "" {
			options["role"] = role
		}
		p := join(r.T, r.server, r.token(options), "Ann")
		if w := p.welcomed(); w.Capabilities != want || w.You.Data != "seat=4 & więcej" || string(w.SessionID) != r.session {
			r.Errorf("%s: %+v", role, w)
		}
		p.leave()
	}
	if _, err := connect(r.T, r.server, r.token(map[string]any{expiry: time.Now().Add(31 * 24 * time.Hour).Unix()}), "Ann"); code(err) != protocol.CodeTokenTooLong {
		r.Errorf("over thirty days: %v", err)
	}
	if r.isJWT() { // with the secret the SDK refuses these itself
		p := join(r.T, r.server, r.token(map[string]any{"role": []string{"publisher", "moderator"}}), "Ann")
		if got := p.welcomed().Capabilities; got != moderator {
			r.Errorf("two roles: %+v", got)
		}
		if _, err := connect(r.T, r.server, r.token(map[string]any{"role": "king"}), "Ann"); code(err) != protocol.CodeRoleUnknown {
			r.Errorf("unknown role: %v", err)
		}
		if _, err := connect(r.T, r.server, r.token(map[string]any{"data": strings.Repeat("x", 1025)}), "Ann"); code(err) != protocol.CodeTokenTooLarge {
			r.Errorf("long data: %v", err)
		}
	}
	r.session = "1_unknown"
	if !r.isJWT() {
		return // the SDK refuses that itself
	}
	if _, err := connect(r.T, r.server, r.token(nil), "Ann"); code(err) != protocol.CodeSessionUnknown {
		r.Errorf("unknown session: %v", err)
	}
}

func t1Tokens(r *room) {
	for _, role := range []string{"subscriber", "publisher", "publisheronly", "moderator"} {
		var text string
		r.sdk.call(&text, "generateToken", r.session, map[string]any{"role": role, "data": "a b&c=d", "initialLayoutClassList": []string{"focus"},
			"expireTime": time.Now().Add(time.Hour).Unix()}, true)
		if !strings.HasPrefix(text, "T1==") {
			r.Fatal(text)
		}
		p := join(r.T, r.server, text, "Ann")
		if w := p.welcomed(); w.You.Data != "a b&c=d" || w.Capabilities.ForceMute != (role == "moderator") || w.Capabilities.Subscribe != (role != "publisheronly") {
			r.Errorf("%s: %+v", role, w)
		}
	}
	var text string
	r.sdk.call(&text, "generateToken", r.session, map[string]any{"expireTime": time.Now().Add(31 * 24 * time.Hour).Unix()}, true)
	if _, err := connect(r.T, r.server, text, "Ann"); code(err) != protocol.CodeTokenTooLong {
		r.Errorf("over thirty days: %v", err)
	}
}

func streams(r *room) {
	if items, f := r.calls.list(r.sdk, r.session); f != nil || len(items) != 0 {
		r.Errorf("nobody there: %v, %v", items, f)
	}
	ann := join(r.T, r.server, r.token(map[string]any{"initialLayoutClassList": []string{"focus", "left"}}), "Ann", camera("ann"))
	screen := camera("slides")
	screen.VideoType = protocol.VideoScreen
	bob := join(r.T, r.server, r.token(nil), "Bob", screen)
	items, f := r.calls.list(r.sdk, r.session)
	if f != nil || len(items) != 2 {
		r.Fatalf("%v, %v", items, f)
	}
	if a := items[0]; a.ID != ann.stream() || a.Name != "ann" || a.VideoType != "camera" || !slices.Equal(a.Classes, []string{"focus", "left"}) {
		r.Errorf("%+v", a)
	}
	if b := items[1]; b.ID != bob.stream() || b.Name != "slides" || b.VideoType != "screen" || len(b.Classes) != 0 {
		r.Errorf("%+v", b)
	}
	r.sdk.call(nil, r.calls.classes, r.session, []map[string]any{{"id": bob.stream(), "layoutClassList": []string{"full"}}, {"id": ann.stream(), "layoutClassList": []string{}}})
	if one, f := r.calls.one(r.sdk, r.session, bob.stream()); f != nil || one.ID != bob.stream() || one.Name != "slides" || !slices.Equal(one.Classes, []string{"full"}) {
		r.Errorf("%+v, %v", one, f)
	}
	if one, f := r.calls.one(r.sdk, r.session, ann.stream()); f != nil || len(one.Classes) != 0 {
		r.Errorf("%+v, %v", one, f)
	}
	_, f = r.calls.one(r.sdk, r.session, "nothing")
	r.fails("stream", f)
	_, f = r.calls.list(r.sdk, "1_unknown")
	r.fails("session", f)
	r.fails("stream", r.sdk.try(nil, r.calls.classes, r.session, []map[string]any{{"id": "nothing", "layoutClassList": []string{"x"}}}))
	r.fails("malformed", r.sdk.try(nil, r.calls.classes, r.session, []map[string]any{{"id": ann.stream(), "layoutClassList": []string{"two words"}}}))
}

func signals(r *room) {
	ann, bob := join(r.T, r.server, r.token(nil), "Ann"), join(r.T, r.server, r.token(nil), "Bob")
	for _, f := range []*failure{
		r.calls.signal(r.sdk, r.session, "", "chat", "Welcome"),
		r.calls.signal(r.sdk, r.session, string(bob.id()), "secret", "1234"),
		r.calls.signal(r.sdk, r.session, "", "last", "one"),
	} {
		if f != nil {
			r.Error(f)
		}
	}
	for _, p := range []*person{ann, bob} {
		p.eventually("signal chat=Welcome")
		p.eventually("signal last=one")
	}
	if ann.heard("signal secret=1234") || !bob.heard("signal secret=1234") {
		r.Error("a signal to one went elsewhere")
	}
	late := join(r.T, r.server, r.token(nil), "Eve").welcomed()
	if len(late.Chat) != 1 || late.Chat[0].Text != "Welcome" || late.Chat[0].From != "" {
		r.Errorf("history %+v", late.Chat)
	}
	r.fails("connection", r.calls.signal(r.sdk, r.session, "nobody", "x", "y"))
	if f := r.calls.signal(r.sdk, "1_unknown", "", "x", "y"); f == nil {
		r.Error("a signal to a session that does not exist")
	}
	if f := r.calls.signal(r.sdk, r.session, "", strings.Repeat("x", 129), "y"); f == nil {
		r.Error("an oversize type was taken")
	}
}

func moderation(r *room) {
	ann := join(r.T, r.server, r.token(nil), "Ann", camera("ann"))
	bob := join(r.T, r.server, r.token(nil), "Bob", camera("bob"))
	ann.eventually("streamCreated bob true")
	if f := r.calls.muteOne(r.sdk, r.session, ann.stream()); f != nil {
		r.Error(f)
	}
	ann.eventually("muteForced ann false")
	bob.eventually("streamPropertyChanged ann false")
	if err := ann.unmute(); err != nil {
		r.Error(err)
	}
	bob.eventually("streamPropertyChanged ann true")
	ann.forget()
	bob.forget()
	if f := r.calls.muteAll(r.sdk, r.session, bob.stream()); f != nil {
		r.Error(f)
	}
	ann.eventually("muteForced ann false")
	eve := join(r.T, r.server, r.token(nil), "Eve", camera("eve"))
	eve.eventually("muteForced eve false")
	bob.eventually("streamCreated eve false")
	if err := eve.unmute(); code(err) != protocol.CodeForbidden {
		r.Errorf("a newcomer unmuted: %v", err)
	}
	if bob.heard("muteForced bob false") || ann.heard("streamPropertyChanged bob false") {
		r.Error("Bob was muted, though excluded")
	}
	r.sdk.call(nil, r.calls.lift, r.session)
	if err := eve.unmute(); err != nil {
		r.Errorf("lifted, and still: %v", err)
	}
	bob.eventually("streamPropertyChanged eve true")
	r.sdk.call(nil, r.calls.remove, r.session, string(bob.id()))
	bob.eventually("disconnected forceDisconnected")
	ann.eventually("streamDestroyed bob true")
	r.fails("connection", r.sdk.try(nil, r.calls.remove, r.session, string(bob.id())))
	r.fails("stream", r.calls.muteOne(r.sdk, r.session, bob.stream()))
	r.fails("session", r.calls.muteAll(r.sdk, "1_unknown"))
}

func failures(r *room, other store.Project) {
	wrong := start(r.T, r.mode.args(r.server.URL, other)...)
	r.fails("create", wrong.try(nil, "createSession", map[string]any{}))
	_, f := r.calls.list(wrong, r.session)
	r.fails("auth", f)
	r.fails("auth", r.calls.muteAll(wrong, r.session))
	r.fails("auth", wrong.try(nil, r.calls.remove, r.session, "nobody"))
}

// strangers returns the project of another server.
func strangers(t *testing.T) store.Project {
	s, err := store.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.FindProject(t.Context(), "")
	if err = errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	return p
}
