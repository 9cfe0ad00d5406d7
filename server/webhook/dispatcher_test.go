package webhook

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parley/rtc/protocol"
	"parley/server/store"
)

func TestDelivery(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, nil)
	s := newStage(t, newFolder(t), quick(), nil)
	h := s.hook(r.URL+"/hooks?token=1", ShapeMonitoring)
	var want []string
	for i := range 70 { // more than are delivered at once
		s.record(fmt.Sprint(i))
		want = append(want, fmt.Sprint(i))
	}
	r.receives(t, strings.Join(want, " "))
	ids := map[string]bool{}
	for _, p := range r.got() {
		id := p.header.Get(EventIDHeader)
		if ids[id] || id == "" || p.header.Get("Content-Type") != "application/json" || p.header.Get("User-Agent") != "parley/test" {
			t.Fatalf("%v", p.header)
		}
		ids[id] = true
	}
	eventually(t, func() string {
		if got := s.state(h.ID); got.Pending != 0 {
			return fmt.Sprintf("%+v", got)
		}
		return ""
	})
	if got := s.attempts(h.ID); len(got) != 70 || got[0] != "delivered 200" {
		t.Errorf("%d attempts: %v", len(got), got[0])
	}
}

func TestOnlyWhatAHookWants(t *testing.T) {
	t.Parallel()
	r, all := newReceiver(t, nil), newReceiver(t, nil)
	s := newStage(t, newFolder(t), quick(), nil)
	s.hook(r.URL, ShapeApplication, string(ConnectionDestroyed), string(SessionCreated))
	s.hook(all.URL, ShapeApplication)
	for _, name := range []string{"session-created", "connection-created", "stream-created", "connection-destroyed"} {
		if err := s.dispatcher.Record(t.Context(), examples()[name]); err != nil {
			t.Fatal(err)
		}
	}
	other := examples()["session-created"]
	other.Project = "another"
	if err := s.dispatcher.Record(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	names := func(r *receiver) string {
		var all []string
		for _, p := range r.got() {
			all = append(all, between(string(p.body), `"event":"`, `"`))
		}
		return strings.Join(all, " ")
	}
	eventually(t, func() string {
		if a, b := names(r), names(all); a != "sessionCreated connectionDestroyed" || b != "sessionCreated connectionCreated streamCreated connectionDestroyed" {
			return a + "; " + b
		}
		return ""
	})
}

// TestAFailingHookKeepsItsOrder answers the same event with one failure after the other: those behind it wait.
func TestAFailingHookKeepsItsOrder(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func(w http.ResponseWriter, r *http.Request){
		"500":       func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) },
		"408":       func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(408) },
		"429":       func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(429) },
		"no answer": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"redirect":  func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newReceiver(t, func(w http.ResponseWriter, req *http.Request, n int, data string) {
				if req.URL.Path == "/elsewhere" {
					t.Error("a redirect was followed")
				}
				if data == "b" && n < 5 {
					fail(w, req)
				}
			})
			s := newStage(t, newFolder(t), quick(), nil)
			h := s.hook(r.URL, ShapeMonitoring)
			for _, data := range []string{"a", "b", "c", "d"} {
				s.record(data)
			}
			r.receives(t, "a b b b b b c d")
			first, last := r.got()[1], r.got()[5]
			if first.header.Get(EventIDHeader) != last.header.Get(EventIDHeader) || string(first.body) != string(last.body) {
				t.Error("the event is another one when it is posted again")
			}
			eventually(t, func() string {
				if got := s.state(h.ID); got.Pending != 0 || got.Failures != 0 {
					return fmt.Sprintf("%+v", got)
				}
				return ""
			})
			if got := strings.Join(s.attempts(h.ID), ", "); strings.Count(got, "held") != 4 || strings.Count(got, "delivered") != 4 {
				t.Error(got)
			}
		})
	}
}

func TestARefusedEventLetsOthersPass(t *testing.T) {
	t.Parallel()
	var last atomic.Bool // the last event has come
	r := newReceiver(t, func(w http.ResponseWriter, _ *http.Request, _ int, data string) {
		switch data {
		case "bad":
			if !last.Load() {
				w.WriteHeader(http.StatusUnprocessableEntity)
			}
		case "c":
			last.Store(true)
		}
	})
	s := newStage(t, newFolder(t), quick(), nil)
	h := s.hook(r.URL, ShapeMonitoring)
	for _, data := range []string{"bad", "a", "b", "c"} {
		s.record(data)
	}
	eventually(t, func() string {
		if got := s.state(h.ID); got.Pending != 0 {
			return fmt.Sprintf("%+v, %s", got, r.data())
		}
		return ""
	})
	got := r.data()
	if others := strings.Join(strings.Fields(strings.ReplaceAll(got, "bad", "")), " "); others != "a b c" || !strings.HasPrefix(got, "bad ") || !strings.HasSuffix(got, " bad") {
		t.Error(got)
	}
}

