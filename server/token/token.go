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
	MaxInvite  = 64      // id of the invite
	MaxTTL     = 30 * 24 * time.Hour
	MaxRESTTTL = 24 * time.Hour   // of a credential of the REST API
	Leeway     = 60 * time.Second // how far clocks may differ
)

// scope is the claim that tells a client token from one that opens the REST API.
const scope = "session.connect"

// Grant is what a token allows one client.
type Grant struct {
	Project   string // application id of the project whose token it is; Sign puts its key's there
	SessionID protocol.SessionID
	Role      Role
	Name      string   // display name; "" leaves it to the client
	Data      string   // connection data
	Classes   []string // layout classes that the client's streams begin with
	Invite    string   // id of the invite that it came from; "" for none
	ExpiresAt time.Time
	// Fingerprint identifies the token: the SHA-256 of what its signature covers, so that who has it cannot change it. (The rest of the text can be
	// written in several ways.) Sign does not need it.
	Fingerprint [32]byte
}

// Capabilities returns the rights of the grant's role.
func (g Grant) Capabilities() protocol.Capabilities { return g.Role.Capabilities() }

// Key is what a project signs its tokens with.
type Key struct {
	ApplicationID string
	Private       *rsa.PrivateKey
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
	case len(g.Invite) > MaxInvite:
		return "", fmt.Errorf("sign token: an invite's id of %d bytes, %d allowed", len(g.Invite), MaxInvite)
	case g.ExpiresAt.Sub(now) > MaxTTL+Leeway:
		return "", fmt.Errorf("sign token: valid for more than %d days", MaxTTL/(24*time.Hour))
	}
	role, err := ParseRole(string(g.Role))
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	roleText, err := json.Marshal(role)
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	c := &claims{
		ApplicationID: k.ApplicationID, IssuedAt: float64(now.Unix()), ExpiresAt: float64(g.ExpiresAt.Unix()), ID: uuid.NewString(),
		Sub: "video", Scope: scope, ACL: json.RawMessage(`{"paths":{"/session/**":{}}}`),
		SessionID: string(g.SessionID), Role: roleText, LayoutClasses: classList(classes), ConnectionData: g.Data, Name: g.Name, Invite: g.Invite,
	}
	signed, err := jwt.NewWithClaims(jwt.SigningMethodRS256, c).SignedString(k.Private)
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	return signed, nil
}
