package command

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"parley/rtc"
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

// manager manages two projects of a server that runs, and remembers what must not be seen.
type manager struct {
	*runningServer
	first, acme shownCredentials
	session     string // of Acme
	secrets     []string
}

// fails checks that a command is refused with a part of what it says.
func (m *manager) fails(want string, args ...string) {
	m.t.Helper()
	if _, err := run(m.t, append(args, "--data", m.data)...); err == nil || !strings.Contains(err.Error(), want) {
		m.t.Errorf("%v: %v, want %s", args, err, want)
	}
}

// streams asks for the streams of a session with Acme's API key and a secret, and returns the status.
func (m *manager) streams(session, secret string) int {
	m.t.Helper()
	auth := secretAuth(m.t, m.acme.APIKey, secret)
	m.secrets = append(m.secrets, secret, auth[1])
	status, _ := m.call("GET", "/v2/project/"+m.acme.APIKey+"/session/"+session+"/stream", "", auth...)
	return status
}

func TestProjectsOnOneServer(t *testing.T) {
	t.Parallel()
	m := &manager{runningServer: startServer(t)}
	m.ask(&m.first, "credentials")
	m.ask(&m.acme, "project", "create", "Acme")
	m.named()
	inv := m.owned()
	m.rotated()
	m.disabled(inv)
	m.hidden()
}

// named checks that a project goes by each of its names, and must be named.
func (m *manager) named() {
	if m.acme.Name != "Acme" || m.acme.URL != m.url || m.acme.APISecret == m.first.APISecret || m.acme.PrivateKeyFile == m.first.PrivateKeyFile {
		m.t.Errorf("%+v beside %+v", m.acme, m.first)
	}
	for _, which := range []string{"Acme", m.acme.ApplicationID, m.acme.APIKey} {
		var again shownCredentials
		if m.ask(&again, "credentials", "--project", which); again != m.acme {
			m.t.Errorf("%s: %+v", which, again)
		}
	}
	for _, args := range []string{"credentials", "session create", "invite", "project disable", "project rotate-key", "project rotate-secret --signature"} {
		m.fails("several projects", strings.Fields(args)...)
	}
}

// owned checks that sessions, tokens and invites are a project's, and returns an invite of Acme's.
func (m *manager) owned() (secret string) {
	var session, theirs struct{ SessionID string }
	m.ask(&session, "session", "create", "--project", "Acme")
	m.ask(&theirs, "session", "create", "--project", "Parley")
	m.session = session.SessionID
	var tok struct{ Token string }
	m.ask(&tok, "token", "create", "--session", m.session)
	m.secrets = append(m.secrets, tok.Token)
	if got := applicationOf(m.t, tok.Token); got != m.acme.ApplicationID {
		m.t.Errorf("the token is of %q", got)
	}
	var inv, other struct{ Link, ID, Project string }
	m.ask(&inv, "invite", "--session", m.session)
	m.ask(&other, "invite", "--project", m.first.APIKey)
	if inv.Project != m.acme.ApplicationID || other.Project != m.first.ApplicationID {
		m.t.Errorf("%+v, %+v", inv, other)
	}
	m.fails(`"Acme"`, "invite", "--session", m.session, "--project", "Parley")
	for args, want := range map[string]int{"invite list": 2, "invite list --project Acme": 1} {
		var list []struct{ ID string }
		if m.ask(&list, strings.Fields(args)...); len(list) != want {
			m.t.Errorf("%s: %+v", args, list)
		}
	}
	if a, b := m.streams(m.session, m.acme.APISecret), m.streams(theirs.SessionID, m.acme.APISecret); a != 200 || b != 404 {
		m.t.Errorf("the own session %d, another's %d", a, b)
	}
	link, err := rtc.ParseLink(inv.Link)
	if err != nil {
		m.t.Fatal(err)
	}
	return link.Invite
}

