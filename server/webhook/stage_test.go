package webhook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"parley/rtc/protocol"
	"parley/server/store"
)

func TestMain(m *testing.M) {
	if folder := os.Getenv(childEnv); folder != "" {
		child(folder, os.Getenv(childEnv+"_URL"))
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		if folder, err := seed(); err == nil {
			_ = os.RemoveAll(folder)
		}
		os.Exit(code)
	}))
}

const secret = "the signature secret"

// projects is one project with the application id app.
type projects struct {
	signing func(ctx context.Context, project string) (Signing, error)
}

func (p projects) Signing(ctx context.Context, project string) (Signing, error) {
	return p.signing(ctx, project)
}

func oneProject() projects {
	return projects{func(_ context.Context, project string) (Signing, error) {
		if project != "app" {
			return Signing{}, errors.New("there is no such project")
		}
		return Signing{ApplicationID: "app", APIKey: "12345678", Secret: secret}, nil
	}}
}

// quick is a policy for receivers on loopback.
func quick() Policy {
	return Policy{Timeout: 10 * time.Second, MinBackoff: time.Millisecond, MaxBackoff: 20 * time.Millisecond}
}

func openStore(t testing.TB, folder string) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), folder)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// seed makes the files of a store with a project in it, once: making its key takes a while.
var seed = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "parley-webhook-*")
	if err != nil {
		return "", err
	}
	s, err := store.Open(context.Background(), folder)
	if err != nil {
		return "", err
	}
	return folder, s.Close()
})

// newFolder makes a data folder with a store.
func newFolder(t testing.TB) string {
	t.Helper()
	made, err := seed()
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if err := os.CopyFS(folder, os.DirFS(made)); err != nil {
		t.Fatal(err)
	}
	return folder
}

// stage is a store with a dispatcher that runs.
type stage struct {
	t          testing.TB
	store      *store.Store
	dispatcher *Dispatcher
	ended      chan error
	close      func()
}

// newStage starts one on a folder; wrap, if not nil, stands between the dispatcher and the store.
func newStage(t testing.TB, folder string, policy Policy, wrap func(Store) Store) *stage {
	t.Helper()
	s := &stage{t: t, store: openStore(t, folder), ended: make(chan error, 1)}
	var kept Store = s.store
	if wrap != nil {
		kept = wrap(kept)
	}
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
	s.dispatcher = New(Config{Store: kept, Projects: oneProject(), UserAgent: "parley/test", Policy: policy, Log: log})
	go func() { s.ended <- s.dispatcher.Run(context.Background()) }() // ends by close
	s.close = sync.OnceFunc(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := errors.Join(s.dispatcher.Close(ctx), s.store.Close(), <-s.ended); err != nil && !errors.Is(err, ErrClosed) {
			t.Error(err)
		}
	})
	t.Cleanup(s.close)
	return s
}

// hook registers one.
func (s *stage) hook(url string, shape Shape, events ...string) store.Webhook {
	s.t.Helper()
	return addHook(s.t, s.store, url, shape, events...)
}

func addHook(t testing.TB, s *store.Store, url string, shape Shape, events ...string) store.Webhook {
	t.Helper()
	if len(events) == 0 {
		events = []string{store.AllWebhookEvents}
	}
	h, err := s.AddWebhook(context.Background(), store.Webhook{Project: "app", URL: url, Events: events, Shape: string(shape), Source: store.WebhookByCommand})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// record records that a connection came, whose data is text.
func (s *stage) record(text string) {
	s.t.Helper()
	if err := s.dispatcher.Record(context.Background(), arrival("session", text)); err != nil {
		s.t.Fatal(err)
	}
}

func arrival(session protocol.SessionID, data string) Event {
	now := time.Now()
	return Event{Project: "app", SessionID: session, Name: ConnectionCreated, Time: now,
		Connection: &Connection{ID: protocol.ConnectionID(string(session) + data), CreatedAt: now, Data: data}}
}

// state is the hook as the store has it.
func (s *stage) state(id string) store.Webhook {
	s.t.Helper()
	all, err := s.store.Webhooks(context.Background(), "app")
	if err != nil {
		s.t.Fatal(err)
	}
	i := slices.IndexFunc(all, func(h store.Webhook) bool { return h.ID == id })
	if i < 0 {
		s.t.Fatalf("there is no hook %s", id)
	}
	return all[i]
}

// attempts are the outcomes in the log of a hook, with their statuses.
func (s *stage) attempts(id string) []string {
	s.t.Helper()
	log, err := s.store.WebhookLog(context.Background(), store.WebhookLogQuery{Hook: id, Limit: 10000})
	if err != nil {
		s.t.Fatal(err)
	}
	var all []string
	for _, a := range log {
		all = append(all, fmt.Sprintf("%s %d", a.Outcome, a.Status))
	}
	return all
}

// posted is a delivery that a receiver got.
type posted struct {
	header http.Header
	body   []byte
	data   string // of the connection
}

// receiver keeps what it gets, and answers as answer says: it is told how many came before.
type receiver struct {
	*httptest.Server
	mu  sync.Mutex
	all []posted
}

func newReceiver(t testing.TB, answer func(w http.ResponseWriter, r *http.Request, n int, data string)) *receiver {
	t.Helper()
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return
		}
		p := posted{header: req.Header.Clone(), body: body, data: between(string(body), `"data":"`, `"`)}
		r.mu.Lock()
		n := len(r.all)
		r.all = append(r.all, p)
		r.mu.Unlock()
		if answer != nil {
			answer(w, req, n, p.data)
		}
	}))
	t.Cleanup(r.Close)
	return r
}

func between(text, before, after string) string {
	_, rest, _ := strings.Cut(text, before)
	inner, _, _ := strings.Cut(rest, after)
	return inner
}

// got returns what came.
func (r *receiver) got() []posted {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.all)
}

// data returns the data of what came, in order.
func (r *receiver) data() string {
	var all []string
	for _, p := range r.got() {
		all = append(all, p.data)
	}
	return strings.Join(all, " ")
}

// eventually waits until why returns "".
func eventually(t testing.TB, why func() string) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(30 * time.Second); ; <-tick.C {
		text := why()
		if text == "" {
			return
		}
		if time.Now().After(end) {
			t.Fatal(text)
		}
	}
}

// receives waits until the receiver got exactly that, in order.
func (r *receiver) receives(t testing.TB, want string) {
	t.Helper()
	eventually(t, func() string {
		if got := r.data(); got != want {
			return fmt.Sprintf("got %q, want %q", got, want)
		}
		return ""
	})
}

// golden compares with a file of testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	want, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	if strings.TrimSpace(string(want)) != string(got) {
		t.Errorf("%s:\n%s\nwant\n%s", name, got, want)
	}
}
