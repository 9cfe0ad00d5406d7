package store

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// keyFile is the name, in the store's folder, of the first private key.
const keyFile = "private.key"

// PrivateKey returns the private half of a key. Its file is read once: a public key has one private half.
func (s *Store) PrivateKey(k Key) (*rsa.PrivateKey, error) {
	s.mu.Lock()
	private := s.private[string(k.Public)]
	s.mu.Unlock()
	if private != nil {
		return private, nil
	}
	private, err := readKey(k.File)
	if err != nil {
		return nil, fmt.Errorf("private key: %w", err)
	}
	if public, err := encodePublic(private); err != nil || !bytes.Equal(public, k.Public) {
		return nil, fmt.Errorf("private key: %s does not hold the key %s of the store; put that file back, or make a new key with: parley-server project rotate-key",
			k.File, k.ID)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.private) >= maxProjects {
		clear(s.private)
	}
	s.private[string(k.Public)] = private
	return private, nil
}

// pair is a new key pair.
type pair struct {
	private []byte // PKCS#8, PEM
	public  []byte // PKIX, DER
}

func newPair() (pair, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return pair{}, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return pair{}, err
	}
	public, err := encodePublic(key)
	return pair{pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), public}, err
}

// file names the private key's file so that no other has it.
func (p pair) file(apiKey string) string { return "private-" + apiKey + "-" + keyID(p.public) + ".key" }

func encodePublic(key *rsa.PrivateKey) ([]byte, error) {
	return x509.MarshalPKIXPublicKey(&key.PublicKey)
}

// keyID names a public key for people.
func keyID(public []byte) string {
	sum := sha256.Sum256(public)
	return hex.EncodeToString(sum[:6])
}

// newSecret makes 260 random bits.
func newSecret() string { return strings.ToLower(rand.Text() + rand.Text()) }

func (s *Store) path(file string) string { return filepath.Join(s.folder, file) }

// removeKey deletes a private key's file, if it is there.
func (s *Store) removeKey(file string) error {
	if err := os.Remove(s.path(file)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
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