// rotated replaces all that Acme signs with.
func (m *manager) rotated() {
	var key, secret, again, signature rotated
	m.ask(&key, "project", "rotate-key", "Acme", "--overlap", "1h")
	m.ask(&secret, "project", "rotate-secret", "Acme")
	if key.OldUntil == nil || time.Until(*key.OldUntil) > time.Hour || secret.OldUntil == nil || time.Until(*secret.OldUntil) < 23*time.Hour || key.KeyID == "" {
		m.t.Errorf("%+v, %+v", key, secret)
	}
	if a, b := m.streams(m.session, m.acme.APISecret), m.streams(m.session, secret.APISecret); a != 200 || b != 200 {
		m.t.Errorf("in the overlap the old secret has %d, the new %d", a, b)
	}
	m.fails("--force", "project", "rotate-key", "Acme", "--overlap", "0")
	m.fails("--force", "project", "rotate-secret", "Acme", "--overlap", "0")
	m.ask(&again, "project", "rotate-secret", "Acme", "--overlap", "0", "--force")
	if again.OldUntil != nil || again.Ended == nil || !again.Ended.Equal(*secret.OldUntil) {
		m.t.Errorf("%+v", again)
	}
	for old, want := range map[string]int{m.acme.APISecret: 401, secret.APISecret: 401, again.APISecret: 200} {
		if got := m.streams(m.session, old); got != want {
			m.t.Errorf("a secret has %d, want %d", got, want)
		}
	}
	out, err := run(m.t, "project", "rotate-key", "Acme", "--overlap", "0", "--force", "--data", m.data)
	if err != nil || !strings.Contains(out, "revoked, though it was valid until") {
		m.t.Errorf("%q, %v", out, err)
	}
	for _, file := range []string{m.acme.PrivateKeyFile, key.PrivateKeyFile} {
		if _, err := os.Stat(file); !os.IsNotExist(err) {
			m.t.Errorf("the file of a revoked key: %v", err)
		}
	}
	m.ask(&signature, "project", "rotate-secret", "Acme", "--signature")
	before := m.acme
	m.ask(&m.acme, "credentials", "--project", "Acme")
	if m.acme.SignatureSecret != signature.SignatureSecret || m.acme.SignatureSecret == before.SignatureSecret || m.acme.APISecret != again.APISecret || m.acme.OldSecretUntil != nil {
		m.t.Errorf("%+v", m.acme)
	}
	m.secrets = append(m.secrets, before.SignatureSecret, signature.SignatureSecret)
}

// disabled disables Acme and enables it again.
func (m *manager) disabled(invite string) {
	join := func() (int, string) { return m.call("POST", "/v1/join", `{"invite":"`+invite+`","name":"Ben"}`) }
	if out, err := run(m.t, "project", "disable", "Acme", "--data", m.data); err != nil || !strings.Contains(out, "Disabled Acme") {
		m.t.Errorf("%q, %v", out, err)
	}
	if status, body := join(); status != 403 || !strings.Contains(body, "projectDisabled") {
		m.t.Errorf("an invite: %d %s", status, body)
	}
	if got := m.streams(m.session, m.acme.APISecret); got != 403 {
		m.t.Errorf("a call: %d", got)
	}
	for _, args := range []string{"session create --project Acme", "invite --project Acme", "invite --session " + m.session, "token create --session " + m.session} {
		m.fails("project enable", strings.Fields(args)...)
	}
	var listed []listedProject
	if m.ask(&listed, "project", "list"); len(listed) != 2 || listed[0].Disabled || !listed[1].Disabled || listed[1].Name != "Acme" || len(listed[1].Keys) != 1 || len(listed[1].Secrets) != 1 {
		m.t.Errorf("%+v", listed)
	}
	var enabled struct{ Disabled bool }
	m.ask(&enabled, "project", "enable", m.acme.APIKey)
	if status, body := join(); enabled.Disabled || status != 200 {
		m.t.Errorf("an invite: %d %s", status, body)
	}
}

// hidden checks that nothing secret of all this is in the log or in lists.
func (m *manager) hidden() {
	text, err := run(m.t, "project", "list", "--data", m.data)
	if err != nil || !strings.Contains(text, "Acme") {
		m.t.Errorf("%q, %v", text, err)
	}
	asJSON, err := run(m.t, "project", "list", "--json", "--data", m.data)
	if err != nil {
		m.t.Error(err)
	}
	logged := m.log.String()
	if !strings.Contains(logged, "invite used") {
		m.t.Errorf("the log is %q", logged)
	}
	private, err := os.ReadFile(m.acme.PrivateKeyFile)
	if err != nil {
		m.t.Fatal(err)
	}
	secrets := append(m.secrets, strings.Split(string(private), "\n")[3], m.first.APISecret, m.first.SignatureSecret)
	for _, hidden := range secrets {
		for where, text := range map[string]string{"the log": logged, "the list": text, "the list as JSON": asJSON} {
			if hidden == "" || strings.Contains(text, hidden) {
				m.t.Errorf("%s has %.8q…", where, hidden)
			}
		}
	}
}
