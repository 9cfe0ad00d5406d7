package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"parley/rtc/protocol"
)

// Invite is what a link stands for. The link's secret itself is not kept, only its hash.
type Invite struct {
	ID        string             `json:"id"`
	Project   string             `json:"project"` // application id of the session's
	SessionID protocol.SessionID `json:"sessionId"`
	Role      string             `json:"role"`
	CreatedAt time.Time          `json:"createdAt"`
	ExpiresAt time.Time          `json:"expiresAt"`
	UsesLeft  int                `json:"usesLeft"`
}

// hashInvite hashes a secret. It is 130 random bits, so a plain hash is enough.
func hashInvite(secret string) []byte {
	sum := sha256.Sum256([]byte("parley invite " + strings.ToUpper(secret)))
	return sum[:]
}

// CreateInvite keeps an invite and returns its secret, which is not to be had again. It returns ErrNotFound when there is no such session.
func (s *Store) CreateInvite(ctx context.Context, inv Invite) (secret string, kept Invite, err error) {
	secret = rand.Text() // 26 characters, A-Z and 2-7
	inv.ID = strings.ToLower(rand.Text()[:10])
	inv.CreatedAt = time.Now().Truncate(time.Millisecond)
	err = s.tx(ctx, func(tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, "SELECT project FROM session WHERE id = ?", string(inv.SessionID)).Scan(&inv.Project)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return fmt.Errorf("session %.80q: %w", inv.SessionID, ErrNotFound)
		case err != nil:
			return err
		}
		_, err = tx.ExecContext(ctx, "INSERT INTO invite (id, hash, session, role, created, expires, uses_left) VALUES (?, ?, ?, ?, ?, ?, ?)", inv.ID,
			hashInvite(secret), string(inv.SessionID), inv.Role, inv.CreatedAt.UnixMilli(), inv.ExpiresAt.UnixMilli(), inv.UsesLeft)
		return err
	})
	if err != nil {
		return "", Invite{}, fmt.Errorf("create invite: %w", err)
	}
	return secret, inv, nil
}

// UseInvite takes one use of the invite with that secret. It returns ErrNotFound, ErrExpired, ErrUsedUp or ErrDisabled when it
// can't.
func (s *Store) UseInvite(ctx context.Context, secret string, now time.Time) (Invite, error) {
	var inv Invite
	err := s.tx(ctx, func(tx *sql.Tx) error {
		var err error
		inv, err = scanInvite(tx.QueryRowContext(ctx, selectInvite+" WHERE i.hash = ?", hashInvite(secret)))
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return ErrNotFound
		case err != nil:
			return err
		case !now.Before(inv.ExpiresAt):
			return ErrExpired
		case inv.UsesLeft <= 0:
			return ErrUsedUp
		}
		var disabled bool
		if err := tx.QueryRowContext(ctx, "SELECT disabled FROM project WHERE application_id = ?", inv.Project).Scan(&disabled); err != nil {
			return err
		}
		if disabled {
			return ErrDisabled
		}
		inv.UsesLeft--
		_, err = tx.ExecContext(ctx, "UPDATE invite SET uses_left = uses_left - 1 WHERE id = ?", inv.ID)
		return err
	})
	if err != nil {
		return Invite{}, fmt.Errorf("use invite: %w", err)
	}
	return inv, nil
}

// Invites lists the invites of a project, named by its application id, or all for "", newest first, at most 1000.
func (s *Store) Invites(ctx context.Context, project string) ([]Invite, error) {
	rows, err := s.read.QueryContext(ctx, selectInvite+" WHERE ?1 IN ('', s.project) ORDER BY i.created DESC, i.id LIMIT 1000", project)
	if err != nil {
		return nil, fmt.Errorf("list invites: %w", err)
	}
	defer rows.Close()
	all := []Invite{}
	for rows.Next() {
		inv, err := scanInvite(rows)
		if err != nil {
			return nil, fmt.Errorf("list invites: %w", err)
		}
		all = append(all, inv)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list invites: %w", err)
	}
	return all, nil
}

// RevokeInvite deletes an invite by id, or returns ErrNotFound.
func (s *Store) RevokeInvite(ctx context.Context, id string) error {
	res, err := s.write.ExecContext(ctx, "DELETE FROM invite WHERE id = ?", id)
	if err != nil {
		return fmt.Errorf("revoke invite: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil {
		return fmt.Errorf("revoke invite: %w", err)
	} else if n == 0 {
		return fmt.Errorf("revoke invite %q: %w", id, ErrNotFound)
	}
	return nil
}

const selectInvite = "SELECT i.id, s.project, i.session, i.role, i.created, i.expires, i.uses_left FROM invite i JOIN session s ON s.id = i.session"

func scanInvite(row interface{ Scan(...any) error }) (Invite, error) {
	var inv Invite
	var created, expires int64
	err := row.Scan(&inv.ID, &inv.Project, &inv.SessionID, &inv.Role, &created, &expires, &inv.UsesLeft)
	inv.CreatedAt, inv.ExpiresAt = time.UnixMilli(created), time.UnixMilli(expires)
	return inv, err
}
