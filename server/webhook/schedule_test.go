package webhook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"parley/server/store"
)

// try is a post as a clock saw it.
type try struct {
	at   time.Duration // since the beginning
	data string
}

// clocked posts to nobody: answer is what comes back, at once.
type clocked struct {
	begin time.Time

	mu     sync.Mutex
	all    []try
	answer func(n int, data string) (status int, header http.Header, err error)
}

// tries are those that were made.
func (c *clocked) tries() []try {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.all)
}

// last is the last of them.
func (c *clocked) last() try {
	all := c.tries()
	return all[len(all)-1]
}

// recovers answers 204 from now on.
func (c *clocked) recovers() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answer = func(int, string) (int, http.Header, error) { return 204, nil, nil }
}

func (c *clocked) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	data := between(string(body), `"data":"`, `"`)
	c.mu.Lock()
	c.all = append(c.all, try{time.Since(c.begin), data})
	status, header, err := c.answer(len(c.all)-1, data)
	c.mu.Unlock()
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: status, Header: header, Body: http.NoBody, Request: r}, nil
}

// scene is a dispatcher inside a bubble, where time passes when all wait.
type scene struct {
	t          *testing.T
	store      *store.Store
	dispatcher *Dispatcher
	hook       store.Webhook
	ended      chan error
}

// begin starts a dispatcher on a folder, whose looks for others are rare: each costs as much as a real one.
func begin(t *testing.T, folder string, c *clocked) *scene {
	s := &scene{t: t, store: openStore(t, folder), ended: make(chan error, 1)}
	s.dispatcher = newDispatcher(Config{Store: s.store, Projects: oneProject()}, Policy{}.resolve(), c)
	s.dispatcher.every = 10 * time.Minute
	s.hook = addHook(t, s.store, "http://receiver.test/hook", ShapeMonitoring)
	go func() { s.ended <- s.dispatcher.Run(context.Background()) }() // ends by end
	return s
}

func (s *scene) record(data string) {
	s.t.Helper()
	if err := s.dispatcher.Record(context.Background(), arrival("s", data)); err != nil {
		s.t.Fatal(err)
	}
}

func (s *scene) end() {
	s.t.Helper()
	if err := errors.Join(s.dispatcher.Close(context.Background()), <-s.ended, s.store.Close()); err != nil {
		s.t.Error(err)
	}
}

func (s *scene) state() store.Webhook {
	s.t.Helper()
	all, err := s.store.Webhooks(context.Background(), "app")
	if err != nil || len(all) != 1 {
		s.t.Fatalf("%v, %v", all, err)
	}
	return all[0]
}

// inBubble runs a test in a bubble, on a folder that was made outside: making keys takes real time.
func inBubble(t *testing.T, fn func(t *testing.T, folder string)) {
	folder := newFolder(t)
	synctest.Test(t, func(t *testing.T) { fn(t, folder) })
}

func TestScheduleOfAHookThatIsDown(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, folder string) {
		c := &clocked{begin: time.Now(), answer: func(int, string) (int, http.Header, error) { return 0, nil, errors.New("connection refused") }}
		s := begin(t, folder, c)
		defer s.end()
		s.record("first")
		time.Sleep(12 * time.Hour)
		s.record("second")
		time.Sleep(14 * time.Hour)
		synctest.Wait()
		tries := c.tries()
		for i, most := 1, time.Second; i < len(tries); i, most = i+1, min(2*most, 30*time.Minute) {
			gap := tries[i].at - tries[i-1].at
			if next := tries[i].data != tries[i-1].data; next && gap != 0 || !next && (gap < most/2 || gap > most) {
				t.Fatalf("try %d came %v after the one before, not between %v and %v", i, gap, most/2, most)
			}
		}
		var last time.Duration
		for _, tr := range tries {
			if tr.data == "first" {
				last = tr.at
			}
		}
		if last < 24*time.Hour || last > 24*time.Hour+31*time.Minute {
			t.Errorf("the first event was tried until %v", last)
		}
		if n := len(tries); n < 26*2 || n > 26*4+20 {
			t.Errorf("%d tries in 26 hours", n)
		}
		if h := s.state(); h.Pending != 1 {
			t.Errorf("%d wait: the second has time yet", h.Pending)
		}
		log, err := s.store.WebhookLog(context.Background(), store.WebhookLogQuery{Failed: true, Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		expired := 0
		for _, a := range log {
			if a.Outcome == store.WebhookExpired {
				expired++
			}
		}
		if expired != 1 || !strings.Contains(log[0].Error, "connection refused") {
			t.Errorf("%d expired; the first entry is %+v", expired, log[0])
		}
		// It is back: what waits goes out at the next try, and the next failure begins from the beginning.
		c.recovers()
		time.Sleep(31 * time.Minute)
		synctest.Wait()
		if h := s.state(); h.Pending != 0 || h.Failures != 0 || !h.HeldSince.IsZero() {
			t.Errorf("%+v", h)
		}
	})
}

