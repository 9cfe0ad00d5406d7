package command

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// secretAuth is the header of a credential by an API secret.
func secretAuth(t *testing.T, apiKey, secret string) []string {
	t.Helper()
	now := time.Now().Unix()
	text, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"iss": apiKey, "ist": "project", "iat": now, "exp": now + 300}).SignedString([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	return []string{"X-OPENTOK-AUTH", text}
}

// applicationOf reads the project of a token.
func applicationOf(t *testing.T, text string) string {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(strings.Split(text, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims struct {
		ApplicationID string `json:"application_id"`
	}
	if err := json.Unmarshal(raw, &claims); err != nil {
		t.Fatal(err)
	}
	return claims.ApplicationID
}

// TestProjectsOnOneServer manages two projects of a server that runs, and finds nothing secret where it does not belong.
func TestProjectsOnOneServer(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	var first, acme shownCredentials
	s.ask(&first, "credentials")
	s.ask(&acme, "project", "create", "Acme")
	if acme.Name != "Acme" || acme.URL != s.url || acme.APISecret == first.APISecret || acme.PrivateKeyFile == first.PrivateKeyFile {
		t.Errorf("%+v beside %+v", acme, first)
	}
	for _, which := range []string{"Acme", acme.ApplicationID, acme.APIKey} {
		var again shownCredentials
		if s.ask(&again, "credentials", "--project", which); again != acme {
			t.Errorf("%s: %+v", which, again)
		}
	}
	for _, args := range [][]string{{"credentials"}, {"session", "create"}, {"invite"}, {"project", "disable"}, {"project", "rotate-key"}, {"project", "rotate-secret", "--signature"}} {
		if _, err := run(t, append(args, "--data", s.data)...); err == nil || !strings.Contains(err.Error(), "several projects") {
			t.Errorf("%v: %v", args, err)
		}
	}

	// Sessions, tokens and invites are a project's.
	var session, theirs struct{ SessionID string }
	s.ask(&session, "session", "create", "--project", "Acme")
	s.ask(&theirs, "session", "create", "--project", "Parley")
	var tok struct{ Token string }
	s.ask(&tok, "token", "create", "--session", session.SessionID)
	if got := applicationOf(t, tok.Token); got != acme.ApplicationID {
		t.Errorf("the token is of %q", got)
	}
	var inv, other struct{ Link, ID, Project string }
	s.ask(&inv, "invite", "--session", session.SessionID)
	s.ask(&other, "invite", "--project", first.APIKey)
	if inv.Project != acme.ApplicationID || other.Project != first.ApplicationID {
		t.Errorf("%+v, %+v", inv, other)
	}
	if _, err := run(t, "invite", "--session", session.SessionID, "--project", "Parley", "--data", s.data); err == nil || !strings.Contains(err.Error(), `"Acme"`) {
		t.Errorf("a session of another project: %v", err)
	}
	for project, want := range map[string]int{"": 2, "Acme": 1} {
		var list []struct{ ID string }
		args := []string{"invite", "list"}
		if project != "" {
			args = append(args, "--project", project)
		}
		if s.ask(&list, args...); len(list) != want {
			t.Errorf("invites of %q: %+v", project, list)
		}
	}
	streams := func(session string, auth []string) int {
		status, _ := s.call("GET", "/v2/project/"+acme.APIKey+"/session/"+session+"/stream", "", auth...)
		return status
	}
	auth := secretAuth(t, acme.APIKey, acme.APISecret)
	if a, b := streams(session.SessionID, auth), streams(theirs.SessionID, auth); a != 200 || b != 404 {
		t.Errorf("the own session %d, another's %d", a, b)
	}

	// Rotation.
	var key, secret, again, signature rotated
	s.ask(&key, "project", "rotate-key", "Acme", "--overlap", "1h")
	s.ask(&secret, "project", "rotate-secret", "Acme")
	if key.OldUntil == nil || time.Until(*key.OldUntil) > time.Hour || secret.OldUntil == nil || time.Until(*secret.OldUntil) < 23*time.Hour || key.KeyID == "" {
		t.Errorf("%+v, %+v", key, secret)
	}
	if a, b := streams(session.SessionID, auth), streams(session.SessionID, secretAuth(t, acme.APIKey, secret.APISecret)); a != 200 || b != 200 {
		t.Errorf("in the overlap the old secret has %d, the new %d", a, b)
	}
	for _, what := range []string{"rotate-key", "rotate-secret"} {
		if _, err := run(t, "project", what, "Acme", "--overlap", "0", "--data", s.data); err == nil || !strings.Contains(err.Error(), "--force") {
			t.Errorf("%s within an overlap: %v", what, err)
		}
	}
	s.ask(&again, "project", "rotate-secret", "Acme", "--overlap", "0", "--force")
	if again.OldUntil != nil || again.Ended == nil || !again.Ended.Equal(*secret.OldUntil) {
		t.Errorf("%+v", again)
	}
	for old, want := range map[string]int{acme.APISecret: 401, secret.APISecret: 401, again.APISecret: 200} {
		if got := streams(session.SessionID, secretAuth(t, acme.APIKey, old)); got != want {
			t.Errorf("a secret has %d, want %d", got, want)
		}
	}
	out, err := run(t, "project", "rotate-key", "Acme", "--overlap", "0", "--force", "--data", s.data)
	if err != nil || !strings.Contains(out, "revoked, though it was valid until") {
		t.Errorf("%q, %v", out, err)
	}
	for _, file := range []string{acme.PrivateKeyFile, key.PrivateKeyFile} {
		if _, err := os.Stat(file); !os.IsNotExist(err) {
			t.Errorf("the file of a revoked key: %v", err)
		}
	}
	s.ask(&signature, "project", "rotate-secret", "Acme", "--signature")
	var now shownCredentials
	s.ask(&now, "credentials", "--project", "Acme")
	if now.SignatureSecret != signature.SignatureSecret || now.SignatureSecret == acme.SignatureSecret || now.APISecret != again.APISecret || now.OldSecretUntil != nil {
		t.Errorf("%+v", now)
	}

	// Disabled.
	join := func() (int, string) {
		return s.call("POST", "/v1/join", `{"invite":"`+inv.Link[strings.LastIndex(inv.Link, "/")+1:]+`","name":"Ben"}`)
	}
	if out, err := run(t, "project", "disable", "Acme", "--data", s.data); err != nil || !strings.Contains(out, "Disabled Acme") {
		t.Errorf("%q, %v", out, err)
	}
	if status, body := join(); status != 403 || !strings.Contains(body, "projectDisabled") {
		t.Errorf("an invite: %d %s", status, body)
	}
	if got := streams(session.SessionID, secretAuth(t, now.APIKey, now.APISecret)); got != 403 {
		t.Errorf("a call: %d", got)
	}
	for _, args := range [][]string{{"session", "create", "--project", "Acme"}, {"invite", "--project", "Acme"}, {"invite", "--session", session.SessionID}, {"token", "create", "--session", session.SessionID}} {
		if _, err := run(t, append(args, "--data", s.data)...); err == nil || !strings.Contains(err.Error(), "project enable") {
			t.Errorf("%v: %v", args, err)
		}
	}
	var listed []listedProject
	if s.ask(&listed, "project", "list"); len(listed) != 2 || listed[0].Disabled || !listed[1].Disabled || listed[1].Name != "Acme" || len(listed[1].Keys) != 1 || len(listed[1].Secrets) != 1 {
		t.Errorf("%+v", listed)
	}
	var enabled struct{ Disabled bool }
	s.ask(&enabled, "project", "enable", acme.APIKey)
	if status, body := join(); enabled.Disabled || status != 200 {
		t.Errorf("an invite: %d %s", status, body)
	}

	// Nothing of this is in the log or in lists.
	text, err := run(t, "project", "list", "--data", s.data)
	if err != nil || !strings.Contains(text, "Acme") {
		t.Errorf("%q, %v", text, err)
	}
	asJSON, err := run(t, "project", "list", "--json", "--data", s.data)
	if err != nil {
		t.Error(err)
	}
	logged := s.log.String()
	if !strings.Contains(logged, "invite used") {
		t.Errorf("the log is %q", logged)
	}
	raw, err := os.ReadFile(now.PrivateKeyFile)
	if err != nil {
		t.Fatal(err)
	}
	private := strings.Split(string(raw), "\n")[3]
	for _, hidden := range []string{first.APISecret, first.SignatureSecret, acme.APISecret, acme.SignatureSecret, secret.APISecret, again.APISecret, signature.SignatureSecret, private, auth[1], tok.Token} {
		for where, text := range map[string]string{"the log": logged, "the list": text, "the list as JSON": asJSON} {
			if hidden == "" || strings.Contains(text, hidden) {
				t.Errorf("%s has %.8q…", where, hidden)
			}
		}
	}
}
