package protocol

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
)

// Pin is the SHA-256 of a public key (SubjectPublicKeyInfo, DER): what a link says of the server that it was made for. The zero Pin is none.
type Pin [sha256.Size]byte

// PinOf returns the pin of a certificate's key. It stays when the certificate is renewed with the same key.
func PinOf(c *x509.Certificate) Pin { return sha256.Sum256(c.RawSubjectPublicKeyInfo) }

// ParsePin reads what String writes.
func ParsePin(text string) (Pin, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(raw) != sha256.Size || Pin(raw) == (Pin{}) {
		return Pin{}, errors.New("a pin is 43 letters, digits, - and _")
	}
	return Pin(raw), nil
}

// String returns the pin as links carry it: base64url without padding.
func (p Pin) String() string { return base64.RawURLEncoding.EncodeToString(p[:]) }