func TestScheduleOfARefusedEvent(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, folder string) {
		c := &clocked{begin: time.Now(), answer: func(_ int, data string) (int, http.Header, error) {
			if data == "bad" {
				return 400, nil, nil
			}
			return 200, nil, nil
		}}
		s := begin(t, folder, c)
		defer s.end()
		s.record("bad")
		time.Sleep(10 * time.Hour)
		s.record("good")
		synctest.Wait()
		if last := c.last(); last.data != "good" || last.at != 10*time.Hour {
			t.Errorf("%+v: another event was held up", last)
		}
		time.Sleep(16 * time.Hour)
		synctest.Wait()
		last := c.last().at
		if h := s.state(); h.Pending != 0 || last > 24*time.Hour || last < 23*time.Hour {
			t.Errorf("%d wait, the last try was after %v", h.Pending, last)
		}
		log, err := s.store.WebhookLog(context.Background(), store.WebhookLogQuery{Failed: true, Limit: 1000})
		if err != nil || log[len(log)-1].Outcome != store.WebhookFailed || log[len(log)-1].Status != 400 {
			t.Errorf("%+v, %v", log[len(log)-1], err)
		}
	})
}

func TestRetryAfterIsHonoured(t *testing.T) {
	t.Parallel()
	for _, status := range []int{429, 503} {
		for name, ask := range map[string]func() string{
			"seconds": func() string { return "7200" },
			"date":    func() string { return time.Now().Add(2 * time.Hour).UTC().Format(http.TimeFormat) },
		} {
			t.Run(fmt.Sprint(status, " ", name), func(t *testing.T) {
				t.Parallel()
				inBubble(t, func(t *testing.T, folder string) {
					c := &clocked{begin: time.Now(), answer: func(n int, _ string) (int, http.Header, error) {
						if n == 0 {
							return status, http.Header{"Retry-After": {ask()}}, nil
						}
						return 200, nil, nil
					}}
					s := begin(t, folder, c)
					defer s.end()
					s.record("a")
					time.Sleep(3 * time.Hour)
					synctest.Wait()
					if len(c.tries()) != 2 || c.tries()[1].at < 2*time.Hour-time.Second || c.tries()[1].at > 2*time.Hour+time.Second {
						t.Errorf("%+v", c.tries())
					}
				})
			})
		}
	}
}

// TestBackoffSurvivesARestart: a new process goes on where the one before was, and counts on from there.
func TestBackoffSurvivesARestart(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, folder string) {
		c := &clocked{begin: time.Now(), answer: func(int, string) (int, http.Header, error) { return 503, nil, nil }}
		s := begin(t, folder, c)
		s.record("a")
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		until, tries := s.state().HeldUntil, len(c.tries())
		s.end()
		s = begin(t, folder, c)
		defer s.end()
		synctest.Wait()
		if len(c.tries()) != tries {
			t.Errorf("it was tried %v too early", time.Until(until))
		}
		time.Sleep(time.Until(until) + time.Millisecond)
		synctest.Wait()
		if len(c.tries()) != tries+1 {
			t.Fatalf("%d tries, then %d", tries, len(c.tries()))
		}
		if again := time.Until(s.state().HeldUntil); again < 14*time.Minute {
			t.Errorf("the next try is %v away: it began from the beginning", again)
		}
	})
}

