package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// webhookSchema holds hooks, what is to be delivered to them, what is live in sessions of projects with hooks, and what was tried.
//
// last_seq and attempts number a hook's rows, so that pending rows and log entries can be bounded without counting them. Rows of the outbox whose
// due is 0 have not been refused: they go in the order of seq. place orders what ends with the process: streams before their connections.
const webhookSchema = `
CREATE TABLE webhook (
	id TEXT PRIMARY KEY, project TEXT NOT NULL, url TEXT NOT NULL, events TEXT NOT NULL, shape TEXT NOT NULL, source TEXT NOT NULL, created INTEGER NOT NULL,
	last_seq INTEGER NOT NULL DEFAULT 0, pending INTEGER NOT NULL DEFAULT 0, dropped INTEGER NOT NULL DEFAULT 0, attempts INTEGER NOT NULL DEFAULT 0,
	tried INTEGER NOT NULL DEFAULT 0, failures INTEGER NOT NULL DEFAULT 0, held_since INTEGER NOT NULL DEFAULT 0, held_until INTEGER NOT NULL DEFAULT 0);
CREATE INDEX webhook_project ON webhook (project);
CREATE TABLE webhook_outbox (
	hook TEXT NOT NULL REFERENCES webhook(id) ON DELETE CASCADE, seq INTEGER NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, session TEXT NOT NULL,
	body BLOB NOT NULL, recorded INTEGER NOT NULL, refusals INTEGER NOT NULL DEFAULT 0, refused_since INTEGER NOT NULL DEFAULT 0,
	due INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (hook, seq)) WITHOUT ROWID;
CREATE INDEX webhook_due ON webhook_outbox (hook, due, seq);
CREATE TABLE webhook_live (
	place INTEGER NOT NULL, session TEXT NOT NULL, id TEXT NOT NULL, project TEXT NOT NULL, ends TEXT NOT NULL, body BLOB NOT NULL,
	PRIMARY KEY (place, session, id)) WITHOUT ROWID;
CREATE INDEX webhook_live_project ON webhook_live (project, ends);
CREATE TABLE webhook_log (
	hook TEXT NOT NULL, n INTEGER NOT NULL, time INTEGER NOT NULL, outcome TEXT NOT NULL, count INTEGER NOT NULL, event TEXT NOT NULL, name TEXT NOT NULL,
	session TEXT NOT NULL, status INTEGER NOT NULL, error TEXT NOT NULL, took INTEGER NOT NULL, PRIMARY KEY (hook, n)) WITHOUT ROWID;
CREATE INDEX webhook_log_time ON webhook_log (time);
`

// MaxWebhooks bounds the hooks of a project.
const MaxWebhooks = 50

// AllWebhookEvents stands for every event in a hook's list.
const AllWebhookEvents = "all"

// ErrTooMany means that there are as many as there may be.
var ErrTooMany = errors.New("too many")

// WebhookSource says who registered a hook.
type WebhookSource string

// The sources of hooks.
const (
	WebhookByCommand WebhookSource = "command"
	WebhookByConfig  WebhookSource = "config" // of the server: gone when the server is started without it
	WebhookByREST    WebhookSource = "rest"
)

// Webhook is a hook: where events of a project are sent to.
type Webhook struct {
	ID        string        `json:"id"`
	Project   string        `json:"project"` // application id
	URL       string        `json:"url"`
	Events    []string      `json:"events"` // names, or AllWebhookEvents
	Shape     string        `json:"shape"`
	Source    WebhookSource `json:"source"`
	CreatedAt time.Time     `json:"createdAt"`
	WebhookState
}

// WebhookState is how deliveries to a hook go. Times are zero while they do not apply.
type WebhookState struct {
	Pending   int       `json:"pending"`  // events that wait
	Dropped   int       `json:"dropped"`  // events that were dropped because too many waited, ever
	Failures  int       `json:"failures"` // in a row
	TriedAt   time.Time `json:"triedAt,omitzero"`
	HeldSince time.Time `json:"heldSince,omitzero"` // the first of the failures
	HeldUntil time.Time `json:"heldUntil,omitzero"`
}

// Wants reports whether the hook wants an event.
func (h Webhook) Wants(name string) bool {
	return slices.Contains(h.Events, name) || slices.Contains(h.Events, AllWebhookEvents)
}

// same reports whether two hooks would be sent the same.
func (h Webhook) same(o Webhook) bool {
	events := func(h Webhook) []string { return slices.Sorted(slices.Values(h.Events)) }
	return h.Project == o.Project && h.URL == o.URL && h.Shape == o.Shape && h.Source == o.Source && slices.Equal(events(h), events(o))
}

// AddWebhook keeps a hook, or returns the one that is there already and would be sent the same. It returns ErrTooMany over MaxWebhooks.
func (s *Store) AddWebhook(ctx context.Context, h Webhook) (Webhook, error) {
	err := s.tx(ctx, func(tx *sql.Tx) error {
		var err error
		h, err = addWebhook(ctx, tx, h)
		return err
	})
	if err != nil {
		return Webhook{}, fmt.Errorf("add webhook: %w", err)
	}
	return h, nil
}

