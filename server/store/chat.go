package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"parley/rtc/protocol"
)

// ChatEntry is a chat line on its way to the store.
type ChatEntry struct {
	protocol.ChatLine
	Key   string // the sender's own id for it; "" is none
	Known bool   // it was kept before
}

// AppendChat keeps chat lines of a session, all or none, and returns only when they are on the disk. One whose key is kept already is not kept again:
// the line that is takes its place in entries, and its Known is set.
func (s *Store) AppendChat(ctx context.Context, id protocol.SessionID, entries []ChatEntry) error {
	err := s.durably(ctx, func(tx *sql.Tx) error {
		for i := range entries {
			if err := appendOne(ctx, tx, id, &entries[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("keep chat: %w", err)
	}
	return nil
}

func appendOne(ctx context.Context, tx *sql.Tx, id protocol.SessionID, e *ChatEntry) error {
	if e.Key != "" {
		err := tx.QueryRowContext(ctx, "SELECT id, sender, name, text, time FROM chat WHERE session = ? AND key = ?", string(id), e.Key).
			Scan(&e.ID, &e.From, &e.Name, &e.Text, &e.Time)
		if !errors.Is(err, sql.ErrNoRows) {
			e.Known = err == nil
			return err
		}
	}
	_, err := tx.ExecContext(ctx, "INSERT INTO chat (session, id, sender, name, text, time, key) VALUES (?, ?, ?, ?, ?, ?, nullif(?, ''))",
		string(id), e.ID, string(e.From), e.Name, e.Text, e.Time, e.Key)
	return err
}

// Chat returns the newest lines of a session, at most limit, oldest first.
func (s *Store) Chat(ctx context.Context, id protocol.SessionID, limit int) ([]protocol.ChatLine, error) {
	rows, err := s.read.QueryContext(ctx,
		"SELECT id, sender, name, text, time FROM (SELECT * FROM chat WHERE session = ? ORDER BY seq DESC LIMIT ?) ORDER BY seq", string(id), limit)
	if err != nil {
		return nil, fmt.Errorf("read chat: %w", err)
	}
	defer rows.Close()
	var lines []protocol.ChatLine
	for rows.Next() {
		var l protocol.ChatLine
		if err := rows.Scan(&l.ID, &l.From, &l.Name, &l.Text, &l.Time); err != nil {
			return nil, fmt.Errorf("read chat: %w", err)
		}
		lines = append(lines, l)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read chat: %w", err)
	}
	return lines, nil
}

// DeleteChat takes a line out, and reports whether there was one.
func (s *Store) DeleteChat(ctx context.Context, id protocol.SessionID, line string) (bool, error) {
	res, err := s.write.ExecContext(ctx, "DELETE FROM chat WHERE session = ? AND id = ?", string(id), line)
	if err != nil {
		return false, fmt.Errorf("delete chat line: %w", err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return false, fmt.Errorf("delete chat line: %w", err)
	}
	return n > 0, nil
}

// Retention is how long things are kept; 0 is for ever.
type Retention struct {
	ChatAge    time.Duration
	ChatLines  int           // of one session, the newest
	SessionAge time.Duration // since it was made, or last live
	WebhookAge time.Duration // of entries of the delivery log
}

// Prune deletes what is older than it is to be kept.
func (s *Store) Prune(ctx context.Context, r Retention, now time.Time) error {
	err := s.tx(ctx, func(tx *sql.Tx) error {
		if r.ChatAge > 0 {
			if _, err := tx.ExecContext(ctx, "DELETE FROM chat WHERE time < ?", now.Add(-r.ChatAge).UnixMilli()); err != nil {
				return err
			}
		}
		if r.ChatLines > 0 {
			if _, err := tx.ExecContext(ctx, `DELETE FROM chat WHERE seq IN (SELECT seq FROM
				(SELECT seq, row_number() OVER (PARTITION BY session ORDER BY seq DESC) AS n FROM chat) WHERE n > ?)`, r.ChatLines); err != nil {
				return err
			}
		}
		if r.WebhookAge > 0 {
			if _, err := tx.ExecContext(ctx, "DELETE FROM webhook_log WHERE time < ?", now.Add(-r.WebhookAge).UnixMilli()); err != nil {
				return err
			}
		}
		if r.SessionAge > 0 {
			return pruneSessions(ctx, tx, now.Add(-r.SessionAge).UnixMilli())
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("prune store: %w", err)
	}
	return nil
}

// pruneSessions deletes sessions that were neither made nor live since before, with all that belongs to them.
func pruneSessions(ctx context.Context, tx *sql.Tx, before int64) error {
	const old = "SELECT id FROM session WHERE max(created, used) < ? AND id NOT IN (SELECT session FROM live)"
	for _, table := range []string{"chat", "invite"} {
		if _, err := tx.ExecContext(ctx, "DELETE FROM "+table+" WHERE session IN ("+old+")", before); err != nil {
			return err
		}
	}
	_, err := tx.ExecContext(ctx, "DELETE FROM session WHERE id IN ("+old+")", before)
	return err
}
