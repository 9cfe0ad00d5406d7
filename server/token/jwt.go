package token

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// parseJWT checks a JWT's signature, project and dates. methods are those that are allowed here.
func (v *Verifier) parseJWT(ctx context.Context, text string, now time.Time, methods ...string) (parsed, error) {
	if strings.Count(text, ".") != 2 {
		return parsed{}, invalid("The token is not a JWT.")
	}
	t := parsed{signed: text[:strings.LastIndexByte(text, '.')]}
	parser := jwt.NewParser(jwt.WithValidMethods(methods), jwt.WithLeeway(Leeway), jwt.WithExpirationRequired(), jwt.WithIssuedAt(),
		jwt.WithStrictDecoding(), jwt.WithTimeFunc(func() time.Time { return now }))
	var unsigned error // why there is nothing to check the signature with
	_, err := parser.ParseWithClaims(text, &t.claims, func(token *jwt.Token) (any, error) {
		t.project, unsigned = v.signer(ctx, token, &t.claims, now)
		return t.project.Live.of(token.Method.Alg()), unsigned
	})
	switch {
	case err == nil:
		return t, nil
	case unsigned != nil:
		return parsed{}, unsigned
	case errors.Is(err, jwt.ErrTokenSignatureInvalid) && signedBy(text, t.project.Revoked, methods):
		return parsed{}, revoked()
	case errors.Is(err, jwt.ErrTokenExpired):
		return parsed{}, expired()
	case errors.Is(err, jwt.ErrTokenNotValidYet), errors.Is(err, jwt.ErrTokenUsedBeforeIssued):
		return parsed{}, notYetValid()
	case errors.Is(err, jwt.ErrTokenRequiredClaimMissing): // exp
		return parsed{}, tooLong()
	}
	return parsed{}, forged()
}

// signer returns the project that a JWT names, in the way of its method. A method has keys of one type only: naming another method than the one that
// signed (the public key as an HMAC secret, for one) finds keys that do not fit. Nothing in the header but the method is heeded.
func (v *Verifier) signer(ctx context.Context, t *jwt.Token, c *claims, now time.Time) (Project, error) {
	if _, ok := t.Header["crit"]; ok { // RFC 7515, section 4.1.11: who does not know an extension that is critical must refuse
		return Project{}, forged()
	}
	secret := t.Method.Alg() == "HS256"
	id := c.ApplicationID
	if secret {
		id = c.Issuer
	}
	p, err := v.find(ctx, id, now)
	switch {
	case err != nil:
		return Project{}, err
	case secret && (id != p.APIKey || c.IssuerType != "project"), !secret && (id != p.ApplicationID || c.Issuer != "" && c.Issuer != id):
		return Project{}, invalid("The token names its project in another way than its method does.")
	}
	return p, nil
}

// of returns the keys of a method.
func (k Keys) of(method string) jwt.VerificationKeySet {
	var set jwt.VerificationKeySet
	switch method {
	case "RS256":
		for _, public := range k.Public {
			set.Keys = append(set.Keys, public)
		}
	case "HS256":
		for _, secret := range k.Secrets {
			set.Keys = append(set.Keys, []byte(secret))
		}
	}
	return set
}

// signedBy reports whether one of keys signed a JWT.
func signedBy(text string, keys Keys, methods []string) bool {
	parser := jwt.NewParser(jwt.WithValidMethods(methods), jwt.WithStrictDecoding(), jwt.WithoutClaimsValidation())
	_, err := parser.ParseWithClaims(text, &claims{}, func(token *jwt.Token) (any, error) { return keys.of(token.Method.Alg()), nil })
	return err == nil
}
