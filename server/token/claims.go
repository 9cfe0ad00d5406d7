package token

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// claims is the layout of the Vonage SDKs' tokens, the fields of all forms together, and name and invite, which Parley adds.
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
	Role           json.RawMessage `json:"role,omitempty"` // read once the signature is known to hold
	LayoutClasses  classList       `json:"initial_layout_class_list"`
	ConnectionData string          `json:"connection_data,omitempty"`
	Name           string          `json:"name,omitempty"`
	Invite         string          `json:"invite,omitempty"`
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

// date is a date of a token. What lies out of range is a date as far off as can be.
func date(v float64) time.Time {
	sec, frac := math.Modf(min(max(v, -1e12), 1e12))
	return time.Unix(int64(sec), int64(frac*1e9))
}

func numeric(v float64) (*jwt.NumericDate, error) {
	if v == 0 {
		return nil, nil
	}
	return jwt.NewNumericDate(date(v)), nil
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
