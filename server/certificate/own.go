package certificate

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// ownFile is the file of the server's own certificate in the data folder: the private key and the certificate, PEM.
const ownFile = "certificate.pem"

// How long an own certificate is valid, and how long before its end it is renewed.
const (
	validYears  = 10
	renewBefore = 365 * 24 * time.Hour
)

// Own is the self-signed certificate of a data folder. It is made where there is none, and renewed a year before it ends, with the same key: the pin stays.
func Own(folder string, now time.Time, log *slog.Logger) (*Source, error) {
	file := filepath.Join(folder, ownFile)
	s := &Source{log: log, changed: func(was *loaded, now time.Time) bool { return ending(was.certificate, now) }}
	s.load = func(now time.Time) (*loaded, error) {
		c, err := own(file, now)
		return &loaded{certificate: c}, err
	}
	return s.start(now)
}

func ending(c *tls.Certificate, now time.Time) bool {
	return now.After(c.Leaf.NotAfter.Add(-renewBefore))
}

// own loads, makes or renews.
func own(file string, now time.Time) (*tls.Certificate, error) {
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return nil, fmt.Errorf("make certificate: %w", err)
		}
		// Whoever comes first has made it: the command line may do so beside a server that starts.
		if err := write(file, key, now, os.Link); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
	}
	c, err := read(file)
	if err != nil || !ending(c, now) {
		return c, err
	}
	key, ok := c.PrivateKey.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("renew certificate %s: its key cannot sign", file)
	}
	if err := write(file, key, now, os.Rename); err != nil {
		return nil, err
	}
	return read(file)
}

func read(file string) (*tls.Certificate, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("load certificate: %w", err)
	}
	c, err := tls.X509KeyPair(raw, raw)
	if err != nil {
		return nil, fmt.Errorf("load certificate %s: %w; bring it back from a backup, or delete it: a new one is made, and links made before stop working", file, err)
	}
	return &c, nil
}

// write makes a certificate for a key and puts both into the file at once; place is os.Link or os.Rename.
func write(file string, key crypto.Signer, now time.Time, place func(from, to string) error) error {
	text, err := sign(key, now)
	if err != nil {
		return fmt.Errorf("make certificate: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(file), ownFile+"-*.tmp") // 0600
	if err != nil {
		return fmt.Errorf("save certificate: %w", err)
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = place(f.Name(), file)
	}
	if gone := os.Remove(f.Name()); gone != nil && !errors.Is(gone, fs.ErrNotExist) {
		err = errors.Join(err, gone)
	}
	if err != nil {
		return fmt.Errorf("save certificate: %w", err)
	}
	return nil
}

// sign returns the key and a self-signed certificate for it, as PEM. It names this computer's addresses; who has the pin does not ask for them.
func sign(key crypto.Signer, now time.Time) ([]byte, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	t := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "Parley server"}, NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(validYears, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, BasicConstraintsValid: true,
		DNSNames: []string{"localhost"},
	}
	if all, err := net.InterfaceAddrs(); err == nil {
		for _, a := range all {
			if n, ok := a.(*net.IPNet); ok {
				t.IPAddresses = append(t.IPAddresses, n.IP)
			}
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, t, t, key.Public(), key)
	if err != nil {
		return nil, err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = errors.Join(pem.Encode(&b, &pem.Block{Type: "PRIVATE KEY", Bytes: private}), pem.Encode(&b, &pem.Block{Type: "CERTIFICATE", Bytes: der}))
	return b.Bytes(), err
}
