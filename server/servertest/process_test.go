package servertest_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"parley/rtc/protocol"
	"parley/server/config"
	"parley/server/node"
	"parley/server/store"
	"parley/server/token"
)

// childEnv names the data folder of a server that this test program is started again as; roomEnv, how many bytes its files may have.
const (
	childEnv = "PARLEY_TEST_CHILD"
	roomEnv  = "PARLEY_TEST_ROOM"
)

// serveChild is a server in a process of its own, which can be killed. It prints its URL.
func serveChild(folder string) int {
	if room, err := strconv.ParseUint(os.Getenv(roomEnv), 10, 64); err == nil {
		signal.Ignore(syscall.SIGXFSZ) // a write that finds no room then answers an error, as on a full disk
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: room, Max: room}); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	n, err := node.New(context.Background(), config.Config{Data: folder, Listen: "127.0.0.1:0"}, "test", nil)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println(n.Running().URL)
	if err := n.Run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// child is a server in a process of its own.
type child struct {
	*exec.Cmd
	url string
}

func startChild(t *testing.T, folder string, env ...string) *child {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := &child{Cmd: exec.Command(exe)}
	c.Env = append(append(os.Environ(), childEnv+"="+folder), env...)
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.kill)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the server said %q: %v", line, err)
	}
	go func() { _, _ = io.Copy(io.Discard, out) }() // ends with the process, which kill waits for
	c.url = strings.TrimSpace(line)
	return c
}

// kill is kill -9.
func (c *child) kill() {
	if c.ProcessState == nil {
		_ = c.Process.Kill()
		_ = c.Wait()
	}
}

// prepare makes a store with a session, and returns what signs tokens for it.
func prepare(t *testing.T, folder string) (protocol.SessionID, token.Key) {
	t.Helper()
	s, err := store.Open(t.Context(), folder)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	all, err := s.Projects(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	id, err := s.CreateSession(t.Context(), all[0].ApplicationID, nil)
	if err != nil {
		t.Fatal(err)
	}
	key, err := node.KeyOf(s, all[0])
	if err != nil {
		t.Fatal(err)
	}
	return id, key
}

func sign(t *testing.T, key token.Key, id protocol.SessionID, name string) string {
	t.Helper()
	text, err := key.Sign(token.Grant{SessionID: id, Role: token.Moderator, Name: name, ExpiresAt: time.Now().Add(time.Hour)}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// say sends chat lines as fast as they are acknowledged, until the wire breaks, and returns those that were.
func say(ctx context.Context, v *visitor, prefix string, atMost int) []string {
	var kept []string
	for i := range atMost {
		text := fmt.Sprint(prefix, " ", i)
		msg, err := v.ask(ctx, protocol.TypeSignal, protocol.Signal{Type: "chat", Data: text, Key: text}, nil)
		if err != nil || msg.Type != protocol.TypeReply {
			return kept
		}
		kept = append(kept, text)
	}
	return kept
}

// hooked is a receiver of webhooks, which knows an event again that is posted twice.
type hooked struct {
	mu   sync.Mutex
	seen map[string]bool // event ids
	list []string        // event and connection
}

func (h *hooked) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	var ev struct {
		Event      string
		Connection struct{ ID string }
	}
	if json.NewDecoder(r.Body).Decode(&ev) != nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if id := r.Header.Get("Parley-Event-Id"); !h.seen[id] {
		h.seen[id] = true
		h.list = append(h.list, strings.TrimSpace(ev.Event+" "+ev.Connection.ID))
	}
}

// hear waits until the receiver has heard all of want.
func (h *hooked) hear(ctx context.Context, t *testing.T, want []string) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		h.mu.Lock()
		got := slices.Clone(h.list)
		h.mu.Unlock()
		missing := slices.DeleteFunc(slices.Clone(want), func(w string) bool { return slices.Contains(got, w) })
		if len(missing) == 0 {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Errorf("webhooks: %q did not come, only %q", missing, got)
			return
		}
	}
}

