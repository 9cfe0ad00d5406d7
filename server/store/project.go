package store

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"database/sql"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// keyFile is the private key's name in the store's folder.
const keyFile = "private.key"

// Project is who may create sessions.
type Project struct {
	ApplicationID  string // lower-case UUID
	APIKey         string // eight digits: some SDKs take an int32
	APISecret      string
	PrivateKeyFile string // PKCS#8, PEM; some SDKs take nothing else
	Key            *rsa.PrivateKey
	CreatedAt      time.Time
}

// Project returns the store's project.
func (s *Store) Project() Project { return s.project }

// loadProject reads the project, or makes it. Two processes that start together agree on one: the row decides who made it, and
// the key file is written before the row is.
func (s *Store) loadProject(ctx context.Context) error {
	path, err := filepath.Abs(filepath.Join(s.folder, keyFile))
	if err != nil {
		return err
	}
	p := Project{PrivateKeyFile: path}
	err = s.tx(ctx, func(tx *sql.Tx) error {
		row := tx.QueryRowContext(ctx, "SELECT application_id, api_key, api_secret, created FROM project LIMIT 1")
		var created int64
		err := row.Scan(&p.ApplicationID, &p.APIKey, &p.APISecret, &created)
		p.CreatedAt = time.UnixMilli(created)
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if p, err = makeProject(path); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "INSERT INTO project VALUES (?, ?, ?, ?)", p.ApplicationID, p.APIKey, p.APISecret, p.CreatedAt.UnixMilli())
		return err
	})
	if err != nil {
		return fmt.Errorf("project: %w", err)
	}
	if p.Key, err = readKey(path); err != nil {
		return fmt.Errorf("project: %w", err)
	}
	s.project = p
	return nil
}

func makeProject(path string) (Project, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return Project{}, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return Project{}, err
	}
	if err := writePrivate(path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})); err != nil {
		return Project{}, err
	}
	number, err := rand.Int(rand.Reader, big.NewInt(90_000_000))
	if err != nil {
		return Project{}, err
	}
	secret := strings.ToLower(rand.Text() + rand.Text())
	return Project{ApplicationID: uuid.NewString(), APIKey: strconv.FormatInt(10_000_000+number.Int64(), 10), APISecret: secret, PrivateKeyFile: path,
		CreatedAt: time.Now().Truncate(time.Millisecond)}, nil
}

// writePrivate writes a file that only its owner reads, whole or not at all.
func writePrivate(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+"-*.tmp") // 0600
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

func readKey(path string) (*rsa.PrivateKey, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(raw)
	if block == nil {
		return nil, fmt.Errorf("%s is not a PEM file", path)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("%s holds no RSA key", path)
	}
	return key, nil
}