func TestADeadHookDoesNotDelayOthers(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	stuck := newReceiver(t, func(_ http.ResponseWriter, r *http.Request, _ int, _ string) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	})
	good := newReceiver(t, nil)
	policy := quick()
	policy.Concurrency = 4
	s := newStage(t, newFolder(t), policy, nil)
	for i := range 3 {
		s.hook(fmt.Sprint(stuck.URL, "/", i), ShapeMonitoring)
	}
	s.hook("http://127.0.0.1:1/refused", ShapeMonitoring)
	s.hook(good.URL, ShapeMonitoring)
	var want []string
	for i := range 40 {
		s.record(fmt.Sprint(i))
		want = append(want, fmt.Sprint(i))
	}
	good.receives(t, strings.Join(want, " "))
	if n := len(stuck.got()); n != 3 {
		t.Errorf("%d are being posted to the hooks that do not answer", n)
	}
	close(release)
}

// TestConcurrencyIsBounded counts how many hooks are posted to at the same time.
func TestConcurrencyIsBounded(t *testing.T) {
	t.Parallel()
	var now, most atomic.Int32
	r := newReceiver(t, func(http.ResponseWriter, *http.Request, int, string) {
		n := now.Add(1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		time.Sleep(5 * time.Millisecond) // a receiver's work, not the test's wait
		now.Add(-1)
	})
	policy := quick()
	policy.Concurrency = 3
	s := newStage(t, newFolder(t), policy, nil)
	for i := range 12 {
		s.hook(fmt.Sprint(r.URL, "/", i), ShapeMonitoring)
	}
	for i := range 3 {
		s.record(fmt.Sprint(i))
	}
	eventually(t, func() string {
		if n := len(r.got()); n != 36 {
			return fmt.Sprintf("%d of 36 came", n)
		}
		return ""
	})
	if m := most.Load(); m != 3 {
		t.Errorf("%d at the same time", m)
	}
}

// TestALongAnswerIsNotRead: ten megabytes, and one that never ends.
func TestALongAnswerIsNotRead(t *testing.T) {
	t.Parallel()
	var written atomic.Int64
	r := newReceiver(t, func(w http.ResponseWriter, r *http.Request, n int, _ string) {
		chunk := make([]byte, 64<<10)
		for range 160 {
			if _, err := w.Write(chunk); err != nil {
				return
			}
			written.Add(int64(len(chunk)))
		}
	})
	s := newStage(t, newFolder(t), quick(), nil)
	h := s.hook(r.URL, ShapeMonitoring)
	s.record("a")
	s.record("b")
	r.receives(t, "a b")
	eventually(t, func() string {
		if got := strings.Join(s.attempts(h.ID), ", "); got != "delivered 200, delivered 200" {
			return "got " + got
		}
		return ""
	})
	if n := written.Load(); n >= 2*160*64<<10 {
		t.Errorf("all of %d bytes were taken", n)
	}
}

func TestASlowReceiverTimesOut(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, func(_ http.ResponseWriter, r *http.Request, n int, _ string) {
		if n == 0 {
			<-r.Context().Done() // ends when the other side gives up
		}
	})
	policy := quick()
	policy.Timeout = 100 * time.Millisecond
	s := newStage(t, newFolder(t), policy, nil)
	h := s.hook(r.URL, ShapeMonitoring)
	s.record("a")
	eventually(t, func() string {
		if got := strings.Join(s.attempts(h.ID), ", "); !strings.HasPrefix(got, "held 0") || !strings.HasSuffix(got, "delivered 200") {
			return "got " + got
		}
		return ""
	})
}

