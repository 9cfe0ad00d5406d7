package webhook

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"parley/server/store"
)

// Store is where events wait.
type Store interface {
	// AppendWebhookEvent puts an event into the outbox of every hook that wants it, whole or not at all.
	AppendWebhookEvent(ctx context.Context, e store.WebhookEvent) (store.WebhookAppended, error)
	// RecoverWebhooks ends what was live when the process ended before.
	RecoverWebhooks(ctx context.Context, ended func(begun []byte) (store.WebhookEvent, bool)) (int, error)
	// DueWebhooks lists the hooks for which something waits.
	DueWebhooks(ctx context.Context) ([]store.WebhookDue, error)
	// NextDelivery returns what is to be delivered to a hook next.
	NextDelivery(ctx context.Context, hook string, now time.Time) (d store.WebhookDelivery, ok bool, err error)
	// SettleDelivery keeps what an attempt led to.
	SettleDelivery(ctx context.Context, t store.WebhookSettlement) error
}

// Config is what a Dispatcher works with.
type Config struct {
	Store     Store
	Projects  Projects
	UserAgent string
	Policy    Policy
	Log       *slog.Logger // nil discards
}

// ErrClosed means that the dispatcher is closed, or runs already.
var ErrClosed = errors.New("closed")

// lookEvery is how often the store is looked at for what another process did there: a hook that is to be tried again at once.
const lookEvery = time.Second

// Dispatcher delivers events to hooks.
type Dispatcher struct {
	store    Store
	projects Projects
	policy   Policy
	client   *http.Client
	agent    string
	log      *slog.Logger
	dropped  tally         // events, because too many waited
	givenUp  tally         // events, after too many failures
	every    time.Duration // lookEvery, or rarer in a test
	wake     chan struct{} // something waits; one pending call is enough
	life     *life
}

// New returns a dispatcher that records, and that delivers once it runs.
func New(cfg Config) *Dispatcher {
	policy := cfg.Policy.resolve()
	return newDispatcher(cfg, policy, newTransport(policy.Timeout))
}

func newDispatcher(cfg Config, policy Policy, transport http.RoundTripper) *Dispatcher {
	d := &Dispatcher{store: cfg.Store, projects: cfg.Projects, policy: policy, agent: cfg.UserAgent, log: cfg.Log, every: lookEvery,
		wake: make(chan struct{}, 1), life: newLife(),
		// A redirect is an answer like another: followed, the body could go to whom the host never named.
		client: &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}
	if d.log == nil {
		d.log = slog.New(slog.DiscardHandler)
	}
	return d
}

// Record puts an event into the outbox of every hook of its project that wants it. When it returns nil, the event survives the process.
func (d *Dispatcher) Record(ctx context.Context, e Event) error {
	stored, err := e.stored(time.Now(), d.policy.MaxPending)
	if err != nil {
		return err
	}
	done, err := d.store.AppendWebhookEvent(ctx, stored)
	if err != nil {
		return err
	}
	d.dropped.add(done.Dropped)
	if done.Hooks > 0 {
		d.look()
	}
	return nil
}

// Recover records the end of every connection and stream that was live when the process ended without saying so. Call it before sessions are served.
func (d *Dispatcher) Recover(ctx context.Context) error {
	now := time.Now()
	n, err := d.store.RecoverWebhooks(ctx, func(begun []byte) (store.WebhookEvent, bool) {
		e, err := restored(begun)
		if err != nil {
			d.log.Error("an event that was kept is left out", "error", err)
			return store.WebhookEvent{}, false
		}
		ended, ok := e.ended(now)
		if !ok {
			return store.WebhookEvent{}, false
		}
		stored, err := ended.stored(now, d.policy.MaxPending)
		return stored, err == nil
	})
	if n > 0 {
		d.log.Info("connections and streams were live when the server ended: their end is told to webhooks", "events", n)
		d.look()
	}
	return err
}

// look has Run look at what waits.
func (d *Dispatcher) look() {
	select {
	case d.wake <- struct{}{}:
	default: // it will
	}
}

// Run delivers until ctx ends or Close is called. Call it once.
func (d *Dispatcher) Run(ctx context.Context) error {
	if !d.life.start() {
		return fmt.Errorf("run webhooks: %w", ErrClosed)
	}
	defer d.life.running.Done()
	l := loop{d: d, busy: map[string]bool{}, done: make(chan string, d.policy.Concurrency)}
	l.run(ctx)
	return nil
}

// Close begins nothing new, lets what is being posted be answered until ctx ends, then cuts it off (it is posted again after the next start), and
// waits for the end. It can be called again.
func (d *Dispatcher) Close(ctx context.Context) error {
	d.life.end(ctx)
	d.report()
	d.client.CloseIdleConnections()
	return nil
}

// loop is what Run works with. Its fields are touched by Run's goroutine alone.
type loop struct {
	d    *Dispatcher
	busy map[string]bool // hooks that are being delivered to
	done chan string     // hooks that are not any more; has room for all
}

func (l *loop) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	var broken time.Duration // how long the store is left alone
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.d.life.stop:
			return
		case hook := <-l.done:
			delete(l.busy, hook)
		case <-l.d.wake:
		case <-timer.C:
		}
		wait, err := l.start(ctx)
		if err != nil && ctx.Err() == nil {
			broken = min(max(2*broken, time.Second), time.Minute)
			wait = broken
			l.d.log.Error("webhooks wait for the store", "error", err)
		} else {
			broken = 0
		}
		l.d.report()
		timer.Reset(wait)
	}
}

// start begins to deliver to the hooks that are due, as many as may be at the same time, those first that were not tried for longest. It returns how
// long there is nothing else to begin.
func (l *loop) start(ctx context.Context) (time.Duration, error) {
	all, err := l.d.store.DueWebhooks(ctx)
	if err != nil {
		return 0, err
	}
	slices.SortFunc(all, func(a, b store.WebhookDue) int { return a.Tried.Compare(b.Tried) })
	wait := l.d.every
	for _, h := range all {
		now := time.Now()
		left := h.First.Sub(now)
		if h.Tried.Sub(now) < time.Minute { // else the clock was set back, and for how long the hook is held back means nothing
			left = max(left, h.HeldUntil.Sub(now))
		}
		if left > 0 {
			wait = min(wait, left)
			continue
		}
		if l.busy[h.Hook] || len(l.busy) >= l.d.policy.Concurrency {
			continue // looked at again when one of them is done
		}
		l.busy[h.Hook] = true
		l.d.life.running.Go(func() {
			l.d.drain(h.Hook)
			l.done <- h.Hook
		})
	}
	return wait, nil
}

// report tells of what was lost since it last did.
func (d *Dispatcher) report() {
	if n := d.dropped.take(); n > 0 {
		d.log.Warn("events were dropped: too many wait for a webhook (see parley-server webhook list)", "events", n)
	}
	if n := d.givenUp.take(); n > 0 {
		d.log.Warn("events were given up: webhooks failed or refused them for too long (see parley-server webhook log --failed)", "events", n)
	}
}

// tally counts, to be told once a second. The zero value is ready.
type tally struct {
	mu    sync.Mutex // guards
	count int
	told  time.Time
}

func (t *tally) add(n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.count += n
}

// take returns what there is to tell, 0 if it is too early.
func (t *tally) take() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	n, now := t.count, time.Now()
	if n == 0 || now.Sub(t.told) < time.Second {
		return 0
	}
	t.count, t.told = 0, now
	return n
}
