package command

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// run runs a command line and returns what it printed.
func run(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out, errs bytes.Buffer
	err := Run(t.Context(), args, &out, &errs, "v1")
	return out.String() + errs.String(), err
}

func TestHelpHasExamples(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"--help"}, {}, {"serve", "--help"}, {"credentials", "--help"}, {"session", "create", "--help"}, {"token", "create", "--help"},
		{"invite", "create", "--help"}, {"invite", "list", "--help"}, {"invite", "revoke", "--help"},
		{"webhook", "add", "--help"}, {"webhook", "list", "--help"}, {"webhook", "remove", "--help"}, {"webhook", "retry", "--help"}, {"webhook", "log", "--help"}} {
		out, err := run(t, args...)
		if err != nil || !strings.Contains(out, "xample") {
			t.Errorf("%v: %v\n%s", args, err, out)
		}
	}
}

func TestCommandsWhileTheServerRuns(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	ctx, cancel := context.WithCancel(t.Context())
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		done <- Run(ctx, []string{"serve", "--data", data, "--listen", "127.0.0.1:0"}, w, w, "v1")
		_ = w.Close()
	}()
	defer func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}()
	line := make([]byte, 4096)
	n, err := r.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	url := regexp.MustCompile(`http://[0-9.:]+[0-9]`).FindString(string(line[:n]))
	if url == "" || !strings.Contains(string(line[:n]), "parley-server invite") {
		t.Fatalf("first line %q", line[:n])
	}
	go func() { _, _ = new(bytes.Buffer).ReadFrom(r) }() // the log; ends with the server
	host := strings.TrimPrefix(url, "http://")
	for end := time.Now().Add(10 * time.Second); ; {
		resp, err := http.Get(url + "/healthz")
		if err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == 200 {
				break
			}
		}
		if time.Now().After(end) {
			t.Fatal(err)
		}
	}
	ask := func(v any, args ...string) {
		t.Helper()
		out, err := run(t, append(args, "--data", data, "--json")...)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(out), v); err != nil {
			t.Fatalf("%v: %v in %q", args, err, out)
		}
	}
	var cred map[string]string
	ask(&cred, "credentials")
	if cred["url"] != url || cred["applicationId"] == "" || cred["apiKey"] == "" || cred["apiSecret"] == "" || cred["privateKeyFile"] == "" {
		t.Errorf("%v", cred)
	}
	var session struct{ SessionID string }
	ask(&session, "session", "create")
	var tok struct{ Token string }
	ask(&tok, "token", "create", "--session", session.SessionID, "--role", "publisher,moderator", "--name", "Ann", "--ttl", "2h")
	if strings.Count(tok.Token, ".") != 2 {
		t.Errorf("%q", tok.Token)
	}
	var inv struct{ Link, ID string }
	ask(&inv, "invite", "--session", session.SessionID, "--role", "publisher", "--expires", "24h", "--uses", "1")
	secret, ok := strings.CutPrefix(inv.Link, "parley://"+host+"/")
	if !ok || len(secret) != 26 {
		t.Errorf("%q", inv.Link)
	}
	join := func() int {
		resp, err := http.Post(url+"/v1/join", "application/json", strings.NewReader(`{"invite":"`+secret+`","name":"Ben"}`))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		return resp.StatusCode
	}
	if a, b := join(), join(); a != 200 || b != 410 {
		t.Errorf("joins answered %d, %d", a, b)
	}
	var list []struct{ ID string }
	ask(&list, "invite", "list")
	if len(list) != 1 || list[0].ID != inv.ID {
		t.Errorf("%+v", list)
	}
	if out, err := run(t, "invite", "revoke", inv.ID, "--data", data); err != nil || !strings.Contains(out, inv.ID) {
		t.Errorf("%q, %v", out, err)
	}
	// A second server on the same port says who holds it and what to do.
	if _, err := run(t, "serve", "--data", t.TempDir(), "--listen", host); err == nil || !strings.Contains(err.Error(), "--listen") {
		t.Errorf("%v", err)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	for _, c := range []struct{ args, want string }{
		{"token create --session nope", "session create"},
		{"token create", "session"},
		{"invite --session nope", "session create"},
		{"invite --role king", "king"},
		{"invite --uses 0", "--uses"},
		{"invite revoke nope", "invite list"},
		{"dance", "--help"},
	} {
		args := strings.Fields(c.args)
		if args[0] != "dance" {
			args = append(args, "--data", data)
		}
		if out, err := run(t, args...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v %s", c.args, err, out)
		}
	}
	if out, err := run(t, "invite", "--data", data); err != nil || !strings.HasPrefix(out, "parley://127.0.0.1:7880/") {
		t.Errorf("%q, %v", out, err)
	}
}
