package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
)

// firstProject is what the project is called that the first start makes.
const firstProject = "Parley"

// maxProjects bounds the projects of a store, maxProjectName a project's name, in bytes.
const (
	maxProjects    = 1000
	maxProjectName = 128
)

// Project is who may create sessions. Its keys and secrets are listed newest first: the first of each signs. The others are valid until their
// overlap ends, or are not valid any more and kept for a while, so that who still uses them can be told.
type Project struct {
	ApplicationID   string // lower-case UUID
	APIKey          string // eight digits: some SDKs take an int32
	Name            string
	CreatedAt       time.Time
	Disabled        bool
	SignatureSecret string // signs webhooks
	Keys            []Key
	Secrets         []Secret
}

// PrivateKeyFile is the file of the key that signs.
func (p Project) PrivateKeyFile() string { return p.Keys[0].File }

// APISecret is the secret that signs.
func (p Project) APISecret() string { return p.Secrets[0].Text }

const selectProject = `SELECT p.application_id, p.api_key, p.name, p.created, p.disabled, p.signature_secret,
	c.kind, c.value, c.file, c.created, c.ends, c.revoked FROM project p JOIN credential c ON c.project = p.application_id `

// Projects lists all projects, oldest first.
func (s *Store) Projects(ctx context.Context) ([]Project, error) {
	all, err := s.projects(ctx, s.read, selectProject+"ORDER BY p.rowid, c.seq DESC")
	if err != nil {
		return nil, fmt.Errorf("list projects: %w", err)
	}
	return all, nil
}

// Project returns the project with that application id or API key, or ErrNotFound.
func (s *Store) Project(ctx context.Context, id string) (Project, error) {
	return s.oneProject(ctx, s.read, "WHERE p.application_id = ?1 OR p.api_key = ?1 ", id)
}

// FindProject returns the project of that name, application id or API key, or ErrNotFound. "" is the only project there is, or ErrSeveral.
func (s *Store) FindProject(ctx context.Context, which string) (Project, error) {
	if which != "" {
		return s.oneProject(ctx, s.read, "WHERE p.application_id = ?1 OR p.api_key = ?1 OR p.name = ?1 ", which)
	}
	all, err := s.Projects(ctx)
	switch {
	case err != nil:
		return Project{}, err
	case len(all) != 1:
		return Project{}, ErrSeveral
	}
	return all[0], nil
}

// queryer is a handle or a transaction.
type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func (s *Store) oneProject(ctx context.Context, q queryer, where, which string) (Project, error) {
	all, err := s.projects(ctx, q, selectProject+where+"ORDER BY c.seq DESC", which)
	switch {
	case err != nil:
		return Project{}, fmt.Errorf("look project up: %w", err)
	case len(all) == 0:
		return Project{}, fmt.Errorf("project %.80q: %w", which, ErrNotFound)
	}
	return all[0], nil
}

// projects reads projects with their keys and secrets, whose rows follow each other.
func (s *Store) projects(ctx context.Context, q queryer, query string, args ...any) ([]Project, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []Project
	for rows.Next() {
		var p Project
		var c credential
		var created int64
		if err := rows.Scan(&p.ApplicationID, &p.APIKey, &p.Name, &created, &p.Disabled, &p.SignatureSecret,
			&c.kind, &c.value, &c.file, &c.created, &c.ends, &c.revoked); err != nil {
			return nil, err
		}
		if n := len(all); n == 0 || all[n-1].ApplicationID != p.ApplicationID {
			p.CreatedAt = time.UnixMilli(created)
			all = append(all, p)
		}
		s.add(&all[len(all)-1], c)
	}
	return all, rows.Err()
}

// CreateProject makes a project. It returns ErrNameTaken, or says what is wrong with the name.
func (s *Store) CreateProject(ctx context.Context, name string) (Project, error) {
	if err := checkName(name); err != nil {
		return Project{}, fmt.Errorf("create project: %w", err)
	}
	n, err := makeProject(name) // before the transaction: a key takes its time, and others write meanwhile
	if err != nil {
		return Project{}, fmt.Errorf("create project: %w", err)
	}
	err = s.durably(ctx, func(tx *sql.Tx) error {
		var count, taken int
		if err := tx.QueryRowContext(ctx, "SELECT count(*), count(*) FILTER (WHERE name = ?) FROM project", name).Scan(&count, &taken); err != nil {
			return err
		}
		switch {
		case taken > 0:
			return fmt.Errorf("project %q: %w", name, ErrNameTaken)
		case count >= maxProjects:
			return fmt.Errorf("there are %d projects already, and no more are possible", count)
		}
		return s.insertProject(ctx, tx, n)
	})
	if err != nil {
		return Project{}, errors.Join(fmt.Errorf("create project: %w", err), s.removeKey(n.file))
	}
	return s.Project(ctx, n.id)
}

