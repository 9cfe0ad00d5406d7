package rest

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"parley/rtc/protocol"
	"parley/server/store"
	"parley/server/token"
)

// invites answers by the secret.
type invites map[string]error

func (i invites) UseInvite(_ context.Context, secret string, _ time.Time) (store.Invite, error) {
	err, ok := i[secret]
	if !ok {
		err = store.ErrNotFound
	}
	return store.Invite{ID: "i", Project: "app", SessionID: "s", Role: "moderator"}, err
}

// signer is a project from the side of its programs.
type signer struct {
	app, apiKey string
	private     *rsa.PrivateKey
	secret      string
}

func newSigner(t testing.TB, app, apiKey string) signer {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return signer{app, apiKey, private, "secret of " + app}
}

// server are the projects of a server: app with its old key and secret, another, and one that is disabled.
type server struct{ own, old, another, disabled signer }

func newServer(t testing.TB) *server {
	s := &server{own: newSigner(t, "app", "12345678"), old: newSigner(t, "app", "12345678"), another: newSigner(t, "another", "23456789"), disabled: newSigner(t, "disabled", "34567890")}
	s.old.secret = "an old secret"
	return s
}

// Project implements token.Directory.
func (s *server) Project(_ context.Context, id string, _ time.Time) (token.Project, bool, error) {
	for _, one := range []signer{s.own, s.another, s.disabled} {
		if id != one.app && id != one.apiKey {
			continue
		}
		p := token.Project{ApplicationID: one.app, APIKey: one.apiKey, Name: "Name of " + one.app, CreatedAt: time.UnixMilli(1), Disabled: one.app == "disabled"}
		p.Live = token.Keys{Public: []*rsa.PublicKey{&one.private.PublicKey}, Secrets: []string{one.secret}}
		if one.app == "app" {
			p.Revoked = token.Keys{Public: []*rsa.PublicKey{&s.old.private.PublicKey}, Secrets: []string{s.old.secret}}
		}
		return p, true, nil
	}
	return token.Project{}, false, nil
}

// Owner implements token.Directory.
func (s *server) Owner(_ context.Context, id protocol.SessionID) (string, error) {
	return owners[id], nil
}

// Sign implements Signer.
func (s *server) Sign(_ context.Context, project string, g token.Grant, now time.Time) (string, error) {
	if project != "app" {
		return "", errors.New("no such project")
	}
	return token.Key{ApplicationID: project, Private: s.own.private}.Sign(g, now)
}

// owners are the projects of the sessions.
var owners = map[protocol.SessionID]string{"s": "app", "theirs": "another", "closed": "disabled"}

func newAPI(t testing.TB) (http.Handler, *server) { return newAPIWith(t, &fake{}) }

func newAPIWith(t testing.TB, f *fake) (http.Handler, *server) {
	s := newServer(t)
	mux := http.NewServeMux()
	New(Config{
		Credentials: token.NewVerifier(s, token.MaxData), Signer: s, Sessions: f, Streams: f, Connections: f, Moderation: f, Removal: f, Chat: f,
		Callbacks: f.callbacks,
		Invites:   invites{"good": nil, "old": store.ErrExpired, "empty": store.ErrUsedUp, "disk": errors.New("I/O error"), "closed": store.ErrDisabled},
	}).Register(mux)
	return Clean(mux), s
}

func post(h http.Handler, path, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, path, strings.NewReader(body)))
	return w
}

func TestJoin(t *testing.T) {
	t.Parallel()
	h, s := newAPI(t)
	w := post(h, protocol.JoinPath, `{"invite":"good","name":"Ann"}`)
	var reply protocol.JoinReply
	if w.Code != 200 || json.Unmarshal(w.Body.Bytes(), &reply) != nil {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	g, err := token.NewVerifier(s, token.MaxData).Verify(t.Context(), reply.Token, time.Now())
	if err != nil || g.SessionID != "s" || g.Project != "app" || g.Invite != "i" || g.Name != "Ann" || !g.Capabilities().ForceMute || time.Until(g.ExpiresAt) > tokenTTL {
		t.Errorf("%+v, %v", g, err)
	}
	for body, want := range map[string]struct {
		status int
		code   protocol.Code
	}{
		`{"invite":"none"}`: {404, protocol.CodeInviteUnknown}, `{}`: {404, protocol.CodeInviteUnknown},
		`{"invite":"old"}`: {410, protocol.CodeInviteExpired}, `{"invite":"empty"}`: {410, protocol.CodeInviteUsedUp},
		`{"invite":"closed"}`: {403, protocol.CodeProjectDisabled},
		`{"invite":"disk"}`:   {503, protocol.CodeStoreFailed}, `x`: {400, protocol.CodeMalformed}, `[]`: {400, protocol.CodeMalformed},
		`{"invite":"good","name":"` + strings.Repeat("x", 241) + `"}`: {400, protocol.CodeTooLarge},
		`{"invite":"` + strings.Repeat("x", 5000) + `"}`:              {413, protocol.CodeTooLarge},
	} {
		w := post(h, protocol.JoinPath, body)
		var got protocol.ErrorBody
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != want.status || got.Code != want.code || got.Message == "" {
			t.Errorf("%.40s: %d %s", body, w.Code, w.Body)
		}
	}
}

func TestOtherRoutes(t *testing.T) {
	t.Parallel()
	h, _ := newAPI(t)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/healthz", nil))
	if w.Code != 200 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := post(h, "/nothing", ""); w.Code != 404 || !strings.Contains(w.Body.String(), "notFound") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestRateLimit(t *testing.T) {
	t.Parallel()
	h, _ := newAPI(t)
	limited := 0
	for range 200 {
		if post(h, protocol.JoinPath, `{"invite":"none"}`).Code == 429 {
			limited++
		}
	}
	if limited < 50 {
		t.Errorf("%d of 200 were limited", limited)
	}
}