// TestRestart records with nobody who delivers, then starts another dispatcher on the same store.
func TestRestart(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, nil)
	folder := newFolder(t)
	kept := openStore(t, folder)
	addHook(t, kept, r.URL, ShapeMonitoring)
	d := New(Config{Store: kept, Projects: oneProject()})
	for _, data := range []string{"a", "b"} {
		if err := d.Record(t.Context(), arrival("s", data)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(d.Close(t.Context()), kept.Close()); err != nil {
		t.Fatal(err)
	}
	if err := d.Run(t.Context()); !errors.Is(err, ErrClosed) {
		t.Errorf("%v", err)
	}
	s := newStage(t, folder, quick(), nil)
	s.record("c")
	r.receives(t, "a b c")
}

func TestRecover(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, nil)
	folder := newFolder(t)
	kept := openStore(t, folder)
	addHook(t, kept, r.URL, ShapeMonitoring, string(ConnectionDestroyed), string(StreamDestroyed))
	d := New(Config{Store: kept, Projects: oneProject()})
	gone := arrival("1_x", "gone")
	for _, e := range []Event{gone, examples()["session-created"], examples()["connection-created"], examples()["stream-created"]} {
		if err := d.Record(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	gone.Name, gone.Reason = ConnectionDestroyed, protocol.ReasonForceDisconnected
	if err := errors.Join(d.Record(t.Context(), gone), d.Close(t.Context()), kept.Close()); err != nil {
		t.Fatal(err)
	}
	s := newStage(t, folder, quick(), nil)
	if err := errors.Join(s.dispatcher.Recover(t.Context()), s.dispatcher.Recover(t.Context())); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() string {
		var all []string
		for _, p := range r.got() {
			all = append(all, between(string(p.body), `"event":"`, `"`)+" "+between(string(p.body), `"reason":"`, `"`)+" "+between(string(p.body), `"id":"`, `"`))
		}
		if got := strings.Join(all, ", "); got != "connectionDestroyed forceDisconnected 1_xgone, streamDestroyed networkDisconnected 63245362, connectionDestroyed networkDisconnected c053fcc8" {
			return "got " + got
		}
		return ""
	})
	if body := string(r.got()[1].body); !strings.Contains(body, `"createdAt":1470258845416,"name":"Ann","videoType":"camera"`) || strings.Contains(body, `"timestamp":1470`) {
		t.Error(body)
	}
}

func TestAHookOfAnotherProcessTakesEffectAtOnce(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, nil)
	folder := newFolder(t)
	s := newStage(t, folder, quick(), nil)
	s.record("before")
	other := openStore(t, folder)
	defer other.Close()
	h := addHook(t, other, r.URL, ShapeMonitoring)
	s.record("after")
	// Its beginning was before the hook.
	leave := arrival("session", "before")
	leave.Name, leave.Reason = ConnectionDestroyed, protocol.ReasonClientDisconnected
	if err := s.dispatcher.Record(t.Context(), leave); err != nil {
		t.Fatal(err)
	}
	r.receives(t, "after before")
	if err := other.RemoveWebhook(t.Context(), h.ID, "", ""); err != nil {
		t.Fatal(err)
	}
	s.record("later")
	kept := newReceiver(t, nil)
	addHook(t, other, kept.URL, ShapeMonitoring)
	s.record("last")
	kept.receives(t, "last")
	r.receives(t, "after before")
}

// TestRetryFromAnotherProcess: a hook that is held back for long is tried at once.
func TestRetryFromAnotherProcess(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, func(w http.ResponseWriter, _ *http.Request, n int, _ string) {
		if n == 0 {
			w.WriteHeader(500)
		}
	})
	folder := newFolder(t)
	policy := quick()
	policy.MinBackoff, policy.MaxBackoff = time.Hour, time.Hour
	s := newStage(t, folder, policy, nil)
	h := s.hook(r.URL, ShapeMonitoring)
	s.record("a")
	eventually(t, func() string {
		if got := s.state(h.ID); got.Failures != 1 || time.Until(got.HeldUntil) < 29*time.Minute {
			return fmt.Sprintf("%+v", got)
		}
		return ""
	})
	other := openStore(t, folder)
	defer other.Close()
	if n, err := other.RetryWebhook(t.Context(), h.ID); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	r.receives(t, "a a")
}

// faulty is a store with another way to do one thing.
type faulty struct {
	Store
	append func(ctx context.Context, e store.WebhookEvent) (store.WebhookAppended, error)
	settle func(ctx context.Context, t store.WebhookSettlement) error
	due    func(ctx context.Context) ([]store.WebhookDue, error)
}

func (f *faulty) AppendWebhookEvent(ctx context.Context, e store.WebhookEvent) (store.WebhookAppended, error) {
	if f.append != nil {
		return f.append(ctx, e)
	}
	return f.Store.AppendWebhookEvent(ctx, e)
}