var (
	looksLikeID  = regexp.MustCompile(`(?i)^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	looksLikeKey = regexp.MustCompile(`^[0-9]+$`)
)

// checkName refuses names that people could not tell apart, or would take for an application id or an API key.
func checkName(name string) error {
	switch {
	case name == "" || len(name) > maxProjectName || !utf8.ValidString(name):
		return fmt.Errorf("a project's name is text of 1 to %d bytes", maxProjectName)
	case name != strings.TrimSpace(name) || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }):
		return errors.New("a project's name has neither line breaks nor spaces at its ends")
	case looksLikeID.MatchString(name) || looksLikeKey.MatchString(name):
		return errors.New("a project's name must not look like an application id or an API key")
	}
	return nil
}

// newProject is a project that is not kept yet.
type newProject struct {
	id, apiKey, name string
	key              pair
	file             string // of the private key
}

func makeProject(name string) (newProject, error) {
	key, err := newPair()
	if err != nil {
		return newProject{}, err
	}
	number, err := rand.Int(rand.Reader, big.NewInt(90_000_000))
	if err != nil {
		return newProject{}, err
	}
	apiKey := strconv.FormatInt(10_000_000+number.Int64(), 10)
	return newProject{id: uuid.NewString(), apiKey: apiKey, name: name, key: key, file: key.file(apiKey)}, nil
}

// insertProject keeps a project, its private key's file before its row.
func (s *Store) insertProject(ctx context.Context, tx *sql.Tx, n newProject) error {
	if err := writePrivate(s.path(n.file), n.key.private); err != nil {
		return err
	}
	now := time.Now().UnixMilli()
	_, err := tx.ExecContext(ctx, "INSERT INTO project (application_id, api_key, name, created, disabled, signature_secret) VALUES (?, ?, ?, ?, 0, ?)",
		n.id, n.apiKey, n.name, now, newSecret())
	if err != nil {
		return err
	}
	for _, c := range []credential{
		{kind: kindKey, value: n.key.public, file: n.file, created: now},
		{kind: kindSecret, value: []byte(newSecret()), created: now},
	} {
		if err := insertCredential(ctx, tx, n.id, c); err != nil {
			return err
		}
	}
	return nil
}

// SetDisabled disables a project, by its application id, or enables it again.
func (s *Store) SetDisabled(ctx context.Context, project string, disabled bool) error {
	return s.changeProject(ctx, project, "UPDATE project SET disabled = ? WHERE application_id = ?", disabled)
}

// RotateSignatureSecret gives a project a new secret for webhooks, from now on, and returns it.
func (s *Store) RotateSignatureSecret(ctx context.Context, project string) (string, error) {
	secret := newSecret()
	return secret, s.changeProject(ctx, project, "UPDATE project SET signature_secret = ? WHERE application_id = ?", secret)
}

func (s *Store) changeProject(ctx context.Context, project, update string, value any) error {
	err := s.durably(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, update, value, project)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		if err == nil && n == 0 {
			err = fmt.Errorf("project %.80q: %w", project, ErrNotFound)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("change project: %w", err)
	}
	return nil
}

// ensureProject makes the first project, and completes one that an earlier build made. Two processes that start together agree: the transaction
// decides who does it.
func (s *Store) ensureProject(ctx context.Context) error {
	err := s.tx(ctx, func(tx *sql.Tx) error {
		var count int
		if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM project").Scan(&count); err != nil {
			return err
		}
		if count > 0 {
			return s.adopt(ctx, tx)
		}
		n, err := makeProject(firstProject)
		if err != nil {
			return err
		}
		n.file = keyFile
		return s.insertProject(ctx, tx, n)
	})
	if err != nil {
		return fmt.Errorf("project: %w", err)
	}
	return nil
}

// adopt completes what a migration cannot know: the public key of a file, and random secrets.
func (s *Store) adopt(ctx context.Context, tx *sql.Tx) error {
	if _, err := tx.ExecContext(ctx, "UPDATE project SET signature_secret = ? WHERE signature_secret = ''", newSecret()); err != nil {
		return err
	}
	var file string
	switch err := tx.QueryRowContext(ctx, "SELECT file FROM credential WHERE kind = ? AND length(value) = 0", kindKey).Scan(&file); {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err != nil:
		return err
	}
	private, err := readKey(s.path(file))
	if err != nil {
		return err
	}
	public, err := encodePublic(private)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "UPDATE credential SET value = ? WHERE kind = ? AND file = ?", public, kindKey, file)
	return err
}
