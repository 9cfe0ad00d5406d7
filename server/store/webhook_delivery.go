package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// WebhookDue is a hook for which something waits.
type WebhookDue struct {
	Hook      string
	First     time.Time // when the first of it is due; zero is at once
	HeldUntil time.Time // zero: it is not held back
	Tried     time.Time // last
}

// DueWebhooks lists the hooks for which something waits.
func (s *Store) DueWebhooks(ctx context.Context) ([]WebhookDue, error) {
	const query = `SELECT id, held_until, tried, first FROM
		(SELECT w.id, w.held_until, w.tried, (SELECT o.due FROM webhook_outbox o WHERE o.hook = w.id ORDER BY o.due LIMIT 1) AS first FROM webhook w WHERE w.pending > 0)
		WHERE first IS NOT NULL`
	rows, err := s.read.QueryContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("look for what waits: %w", err)
	}
	defer rows.Close()
	var all []WebhookDue
	for rows.Next() {
		var d WebhookDue
		var held, tried, first int64
		if err := rows.Scan(&d.Hook, &held, &tried, &first); err != nil {
			return nil, fmt.Errorf("look for what waits: %w", err)
		}
		d.First, d.HeldUntil, d.Tried = fromMillis(first), fromMillis(held), fromMillis(tried)
		all = append(all, d)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("look for what waits: %w", err)
	}
	return all, nil
}

// WebhookDelivery is an event that is to be delivered to a hook.
type WebhookDelivery struct {
	Hook     string
	Seq      int64
	Project  string
	URL      string
	Shape    string
	ID       string // stays the same whenever it is tried
	Name     string
	Session  string
	Body     []byte
	Recorded time.Time
	// Failures is how often the hook failed in a row, Refusals how often it refused this event, each with the time of the first.
	Failures, Refusals      int
	HeldSince, RefusedSince time.Time
}

// NextDelivery returns what is to be delivered to a hook next. ok is false when there is nothing, or the hook is gone.
func (s *Store) NextDelivery(ctx context.Context, hook string, now time.Time) (d WebhookDelivery, ok bool, err error) {
	const query = `SELECT o.hook, o.seq, w.project, w.url, w.shape, o.id, o.name, o.session, o.body, o.recorded, w.failures, o.refusals, w.held_since, o.refused_since
		FROM webhook_outbox o JOIN webhook w ON w.id = o.hook WHERE o.hook = ? AND `
	// Of what was never refused and of what is due again, the older. Two queries: each reads one row by the index.
	fresh, err := s.delivery(ctx, query+"o.due = 0 ORDER BY o.seq LIMIT 1", hook)
	if err != nil {
		return WebhookDelivery{}, false, err
	}
	again, err := s.delivery(ctx, query+"o.due BETWEEN 1 AND ? ORDER BY o.due LIMIT 1", hook, now.UnixMilli())
	switch {
	case err != nil:
		return WebhookDelivery{}, false, err
	case again != nil && (fresh == nil || again.Seq < fresh.Seq):
		return *again, true, nil
	case fresh != nil:
		return *fresh, true, nil
	}
	return WebhookDelivery{}, false, nil
}

// delivery reads one, or nil.
func (s *Store) delivery(ctx context.Context, query string, args ...any) (*WebhookDelivery, error) {
	var d WebhookDelivery
	var recorded, held, refused int64
	err := s.read.QueryRowContext(ctx, query, args...).Scan(&d.Hook, &d.Seq, &d.Project, &d.URL, &d.Shape, &d.ID, &d.Name, &d.Session, &d.Body, &recorded,
		&d.Failures, &d.Refusals, &held, &refused)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read what waits for webhook %s: %w", args[0], err)
	}
	d.Recorded, d.HeldSince, d.RefusedSince = time.UnixMilli(recorded), fromMillis(held), fromMillis(refused)
	return &d, nil
}

// WebhookSettlement is how an attempt to deliver ended.
type WebhookSettlement struct {
	Delivery WebhookDelivery
	Attempt  WebhookAttempt // its outcome decides what follows
	// Next is when to try again: the hook if it is held back, the event if it was refused.
	Next time.Time
	// MaxLog bounds the log of the hook.
	MaxLog int
}

// SettleDelivery keeps what an attempt led to, and logs it.
func (s *Store) SettleDelivery(ctx context.Context, t WebhookSettlement) error {
	if err := s.tx(ctx, func(tx *sql.Tx) error { return settle(ctx, tx, t) }); err != nil {
		return fmt.Errorf("settle delivery %s: %w", t.Delivery.ID, err)
	}
	return nil
}

func settle(ctx context.Context, tx *sql.Tx, t WebhookSettlement) error {
	d, at := t.Delivery, t.Attempt.Time.UnixMilli()
	hook := "failures = 0, held_since = 0, held_until = 0" // it answers
	args := []any{}
	if o := t.Attempt.Outcome; o == WebhookHeld || o == WebhookExpired {
		hook = "failures = failures + 1, held_since = CASE held_since WHEN 0 THEN ? ELSE held_since END, held_until = ?"
		args = append(args, at, t.Next.UnixMilli())
	}
	args = append(args, at, d.Hook)
	var n int64 // of the attempt
	err := tx.QueryRowContext(ctx, "UPDATE webhook SET "+hook+", tried = ?, attempts = attempts + 1 WHERE id = ? RETURNING attempts", args...).Scan(&n)
	if errors.Is(err, sql.ErrNoRows) {
		return nil // removed meanwhile
	}
	if err != nil {
		return err
	}
	switch t.Attempt.Outcome {
	case WebhookDelivered, WebhookFailed, WebhookExpired:
		_, err = takeOut(ctx, tx, d.Hook, "seq = ?", d.Seq)
	case WebhookRefused:
		const again = `UPDATE webhook_outbox SET refusals = refusals + 1, refused_since = CASE refused_since WHEN 0 THEN ? ELSE refused_since END, due = ?
			WHERE hook = ? AND seq = ?`
		_, err = tx.ExecContext(ctx, again, at, t.Next.UnixMilli(), d.Hook, d.Seq)
	}
	if err != nil {
		return err
	}
	return logAttempt(ctx, tx, d.Hook, n, t.Attempt, t.MaxLog)
}
