package command

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"parley/rtc"
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
	for _, args := range [][]string{{"--help"}, {}, {"serve", "--help"}, {"credentials", "--help"}, {"session", "create", "--help"}, {"project", "create", "--help"},
		{"project", "list", "--help"}, {"project", "rotate-key", "--help"}, {"project", "rotate-secret", "--help"}, {"project", "disable", "--help"},
		{"project", "enable", "--help"}, {"token", "create", "--help"},
		{"invite", "create", "--help"}, {"invite", "list", "--help"}, {"invite", "revoke", "--help"},
		{"webhook", "add", "--help"}, {"webhook", "list", "--help"}, {"webhook", "remove", "--help"}, {"webhook", "retry", "--help"}, {"webhook", "log", "--help"}} {
		out, err := run(t, args...)
		if err != nil || !strings.Contains(out, "xample") {
			t.Errorf("%v: %v\n%s", args, err, out)
		}
	}
}

// runningServer is a server that a command line started.
type runningServer struct {
	t               *testing.T
	data, url, host string
	log             *syncBuffer
}

// syncBuffer is a buffer that one writes while another reads.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// startServer starts a server that runs until the test ends.
func startServer(t *testing.T) *runningServer {
	t.Helper()
	s := &runningServer{t: t, data: filepath.Join(t.TempDir(), "data"), log: &syncBuffer{}}
	ctx, cancel := context.WithCancel(t.Context())
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		done <- Run(ctx, []string{"serve", "--verbose", "--data", s.data, "--listen", "127.0.0.1:0"}, w, s.log, "v1")
		_ = w.Close()
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		_ = r.Close()
	})
	line := make([]byte, 4096)
	n, err := r.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	s.url = regexp.MustCompile(`http://[0-9.:]+[0-9]`).FindString(string(line[:n]))
	if s.url == "" || !strings.Contains(string(line[:n]), "parley-server invite") {
		t.Fatalf("first line %q", line[:n])
	}
	s.host = strings.TrimPrefix(s.url, "http://")
	return s
}

// ask runs a command beside the server and reads what it prints.
func (s *runningServer) ask(v any, args ...string) {
	s.t.Helper()
	out, err := run(s.t, append(args, "--data", s.data, "--json")...)
	if err != nil {
		s.t.Fatalf("%v: %v", args, err)
	}
	if err := json.Unmarshal([]byte(out), v); err != nil {
		s.t.Fatalf("%v: %v in %q", args, err, out)
	}
}

// call makes a request and returns the status and the answer.
func (s *runningServer) call(method, path, body string, header ...string) (int, string) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req) // the server listens since it was made, and serves in a moment
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp.StatusCode, string(raw)
}

func TestCommandsWhileTheServerRuns(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	data, url, host, ask := s.data, s.url, s.host, s.ask
	var cred shownCredentials
	ask(&cred, "credentials")
	if cred.URL != url || cred.ApplicationID == "" || cred.APIKey == "" || cred.APISecret == "" || cred.PrivateKeyFile == "" || cred.SignatureSecret == "" || cred.Name != "Parley" {
		t.Errorf("%+v", cred)
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
	link, err := rtc.ParseLink(inv.Link)
	secret, ok := link.Invite, err == nil && link.Secure() && link.Host == host
	if !ok || len(secret) != 26 {
		t.Errorf("%q", inv.Link)
	}
	join := func() int {
		status, _ := s.call("POST", "/v1/join", `{"invite":"`+secret+`","name":"Ben"}`)
		return status
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
		{"invite --project nope", "project list"},
		{"session create --project nope", "project list"},
		{"credentials --project nope", "project list"},
		{"project disable nope", "project list"},
		{"project create Parley", "already"},
		{"project create 12345678", "look like"},
		{"project create", "name"},
		{"project rotate-key --overlap -1h", "overlap"},
		{"project rotate-key --overlap 721h", "720h"},
		{"project rotate-secret --overlap soon", "overlap"},
		{"project rotate-secret --signature --overlap 1h", "--signature"},
		{"project rotate-secret --signature --force", "--signature"},
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
	if out, err := run(t, "invite", "--data", data); err != nil || !strings.HasPrefix(out, "parley://127.0.0.1:7880/") || !strings.Contains(out, "#pin=") {
		t.Errorf("%q, %v", out, err)
	}
}
