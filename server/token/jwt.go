package token

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"parley/rtc/protocol"
)

// parseJWT checks a JWT's signature, project and times. methods are those that are allowed here.
func (k Key) parseJWT(text string, now time.Time, methods ...string) (claims, error) {
	if strings.Count(text, ".") != 2 {
		return claims{}, invalid("The token is not a JWT.")
	}
	var c claims
	parser := jwt.NewParser(jwt.WithValidMethods(methods), jwt.WithLeeway(Leeway), jwt.WithExpirationRequired(), jwt.WithIssuedAt(),
		jwt.WithTimeFunc(func() time.Time { return now }))
	parsed, err := parser.ParseWithClaims(text, &c, k.keyFor)
	var body *protocol.ErrorBody
	switch {
	case err == nil:
	case errors.As(err, &body):
		return claims{}, body
	case errors.Is(err, jwt.ErrTokenExpired):
		return claims{}, protocol.Errorf(protocol.CodeTokenExpired, "The token has expired.")
	case errors.Is(err, jwt.ErrTokenNotValidYet), errors.Is(err, jwt.ErrTokenUsedBeforeIssued):
		return claims{}, protocol.Errorf(protocol.CodeTokenNotYetValid, "The token is not valid yet.")
	default:
		return claims{}, invalid("The token was not signed by this server's project, or is damaged.")
	}
	if !k.owns(parsed.Method.Alg(), c) {
		return claims{}, invalid("The token is of another project.")
	}
	if c.life(now) > MaxTTL+Leeway {
		return claims{}, invalid("The token is valid for more than %d days.", MaxTTL/(24*time.Hour))
	}
	return c, nil
}

// keyFor returns the key of the method that the token names. A method has one key only, of one type: naming another method than the one that
// signed (the public key as an HMAC secret, for one) finds a key that does not fit.
func (k Key) keyFor(t *jwt.Token) (any, error) {
	switch t.Method.Alg() {
	case "RS256":
		if k.Private != nil {
			return &k.Private.PublicKey, nil
		}
	case "HS256":
		if k.Secret != "" {
			return []byte(k.Secret), nil
		}
	}
	return nil, errors.New("no key for this method")
}

// owns reports whether the token names this project, in the way of its method.
func (k Key) owns(method string, c claims) bool {
	if method == "HS256" {
		return c.Issuer == k.APIKey && c.IssuerType == "project"
	}
	return c.ApplicationID == k.ApplicationID && slices.Contains([]string{"", k.ApplicationID}, c.Issuer)
}

// VerifyREST checks a credential that opens the REST API: a JWT by RS256, as Authorization: Bearer carries it, or with secret by HS256, as
// X-OPENTOK-AUTH does. Client tokens are refused. Errors are *protocol.ErrorBody with the codes unauthorized, tokenExpired and tokenNotYetValid.
func (k Key) VerifyREST(text string, secret bool, now time.Time) error {
	if len(text) > MaxBytes {
		return protocol.Errorf(protocol.CodeUnauthorized, "The credential has more than %d bytes.", MaxBytes)
	}
	method := "RS256"
	if secret {
		method = "HS256"
	}
	c, err := k.parseJWT(text, now, method)
	var body *protocol.ErrorBody
	switch {
	case err == nil:
	case errors.As(err, &body) && (body.Code == protocol.CodeTokenExpired || body.Code == protocol.CodeTokenNotYetValid):
		return body
	default:
		return protocol.Errorf(protocol.CodeUnauthorized, "The credential was not signed by a project of this server, or is damaged.")
	}
	switch {
	case c.SessionID != "" || c.Scope != "":
		return protocol.Errorf(protocol.CodeUnauthorized, "A client token does not open the REST API.")
	case c.life(now) > MaxRESTTTL+Leeway:
		return protocol.Errorf(protocol.CodeUnauthorized, "The credential is valid for more than %d hours.", MaxRESTTTL/time.Hour)
	}
	return nil
}
