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
	if _, err := s.db.ExecContext(ctx, "INSERT INTO session (id, created) VALUES (?, ?)", string(id), now); err != nil {
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
