package store

import (
	"context"
	"crypto/rsa"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"

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
	// ErrDisabled means that the project is disabled.
	ErrDisabled = errors.New("the project is disabled")
	// ErrSeveral means that there are several projects, and none was named.
	ErrSeveral = errors.New("there are several projects")
	// ErrNameTaken means that another project has the name.
	ErrNameTaken = errors.New("another project has this name")
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
`, `
ALTER TABLE project ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE project ADD COLUMN disabled INTEGER NOT NULL DEFAULT 0;
ALTER TABLE project ADD COLUMN signature_secret TEXT NOT NULL DEFAULT ''; -- Store.adopt makes one
UPDATE project SET name = 'Parley';
CREATE UNIQUE INDEX project_name ON project (name);
CREATE TABLE credential (
	seq INTEGER PRIMARY KEY, project TEXT NOT NULL REFERENCES project(application_id), kind TEXT NOT NULL, value BLOB NOT NULL, file TEXT NOT NULL,
	created INTEGER NOT NULL, ends INTEGER NOT NULL, revoked INTEGER NOT NULL);
CREATE INDEX credential_project ON credential (project, kind, seq);
INSERT INTO credential (project, kind, value, file, created, ends, revoked) SELECT application_id, 'secret', api_secret, '', created, 0, 0 FROM project;
INSERT INTO credential (project, kind, value, file, created, ends, revoked) -- Store.adopt reads the public half
	SELECT application_id, 'key', x'', 'private.key', created, 0, 0 FROM project;
ALTER TABLE project DROP COLUMN api_secret;
ALTER TABLE session ADD COLUMN project TEXT REFERENCES project(application_id);
ALTER TABLE session ADD COLUMN options TEXT NOT NULL DEFAULT '{}';
UPDATE session SET project = (SELECT application_id FROM project);
`, webhookSchema}

// Store is an open store.
type Store struct {
	// write has one connection, so that writers of this process wait for each other in Go: SQLite's busy handler, which those of other processes
	// wait in, sleeps and tries again, and lets the unlucky wait for long.
	write *sql.DB
	read  *sql.DB

	folder string // absolute

	mu      sync.Mutex
	private map[string]*rsa.PrivateKey // that were read, by their public half
}

// Open opens the store in folder, making folder, store and the first project when they are missing. Files are readable by their owner only.
func Open(ctx context.Context, folder string) (*Store, error) {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
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
	s := &Store{folder: folder, private: map[string]*rsa.PrivateKey{}}
	if s.write, err = handle(path, 1, "journal_mode(WAL)"); err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	if s.read, err = handle(path, 4, "query_only(1)"); err != nil {
		return nil, errors.Join(fmt.Errorf("open store: %w", err), s.write.Close())
	}
	// The writer first: it makes the schema that readers find.
	if err := s.migrate(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open store %s: %w", path, err), s.Close())
	}
	if err := s.ensureProject(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open store %s: %w", path, err), s.Close())
	}
	return s, nil
}

// handle returns a handle of up to that many connections.
func handle(path string, connections int, pragma string) (*sql.DB, error) {
	q := url.Values{"_pragma": {"busy_timeout(5000)", pragma, "synchronous(NORMAL)", "foreign_keys(1)"}, "_txlock": {"immediate"}}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Opaque: url.PathEscape(path), RawQuery: q.Encode()}).String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
}

// Close closes the store.
func (s *Store) Close() error { return errors.Join(s.read.Close(), s.write.Close()) }

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

// tx runs fn in a transaction. fn must use nothing but tx: this holds the only connection that writes. Once it has returned nil a crash of the
// program undoes nothing; a crash of the machine may undo the newest.
func (s *Store) tx(ctx context.Context, fn func(*sql.Tx) error) error {
	tx, err := s.write.BeginTx(ctx, nil)
	return within(tx, err, fn)
}

// durably is tx, and once it has returned nil a crash of the machine undoes nothing either.
func (s *Store) durably(ctx context.Context, fn func(*sql.Tx) error) error {
	conn, err := s.write.Conn(ctx)
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
