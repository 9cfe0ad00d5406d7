package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"time"
)

// keptRevoked is how many keys and secrets of a project are remembered after they stopped being valid.
const keptRevoked = 4

// MaxOverlap bounds how long a key or secret stays valid after its successor was made.
const MaxOverlap = 30 * 24 * time.Hour

// Validity says for how long a key or secret counts.
type Validity struct {
	CreatedAt time.Time
	EndsAt    time.Time // zero: it is the newest, and has no end
	Revoked   bool      // it ended before its time
}

// Live reports whether it counts at that moment.
func (v Validity) Live(now time.Time) bool {
	return !v.Revoked && (v.EndsAt.IsZero() || now.Before(v.EndsAt))
}

// Key is an RSA key pair of a project.
type Key struct {
	ID     string // for people: the beginning of the public key's hash
	File   string // of the private key: PKCS#8, PEM; some SDKs take nothing else
	Public []byte // PKIX, DER
	Validity
}

// Secret is an API secret of a project.
type Secret struct {
	Text string
	Validity
}

// InOverlapError means that a rotation would end a key or secret that is valid for longer.
type InOverlapError struct{ EndsAt time.Time }

// Error says until when.
func (e *InOverlapError) Error() string {
	return fmt.Sprintf("the one before the present one is still valid until %s", e.EndsAt.Format(time.DateTime))
}

// Rotation says how a key or secret is replaced.
type Rotation struct {
	Overlap time.Duration // how long the present one stays valid; 0 revokes it at once
	Force   bool          // end the one before it even if that is still valid; without, InOverlapError
}

// kinds of credentials.
const (
	kindKey    = "key"
	kindSecret = "secret"
)

// credential is a row: a key's public half and its file, or a secret.
type credential struct {
	kind          string
	value         []byte
	file          string
	created, ends int64 // Unix milliseconds; ends is 0 for the newest
	revoked       bool
}

// add adds a row to its project.
func (s *Store) add(p *Project, c credential) {
	v := Validity{CreatedAt: time.UnixMilli(c.created), Revoked: c.revoked}
	if c.ends != 0 {
		v.EndsAt = time.UnixMilli(c.ends)
	}
	if c.kind == kindSecret {
		p.Secrets = append(p.Secrets, Secret{string(c.value), v})
		return
	}
	p.Keys = append(p.Keys, Key{ID: keyID(c.value), File: s.path(c.file), Public: c.value, Validity: v})
}

func insertCredential(ctx context.Context, tx *sql.Tx, project string, c credential) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO credential (project, kind, value, file, created, ends, revoked) VALUES (?, ?, ?, ?, ?, 0, 0)",
		project, c.kind, c.value, c.file, c.created)
	return err
}

// RotateKey gives a project, named by its application id, a new key pair, which signs from now on. Private keys that are not valid any more are
// deleted.
func (s *Store) RotateKey(ctx context.Context, project string, r Rotation) (Project, error) {
	p, err := s.Project(ctx, project)
	if err != nil {
		return Project{}, fmt.Errorf("rotate key: %w", err)
	}
	key, err := newPair()
	if err != nil {
		return Project{}, fmt.Errorf("rotate key: %w", err)
	}
	file := key.file(p.APIKey)
	if err := writePrivate(s.path(file), key.private); err != nil {
		return Project{}, fmt.Errorf("rotate key: %w", err)
	}
	if err := s.rotate(ctx, project, credential{kind: kindKey, value: key.public, file: file}, r); err != nil {
		return Project{}, errors.Join(fmt.Errorf("rotate key: %w", err), s.removeKey(file))
	}
	if p, err = s.Project(ctx, project); err != nil {
		return Project{}, fmt.Errorf("rotate key: %w", err)
	}
	for _, k := range p.Keys {
		if !k.Live(time.Now()) {
			err = errors.Join(err, s.removeKey(filepath.Base(k.File)))
		}
	}
	if err != nil {
		err = fmt.Errorf("the key was rotated, but a revoked one could not be deleted: %w", err)
	}
	return p, err
}

// RotateSecret gives a project, named by its application id, a new API secret, which signs from now on.
func (s *Store) RotateSecret(ctx context.Context, project string, r Rotation) (Project, error) {
	if err := s.rotate(ctx, project, credential{kind: kindSecret, value: []byte(newSecret())}, r); err != nil {
		return Project{}, fmt.Errorf("rotate secret: %w", err)
	}
	return s.Project(ctx, project)
}

// rotate puts a new credential in front of those of its kind.
func (s *Store) rotate(ctx context.Context, project string, fresh credential, r Rotation) error {
	if r.Overlap < 0 || r.Overlap > MaxOverlap {
		return fmt.Errorf("an overlap of %v: it goes from 0 to %v", r.Overlap, MaxOverlap)
	}
	return s.durably(ctx, func(tx *sql.Tx) error {
		now := time.Now()
		fresh.created = now.UnixMilli()
		p, err := s.oneProject(ctx, tx, "WHERE p.application_id = ?1 ", project)
		if err != nil {
			return err
		}
		if before := p.older(fresh.kind); before.Live(now) && !r.Force {
			return &InOverlapError{before.EndsAt}
		}
		// Whatever ended is marked too: a clock that is set back must not bring it to life again.
		if _, err := tx.ExecContext(ctx, "UPDATE credential SET revoked = 1 WHERE project = ? AND kind = ? AND ends != 0", project, fresh.kind); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "UPDATE credential SET ends = ?, revoked = ? WHERE project = ? AND kind = ? AND ends = 0",
			now.Add(r.Overlap).UnixMilli(), r.Overlap == 0, project, fresh.kind); err != nil {
			return err
		}
		if err := insertCredential(ctx, tx, project, fresh); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `DELETE FROM credential WHERE project = ?1 AND kind = ?2 AND revoked = 1 AND seq NOT IN
			(SELECT seq FROM credential WHERE project = ?1 AND kind = ?2 AND revoked = 1 ORDER BY seq DESC LIMIT ?3)`, project, fresh.kind, keptRevoked)
		return err
	})
}

// older is the validity of what comes after the newest of a kind; that of nothing is over.
func (p Project) older(kind string) Validity {
	switch {
	case kind == kindKey && len(p.Keys) > 1:
		return p.Keys[1].Validity
	case kind == kindSecret && len(p.Secrets) > 1:
		return p.Secrets[1].Validity
	}
	return Validity{Revoked: true}
}
