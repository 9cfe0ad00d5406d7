package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
)

// WebhookEvent is an event that is to be delivered to the hooks of a project that want it.
type WebhookEvent struct {
	Project string
	Session string
	Name    string
	Body    []byte
	At      time.Time
	// Live, if not nil, is what the event begins or ends.
	Live *WebhookLive
	// MaxPending bounds the events that wait for one hook: the oldest are dropped.
	MaxPending int
}

// WebhookLive is something that lives from the event that begins it to the one that ends it. It is kept while somebody wants to know of its end.
type WebhookLive struct {
	ID    string
	Place int    // what ends with the process ends in the order of places
	Ends  string // name of the event that ends it; every other begins it
}

// WebhookAppended says what became of an event.
type WebhookAppended struct {
	Hooks   int // for which it waits
	Dropped int // older events that made room for it
}

// AppendWebhookEvent puts an event into the outbox of every hook that wants it, in one transaction. When none does, nothing is written.
func (s *Store) AppendWebhookEvent(ctx context.Context, e WebhookEvent) (WebhookAppended, error) {
	var done WebhookAppended
	hooks, tracked, err := wanting(ctx, s.read, e)
	if err == nil && (len(hooks) > 0 || tracked) {
		err = s.tx(ctx, func(tx *sql.Tx) error {
			var err error
			done, err = appendEvent(ctx, tx, e)
			return err
		})
	}
	if err != nil {
		return WebhookAppended{}, fmt.Errorf("keep %s for webhooks: %w", e.Name, err)
	}
	return done, nil
}

// wanting returns the ids of the hooks that want an event, and whether what it begins is to be kept for its end.
func wanting(ctx context.Context, q queryer, e WebhookEvent) (hooks []string, tracked bool, err error) {
	rows, err := q.QueryContext(ctx, "SELECT id, events FROM webhook WHERE project = ?", e.Project)
	if err != nil {
		return nil, false, err
	}
	defer rows.Close()
	for rows.Next() {
		var id, events string
		if err := rows.Scan(&id, &events); err != nil {
			return nil, false, err
		}
		h := Webhook{Events: strings.Fields(events)}
		if h.Wants(e.Name) {
			hooks = append(hooks, id)
		}
		tracked = tracked || e.Live != nil && e.Live.Ends != e.Name && h.Wants(e.Live.Ends)
	}
	return hooks, tracked, rows.Err()
}

func appendEvent(ctx context.Context, tx *sql.Tx, e WebhookEvent) (done WebhookAppended, err error) {
	hooks, tracked, err := wanting(ctx, tx, e) // again: others write too
	if err != nil {
		return done, err
	}
	for _, hook := range hooks {
		dropped, err := appendTo(ctx, tx, hook, e)
		if err != nil {
			return done, err
		}
		done.Dropped += dropped
	}
	done.Hooks = len(hooks)
	switch l := e.Live; {
	case l == nil:
	case l.Ends == e.Name:
		// Nothing is there when its beginning was before the hook.
		_, err = tx.ExecContext(ctx, "DELETE FROM webhook_live WHERE place = ? AND session = ? AND id = ?", l.Place, e.Session, l.ID)
	case tracked:
		_, err = tx.ExecContext(ctx, "INSERT OR REPLACE INTO webhook_live (place, session, id, project, ends, body) VALUES (?, ?, ?, ?, ?, ?)",
			l.Place, e.Session, l.ID, e.Project, l.Ends, e.Body)
	}
	return done, err
}

// appendTo puts an event into one hook's outbox.
func appendTo(ctx context.Context, tx *sql.Tx, hook string, e WebhookEvent) (dropped int, err error) {
	var seq int64
	var pending int
	row := tx.QueryRowContext(ctx, "UPDATE webhook SET last_seq = last_seq + 1, pending = pending + 1 WHERE id = ? RETURNING last_seq, pending", hook)
	if err := row.Scan(&seq, &pending); err != nil {
		return 0, err
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO webhook_outbox (hook, seq, id, name, session, body, recorded) VALUES (?, ?, ?, ?, ?, ?, ?)",
		hook, seq, uuid.NewString(), e.Name, e.Session, e.Body, e.At.UnixMilli())
	if err != nil || e.MaxPending <= 0 || pending <= e.MaxPending {
		return 0, err
	}
	n, err := takeOut(ctx, tx, hook, "seq IN (SELECT seq FROM webhook_outbox WHERE hook = ? ORDER BY seq LIMIT ?)", hook, pending-e.MaxPending)
	if err != nil {
		return 0, err
	}
	if _, err := tx.ExecContext(ctx, "UPDATE webhook SET dropped = dropped + ? WHERE id = ?", n, hook); err != nil {
		return 0, err
	}
	return n, logDropped(ctx, tx, hook, e.At, n, fmt.Sprintf("more than %d events wait: the oldest are dropped", e.MaxPending))
}

// takeOut removes events from a hook's outbox. It returns how many there were.
func takeOut(ctx context.Context, tx *sql.Tx, hook, which string, args ...any) (int, error) {
	n, err := affected(tx.ExecContext(ctx, "DELETE FROM webhook_outbox WHERE hook = ? AND "+which, append([]any{hook}, args...)...))
	if err != nil || n == 0 {
		return 0, err
	}
	_, err = tx.ExecContext(ctx, "UPDATE webhook SET pending = pending - ? WHERE id = ?", n, hook)
	return n, err
}

// RecoverWebhooks ends what was live when the process ended before: ended makes the event that says so from the one that began it, and is not ok for one
// that nobody can read any more. It returns how many events there were. What it has done stays done when it fails.
func (s *Store) RecoverWebhooks(ctx context.Context, ended func(begun []byte) (e WebhookEvent, ok bool)) (int, error) {
	const batch = 200 // in one transaction: sessions may be waiting for theirs
	for total := 0; ; {
		n := 0
		err := s.tx(ctx, func(tx *sql.Tx) error {
			var err error
			n, err = endLive(ctx, tx, batch, ended)
			return err
		})
		if err != nil {
			return total, fmt.Errorf("end what was live: %w", err)
		}
		if n == 0 {
			return total, nil
		}
		total += n
	}
}

// endLive ends up to limit of what is live.
func endLive(ctx context.Context, tx *sql.Tx, limit int, ended func([]byte) (WebhookEvent, bool)) (int, error) {
	type key struct {
		place       int
		session, id string
	}
	rows, err := tx.QueryContext(ctx, "SELECT place, session, id, body FROM webhook_live ORDER BY place, session, id LIMIT ?", limit)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	var keys []key
	var bodies [][]byte
	for rows.Next() {
		var k key
		var body []byte
		if err := rows.Scan(&k.place, &k.session, &k.id, &body); err != nil {
			return 0, err
		}
		keys, bodies = append(keys, k), append(bodies, body)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return 0, err
	}
	for i, k := range keys {
		if _, err := tx.ExecContext(ctx, "DELETE FROM webhook_live WHERE place = ? AND session = ? AND id = ?", k.place, k.session, k.id); err != nil {
			return 0, err
		}
		if e, ok := ended(bodies[i]); ok {
			if _, err := appendEvent(ctx, tx, e); err != nil {
				return 0, err
			}
		}
	}
	return len(keys), nil
}
