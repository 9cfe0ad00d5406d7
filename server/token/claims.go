package token

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"parley/rtc/protocol"
)

// claims is the layout of the Vonage SDKs' tokens, the fields of all forms together, and name, which Parley adds.
type claims struct {
	ApplicationID  string          `json:"application_id,omitempty"` // of RS256
	Issuer         string          `json:"iss,omitempty"`            // the API key in HS256
	IssuerType     string          `json:"ist,omitempty"`            // "project" in HS256
	IssuedAt       float64         `json:"iat"`
	NotBefore      float64         `json:"nbf,omitempty"`
	ExpiresAt      float64         `json:"exp"`
	ID             string          `json:"jti,omitempty"`
	Sub            string          `json:"sub,omitempty"`
	Scope          string          `json:"scope"`
	ACL            json.RawMessage `json:"acl,omitempty"`
	SessionID      string          `json:"session_id"`
	Role           Role            `json:"role"`
	LayoutClasses  classList       `json:"initial_layout_class_list"`
	ConnectionData string          `json:"connection_data,omitempty"`
	Name           string          `json:"name,omitempty"`
}

// classList is layout classes joined by spaces. Some SDKs send an array.
type classList string

// UnmarshalJSON takes one string or an array of strings.
func (c *classList) UnmarshalJSON(raw []byte) error {
	if len(raw) > 0 && raw[0] == '[' {
		var list []string
		if err := json.Unmarshal(raw, &list); err != nil {
			return fmt.Errorf("layout classes: %w", err)
		}
		*c = classList(strings.Join(list, " "))
		return nil
	}
	var one string
	if err := json.Unmarshal(raw, &one); err != nil {
		return fmt.Errorf("layout classes: %w", err)
	}
	*c = classList(one)
	return nil
}

func numeric(v float64) (*jwt.NumericDate, error) {
	if v == 0 {
		return nil, nil
	}
	if math.IsNaN(v) || math.Abs(v) > 1e12 {
		return nil, errors.New("date out of range")
	}
	sec, frac := math.Modf(v)
	return jwt.NewNumericDate(time.Unix(int64(sec), int64(frac*1e9))), nil
}

func (c *claims) GetExpirationTime() (*jwt.NumericDate, error) { return numeric(c.ExpiresAt) }
func (c *claims) GetIssuedAt() (*jwt.NumericDate, error)       { return numeric(c.IssuedAt) }
func (c *claims) GetNotBefore() (*jwt.NumericDate, error)      { return numeric(c.NotBefore) }
func (c *claims) GetIssuer() (string, error)                   { return c.Issuer, nil }
func (c *claims) GetSubject() (string, error)                  { return c.Sub, nil }
func (c *claims) GetAudience() (jwt.ClaimStrings, error)       { return nil, nil }

// life returns how long the token is valid in all: from when it was made, or from now when it does not say.
func (c *claims) life(now time.Time) time.Duration {
	begin := float64(now.UnixNano()) / 1e9
	if c.IssuedAt != 0 {
		begin = c.IssuedAt
	}
	seconds := min(max(c.ExpiresAt-begin, 0), 1e9)
	return time.Duration(seconds * float64(time.Second))
}

// sessionKey returns the API key that a session's id carries. ok is false when it has not the form of this server's ids.
func sessionKey(id protocol.SessionID) (apiKey string, ok bool) {
	if len(id) < 3 {
		return "", false
	}
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(string(id[2:]), "="))
	if err != nil {
		return "", false
	}
	fields := strings.Split(string(raw), "~")
	if len(fields) < 5 {
		return "", false
	}
	return fields[1], true
}
