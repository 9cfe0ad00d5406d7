package token

import (
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"parley/rtc/protocol"
)

// Limits of a token.
const (
	MaxBytes = 8 << 10 // the whole token
	MaxData  = 1024    // connection data, as in the Vonage API
	MaxName  = 240     // display name
	MaxTTL   = 30 * 24 * time.Hour
	Leeway   = 60 * time.Second // how far clocks may differ
)

// scope is the claim that tells a client token from one that opens the REST API.
const scope = "session.connect"

// Grant is what a token allows one client.
type Grant struct {
	SessionID protocol.SessionID
	Role      Role
	Name      string // display name; "" leaves it to the client
	Data      string // connection data
	ExpiresAt time.Time
}

// Capabilities returns the rights of the grant's role.
func (g Grant) Capabilities() protocol.Capabilities { return g.Role.Capabilities() }

// Key is what a project signs with.
type Key struct {
	ApplicationID string
	Private       *rsa.PrivateKey
}

// claims is the layout of @vonage/video's generateClientToken, and name, which Parley adds.
type claims struct {
	ApplicationID  string          `json:"application_id"`
	IssuedAt       float64         `json:"iat"`
	NotBefore      float64         `json:"nbf,omitempty"`
	ExpiresAt      float64         `json:"exp"`
	ID             string          `json:"jti,omitempty"`
	Sub            string          `json:"sub,omitempty"`
	Scope          string          `json:"scope"`
	ACL            json.RawMessage `json:"acl,omitempty"`
	SessionID      string          `json:"session_id"`
	Role           Role            `json:"role"`
	LayoutClasses  string          `json:"initial_layout_class_list"`
	ConnectionData string          `json:"connection_data,omitempty"`
	Name           string          `json:"name,omitempty"`
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
func (c *claims) GetIssuer() (string, error)                   { return "", nil }
func (c *claims) GetSubject() (string, error)                  { return c.Sub, nil }
func (c *claims) GetAudience() (jwt.ClaimStrings, error)       { return nil, nil }

// Sign makes a token for g, valid from now until g.ExpiresAt.
func (k Key) Sign(g Grant, now time.Time) (string, error) {
	switch {
	case g.SessionID == "":
		return "", errors.New("sign token: no session")
	case len(g.Data) > MaxData:
		return "", fmt.Errorf("sign token: data of %d bytes, %d allowed", len(g.Data), MaxData)
	case len(g.Name) > MaxName:
		return "", fmt.Errorf("sign token: name of %d bytes, %d allowed", len(g.Name), MaxName)
	case g.ExpiresAt.Sub(now) > MaxTTL+time.Minute:
		return "", fmt.Errorf("sign token: valid for more than %d days", MaxTTL/(24*time.Hour))
	}
	role, err := ParseRole(string(g.Role))
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	c := &claims{
		ApplicationID: k.ApplicationID, IssuedAt: float64(now.Unix()), ExpiresAt: float64(g.ExpiresAt.Unix()), ID: uuid.NewString(),
		Sub: "video", Scope: scope, ACL: json.RawMessage(`{"paths":{"/session/**":{}}}`),
		SessionID: string(g.SessionID), Role: role, ConnectionData: g.Data, Name: g.Name,
	}
	signed, err := jwt.NewWithClaims(jwt.SigningMethodRS256, c).SignedString(k.Private)
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	return signed, nil
}

// Verify checks a token offline at the time now. Errors are *protocol.ErrorBody with the codes tokenInvalid, tokenExpired,
// tokenNotYetValid and roleUnknown.
func (k Key) Verify(text string, now time.Time) (Grant, error) {
	if len(text) > MaxBytes || strings.Count(text, ".") != 2 {
		return Grant{}, protocol.Errorf(protocol.CodeTokenInvalid, "The token is not a JWT.")
	}
	var c claims
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"RS256"}), jwt.WithLeeway(Leeway), jwt.WithExpirationRequired(), jwt.WithIssuedAt(),
		jwt.WithTimeFunc(func() time.Time { return now }))
	_, err := parser.ParseWithClaims(text, &c, func(*jwt.Token) (any, error) { return &k.Private.PublicKey, nil })
	var body *protocol.ErrorBody
	switch {
	case err == nil:
	case errors.As(err, &body):
		return Grant{}, body
	case errors.Is(err, jwt.ErrTokenExpired):
		return Grant{}, protocol.Errorf(protocol.CodeTokenExpired, "The token has expired.")
	case errors.Is(err, jwt.ErrTokenNotValidYet), errors.Is(err, jwt.ErrTokenUsedBeforeIssued):
		return Grant{}, protocol.Errorf(protocol.CodeTokenNotYetValid, "The token is not valid yet.")
	default:
		return Grant{}, protocol.Errorf(protocol.CodeTokenInvalid, "The token was not signed by this server's project, or is damaged.")
	}
	expires, err := numeric(c.ExpiresAt)
	switch {
	case err != nil:
		return Grant{}, protocol.Errorf(protocol.CodeTokenInvalid, "The token's dates are out of range.")
	case c.ApplicationID != k.ApplicationID:
		return Grant{}, protocol.Errorf(protocol.CodeTokenInvalid, "The token is of another project.")
	case c.Scope != scope:
		return Grant{}, protocol.Errorf(protocol.CodeTokenInvalid, "The token is not a client token.")
	case c.SessionID == "":
		return Grant{}, protocol.Errorf(protocol.CodeTokenInvalid, "The token names no session.")
	case len(c.ConnectionData) > MaxData || len(c.Name) > MaxName:
		return Grant{}, protocol.Errorf(protocol.CodeTokenInvalid, "The token's data or name is too long.")
	}
	role := c.Role
	if role == "" {
		role = Publisher
	}
	return Grant{SessionID: protocol.SessionID(c.SessionID), Role: role, Name: c.Name, Data: c.ConnectionData, ExpiresAt: expires.Time}, nil
}
