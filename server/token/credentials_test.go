package token

import (
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"parley/rtc/protocol"
)

// restClaims are the claims of a credential that the two kinds share.
func restClaims(changes ...any) jwt.MapClaims {
	return with(append([]any{"session_id", nil, "scope", nil, "role", nil, "initial_layout_class_list", nil, "exp", 1_800_000_300}, changes...)...)
}

// Kinds of faults of credentials, as docs/API.md calls them.
const (
	noCredential  = "none, not signed by a project of this server, damaged, a client token, or valid for over 24 hours"
	oldCredential = "signed with a revoked key or secret"
	pastREST      = "expired"
	futureREST    = "`iat` or `nbf` in the future"
	disabledREST  = "of a project that is disabled"
)

func TestCredentials(t *testing.T) {
	t.Parallel()
	all := people()
	for name, c := range map[string]struct {
		text   string
		secret bool
		by     signer
	}{
		"@vonage/video":        {rs256(t, all.own, restClaims("exp", 1_800_000_900)), false, all.own},
		"opentok, application": {rs256(t, all.own, restClaims("iss", all.own.app, "ist", "project")), false, all.own},
		"opentok, secret":      {hs256(t, all.own, restClaims()), true, all.own},
		"the key before this":  {rs256(t, all.older, restClaims()), false, all.own},
		"the secret before":    {hs256(t, all.older, restClaims()), true, all.own},
		"another project":      {hs256(t, all.other, restClaims()), true, all.other},
		"a day":                {hs256(t, all.own, restClaims("exp", 1_800_086_400)), true, all.own},
	} {
		if p, err := verifyREST(c.text, c.secret); err != nil || p.ApplicationID != c.by.app || p.APIKey != c.by.apiKey || p.Name == "" {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
		if _, err := verify(c.text); code(err) != protocol.CodeTokenInvalid {
			t.Errorf("%s: a credential of the REST API opens a session: %v", name, err)
		}
	}
}

func TestFaultsOfCredentials(t *testing.T) {
	t.Parallel()
	all := people()
	mixed := all.own
	mixed.private, mixed.secret = all.other.private, all.other.secret
	client, err := all.own.key().Sign(Grant{SessionID: ownSession, ExpiresAt: testNow.Add(time.Hour)}, testNow)
	if err != nil {
		t.Fatal(err)
	}
	codes := map[string]protocol.Code{}
	for _, c := range []struct {
		kind, name, text string
		secret           bool
		want             protocol.Code
	}{
		{noCredential, "HS256 as a bearer", hs256(t, all.own, restClaims()), false, protocol.CodeUnauthorized},
		{noCredential, "RS256 as a secret's", rs256(t, all.own, restClaims()), true, protocol.CodeUnauthorized},
		{noCredential, "a stranger's key", rs256(t, all.stranger, restClaims()), false, protocol.CodeUnauthorized},
		{noCredential, "a stranger's secret", hs256(t, all.stranger, restClaims()), true, protocol.CodeUnauthorized},
		{noCredential, "another's key", rs256(t, mixed, restClaims()), false, protocol.CodeUnauthorized},
		{noCredential, "another's secret", hs256(t, mixed, restClaims()), true, protocol.CodeUnauthorized},
		{noCredential, "an account's", hs256(t, all.own, restClaims("ist", "account")), true, protocol.CodeUnauthorized},
		{noCredential, "no end", hs256(t, all.own, restClaims("exp", nil)), true, protocol.CodeUnauthorized},
		{noCredential, "for two days", hs256(t, all.own, restClaims("exp", 1_800_172_800)), true, protocol.CodeUnauthorized},
		{noCredential, "for two months", hs256(t, all.own, restClaims("exp", 1_805_184_000)), true, protocol.CodeUnauthorized},
		{noCredential, "a client token", client, false, protocol.CodeUnauthorized},
		{noCredential, "a secret's client token", hs256(t, all.own, goodClaims()), true, protocol.CodeUnauthorized},
		{noCredential, "only a scope", hs256(t, all.own, restClaims("scope", scope)), true, protocol.CodeUnauthorized},
		{noCredential, "only a session", hs256(t, all.own, restClaims("session_id", "s")), true, protocol.CodeUnauthorized},
		{noCredential, "a T1 token", t1(t, all.own, goodClaims()), true, protocol.CodeUnauthorized},
		{noCredential, "nothing", "", false, protocol.CodeUnauthorized},
		{noCredential, "huge", strings.Repeat("a", MaxBytes) + ".b.c", true, protocol.CodeUnauthorized},
		{oldCredential, "key", rs256(t, all.revoked, restClaims()), false, protocol.CodeKeyRevoked},
		{oldCredential, "secret", hs256(t, all.revoked, restClaims()), true, protocol.CodeKeyRevoked},
		{pastREST, "expired", hs256(t, all.own, restClaims("exp", 1_799_999_000)), true, protocol.CodeTokenExpired},
		{futureREST, "not yet valid", hs256(t, all.own, restClaims("iat", 1_800_000_100)), true, protocol.CodeTokenNotYetValid},
		{disabledREST, "key", rs256(t, all.disabled, restClaims()), false, protocol.CodeProjectDisabled},
		{disabledREST, "secret", hs256(t, all.disabled, restClaims()), true, protocol.CodeProjectDisabled},
	} {
		codes[c.kind] = c.want
		if p, err := verifyREST(c.text, c.secret); code(err) != c.want || p.ApplicationID != "" {
			t.Errorf("%s (%s): %+v, %v, want %s", c.kind, c.name, p, err, c.want)
		}
	}
	for _, f := range forgeries(t) {
		if f.kind == noClient {
			continue
		}
		for _, secret := range []bool{false, true} {
			if p, err := verifyREST(f.text, secret); err == nil {
				t.Errorf("%s opens the REST API of %s", f.name, p.Name)
			}
		}
	}
	// What the path adds is tested with the routes, in server/rest.
	codes["naming another project in the path"], codes["naming a session that is not the project's"] = protocol.CodeForbidden, protocol.CodeSessionUnknown
	checkRows(t, "| what is wrong with a credential | status | code |", codes)
}
