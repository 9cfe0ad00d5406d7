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

// CreateInvite keeps an invite and returns its secret, which is not to be had again.
func (s *Store) CreateInvite(ctx context.Context, inv Invite) (secret string, kept Invite, err error) {
	secret = rand.Text() // 26 characters, A-Z and 2-7
	inv.ID = strings.ToLower(rand.Text()[:10])
	inv.CreatedAt = time.Now().Truncate(time.Millisecond)
	_, err = s.db.ExecContext(ctx, "INSERT INTO invite VALUES (?, ?, ?, ?, ?, ?, ?)", inv.ID, hashInvite(secret), string(inv.SessionID), inv.Role,
		inv.CreatedAt.UnixMilli(), inv.ExpiresAt.UnixMilli(), inv.UsesLeft)
	if err != nil {
		return "", Invite{}, fmt.Errorf("create invite: %w", err)
	}
	return secret, inv, nil
}

// UseInvite takes one use of the invite with that secret. It returns ErrNotFound, ErrExpired or ErrUsedUp when it can't.
func (s *Store) UseInvite(ctx context.Context, secret string, now time.Time) (Invite, error) {
	var inv Invite
	err := s.tx(ctx, func(tx *sql.Tx) error {
		var err error
		inv, err = scanInvite(tx.QueryRowContext(ctx, selectInvite+" WHERE hash = ?", hashInvite(secret)))
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
		inv.UsesLeft--
		_, err = tx.ExecContext(ctx, "UPDATE invite SET uses_left = uses_left - 1 WHERE id = ?", inv.ID)
		return err
	})
	if err != nil {
		return Invite{}, fmt.Errorf("use invite: %w", err)
	}
	return inv, nil
}

// Invites lists all invites, newest first, at most 1000.
func (s *Store) Invites(ctx context.Context) ([]Invite, error) {
	rows, err := s.db.QueryContext(ctx, selectInvite+" ORDER BY created DESC, id LIMIT 1000")
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
	res, err := s.db.ExecContext(ctx, "DELETE FROM invite WHERE id = ?", id)
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

const selectInvite = "SELECT id, session, role, created, expires, uses_left FROM invite"

func scanInvite(row interface{ Scan(...any) error }) (Invite, error) {
	var inv Invite
	var created, expires int64
	err := row.Scan(&inv.ID, &inv.SessionID, &inv.Role, &created, &expires, &inv.UsesLeft)
	inv.CreatedAt, inv.ExpiresAt = time.UnixMilli(created), time.UnixMilli(expires)
	return inv, err
}
