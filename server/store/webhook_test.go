package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func hook(project string, events ...string) Webhook {
	return Webhook{Project: project, URL: "http://127.0.0.1:9/" + strings.Join(events, "-"), Events: events, Shape: "monitoring", Source: WebhookByCommand}
}

func add(t *testing.T, s *Store, h Webhook) Webhook {
	t.Helper()
	h, err := s.AddWebhook(t.Context(), h)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestWebhooksAreKept(t *testing.T) {
	t.Parallel()
	ctx, s := t.Context(), open(t, t.TempDir())
	a, b := add(t, s, hook("p", "x")), add(t, s, hook("p", "x", "y"))
	if again := add(t, s, hook("p", "x")); again.ID != a.ID || a.ID == b.ID || a.ID == "" {
		t.Errorf("%q, %q, again %q", a.ID, b.ID, again.ID)
	}
	add(t, s, hook("q", AllWebhookEvents))
	got, err := s.Webhooks(ctx, "p")
	if err != nil || len(got) != 2 || !slices.Equal(got[slices.IndexFunc(got, func(h Webhook) bool { return h.ID == b.ID })].Events, []string{"x", "y"}) {
		t.Errorf("%+v, %v", got, err)
	}
	if all, err := s.Webhooks(ctx, ""); err != nil || len(all) != 3 {
		t.Errorf("%d in all, %v", len(all), err)
	}
	for _, c := range []struct {
		id, project string
		source      WebhookSource
		want        error
	}{
		{a.ID, "q", "", ErrNotFound}, {a.ID, "p", WebhookByREST, ErrNotFound}, {"none", "", "", ErrNotFound}, {a.ID, "p", WebhookByCommand, nil}, {a.ID, "", "", ErrNotFound}, {b.ID, "", "", nil},
	} {
		if err := s.RemoveWebhook(ctx, c.id, c.project, c.source); !errors.Is(err, c.want) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	for i := range MaxWebhooks {
		add(t, s, hook("many", fmt.Sprint(i)))
	}
	if _, err := s.AddWebhook(ctx, hook("many", "one more")); !errors.Is(err, ErrTooMany) {
		t.Errorf("%v", err)
	}
}

func TestConfiguredWebhooksAreBroughtToTheConfiguration(t *testing.T) {
	t.Parallel()
	ctx, s := t.Context(), open(t, t.TempDir())
	byCommand := add(t, s, hook("p", "x"))
	configured := func(events ...string) Webhook {
		h := hook("p", events...)
		h.Source = WebhookByConfig
		return h
	}
	ids := func() map[string]string {
		all, err := s.Webhooks(ctx, "")
		if err != nil {
			t.Fatal(err)
		}
		m := map[string]string{}
		for _, h := range all {
			m[string(h.Source)+" "+h.Events[0]] = h.ID
		}
		return m
	}
	if err := s.SyncWebhooks(ctx, []Webhook{configured("a"), configured("b")}); err != nil {
		t.Fatal(err)
	}
	before := ids()
	appendEvent := func(name string) { record(t, s, WebhookEvent{Project: "p", Name: name}) }
	appendEvent("b")
	if err := s.SyncWebhooks(ctx, []Webhook{configured("b"), configured("c")}); err != nil {
		t.Fatal(err)
	}
	after := ids()
	if len(after) != 3 || after["config b"] != before["config b"] || after["config a"] != "" || after["config c"] == "" || after["command x"] != byCommand.ID {
		t.Errorf("%v, then %v", before, after)
	}
	if got := waiting(t, s, after["config b"]); !slices.Equal(got, []string{"b"}) {
		t.Errorf("%v waits for the one that stayed", got)
	}
	var many []Webhook
	for i := range MaxWebhooks {
		many = append(many, configured(fmt.Sprint(i)))
	}
	if err := s.SyncWebhooks(ctx, many); !errors.Is(err, ErrTooMany) {
		t.Errorf("%v", err)
	}
	if again := ids(); len(again) != 3 {
		t.Errorf("a part of what failed was done: %v", again)
	}
}

// record appends an event whose body is its name.
func record(t *testing.T, s *Store, e WebhookEvent) WebhookAppended {
	t.Helper()
	if e.Body == nil {
		e.Body = []byte(e.Name)
	}
	if e.At.IsZero() {
		e.At = time.Now()
	}
	done, err := s.AppendWebhookEvent(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	return done
}

// waiting takes everything that waits for a hook and is due, delivered, and returns the bodies.
func waiting(t *testing.T, s *Store, hook string) []string {
	t.Helper()
	var all []string
	for {
		d, ok, err := s.NextDelivery(t.Context(), hook, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			return all
		}
		all = append(all, string(d.Body))
		settle := WebhookSettlement{Delivery: d, Attempt: WebhookAttempt{Time: time.Now(), Outcome: WebhookDelivered, EventID: d.ID, Status: 200}, MaxLog: 1000}
		if err := s.SettleDelivery(t.Context(), settle); err != nil {
			t.Fatal(err)
		}
	}
}

func pending(t *testing.T, s *Store, id string) Webhook {
	t.Helper()
	all, err := s.Webhooks(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range all {
		if h.ID == id {
			return h
		}
	}
	t.Fatalf("there is no hook %s", id)
	return Webhook{}
}

func TestEventsWaitForWhoWantsThem(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	x, all, other := add(t, s, hook("p", "x")), add(t, s, hook("p", AllWebhookEvents)), add(t, s, hook("q", "x"))
	for i := range 5 {
		if done := record(t, s, WebhookEvent{Project: "p", Name: "x", Body: fmt.Append(nil, "x", i)}); done.Hooks != 2 {
			t.Errorf("%+v", done)
		}
		record(t, s, WebhookEvent{Project: "p", Name: "y", Body: fmt.Append(nil, "y", i)})
	}
	if h := pending(t, s, all.ID); h.Pending != 10 {
		t.Errorf("%d wait", h.Pending)
	}
	due, err := s.DueWebhooks(t.Context())
	if err != nil || len(due) != 2 || !due[0].First.IsZero() || !due[0].HeldUntil.IsZero() {
		t.Errorf("%+v, %v", due, err)
	}
	if got := strings.Join(waiting(t, s, x.ID), " "); got != "x0 x1 x2 x3 x4" {
		t.Error(got)
	}
	if got := strings.Join(waiting(t, s, all.ID), " "); got != "x0 y0 x1 y1 x2 y2 x3 y3 x4 y4" {
		t.Error(got)
	}
	if got := waiting(t, s, other.ID); got != nil {
		t.Errorf("another project's hook got %v", got)
	}
	if h := pending(t, s, all.ID); h.Pending != 0 {
		t.Errorf("%d wait in the end", h.Pending)
	}
}

// TestNothingIsWrittenForNobody looks at SQLite's own count of changes by others.
func TestNothingIsWrittenForNobody(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	s, other := open(t, folder), open(t, folder)
	add(t, s, hook("p", "x"))
	other.read.SetMaxOpenConns(1)
	version := func() (v int) {
		if err := other.read.QueryRow("PRAGMA data_version").Scan(&v); err != nil {
			t.Fatal(err)
		}
		return v
	}
	before := version()
	record(t, s, WebhookEvent{Project: "p", Name: "y", Live: &WebhookLive{ID: "1", Ends: "z"}})
	record(t, s, WebhookEvent{Project: "q", Name: "x", Live: &WebhookLive{ID: "1", Ends: "x"}})
	if v := version(); v != before {
		t.Errorf("the store changed: %d, then %d", before, v)
	}
	record(t, s, WebhookEvent{Project: "p", Name: "x"})
	if v := version(); v == before {
		t.Error("the count does not show a change")
	}
}

func TestOutboxIsBounded(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	h := add(t, s, hook("p", "x"))
	for i := range 12 {
		done := record(t, s, WebhookEvent{Project: "p", Name: "x", Body: fmt.Append(nil, i), MaxPending: 5})
		if (done.Dropped == 1) != (i >= 5) {
			t.Errorf("event %d: %+v", i, done)
		}
	}
	if got := pending(t, s, h.ID); got.Pending != 5 || got.Dropped != 7 {
		t.Errorf("%+v", got)
	}
	log, err := s.WebhookLog(t.Context(), WebhookLogQuery{Hook: h.ID, Limit: 100})
	if err != nil || len(log) != 1 || log[0].Outcome != WebhookDropped || log[0].Count != 7 || log[0].Error == "" {
		t.Errorf("%+v, %v", log, err)
	}
	if got := strings.Join(waiting(t, s, h.ID), " "); got != "7 8 9 10 11" {
		t.Error(got)
	}
}

// ended ends what has the body "begin ID".
func ended(begun []byte) (WebhookEvent, bool) {
	id, ok := strings.CutPrefix(string(begun), "begin ")
	return WebhookEvent{Project: "p", Session: "s", Name: "end", Body: []byte("end " + id), At: time.Now()}, ok
}

func TestWhatWasLiveIsEnded(t *testing.T) {
	t.Parallel()
	ctx, s := t.Context(), open(t, t.TempDir())
	begin := func(place int, id string) {
		record(t, s, WebhookEvent{Project: "p", Session: "s", Name: "begin", Body: []byte("begin " + id), Live: &WebhookLive{ID: id, Place: place, Ends: "end"}})
	}
	end := func(place int, id string) {
		record(t, s, WebhookEvent{Project: "p", Session: "s", Name: "end", Body: []byte("end " + id), Live: &WebhookLive{ID: id, Place: place, Ends: "end"}})
	}
	recovered := func(want int) {
		t.Helper()
		if n, err := s.RecoverWebhooks(ctx, ended); err != nil || n != want {
			t.Errorf("%d ended, %v, want %d", n, err, want)
		}
	}
	begin(1, "before the hook")
	h := add(t, s, hook("p", "end"))
	end(1, "before the hook")
	begin(1, "connection")
	begin(0, "stream")
	begin(0, "gone")
	end(0, "gone")
	record(t, s, WebhookEvent{Project: "p", Session: "s", Name: "begin", Body: []byte("rubbish"), Live: &WebhookLive{ID: "rubbish", Ends: "end"}})
	recovered(3)
	recovered(0)
	if got := strings.Join(waiting(t, s, h.ID), ", "); got != "end before the hook, end gone, end stream, end connection" {
		t.Error(got)
	}
	// More than go into one transaction.
	for i := range 250 {
		begin(1, fmt.Sprint(i))
	}
	recovered(250)
	if got := waiting(t, s, h.ID); len(got) != 250 {
		t.Errorf("%d", len(got))
	}
	// The end of what lives now will not be recorded any more: it is not to be made up later.
	begin(1, "left")
	if err := s.RemoveWebhook(ctx, h.ID, "", ""); err != nil {
		t.Fatal(err)
	}
	h = add(t, s, hook("p", "end"))
	recovered(0)
	begin(1, "kept")
	second := add(t, s, hook("p", AllWebhookEvents))
	if err := s.RemoveWebhook(ctx, h.ID, "", ""); err != nil {
		t.Fatal(err)
	}
	recovered(1)
	if got := waiting(t, s, second.ID); !slices.Equal(got, []string{"end kept"}) {
		t.Errorf("%v", got)
	}
}

func TestSettlements(t *testing.T) {
	t.Parallel()
	ctx, s := t.Context(), open(t, t.TempDir())
	h := add(t, s, hook("p", "x"))
	begin := time.Now().Truncate(time.Millisecond)
	for i := range 3 {
		record(t, s, WebhookEvent{Project: "p", Name: "x", Body: fmt.Append(nil, i), At: begin})
	}
	next := func(at time.Time, want string) WebhookDelivery {
		t.Helper()
		d, ok, err := s.NextDelivery(ctx, h.ID, at)
		if err != nil || ok != (want != "") || string(d.Body) != want {
			t.Errorf("next %q, %v, %v, want %q", d.Body, ok, err, want)
		}
		return d
	}
	settle := func(d WebhookDelivery, at time.Time, outcome WebhookOutcome, again time.Time) {
		t.Helper()
		err := s.SettleDelivery(ctx, WebhookSettlement{Delivery: d, Attempt: WebhookAttempt{Time: at, Outcome: outcome, EventID: d.ID}, Next: again, MaxLog: 100})
		if err != nil {
			t.Error(err)
		}
	}
	due := func() time.Time {
		t.Helper()
		all, err := s.DueWebhooks(ctx)
		if err != nil || len(all) != 1 {
			t.Errorf("%+v, %v", all, err)
			return time.Time{}
		}
		if all[0].HeldUntil.After(all[0].First) {
			return all[0].HeldUntil
		}
		return all[0].First
	}
	later := begin.Add(time.Minute)
	first := next(begin, "0")
	settle(first, begin, WebhookHeld, later)
	settle(first, begin.Add(time.Second), WebhookHeld, later)
	if d := next(begin, "0"); d.ID != first.ID || d.Failures != 2 || !d.HeldSince.Equal(begin) || !due().Equal(later) {
		t.Errorf("held: %+v, due %v", d, due())
	}
	settle(first, begin, WebhookRefused, later)
	if got := pending(t, s, h.ID); got.Failures != 0 || !got.HeldUntil.IsZero() || got.Pending != 3 || !due().IsZero() {
		t.Errorf("it answered: %+v", got)
	}
	settle(next(begin, "1"), begin, WebhookDelivered, time.Time{})
	settle(next(begin, "2"), begin, WebhookDelivered, time.Time{})
	next(begin, "")
	if !due().Equal(later) {
		t.Errorf("due %v", due())
	}
	if d := next(later, "0"); d.Refusals != 1 || !d.RefusedSince.Equal(begin) {
		t.Errorf("%+v", d)
	}
	if n, err := s.RetryWebhook(ctx, h.ID); err != nil || n != 1 {
		t.Errorf("%d, %v", n, err)
	}
	if d := next(begin, "0"); d.Refusals != 0 || !d.RefusedSince.IsZero() {
		t.Errorf("%+v", d)
	}
	settle(first, begin, WebhookFailed, time.Time{})
	next(later, "")
	// Given up, because the hook has failed for too long: it goes on failing, and the next one is due.
	record(t, s, WebhookEvent{Project: "p", Name: "x", Body: []byte("old"), At: begin.Add(-time.Hour)})
	record(t, s, WebhookEvent{Project: "p", Name: "x", Body: []byte("young"), At: begin})
	settle(next(begin, "old"), begin, WebhookExpired, begin)
	if d := next(begin, "young"); d.Failures != 1 || !d.HeldSince.Equal(begin) || !due().Equal(begin) {
		t.Errorf("%+v, due %v", d, due())
	}
	log, err := s.WebhookLog(ctx, WebhookLogQuery{Failed: true, Limit: 100})
	var outcomes []string
	for _, a := range log {
		outcomes = append(outcomes, string(a.Outcome))
	}
	slices.Sort(outcomes) // those of one millisecond have no order between hooks
	if got := strings.Join(outcomes, " "); err != nil || got != "expired failed held held refused" {
		t.Errorf("%s, %v", got, err)
	}
	// A hook that is removed in the middle.
	d := next(begin, "young")
	if err := s.RemoveWebhook(ctx, h.ID, "", ""); err != nil {
		t.Fatal(err)
	}
	settle(d, begin, WebhookDelivered, time.Time{})
	if _, err := s.RetryWebhook(ctx, h.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("%v", err)
	}
}

func TestWebhookLogIsBounded(t *testing.T) {
	t.Parallel()
	ctx, s := t.Context(), open(t, t.TempDir())
	h := add(t, s, hook("p", "x"))
	now := time.Now()
	for i := range 30 {
		record(t, s, WebhookEvent{Project: "p", Name: "x"})
		d, _, err := s.NextDelivery(ctx, h.ID, now)
		if err != nil {
			t.Fatal(err)
		}
		at := now.Add(time.Duration(i-30) * time.Hour)
		if err := s.SettleDelivery(ctx, WebhookSettlement{Delivery: d, Attempt: WebhookAttempt{Time: at, Outcome: WebhookDelivered, Status: 200 + i}, MaxLog: 10}); err != nil {
			t.Fatal(err)
		}
	}
	statuses := func(limit int) (all []int) {
		log, err := s.WebhookLog(ctx, WebhookLogQuery{Limit: limit})
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range log {
			all = append(all, a.Status)
		}
		return all
	}
	if got := statuses(100); !slices.Equal(got, []int{220, 221, 222, 223, 224, 225, 226, 227, 228, 229}) {
		t.Errorf("%v", got)
	}
	if got := statuses(2); !slices.Equal(got, []int{228, 229}) {
		t.Errorf("%v", got)
	}
	if err := s.Prune(ctx, Retention{WebhookAge: 4*time.Hour + time.Minute}, now); err != nil {
		t.Fatal(err)
	}
	if got := statuses(100); !slices.Equal(got, []int{226, 227, 228, 229}) {
		t.Errorf("%v", got)
	}
}

// TestFullDiskKeepsEventsWhole fills the store: an event is kept for all hooks, or for none and Record's caller is told.
func TestFullDiskKeepsEventsWhole(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	a, b := add(t, s, hook("p", "x")), add(t, s, hook("p", AllWebhookEvents))
	if _, err := s.write.Exec("PRAGMA max_page_count = 80"); err != nil { // SQLite answers as on a full disk
		t.Fatal(err)
	}
	kept := 0
	var err error
	for range 200 {
		if _, err = s.AppendWebhookEvent(context.Background(), WebhookEvent{Project: "p", Name: "x", Body: bytes.Repeat([]byte("x"), 2000), At: time.Now()}); err != nil {
			break
		}
		kept++
	}
	if err == nil || kept == 0 {
		t.Fatalf("%d kept, %v", kept, err)
	}
	if x, y := pending(t, s, a.ID).Pending, pending(t, s, b.ID).Pending; x != kept || y != kept {
		t.Errorf("%d and %d wait, %d were kept", x, y, kept)
	}
}