func (f *faulty) SettleDelivery(ctx context.Context, t store.WebhookSettlement) error {
	if f.settle != nil {
		return f.settle(ctx, t)
	}
	return f.Store.SettleDelivery(ctx, t)
}

func (f *faulty) DueWebhooks(ctx context.Context) ([]store.WebhookDue, error) {
	if f.due != nil {
		return f.due(ctx)
	}
	return f.Store.DueWebhooks(ctx)
}

func TestRecordTellsWhenTheStoreFails(t *testing.T) {
	t.Parallel()
	full := errors.New("disk full")
	s := newStage(t, newFolder(t), quick(), func(kept Store) Store {
		return &faulty{Store: kept, append: func(context.Context, store.WebhookEvent) (store.WebhookAppended, error) {
			return store.WebhookAppended{}, full
		}}
	})
	if err := s.dispatcher.Record(t.Context(), arrival("s", "a")); !errors.Is(err, full) {
		t.Errorf("%v", err)
	}
	if err := s.dispatcher.Record(t.Context(), Event{}); err == nil || errors.Is(err, full) {
		t.Errorf("an empty event: %v", err)
	}
}

// TestADeliveryThatCannotBeKeptIsNotRepeated lets the store fail after an answer: the event must not be posted over and over meanwhile.
func TestADeliveryThatCannotBeKeptIsNotRepeated(t *testing.T) {
	t.Parallel()
	var failures, looks atomic.Int32
	r := newReceiver(t, nil)
	s := newStage(t, newFolder(t), quick(), func(kept Store) Store {
		return &faulty{Store: kept,
			settle: func(ctx context.Context, t store.WebhookSettlement) error {
				if failures.Add(1) == 1 {
					return errors.New("disk full")
				}
				return kept.SettleDelivery(ctx, t)
			},
			due: func(ctx context.Context) ([]store.WebhookDue, error) {
				if looks.Add(1) == 1 {
					return nil, errors.New("I/O error")
				}
				return kept.DueWebhooks(ctx)
			}}
	})
	s.hook(r.URL, ShapeMonitoring)
	s.record("a")
	s.record("b")
	r.receives(t, "a b")
	if n := failures.Load(); n < 2 {
		t.Errorf("%d", n)
	}
}

// TestHundredSessions records from a hundred loops at once; each session's events keep their order.
func TestHundredSessions(t *testing.T) {
	t.Parallel()
	const sessions, events = 100, 3
	r := newReceiver(t, nil)
	s := newStage(t, newFolder(t), quick(), nil)
	s.hook(r.URL, ShapeMonitoring)
	var loops sync.WaitGroup
	for i := range sessions {
		loops.Go(func() {
			for n := range events {
				if err := s.dispatcher.Record(t.Context(), arrival(protocol.SessionID(fmt.Sprint("s", i)), fmt.Sprint(n))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	loops.Wait()
	eventually(t, func() string {
		if n := len(r.got()); n != sessions*events {
			return fmt.Sprintf("%d came", n)
		}
		return ""
	})
	next := map[string]int{}
	for _, p := range r.got() {
		session := between(string(p.body), `"sessionId":"`, `"`)
		if p.data != fmt.Sprint(next[session]) {
			t.Fatalf("%s: event %s after %d", session, p.data, next[session])
		}
		next[session]++
	}
}

// TestClosingCutsOffWhatHangs: Close waits for an answer that comes, and not for one that does not.
func TestClosingCutsOffWhatHangs(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, func(_ http.ResponseWriter, r *http.Request, n int, _ string) {
		if n == 0 {
			<-r.Context().Done()
		}
	})
	folder := newFolder(t)
	s := newStage(t, folder, quick(), nil)
	h := s.hook(r.URL, ShapeMonitoring)
	s.record("a")
	r.receives(t, "a")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	begin := time.Now()
	if err := errors.Join(s.dispatcher.Close(ctx), s.dispatcher.Close(ctx)); err != nil || time.Since(begin) > 5*time.Second {
		t.Errorf("%v after %v", err, time.Since(begin))
	}
	if got := s.state(h.ID); got.Pending != 1 || got.Failures != 0 {
		t.Errorf("%+v: to be cut off is no failure of the hook", got)
	}
	s.close()
	newStage(t, folder, quick(), nil)
	r.receives(t, "a a")
	if a, b := r.got()[0], r.got()[1]; a.header.Get(EventIDHeader) != b.header.Get(EventIDHeader) {
		t.Error("another id")
	}
}
