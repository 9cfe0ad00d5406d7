package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"parley/rtc/protocol"
)

// maxOptions bounds a session's options, in bytes.
const maxOptions = 8 << 10

// Session is a session as it is kept.
type Session struct {
	ID        protocol.SessionID
	Project   string // application id
	CreatedAt time.Time
	Options   json.RawMessage // what it was made with; {} at least
}

// CreateSession makes a session of a project, named by its application id; no options count as {}. It returns ErrNotFound or ErrDisabled when the
// project cannot have one.
//
// The id has the form that the Vonage SDKs look into: two characters, then unpadded base64url of "1~<api key>~~<creation time>~<random>~".
func (s *Store) CreateSession(ctx context.Context, project string, options json.RawMessage) (protocol.SessionID, error) {
	if len(options) == 0 {
		options = json.RawMessage("{}")
	}
	if len(options) > maxOptions || !json.Valid(options) {
		return "", fmt.Errorf("create session: the options are JSON of up to %d bytes", maxOptions)
	}
	var id protocol.SessionID
	err := s.tx(ctx, func(tx *sql.Tx) error {
		var apiKey string
		var disabled bool
		err := tx.QueryRowContext(ctx, "SELECT api_key, disabled FROM project WHERE application_id = ?", project).Scan(&apiKey, &disabled)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return fmt.Errorf("project %.80q: %w", project, ErrNotFound)
		case err != nil:
			return err
		case disabled:
			return ErrDisabled
		}
		now := time.Now().UnixMilli()
		inner := "1~" + apiKey + "~~" + strconv.FormatInt(now, 10) + "~" + rand.Text() + "~"
		id = protocol.SessionID("1_" + base64.RawURLEncoding.EncodeToString([]byte(inner)))
		_, err = tx.ExecContext(ctx, "INSERT INTO session (id, project, created, options) VALUES (?, ?, ?, ?)", string(id), project, now, string(options))
		return err
	})
	if err != nil {
		return "", fmt.Errorf("create session: %w", err)
	}
	return id, nil
}

// Session returns a session, or ErrNotFound.
func (s *Store) Session(ctx context.Context, id protocol.SessionID) (Session, error) {
	found := Session{ID: id}
	var created int64
	var options string
	err := s.read.QueryRowContext(ctx, "SELECT project, created, options FROM session WHERE id = ?", string(id)).Scan(&found.Project, &created, &options)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return Session{}, fmt.Errorf("session %.80q: %w", id, ErrNotFound)
	case err != nil:
		return Session{}, fmt.Errorf("look session up: %w", err)
	}
	found.CreatedAt, found.Options = time.UnixMilli(created), json.RawMessage(options)
	return found, nil
}