// TestKill: a server that is killed in the middle of writing has lost no line that it acknowledged and no webhook, and what moderators decided holds.
func TestKill(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	id, key := prepare(t, folder)
	receiver := &hooked{seen: map[string]bool{}}
	hooks := httptest.NewServer(receiver)
	defer hooks.Close()
	addHook(t, folder, key.ApplicationID, hooks.URL)
	events := []string{"sessionCreated"}
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	var kept []string
	for round := range 3 {
		server := startChild(t, folder)
		v, err := visit(ctx, t, server.url, sign(t, key, id, "Ann"))
		if err != nil {
			t.Fatal(err)
		}
		connection := string(v.welcome.You.ID)
		events = append(events, "connectionCreated "+connection, "connectionDestroyed "+connection)
		if round == 0 {
			if _, err := v.ask(ctx, protocol.TypeLock, protocol.Lock{Locked: true}, nil); err != nil {
				t.Fatal(err)
			}
		}
		if !v.welcome.Session.Locked && round > 0 {
			t.Error("the lock is gone")
		}
		half := len(kept) + 20
		killing := make(chan struct{})
		go func() { // ends with this round
			defer close(killing)
			for { // once it has kept some, in the middle of whatever it does
				lines, err := chatOf(folder, id)
				if ctx.Err() != nil || err == nil && len(lines) >= half {
					_ = server.Process.Kill()
					return
				}
			}
		}()
		kept = append(kept, say(ctx, v, fmt.Sprint("round ", round), 60)...)
		<-killing
		server.kill()
		v.wire.CloseNow()
	}
	startChild(t, folder) // tells what the one before it could not
	receiver.hear(ctx, t, events)
	lines, err := chatOf(folder, id)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]int{}
	for _, l := range lines {
		found[l.Text]++
	}
	t.Logf("%d lines were acknowledged, %d are kept", len(kept), len(lines))
	if len(kept) < 40 {
		t.Errorf("only %d lines were acknowledged", len(kept))
	}
	for _, text := range kept {
		if found[text] != 1 {
			t.Errorf("%q was acknowledged, and is there %d times", text, found[text])
		}
	}
}

// addHook registers a webhook for everything.
func addHook(t *testing.T, folder, project, url string) {
	t.Helper()
	s, err := store.Open(t.Context(), folder)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.AddWebhook(t.Context(), store.Webhook{Project: project, URL: url, Events: []string{store.AllWebhookEvents}, Shape: "monitoring",
		Source: store.WebhookByCommand}); err != nil {
		t.Fatal(err)
	}
}

// chatOf reads a session's chat beside whoever writes it.
func chatOf(folder string, id protocol.SessionID) ([]protocol.ChatLine, error) {
	s, err := store.Open(context.Background(), folder)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	return s.Chat(context.Background(), id, 10000)
}

// TestFullDisk: chat is refused with words, and the rest of the call goes on.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	id, key := prepare(t, folder)
	largest := int64(0)
	files, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if info, err := os.Stat(f); err == nil {
			largest = max(largest, info.Size())
		}
	}
	server := startChild(t, folder, fmt.Sprint(roomEnv, "=", largest+300<<10))
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	v, err := visit(ctx, t, server.url, sign(t, key, id, "Ann"))
	if err != nil {
		t.Fatal(err)
	}
	defer v.wire.CloseNow()
	var body protocol.ErrorBody
	kept := 0
	for range 400 {
		msg, err := v.ask(ctx, protocol.TypeSignal, protocol.Signal{Type: "chat", Data: strings.Repeat("x", 8000)}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if msg.Type == protocol.TypeError {
			if err := json.Unmarshal(msg.Data, &body); err != nil {
				t.Fatal(err)
			}
			if body.Code == protocol.CodeStoreFailed {
				break
			}
			continue // over the rate
		}
		kept++
	}
	if body.Code != protocol.CodeStoreFailed || kept == 0 {
		t.Fatalf("%d lines were kept, then %q", kept, body.Code)
	}
	if msg, err := v.ask(ctx, protocol.TypeSignal, protocol.Signal{Type: "other", Data: "on we go"}, nil); err != nil || msg.Type != protocol.TypeReply {
		t.Errorf("%s %s %v", msg.Type, msg.Data, err)
	}
	w, err := visit(ctx, t, server.url, sign(t, key, id, "Ben"))
	if err != nil {
		t.Fatalf("nobody gets in any more: %v", err)
	}
	w.wire.CloseNow()
}