// TestServerThatWasDown: an event that waited for two days because the server was down gets its day.
func TestServerThatWasDown(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, folder string) {
		c := &clocked{begin: time.Now(), answer: func(int, string) (int, http.Header, error) { return 503, nil, nil }}
		kept := openStore(t, folder)
		addHook(t, kept, "http://receiver.test/hook", ShapeMonitoring)
		d := New(Config{Store: kept, Projects: oneProject()})
		if err := errors.Join(d.Record(context.Background(), arrival("s", "a")), d.Close(context.Background()), kept.Close()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(48 * time.Hour)
		s := begin(t, folder, c)
		defer s.end()
		time.Sleep(time.Hour)
		c.recovers()
		time.Sleep(time.Hour)
		synctest.Wait()
		if h := s.state(); h.Pending != 0 {
			t.Errorf("%+v", h)
		}
		if log, err := s.store.WebhookLog(context.Background(), store.WebhookLogQuery{Limit: 1000}); err != nil || log[len(log)-1].Outcome != store.WebhookDelivered {
			t.Errorf("%+v, %v", log, err)
		}
	})
}

// TestAnEventThatAHookCannotTake: it holds up the others for a day, and takes none of them with it.
func TestAnEventThatAHookCannotTake(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, folder string) {
		c := &clocked{begin: time.Now(), answer: func(_ int, data string) (int, http.Header, error) {
			if data == "poison" {
				return 500, nil, nil
			}
			return 200, nil, nil
		}}
		s := begin(t, folder, c)
		defer s.end()
		for _, data := range []string{"poison", "a", "b"} { // all of one age
			s.record(data)
		}
		time.Sleep(25 * time.Hour)
		synctest.Wait()
		all := c.tries()
		if n := len(all); all[n-3].data != "poison" || all[n-2].data != "a" || all[n-1].data != "b" || s.state().Pending != 0 {
			t.Errorf("%+v, %+v", all[n-3:], s.state())
		}
	})
}

// TestClockSetBack: a hook whose next try lies far in the future, as clocks go now, is tried all the same; one whose event does so waits, quietly.
func TestClockSetBack(t *testing.T) {
	t.Parallel()
	for outcome, tries := range map[store.WebhookOutcome]int{store.WebhookHeld: 2, store.WebhookRefused: 1} {
		t.Run(string(outcome), func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T, folder string) {
				c := &clocked{begin: time.Now(), answer: func(int, string) (int, http.Header, error) { return 200, nil, nil }}
				s := begin(t, folder, c)
				defer s.end()
				s.record("a")
				synctest.Wait()
				// As if the clock had been two days ahead until now.
				ahead := time.Now().Add(48 * time.Hour)
				stored, err := arrival("s", "b").stored(time.Now(), 0)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := s.store.AppendWebhookEvent(context.Background(), stored); err != nil {
					t.Fatal(err)
				}
				next, ok, err := s.store.NextDelivery(context.Background(), s.hook.ID, time.Now())
				if err != nil || !ok {
					t.Fatal(ok, err)
				}
				err = s.store.SettleDelivery(context.Background(), store.WebhookSettlement{Delivery: next, Next: ahead.Add(time.Minute),
					Attempt: store.WebhookAttempt{Time: ahead, Outcome: outcome}})
				if err != nil {
					t.Fatal(err)
				}
				time.Sleep(11 * time.Minute)
				synctest.Wait()
				if n := len(c.tries()); n != tries {
					t.Errorf("%d tries after some minutes", n)
				}
				time.Sleep(49 * time.Hour)
				synctest.Wait()
				if n := len(c.tries()); n != 2 {
					t.Errorf("%d tries in the end", n)
				}
			})
		})
	}
}
