package command

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"parley/server/store"
	"parley/server/webhook"
)

type nobody struct{}

func (nobody) Signing(context.Context, string) (webhook.Signing, error) {
	return webhook.Signing{Secret: "s"}, nil
}

// deliver records an event in a data folder and delivers what waits, until done says so.
func deliver(t *testing.T, data string, done func(s *store.Store) bool) {
	t.Helper()
	s, err := store.Open(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	d := webhook.New(webhook.Config{Store: s, Projects: nobody{}, Policy: webhook.Policy{MinBackoff: time.Hour, MaxBackoff: time.Hour}})
	ended := make(chan error, 1)
	go func() { ended <- d.Run(context.Background()) }() // ends by Close
	p, err := s.FindProject(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	event := webhook.Event{Project: p.ApplicationID, SessionID: "1_s", Name: webhook.SessionCreated, Time: time.Now()}
	if err := d.Record(t.Context(), event); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(20 * time.Second); !done(s); {
		if time.Now().After(end) {
			t.Fatal("nothing was delivered")
		}
	}
	if err := errors.Join(d.Close(t.Context()), <-ended); err != nil {
		t.Error(err)
	}
}

// tries counts the entries of the delivery log.
func tries(t *testing.T, s *store.Store) int {
	t.Helper()
	log, err := s.WebhookLog(t.Context(), store.WebhookLogQuery{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	return len(log)
}

func TestWebhookCommands(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	var status atomic.Int32
	status.Store(500)
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(int(status.Load())) }))
	defer receiver.Close()
	ask := func(v any, args ...string) {
		t.Helper()
		out, err := run(t, append(append([]string{"webhook"}, args...), "--data", data, "--json")...)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(out), v); err != nil {
			t.Fatalf("%v: %v in %q", args, err, out)
		}
	}
	tell := func(args ...string) string {
		t.Helper()
		out, err := run(t, append(append([]string{"webhook"}, args...), "--data", data)...)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	var added store.Webhook
	ask(&added, "add", "--url", receiver.URL+"/a,b", "--events", "sessionCreated,sessionDestroyed", "--shape", "application")
	if id := strings.TrimSpace(tell("add", "--url", receiver.URL+"/a,b", "--events", "sessionCreated,sessionDestroyed", "--shape", "application")); id != added.ID || id == "" {
		t.Errorf("added again as %q, not %q", id, added.ID)
	}
	if out := tell("list"); !strings.Contains(out, added.ID+"  sessionCreated,sessionDestroyed  application  command  0        new") {
		t.Error(out)
	}
	deliver(t, data, func(s *store.Store) bool { return tries(t, s) > 0 })
	if out := tell("list"); !strings.Contains(out, "failed 1 times, next try") {
		t.Error(out)
	}
	if out := tell("retry", added.ID); !strings.Contains(out, "1 events wait") {
		t.Error(out)
	}
	status.Store(204)
	deliver(t, data, func(s *store.Store) bool { return tries(t, s) > 2 })
	var log []store.WebhookAttempt
	ask(&log, "log")
	if len(log) != 3 || log[0].Outcome != store.WebhookHeld || log[0].Status != 500 || log[0].Hook != added.ID || log[0].EventID == "" || log[2].Outcome != store.WebhookDelivered {
		t.Errorf("%+v", log)
	}
	if out := tell("log", "--failed", "--hook", added.ID); strings.Count(out, "\n") != 2 || !strings.Contains(out, "answered 500 Internal Server Error") {
		t.Error(out)
	}
	if out := tell("log", "--hook", "none"); strings.Count(out, "\n") != 1 {
		t.Error(out)
	}
	if out := tell("remove", added.ID); !strings.Contains(out, added.ID) {
		t.Error(out)
	}
	var list []store.Webhook
	if ask(&list, "list"); len(list) != 0 {
		t.Errorf("%+v", list)
	}
}

func TestWebhookRefusals(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	file := filepath.Join(data, "hooks.json")
	if err := os.WriteFile(file, []byte("[{\"url\": \"http://e.org\"},\n{\"url\": \"http://e.org\", \"shapes\": 1}]"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ args, want string }{
		{"webhook add", "--url"},
		{"webhook add --url ftp://e.org", "http://"},
		{"webhook add --url http://e.org --events streamcreated", `no event "streamcreated"`},
		{"webhook add --url http://e.org --shape round", `no shape "round"`},
		{"webhook add --url http://e.org --project nobody", `no project "nobody"`},
		{"webhook list --project nobody", `no project "nobody"`},
		{"webhook remove none", "webhook list"},
		{"webhook retry none", "webhook list"},
		{"webhook log --limit 0", "--limit"},
		{"serve --webhook e.org", "--webhook: the URL"},
		{"serve --webhooks " + file, `hooks.json: line 2: webhook 2: field "shapes"`},
		{"serve --webhooks " + file + "x", "no such file"},
	} {
		if out, err := run(t, append(strings.Fields(c.args), "--data", data)...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v %s", c.args, err, out)
		}
	}
}

func TestWebhooksOfTheConfiguration(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	file := filepath.Join(data, "hooks.json")
	if err := os.WriteFile(file, []byte(`[{"url":"http://127.0.0.1:9/file","events":["streamCreated"],"shape":"application"}]`), 0o600); err != nil {
		t.Fatal(err)
	}
	hooks, err := configuredWebhooks([]string{"http://127.0.0.1:9/a,b", "http://127.0.0.1:9/c"}, file)
	if err != nil || len(hooks) != 3 || hooks[0].URL != "http://127.0.0.1:9/a,b" || hooks[2].Shape != "application" || hooks[2].Source != store.WebhookByConfig {
		t.Errorf("%+v, %v", hooks, err)
	}
}
