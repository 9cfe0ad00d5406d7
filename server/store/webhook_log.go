package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// WebhookOutcome is how an attempt to deliver ended, or what became of events without one.
type WebhookOutcome string

// The outcomes.
const (
	WebhookDelivered WebhookOutcome = "delivered"
	WebhookHeld      WebhookOutcome = "held"    // the hook is to be tried again, and everything that waits for it with it
	WebhookRefused   WebhookOutcome = "refused" // this event alone is to be tried again
	WebhookFailed    WebhookOutcome = "failed"  // refused for too long: given up
	WebhookExpired   WebhookOutcome = "expired" // the hook has failed for too long: given up, and the next event is tried
	WebhookDropped   WebhookOutcome = "dropped" // too many wait
)

// WebhookAttempt is an entry of the delivery log.
type WebhookAttempt struct {
	Hook    string         `json:"hook"`
	Time    time.Time      `json:"time"`
	Outcome WebhookOutcome `json:"outcome"`
	Count   int            `json:"count"` // events, more than one if they were dropped
	// Of the one event that was tried:
	EventID        string `json:"eventId,omitempty"`
	Event          string `json:"event,omitempty"`
	Session        string `json:"sessionId,omitempty"`
	Status         int    `json:"status,omitempty"` // of HTTP; 0 is no answer
	Error          string `json:"error,omitempty"`
	DurationMillis int64  `json:"durationMillis"`
}

// logAttempt adds the entry n of a hook and removes those beyond the bound.
func logAttempt(ctx context.Context, tx *sql.Tx, hook string, n int64, a WebhookAttempt, most int) error {
	const insert = `INSERT INTO webhook_log (hook, n, time, outcome, count, event, name, session, status, error, took)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	_, err := tx.ExecContext(ctx, insert,
		hook, n, a.Time.UnixMilli(), string(a.Outcome), max(a.Count, 1), a.EventID, a.Event, a.Session, a.Status, a.Error, a.DurationMillis)
	if err != nil || most <= 0 {
		return err
	}
	_, err = tx.ExecContext(ctx, "DELETE FROM webhook_log WHERE hook = ? AND n <= ?", hook, n-int64(most))
	return err
}

// logDropped logs that events were dropped. One after the other they are one entry, so that they do not push out everything else.
func logDropped(ctx context.Context, tx *sql.Tx, hook string, at time.Time, count int, why string) error {
	const more = "UPDATE webhook_log SET count = count + ?, time = ? WHERE hook = ? AND n = (SELECT attempts FROM webhook WHERE id = ?) AND outcome = ?"
	known, err := affected(tx.ExecContext(ctx, more, count, at.UnixMilli(), hook, hook, string(WebhookDropped)))
	if err != nil || known > 0 {
		return err
	}
	var n int64
	if err := tx.QueryRowContext(ctx, "UPDATE webhook SET attempts = attempts + 1 WHERE id = ? RETURNING attempts", hook).Scan(&n); err != nil {
		return err
	}
	return logAttempt(ctx, tx, hook, n, WebhookAttempt{Time: at, Outcome: WebhookDropped, Count: count, Error: why}, 0)
}

// WebhookLogQuery says what to read of the delivery log.
type WebhookLogQuery struct {
	Hook   string // "" is every hook
	Failed bool   // leave out what was delivered
	Limit  int
}

// WebhookLog reads the newest entries of the delivery log, oldest first. Hooks that are removed leave theirs behind.
func (s *Store) WebhookLog(ctx context.Context, q WebhookLogQuery) ([]WebhookAttempt, error) {
	const query = `SELECT hook, time, outcome, count, event, name, session, status, error, took FROM
		(SELECT * FROM webhook_log WHERE (? = '' OR hook = ?) AND (? = 0 OR outcome <> ?) ORDER BY time DESC, hook, n DESC LIMIT ?) ORDER BY time, hook, n`
	rows, err := s.read.QueryContext(ctx, query, q.Hook, q.Hook, q.Failed, string(WebhookDelivered), q.Limit)
	if err != nil {
		return nil, fmt.Errorf("read webhook log: %w", err)
	}
	defer rows.Close()
	all := []WebhookAttempt{}
	for rows.Next() {
		var a WebhookAttempt
		var at int64
		if err := rows.Scan(&a.Hook, &at, &a.Outcome, &a.Count, &a.EventID, &a.Event, &a.Session, &a.Status, &a.Error, &a.DurationMillis); err != nil {
			return nil, fmt.Errorf("read webhook log: %w", err)
		}
		a.Time = time.UnixMilli(at)
		all = append(all, a)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read webhook log: %w", err)
	}
	return all, nil
}

// affected returns how many rows a statement changed.
func affected(res sql.Result, err error) (int, error) {
	if err != nil {
		return 0, err
	}
	n, err := res.RowsAffected()
	return int(n), err
}
