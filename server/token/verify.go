package token

import (
	"context"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"parley/rtc/protocol"
)

// Project is a project as its tokens are checked.
type Project struct {
	ApplicationID string // named by RS256 tokens
	APIKey        string // named by HS256 and T1 tokens
	Name          string
	CreatedAt     time.Time
	Disabled      bool
	Live          Keys // what may have signed
	Revoked       Keys // what may no more; it is known so that this can be said
}

// Keys are what verifies signatures, each kind for methods of its own.
type Keys struct {
	Public  []*rsa.PublicKey // RS256
	Secrets []string         // HS256 and T1
}

// Directory is where a Verifier looks projects and sessions up. It is asked anew for every token. Its errors reach who asked the Verifier as they are.
type Directory interface {
	// Project returns the project with an application id or an API key, and what may sign for it at the time now. ok is false when there is none.
	Project(ctx context.Context, id string, now time.Time) (p Project, ok bool, err error)
	// Owner returns the application id of the project that a session belongs to, "" when there is no such session.
	Owner(ctx context.Context, id protocol.SessionID) (string, error)
}

// Verifier checks the tokens and credentials of all projects of a server.
type Verifier struct {
	dir     Directory
	maxData int // bytes of connection data
}

// NewVerifier returns a verifier of what dir knows. maxData bounds a token's connection data, in bytes.
func NewVerifier(dir Directory, maxData int) *Verifier { return &Verifier{dir, maxData} }

// Verify checks a client token of any of the three forms (JWT by RS256 or HS256, T1) at the time now, and that its session is there and its
// project's. Errors are *protocol.ErrorBody, but for the directory's own.
func (v *Verifier) Verify(ctx context.Context, text string, now time.Time) (Grant, error) {
	if len(text) > MaxBytes {
		return Grant{}, tooLarge("The token has more than %d bytes.", MaxBytes)
	}
	var t parsed
	var err error
	if strings.HasPrefix(text, t1Prefix) {
		t, err = v.parseT1(ctx, text, now)
	} else {
		t, err = v.parseJWT(ctx, text, now, "RS256", "HS256")
	}
	if err == nil {
		err = t.usable(now)
	}
	if err != nil {
		return Grant{}, err
	}
	g, err := t.claims.grant(v.maxData)
	if err != nil {
		return Grant{}, err
	}
	g.Project, g.Fingerprint = t.project.ApplicationID, sha256.Sum256([]byte(t.signed))
	switch owner, err := v.dir.Owner(ctx, g.SessionID); {
	case err != nil:
		return Grant{}, err
	case owner == "":
		return Grant{}, protocol.Errorf(protocol.CodeSessionUnknown, "There is no such session.")
	case owner != g.Project:
		return Grant{}, protocol.Errorf(protocol.CodeTokenSession, "The token's session is of another project.")
	}
	return g, nil
}

// VerifyREST checks a credential that opens the REST API and returns its project: a JWT by RS256, as Authorization: Bearer carries it, or with secret
// by HS256, as X-OPENTOK-AUTH does. Client tokens are refused. Errors are *protocol.ErrorBody with the codes unauthorized, tokenExpired,
// tokenNotYetValid, keyRevoked and projectDisabled, but for the directory's own.
func (v *Verifier) VerifyREST(ctx context.Context, text string, secret bool, now time.Time) (Project, error) {
	if len(text) > MaxBytes {
		return Project{}, protocol.Errorf(protocol.CodeUnauthorized, "The credential has more than %d bytes.", MaxBytes)
	}
	method := "RS256"
	if secret {
		method = "HS256"
	}
	t, err := v.parseJWT(ctx, text, now, method)
	if err == nil {
		switch {
		case t.claims.SessionID != "" || t.claims.Scope != "":
			err = protocol.Errorf(protocol.CodeUnauthorized, "A client token does not open the REST API.")
		case t.claims.life(now) > MaxRESTTTL+Leeway:
			err = tooLong()
		default:
			err = t.usable(now)
		}
	}
	var body *protocol.ErrorBody
	if err == nil || !errors.As(err, &body) {
		return t.project, err
	}
	switch body.Code {
	case protocol.CodeTokenInvalid, protocol.CodeTokenProject:
		body = protocol.Errorf(protocol.CodeUnauthorized, "The credential was not signed by a project of this server, or is damaged.")
	case protocol.CodeTokenTooLong:
		body = protocol.Errorf(protocol.CodeUnauthorized, "The credential is valid for more than %d hours.", MaxRESTTTL/time.Hour)
	}
	return Project{}, body
}

