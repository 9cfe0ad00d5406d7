package node

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"parley/rtc/protocol"
	"parley/server/config"
	"parley/server/store"
	"parley/server/token"
)

// credentials are a project's as its programs have them, that go on with what they once read.
type credentials struct {
	project store.Project
	key     token.Key
}

func credentialsOf(t testing.TB, s *store.Store, project string) credentials {
	t.Helper()
	p, err := s.FindProject(t.Context(), project)
	if err != nil {
		t.Fatal(err)
	}
	key, err := KeyOf(s, p)
	if err != nil {
		t.Fatal(err)
	}
	return credentials{p, key}
}

// rs256 makes a client token.
func (c credentials) rs256(t testing.TB, id protocol.SessionID) string {
	t.Helper()
	text, err := c.key.Sign(token.Grant{SessionID: id, Role: token.Publisher, Name: "Ann", Invite: "i", ExpiresAt: time.Now().Add(time.Hour)}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// hs256 makes a client token, or for no session a credential of the REST API.
func (c credentials) hs256(t testing.TB, id protocol.SessionID) string {
	t.Helper()
	claims := jwt.MapClaims{"iss": c.project.APIKey, "ist": "project", "iat": time.Now().Unix(), "exp": time.Now().Unix() + 300}
	if id != "" {
		claims["session_id"], claims["scope"], claims["role"], claims["initial_layout_class_list"] = string(id), "session.connect", "publisher", ""
	}
	text, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(c.project.APISecret()))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// t1 makes a legacy token.
func (c credentials) t1(id protocol.SessionID) string {
	data := fmt.Sprintf("session_id=%s&create_time=%d&role=publisher", id, time.Now().Unix())
	mac := hmac.New(sha1.New, []byte(c.project.APISecret()))
	mac.Write([]byte(data))
	return "T1==" + base64.StdEncoding.EncodeToString([]byte("partner_id="+c.project.APIKey+"&sig="+hex.EncodeToString(mac.Sum(nil))+":"+data))
}

func codeOf(err error) protocol.Code {
	var body *protocol.ErrorBody
	if errors.As(err, &body) {
		return body.Code
	}
	return ""
}

func makeSession(t testing.TB, s *store.Store, p store.Project) protocol.SessionID {
	t.Helper()
	id, err := s.CreateSession(t.Context(), p.ApplicationID, nil)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// TestChangesCountAtOnce changes projects as the command line does, through a store of its own, while the server runs.
func TestChangesCountAtOnce(t *testing.T) {
	t.Parallel()
	cfg := config.Config{Data: t.TempDir(), Listen: "127.0.0.1:0"}
	n := start(t, cfg)
	line, err := store.Open(t.Context(), cfg.Data)
	if err != nil {
		t.Fatal(err)
	}
	defer line.Close()
	acme, err := line.CreateProject(t.Context(), "Acme")
	if err != nil {
		t.Fatal(err)
	}
	id := makeSession(t, line, acme)
	bystander := credentialsOf(t, line, "Parley")
	theirs := makeSession(t, line, bystander.project)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

	// check tries whatever c signs: client tokens of each form, and the two credentials.
	check := func(when string, c credentials, want protocol.Code) {
		t.Helper()
		for form, text := range map[string]string{"RS256": c.rs256(t, id), "HS256": c.hs256(t, id), "T1": c.t1(id)} {
			if _, err := n.verify(text); codeOf(err) != want || err != nil && want == "" {
				t.Errorf("%s: %s: %v, want %q", when, form, err, want)
			}
		}
		bearer, err := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{"application_id": c.project.ApplicationID, "iat": time.Now().Unix(), "exp": time.Now().Unix() + 300}).SignedString(c.key.Private)
		if err != nil {
			t.Fatal(err)
		}
		for name, text := range map[string]string{"Authorization": "Bearer " + bearer, "X-OPENTOK-AUTH": c.hs256(t, "")} {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, n.Running().URL+"/v2/project/"+acme.APIKey+"/session/"+string(id)+"/stream", nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set(name, text)
			resp, err := client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			raw, err := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			status := map[protocol.Code]int{"": 200, protocol.CodeKeyRevoked: 401, protocol.CodeProjectDisabled: 403}[want]
			if err != nil || resp.StatusCode != status || !strings.Contains(string(raw), string(want)) {
				t.Errorf("%s: %s: %d %s, want %d %s", when, name, resp.StatusCode, raw, status, want)
			}
		}
		if _, err := n.verify(bystander.rs256(t, theirs)); err != nil {
			t.Errorf("%s: another project: %v", when, err)
		}
	}
	rotate := func(r store.Rotation) credentials {
		t.Helper()
		_, keyErr := line.RotateKey(t.Context(), acme.ApplicationID, r)
		_, secretErr := line.RotateSecret(t.Context(), acme.ApplicationID, r)
		if err := errors.Join(keyErr, secretErr); err != nil {
			t.Fatal(err)
		}
		return credentialsOf(t, line, "Acme")
	}

	first := credentialsOf(t, line, "Acme")
	check("at first", first, "")
	second := rotate(store.Rotation{Overlap: time.Hour})
	check("in the overlap, the old", first, "")
	check("in the overlap, the new", second, "")
	third := rotate(store.Rotation{Overlap: time.Hour, Force: true})
	check("rotated again, the first", first, protocol.CodeKeyRevoked)
	check("rotated again, the second", second, "")
	check("rotated again, the third", third, "")
	fourth := rotate(store.Rotation{Force: true})
	check("revoked, the third", third, protocol.CodeKeyRevoked)
	check("revoked, the fourth", fourth, "")
	if err := line.SetDisabled(t.Context(), acme.ApplicationID, true); err != nil {
		t.Fatal(err)
	}
	check("disabled", fourth, protocol.CodeProjectDisabled)
	if err := line.SetDisabled(t.Context(), acme.ApplicationID, false); err != nil {
		t.Fatal(err)
	}
	check("enabled", fourth, "")
	if _, err := n.verify(fourth.rs256(t, theirs)); codeOf(err) != protocol.CodeTokenSession {
		t.Errorf("a session of another project: %v", err)
	}
	g, err := n.verify(fourth.rs256(t, id))
	if err != nil || g.Invite != "i" || len(g.Fingerprint) != 64 || g.Name != "Ann" || g.SessionID != id || !g.Capabilities.Publish {
		t.Errorf("%+v, %v", g, err)
	}
}

// TestStoreThatFails: a token is then neither good nor bad.
func TestStoreThatFails(t *testing.T) {
	t.Parallel()
	s, err := store.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	c := credentialsOf(t, s, "")
	id := makeSession(t, s, c.project)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	v := token.NewVerifier(newProjects(s, slog.New(slog.DiscardHandler)))
	for _, text := range []string{c.rs256(t, id), c.hs256(t, id), c.t1(id)} {
		if _, err := v.Verify(t.Context(), text, time.Now()); codeOf(err) != protocol.CodeStoreFailed {
			t.Errorf("%v", err)
		}
	}
	if _, err := v.VerifyREST(t.Context(), c.hs256(t, ""), true, time.Now()); codeOf(err) != protocol.CodeStoreFailed {
		t.Errorf("%v", err)
	}
}

// BenchmarkVerify is what a client's token costs with all that is looked up in the store, alone and among many projects.
func BenchmarkVerify(b *testing.B) {
	s, err := store.Open(b.Context(), b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	v := token.NewVerifier(newProjects(s, slog.New(slog.DiscardHandler)))
	for _, projects := range []int{1, 50} {
		all, err := s.Projects(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		for n := len(all); n < projects; n++ {
			if _, err := s.CreateProject(b.Context(), fmt.Sprint("project ", n)); err != nil {
				b.Fatal(err)
			}
		}
		c := credentialsOf(b, s, "Parley")
		id := makeSession(b, s, c.project)
		for _, form := range []struct{ name, text string }{{"RS256", c.rs256(b, id)}, {"HS256", c.hs256(b, id)}, {"T1", c.t1(id)}} {
			b.Run(fmt.Sprintf("%s/projects=%d", form.name, projects), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := v.Verify(context.Background(), form.text, time.Now()); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
