package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// Errors that callers branch on.
var (
	// ErrNotFound means that there is no such row.
	ErrNotFound = errors.New("not found")
	// ErrExpired means that the invite's time is over.
	ErrExpired = errors.New("expired")
	// ErrUsedUp means that the invite has no uses left.
	ErrUsedUp = errors.New("used up")
	// ErrNewer means that a newer build made the store.
	ErrNewer = errors.New("the store was made by a newer build")
)

// migrations bring the schema from version i to i+1. Only ever append.
var migrations = [...]string{`
CREATE TABLE project (application_id TEXT PRIMARY KEY, api_key TEXT NOT NULL UNIQUE, api_secret TEXT NOT NULL, created INTEGER NOT NULL);
CREATE TABLE session (id TEXT PRIMARY KEY, created INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE invite (
	id TEXT PRIMARY KEY, hash BLOB NOT NULL UNIQUE, session TEXT NOT NULL REFERENCES session(id), role TEXT NOT NULL,
	created INTEGER NOT NULL, expires INTEGER NOT NULL, uses_left INTEGER NOT NULL);
CREATE TABLE chat (
	seq INTEGER PRIMARY KEY, session TEXT NOT NULL, id TEXT NOT NULL, sender TEXT NOT NULL, name TEXT NOT NULL, text TEXT NOT NULL,
	time INTEGER NOT NULL);
CREATE INDEX chat_session ON chat (session, seq);
`, `
ALTER TABLE session ADD COLUMN used INTEGER NOT NULL DEFAULT 0;
ALTER TABLE chat ADD COLUMN key TEXT;
CREATE UNIQUE INDEX chat_key ON chat (session, key) WHERE key IS NOT NULL;
CREATE INDEX chat_time ON chat (time);
CREATE TABLE live (session TEXT PRIMARY KEY REFERENCES session(id), state BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE pass (
	seq INTEGER PRIMARY KEY, session TEXT NOT NULL REFERENCES session(id), resume TEXT NOT NULL, pass BLOB NOT NULL, UNIQUE (session, resume));
`}

// Store is an open store.
type Store struct {
	db      *sql.DB
	folder  string
	project Project
}

// Open opens the store in folder, making folder, store and project when they are missing. Files are readable by their owner only.
func Open(ctx context.Context, folder string) (*Store, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	path := filepath.Join(folder, "parley.db")
	// SQLite would create the file with the umask's rights: create it first. The log and shared-memory files take its rights.
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	if err := f.Close(); err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	q := url.Values{"_pragma": {"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(NORMAL)", "foreign_keys(1)"}, "_txlock": {"immediate"}}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Opaque: url.PathEscape(path), RawQuery: q.Encode()}).String())
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	db.SetMaxOpenConns(4)
	s := &Store{db: db, folder: folder}
	if err := s.migrate(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open store %s: %w", path, err), db.Close())
	}
	if err := s.loadProject(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open store %s: %w", path, err), db.Close())
	}
	return s, nil
}

// Close closes the store.
func (s *Store) Close() error { return s.db.Close() }

// migrate brings the schema to this build's version, one transaction for all steps.
func (s *Store) migrate(ctx context.Context) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		var version int
		if err := tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
			return err
		}
		if version > len(migrations) {
			return fmt.Errorf("%w (schema %d, this one knows %d)", ErrNewer, version, len(migrations))
		}
		for ; version < len(migrations); version++ {
			if _, err := tx.ExecContext(ctx, migrations[version]); err != nil {
				return fmt.Errorf("schema %d: %w", version+1, err)
			}
		}
		_, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", len(migrations)))
		return err
	})
}

// tx runs fn in a transaction. Once it has returned nil a crash of the program undoes nothing; a crash of the machine may undo the newest.
func (s *Store) tx(ctx context.Context, fn func(*sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	return within(tx, err, fn)
}

// durably is tx, and once it has returned nil a crash of the machine undoes nothing either.
func (s *Store) durably(ctx context.Context, fn func(*sql.Tx) error) error {
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, "PRAGMA synchronous = FULL"); err != nil {
		return err
	}
	defer func() { _, _ = conn.ExecContext(context.WithoutCancel(ctx), "PRAGMA synchronous = NORMAL") }() // else only slower
	tx, err := conn.BeginTx(ctx, nil)
	return within(tx, err, fn)
}

// within runs fn in a transaction that was begun, unless that failed.
func within(tx *sql.Tx, err error, fn func(*sql.Tx) error) error {
	if err != nil {
		return err
	}
	if err := fn(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}
