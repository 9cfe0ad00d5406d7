package transport

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"
)

// ErrFingerprint is the cause when a peer's certificate is not the one its description promised.
var ErrFingerprint = errors.New("certificate does not match the fingerprint")

// newCertificate makes a self-signed certificate and its SHA-256 fingerprint in the form of RFC 8122.
func newCertificate() (tls.Certificate, string, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, "", err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 64))
	if err != nil {
		return tls.Certificate{}, "", err
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: "parley"},
		NotBefore:    now.AddDate(0, 0, -1),
		NotAfter:     now.AddDate(10, 0, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, "", err
	}
	digest, err := fingerprint("sha-256", der)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, digest, err
}

// knownHash reports whether fingerprints made with this hash are accepted. SHA-1 and MD5 are not (RFC 8122, 5).
func knownHash(name string) bool {
	return name == "sha-256" || name == "sha-384" || name == "sha-512"
}

// fingerprint is the digest of a certificate as upper-case hex pairs with colons between.
func fingerprint(hash string, der []byte) (string, error) {
	var sum []byte
	switch hash {
	case "sha-256":
		s := sha256.Sum256(der)
		sum = s[:]
	case "sha-384":
		s := sha512.Sum384(der)
		sum = s[:]
	case "sha-512":
		s := sha512.Sum512(der)
		sum = s[:]
	default:
		return "", fmt.Errorf("fingerprint: unknown hash %q", hash)
	}
	var b strings.Builder
	for i, v := range sum {
		if i > 0 {
			b.WriteByte(':')
		}
		b.WriteString(strings.ToUpper(hex.EncodeToString([]byte{v})))
	}
	return b.String(), nil
}

// verifyPeer holds the certificate shown in the handshake against the description.
func verifyPeer(hash, want string, shown [][]byte) error {
	if len(shown) == 0 {
		return ErrFingerprint
	}
	got, err := fingerprint(hash, shown[0])
	if err != nil {
		return err
	}
	if !strings.EqualFold(got, want) {
		return ErrFingerprint
	}
	return nil
}
