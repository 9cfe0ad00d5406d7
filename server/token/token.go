package token

import (
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"parley/rtc/protocol"
)

// Limits of a token.
const (
	MaxBytes   = 8 << 10 // the whole token
	MaxData    = 1024    // connection data, as in the Vonage API
	MaxClasses = 1024    // all layout classes, joined by spaces
	MaxName    = 240     // display name
	MaxTTL     = 30 * 24 * time.Hour
	MaxRESTTTL = 24 * time.Hour   // of a credential of the REST API
	Leeway     = 60 * time.Second // how far clocks may differ
)

// scope is the claim that tells a client token from one that opens the REST API.
const scope = "session.connect"

// Grant is what a token allows one client.
type Grant struct {
	SessionID protocol.SessionID
	Role      Role
	Name      string   // display name; "" leaves it to the client
	Data      string   // connection data
	Classes   []string // layout classes that the client's streams begin with
	ExpiresAt time.Time
}

// Capabilities returns the rights of the grant's role.
func (g Grant) Capabilities() protocol.Capabilities { return g.Role.Capabilities() }

// Key is what a project signs with: the RSA key for the application id, the secret for the API key. Without a secret, tokens that are signed
// with one are refused.
type Key struct {
	ApplicationID string
	Private       *rsa.PrivateKey
	APIKey        string
	Secret        string
}

// Sign makes a token for g, valid from now until g.ExpiresAt.
func (k Key) Sign(g Grant, now time.Time) (string, error) {
	classes := strings.Join(g.Classes, " ")
	switch {
	case g.SessionID == "":
		return "", errors.New("sign token: no session")
	case len(g.Data) > MaxData:
		return "", fmt.Errorf("sign token: data of %d bytes, %d allowed", len(g.Data), MaxData)
	case len(g.Name) > MaxName:
		return "", fmt.Errorf("sign token: name of %d bytes, %d allowed", len(g.Name), MaxName)
	case len(classes) > MaxClasses:
		return "", fmt.Errorf("sign token: layout classes of %d bytes, %d allowed", len(classes), MaxClasses)
	case g.ExpiresAt.Sub(now) > MaxTTL+Leeway:
		return "", fmt.Errorf("sign token: valid for more than %d days", MaxTTL/(24*time.Hour))
	}
	role, err := ParseRole(string(g.Role))
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	c := &claims{
		ApplicationID: k.ApplicationID, IssuedAt: float64(now.Unix()), ExpiresAt: float64(g.ExpiresAt.Unix()), ID: uuid.NewString(),
		Sub: "video", Scope: scope, ACL: json.RawMessage(`{"paths":{"/session/**":{}}}`),
		SessionID: string(g.SessionID), Role: role, LayoutClasses: classList(classes), ConnectionData: g.Data, Name: g.Name,
	}
	signed, err := jwt.NewWithClaims(jwt.SigningMethodRS256, c).SignedString(k.Private)
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	return signed, nil
}

// Verify checks a client token of any of the three forms (JWT by RS256 or HS256, T1) offline at the time now. Errors are
// *protocol.ErrorBody with the codes tokenInvalid, tokenExpired, tokenNotYetValid and roleUnknown.
func (k Key) Verify(text string, now time.Time) (Grant, error) {
	if len(text) > MaxBytes {
		return Grant{}, invalid("The token has more than %d bytes.", MaxBytes)
	}
	var c claims
	var err error
	if strings.HasPrefix(text, t1Prefix) {
		c, err = k.parseT1(text, now)
	} else {
		c, err = k.parseJWT(text, now, "RS256", "HS256")
	}
	if err != nil {
		return Grant{}, err
	}
	return k.grant(c)
}

// grant checks what a token says, whatever its form.
func (k Key) grant(c claims) (Grant, error) {
	id := protocol.SessionID(c.SessionID)
	switch apiKey, ok := sessionKey(id); {
	case c.Scope != scope:
		return Grant{}, invalid("The token is not a client token.")
	case id == "":
		return Grant{}, invalid("The token names no session.")
	case ok && k.APIKey != "" && apiKey != k.APIKey:
		return Grant{}, invalid("The token's session is of another project.")
	case len(c.ConnectionData) > MaxData || len(c.Name) > MaxName || len(c.LayoutClasses) > MaxClasses:
		return Grant{}, invalid("The token's data, name or layout classes are too long.")
	}
	role := c.Role
	if role == "" {
		role = Publisher
	}
	expires, err := numeric(c.ExpiresAt)
	if err != nil || expires == nil {
		return Grant{}, invalid("The token's dates are out of range.")
	}
	return Grant{SessionID: id, Role: role, Name: c.Name, Data: c.ConnectionData, Classes: strings.Fields(string(c.LayoutClasses)), ExpiresAt: expires.Time}, nil
}

// invalid is the answer to a token that does not hold.
func invalid(format string, args ...any) *protocol.ErrorBody {
	return protocol.Errorf(protocol.CodeTokenInvalid, format, args...)
}
