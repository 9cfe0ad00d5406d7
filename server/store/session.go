package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"time"

	"parley/rtc/protocol"
)

// CreateSession makes a session. Its id has the form that the Vonage SDKs look into: two characters, then unpadded base64url of
// "1~<api key>~~<creation time>~<random>~".
func (s *Store) CreateSession(ctx context.Context) (protocol.SessionID, error) {
	now := time.Now().UnixMilli()
	inner := "1~" + s.project.APIKey + "~~" + strconv.FormatInt(now, 10) + "~" + rand.Text() + "~"
	id := protocol.SessionID("1_" + base64.RawURLEncoding.EncodeToString([]byte(inner)))
	if _, err := s.db.ExecContext(ctx, "INSERT INTO session VALUES (?, ?)", string(id), now); err != nil {
		return "", fmt.Errorf("create session: %w", err)
	}
	return id, nil
}

// HasSession reports whether a session exists.
func (s *Store) HasSession(ctx context.Context, id protocol.SessionID) (bool, error) {
	var one int
	err := s.db.QueryRowContext(ctx, "SELECT 1 FROM session WHERE id = ?", string(id)).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look session up: %w", err)
	}
	return true, nil
}

// AppendChat keeps a chat line of a session.
func (s *Store) AppendChat(ctx context.Context, id protocol.SessionID, line protocol.ChatLine) error {
	_, err := s.db.ExecContext(ctx, "INSERT INTO chat (session, id, sender, name, text, time) VALUES (?, ?, ?, ?, ?, ?)",
		string(id), line.ID, string(line.From), line.Name, line.Text, line.Time)
	if err != nil {
		return fmt.Errorf("keep chat line: %w", err)
	}
	return nil
}

// Chat returns the newest lines of a session, at most limit, oldest first.
func (s *Store) Chat(ctx context.Context, id protocol.SessionID, limit int) ([]protocol.ChatLine, error) {
	rows, err := s.db.QueryContext(ctx,
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
