package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"parley/rtc/protocol"
)

// maxPasses bounds the passes of one session; beyond it the oldest are forgotten.
const maxPasses = 5000

// SaveLive keeps the state of a session that is live, so that it goes on after a restart of the server.
func (s *Store) SaveLive(ctx context.Context, id protocol.SessionID, state []byte) error {
	err := s.tx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO live VALUES (?, ?) ON CONFLICT (session) DO UPDATE SET state = excluded.state", string(id), state)
		if err == nil {
			_, err = tx.ExecContext(ctx, "UPDATE session SET used = ? WHERE id = ?", time.Now().UnixMilli(), string(id))
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("save live session: %w", err)
	}
	return nil
}

// SavePasses keeps what lets clients into a live session again, by the hashes of their resume tokens.
func (s *Store) SavePasses(ctx context.Context, id protocol.SessionID, passes map[string][]byte) error {
	err := s.tx(ctx, func(tx *sql.Tx) error {
		for resume, pass := range passes {
			if _, err := tx.ExecContext(ctx, "INSERT INTO pass (session, resume, pass) VALUES (?, ?, ?) ON CONFLICT (session, resume) DO UPDATE SET pass = excluded.pass",
				string(id), resume, pass); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, "DELETE FROM pass WHERE session = ?1 AND seq <= (SELECT seq FROM pass WHERE session = ?1 ORDER BY seq DESC LIMIT 1 OFFSET ?2)",
			string(id), maxPasses)
		return err
	})
	if err != nil {
		return fmt.Errorf("save passes: %w", err)
	}
	return nil
}

// Pass returns a pass, or ErrNotFound.
func (s *Store) Pass(ctx context.Context, id protocol.SessionID, resume string) ([]byte, error) {
	var pass []byte
	err := s.read.QueryRowContext(ctx, "SELECT pass FROM pass WHERE session = ? AND resume = ?", string(id), resume).Scan(&pass)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("look pass up: %w", err)
	}
	return pass, nil
}

// EndLive forgets a live session's state and passes.
func (s *Store) EndLive(ctx context.Context, id protocol.SessionID) error {
	err := s.tx(ctx, func(tx *sql.Tx) error {
		for _, table := range []string{"live", "pass"} {
			if _, err := tx.ExecContext(ctx, "DELETE FROM "+table+" WHERE session = ?", string(id)); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, "UPDATE session SET used = ? WHERE id = ?", time.Now().UnixMilli(), string(id))
		return err
	})
	if err != nil {
		return fmt.Errorf("end live session: %w", err)
	}
	return nil
}

// Live lists the sessions that are live, with their states.
func (s *Store) Live(ctx context.Context) (map[protocol.SessionID][]byte, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT session, state FROM live")
	if err != nil {
		return nil, fmt.Errorf("list live sessions: %w", err)
	}
	defer rows.Close()
	all := map[protocol.SessionID][]byte{}
	for rows.Next() {
		var id protocol.SessionID
		var state []byte
		if err := rows.Scan(&id, &state); err != nil {
			return nil, fmt.Errorf("list live sessions: %w", err)
		}
		all[id] = state
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list live sessions: %w", err)
	}
	return all, nil
}
