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

// bearer makes a credential of the REST API with the private key.
func (c credentials) bearer(t testing.TB) string {
	t.Helper()
	claims := jwt.MapClaims{"application_id": c.project.ApplicationID, "iat": time.Now().Unix(), "exp": time.Now().Unix() + 300}
	text, err := jwt.NewWithClaims(jwt.SigningMethodRS256, claims).SignedString(c.key.Private)
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

// changes is a server that runs, and the project Acme that a command line beside it changes, through a store of its own.
type changes struct {
	*testing.T
	node       *Node
	line       *store.Store
	acme       store.Project
	id, theirs protocol.SessionID
	bystander  credentials // of another project
}

func newChanges(t *testing.T) *changes {
	cfg := config.Config{Data: t.TempDir(), Listen: "127.0.0.1:0"}
	c := &changes{T: t, node: start(t, cfg)}
	var err error
	if c.line, err = store.Open(t.Context(), cfg.Data); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.line.Close() })
	if c.acme, err = c.line.CreateProject(t.Context(), "Acme"); err != nil {
		t.Fatal(err)
	}
	c.bystander = credentialsOf(t, c.line, "Parley")
	c.id, c.theirs = makeSession(t, c.line, c.acme), makeSession(t, c.line, c.bystander.project)
	return c
}

// rotate replaces Acme's key and secret, and returns its credentials.
func (c *changes) rotate(r store.Rotation) credentials {
	c.Helper()
	_, keyErr := c.line.RotateKey(c.Context(), c.acme.ApplicationID, r)
	_, secretErr := c.line.RotateSecret(c.Context(), c.acme.ApplicationID, r)
	if err := errors.Join(keyErr, secretErr); err != nil {
		c.Fatal(err)
	}
	return credentialsOf(c.T, c.line, "Acme")
}

func (c *changes) disable(disabled bool) {
	c.Helper()
	if err := c.line.SetDisabled(c.Context(), c.acme.ApplicationID, disabled); err != nil {
		c.Fatal(err)
	}
}

// check tries whatever by signs: client tokens of each form, and the two credentials; "" is no code.
func (c *changes) check(when string, by credentials, want protocol.Code) {
	c.Helper()
	for form, text := range map[string]string{"RS256": by.rs256(c.T, c.id), "HS256": by.hs256(c.T, c.id), "T1": by.t1(c.id)} {
		if _, err := c.node.verify(text); codeOf(err) != want || err != nil && want == "" {
			c.Errorf("%s: %s: %v, want %q", when, form, err, want)
		}
	}
	status := map[protocol.Code]int{"": 200, protocol.CodeKeyRevoked: 401, protocol.CodeProjectDisabled: 403}[want]
	for header, text := range map[string]string{"Authorization": "Bearer " + by.bearer(c.T), "X-OPENTOK-AUTH": by.hs256(c.T, "")} {
		if got, body := c.streams(header, text); got != status || !strings.Contains(body, string(want)) {
			c.Errorf("%s: %s: %d %s, want %d %s", when, header, got, body, status, want)
		}
	}
	if _, err := c.node.verify(c.bystander.rs256(c.T, c.theirs)); err != nil {
		c.Errorf("%s: another project: %v", when, err)
	}
}

// streams asks the API for the streams of Acme's session.
func (c *changes) streams(header, text string) (status int, body string) {
	c.Helper()
	req, err := http.NewRequestWithContext(c.Context(), http.MethodGet, c.node.Running().URL+"/v2/project/"+c.acme.APIKey+"/session/"+string(c.id)+"/stream", nil)
	if err != nil {
		c.Fatal(err)
	}
	req.Header.Set(header, text)
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		c.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		c.Fatal(err)
	}
	return resp.StatusCode, string(raw)
}

func TestChangesCountAtOnce(t *testing.T) {
	t.Parallel()
	c := newChanges(t)
	first := credentialsOf(t, c.line, "Acme")
	c.check("at first", first, "")
	second := c.rotate(store.Rotation{Overlap: time.Hour})
	c.check("in the overlap, the old", first, "")
	c.check("in the overlap, the new", second, "")
	third := c.rotate(store.Rotation{Overlap: time.Hour, Force: true})
	c.check("rotated again, the first", first, protocol.CodeKeyRevoked)
	c.check("rotated again, the second", second, "")
	c.check("rotated again, the third", third, "")
	fourth := c.rotate(store.Rotation{Force: true})
	c.check("revoked, the third", third, protocol.CodeKeyRevoked)
	c.check("revoked, the fourth", fourth, "")
	c.disable(true)
	c.check("disabled", fourth, protocol.CodeProjectDisabled)
	c.disable(false)
	c.check("enabled", fourth, "")
	if _, err := c.node.verify(fourth.rs256(t, c.theirs)); codeOf(err) != protocol.CodeTokenSession {
		t.Errorf("a session of another project: %v", err)
	}
	g, err := c.node.verify(fourth.rs256(t, c.id))
	if err != nil || g.Invite != "i" || len(g.Fingerprint) != 64 || g.Name != "Ann" || g.SessionID != c.id || g.Role != token.Publisher || !g.Capabilities.Publish {
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
	v := token.NewVerifier(newProjects(s, slog.New(slog.DiscardHandler)), token.MaxData)
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
	v := token.NewVerifier(newProjects(s, slog.New(slog.DiscardHandler)), token.MaxData)
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