func addWebhook(ctx context.Context, tx *sql.Tx, h Webhook) (Webhook, error) {
	have, err := webhooks(ctx, tx, h.Project)
	if err != nil {
		return Webhook{}, err
	}
	if i := slices.IndexFunc(have, h.same); i >= 0 {
		return have[i], nil
	}
	if len(have) >= MaxWebhooks {
		return Webhook{}, fmt.Errorf("project %s has %d: %w", h.Project, len(have), ErrTooMany)
	}
	h.ID = strings.ToLower(rand.Text()[:10])
	h.CreatedAt = time.Now().Truncate(time.Millisecond)
	h.WebhookState = WebhookState{}
	_, err = tx.ExecContext(ctx, "INSERT INTO webhook (id, project, url, events, shape, source, created) VALUES (?, ?, ?, ?, ?, ?, ?)",
		h.ID, h.Project, h.URL, strings.Join(h.Events, " "), h.Shape, string(h.Source), h.CreatedAt.UnixMilli())
	return h, err
}

// SyncWebhooks makes the hooks of WebhookByConfig those given. Those that stay keep their id and what waits for them.
func (s *Store) SyncWebhooks(ctx context.Context, want []Webhook) error {
	err := s.tx(ctx, func(tx *sql.Tx) error {
		have, err := webhooks(ctx, tx, "")
		if err != nil {
			return err
		}
		for _, h := range have {
			if h.Source != WebhookByConfig || slices.ContainsFunc(want, h.same) {
				continue
			}
			if err := removeWebhook(ctx, tx, h); err != nil {
				return err
			}
		}
		for _, h := range want {
			if _, err := addWebhook(ctx, tx, h); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("bring webhooks to what is configured: %w", err)
	}
	return nil
}

// Webhooks lists the hooks of a project, or all of them, oldest first.
func (s *Store) Webhooks(ctx context.Context, project string) ([]Webhook, error) {
	all, err := webhooks(ctx, s.read, project)
	if err != nil {
		return nil, fmt.Errorf("list webhooks: %w", err)
	}
	return all, nil
}

func webhooks(ctx context.Context, q queryer, project string) ([]Webhook, error) {
	const query = `SELECT id, project, url, events, shape, source, created, pending, dropped, failures, tried, held_since, held_until FROM webhook
		WHERE project = ? OR ? = '' ORDER BY created, id`
	rows, err := q.QueryContext(ctx, query, project, project)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := []Webhook{}
	for rows.Next() {
		var h Webhook
		var events string
		var created, tried, since, until int64
		if err := rows.Scan(&h.ID, &h.Project, &h.URL, &events, &h.Shape, &h.Source, &created, &h.Pending, &h.Dropped, &h.Failures, &tried, &since, &until); err != nil {
			return nil, err
		}
		h.Events, h.CreatedAt = strings.Fields(events), time.UnixMilli(created)
		h.TriedAt, h.HeldSince, h.HeldUntil = fromMillis(tried), fromMillis(since), fromMillis(until)
		all = append(all, h)
	}
	return all, rows.Err()
}

// RemoveWebhook removes a hook and what waits for it, or returns ErrNotFound. It does so only for a hook of that project and source; empty ones match
// every hook.
func (s *Store) RemoveWebhook(ctx context.Context, id, project string, source WebhookSource) error {
	err := s.tx(ctx, func(tx *sql.Tx) error {
		have, err := webhooks(ctx, tx, project)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(have, func(h Webhook) bool { return h.ID == id && (source == "" || h.Source == source) })
		if i < 0 {
			return ErrNotFound
		}
		return removeWebhook(ctx, tx, have[i])
	})
	if err != nil {
		return fmt.Errorf("remove webhook %.40q: %w", id, err)
	}
	return nil
}

// removeWebhook also forgets what is live and that no other hook wants the end of: what ends from now on is not recorded, so after the next start it
// would be taken for live still.
func removeWebhook(ctx context.Context, tx *sql.Tx, h Webhook) error {
	if _, err := tx.ExecContext(ctx, "DELETE FROM webhook WHERE id = ?", h.ID); err != nil {
		return err
	}
	rest, err := webhooks(ctx, tx, h.Project)
	if err != nil {
		return err
	}
	ends, err := texts(ctx, tx, "SELECT DISTINCT ends FROM webhook_live WHERE project = ?", h.Project)
	if err != nil {
		return err
	}
	for _, name := range ends {
		if slices.ContainsFunc(rest, func(h Webhook) bool { return h.Wants(name) }) {
			continue
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM webhook_live WHERE project = ? AND ends = ?", h.Project, name); err != nil {
			return err
		}
	}
	return nil
}

// RetryWebhook makes everything that waits for a hook due, as if nothing had failed yet. It returns how many events that are, or ErrNotFound.
func (s *Store) RetryWebhook(ctx context.Context, id string) (waiting int, err error) {
	err = s.tx(ctx, func(tx *sql.Tx) error {
		const release = "UPDATE webhook SET failures = 0, held_since = 0, held_until = 0 WHERE id = ? RETURNING pending"
		err := tx.QueryRowContext(ctx, release, id).Scan(&waiting)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrNotFound
		}
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "UPDATE webhook_outbox SET refusals = 0, refused_since = 0, due = 0 WHERE hook = ? AND due > 0", id)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("retry webhook %.40q: %w", id, err)
	}
	return waiting, nil
}

// texts returns the first column of a query.
func texts(ctx context.Context, q queryer, query string, args ...any) ([]string, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		all = append(all, text)
	}
	return all, rows.Err()
}

// fromMillis reads a time that is kept as milliseconds since 1970. 0 is none.
func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}
