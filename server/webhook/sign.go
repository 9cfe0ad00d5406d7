package webhook

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Signing is what deliveries of a project name and are signed with.
type Signing struct {
	ApplicationID string
	APIKey        string
	Secret        string // the signature secret
}

// Projects is where projects are looked up, by application id.
type Projects interface {
	Signing(ctx context.Context, project string) (Signing, error)
}

// issuer is what receivers that were written for Vonage look for.
const issuer = "Vonage"

// claims are those of Vonage's signed webhooks.
type claims struct {
	jwt.RegisteredClaims        // iss, iat, jti
	PayloadHash          string `json:"payload_hash"`
	APIKey               string `json:"api_key"`
	ApplicationID        string `json:"application_id"`
}

// sign makes the token that proves who posts the body. id stays the same whenever the event is posted again.
func (s Signing) sign(id string, body []byte, now time.Time) (string, error) {
	if s.Secret == "" {
		return "", errors.New("the project has no signature secret")
	}
	sum := sha256.Sum256(body)
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, claims{
		RegisteredClaims: jwt.RegisteredClaims{Issuer: issuer, IssuedAt: jwt.NewNumericDate(now), ID: id},
		PayloadHash:      hex.EncodeToString(sum[:]), APIKey: s.APIKey, ApplicationID: s.ApplicationID,
	})
	text, err := token.SignedString([]byte(s.Secret))
	if err != nil {
		return "", fmt.Errorf("sign delivery: %w", err)
	}
	return text, nil
}