// parsed is a token whose signature and dates hold.
type parsed struct {
	claims  claims
	project Project
	signed  string // what the signature covers
}

// usable checks what is not about the token's text.
func (t *parsed) usable(now time.Time) error {
	switch {
	case t.project.Disabled:
		return protocol.Errorf(protocol.CodeProjectDisabled, "The project is disabled.")
	case t.claims.life(now) > MaxTTL+Leeway:
		return tooLong()
	}
	return nil
}

// find returns the project that a token names, before its signature was looked at.
func (v *Verifier) find(ctx context.Context, id string, now time.Time) (Project, error) {
	if id == "" {
		return Project{}, invalid("The token names no project in the way of its method.")
	}
	p, ok, err := v.dir.Project(ctx, id, now)
	if err == nil && !ok {
		err = protocol.Errorf(protocol.CodeTokenProject, "The token is of a project that this server has not.")
	}
	return p, err
}

// grant checks what a token says, whatever its form.
func (c *claims) grant(maxData int) (Grant, error) {
	switch {
	case c.Scope != scope:
		return Grant{}, invalid("The token is not a client token.")
	case c.SessionID == "":
		return Grant{}, protocol.Errorf(protocol.CodeTokenSession, "The token names no session.")
	case len(c.ConnectionData) > maxData, len(c.Name) > MaxName, len(c.LayoutClasses) > MaxClasses, len(c.Invite) > MaxInvite:
		return Grant{}, tooLarge("The token's data (%d bytes are allowed), name (%d), layout classes (%d) or invite (%d) are too long.",
			maxData, MaxName, MaxClasses, MaxInvite)
	}
	role := Role(Publisher)
	if len(c.Role) > 0 {
		var body *protocol.ErrorBody
		if err := json.Unmarshal(c.Role, &role); errors.As(err, &body) {
			return Grant{}, body
		} else if err != nil {
			return Grant{}, invalid("The token's role is neither a text nor a list of texts.")
		}
	}
	return Grant{
		SessionID: protocol.SessionID(c.SessionID), Role: role, Name: c.Name, Data: c.ConnectionData, Classes: strings.Fields(string(c.LayoutClasses)),
		Invite: c.Invite, ExpiresAt: date(c.ExpiresAt),
	}, nil
}

// The answers to tokens. Each is made anew: who sends it may write a request's id into it.

func invalid(format string, args ...any) *protocol.ErrorBody {
	return protocol.Errorf(protocol.CodeTokenInvalid, format, args...)
}

func forged() *protocol.ErrorBody {
	return invalid("The token was not signed by its project, or is damaged.")
}

func revoked() *protocol.ErrorBody {
	return protocol.Errorf(protocol.CodeKeyRevoked, "The token was signed with a key or secret that its project has given up.")
}

func expired() *protocol.ErrorBody {
	return protocol.Errorf(protocol.CodeTokenExpired, "The token has expired.")
}

func notYetValid() *protocol.ErrorBody {
	return protocol.Errorf(protocol.CodeTokenNotYetValid, "The token is not valid yet.")
}

func tooLong() *protocol.ErrorBody {
	return protocol.Errorf(protocol.CodeTokenTooLong, "The token is valid for more than %d days, or has no end.", MaxTTL/(24*time.Hour))
}

func tooLarge(format string, args ...any) *protocol.ErrorBody {
	return protocol.Errorf(protocol.CodeTokenTooLarge, format, args...)
}
