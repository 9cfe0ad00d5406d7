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
	return store.Invite{ID: "i", SessionID: "1_s", Role: "moderator"}, err
}

func newAPI(t testing.TB) (http.Handler, token.Key) { return newAPIWith(t, &fake{}) }

func newAPIWith(t testing.TB, f *fake) (http.Handler, token.Key) {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	key := token.Key{ApplicationID: "app", Private: k, APIKey: "12345678", Secret: "secret"}
	mux := http.NewServeMux()
	New(Config{
		Project:  Project{Key: key, Name: "Test", CreatedAt: time.UnixMilli(1)},
		Invites:  invites{"good": nil, "old": store.ErrExpired, "empty": store.ErrUsedUp, "disk": errors.New("I/O error")},
		Sessions: f, Streams: f, Connections: f, Moderation: f, Removal: f, Chat: f,
	}).Register(mux)
	return Clean(mux), key
}

func post(h http.Handler, path, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, path, strings.NewReader(body)))
	return w
}

func TestJoin(t *testing.T) {
	t.Parallel()
	h, key := newAPI(t)
	w := post(h, protocol.JoinPath, `{"invite":"good","name":"Ann"}`)
	var reply protocol.JoinReply
	if w.Code != 200 || json.Unmarshal(w.Body.Bytes(), &reply) != nil {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	g, err := key.Verify(reply.Token, time.Now())
	if err != nil || g.SessionID != "1_s" || g.Name != "Ann" || !g.Capabilities().ForceMute || time.Until(g.ExpiresAt) > tokenTTL {
		t.Errorf("%+v, %v", g, err)
	}
	for body, want := range map[string]struct {
		status int
		code   protocol.Code
	}{
		`{"invite":"none"}`: {404, protocol.CodeInviteUnknown}, `{}`: {404, protocol.CodeInviteUnknown},
		`{"invite":"old"}`: {410, protocol.CodeInviteExpired}, `{"invite":"empty"}`: {410, protocol.CodeInviteUsedUp},
		`{"invite":"disk"}`: {503, protocol.CodeStoreFailed}, `x`: {400, protocol.CodeMalformed}, `[]`: {400, protocol.CodeMalformed},
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
