package token

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"parley/rtc/protocol"
)

var testKey = sync.OnceValue(func() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return k
})

const (
	testAPIKey = "45678901"
	testSecret = "0123456789abcdef0123456789abcdef01234567"
)

func key() Key {
	return Key{ApplicationID: "8f1c9b60-0a5e-4a0c-9d0f-000000000001", Private: testKey(), APIKey: testAPIKey, Secret: testSecret}
}

func code(err error) protocol.Code {
	var body *protocol.ErrorBody
	if errors.As(err, &body) {
		return body.Code
	}
	return ""
}

func TestSignedTokenVerifies(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	text, err := key().Sign(Grant{SessionID: "1_abc", Role: "publisher,moderator", Name: "Ann", Data: "seat=4", ExpiresAt: now.Add(time.Hour)}, now)
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []time.Duration{-59 * time.Second, 0, time.Hour, time.Hour + 59*time.Second} {
		g, err := key().Verify(text, now.Add(at))
		if err != nil {
			t.Fatalf("at %v: %v", at, err)
		}
		want := protocol.Capabilities{Publish: true, Subscribe: true, Signal: true, ForceMute: true, ForceUnpublish: true, ForceDisconnect: true}
		if g.SessionID != "1_abc" || g.Name != "Ann" || g.Data != "seat=4" || g.Capabilities() != want || !g.ExpiresAt.Equal(now.Add(time.Hour)) {
			t.Errorf("grant %+v", g)
		}
	}
	if _, err := key().Verify(text, now.Add(time.Hour+61*time.Second)); code(err) != protocol.CodeTokenExpired {
		t.Errorf("late: %v", err)
	}
	if _, err := key().Verify(text, now.Add(-2*time.Minute)); code(err) != protocol.CodeTokenNotYetValid {
		t.Errorf("early: %v", err)
	}
	if _, err := key().Verify(text[:len(text)-4]+"AAAA", now); code(err) != protocol.CodeTokenInvalid {
		t.Errorf("forged: %v", err)
	}
}

func sign(t *testing.T, method jwt.SigningMethod, with any, change func(jwt.MapClaims)) string {
	t.Helper()
	c := jwt.MapClaims{"application_id": key().ApplicationID, "iat": 1_800_000_000, "exp": 1_800_003_600.5, "jti": "x", "sub": "video",
		"scope": "session.connect", "acl": map[string]any{}, "session_id": "1_abc", "role": "publisher", "initial_layout_class_list": ""}
	change(c)
	text, err := jwt.NewWithClaims(method, c).SignedString(with)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestTokensOfOthers(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	set := func(name string, v any) func(jwt.MapClaims) { return func(c jwt.MapClaims) { c[name] = v } }
	for name, c := range map[string]struct {
		token string
		want  protocol.Code
	}{
		"as the SDK makes it":  {sign(t, jwt.SigningMethodRS256, testKey(), set("x", 1)), ""},
		"role array":           {sign(t, jwt.SigningMethodRS256, testKey(), set("role", []string{"publisher", "moderator"})), ""},
		"role with spaces":     {sign(t, jwt.SigningMethodRS256, testKey(), set("role", "publisher moderator")), ""},
		"no role":              {sign(t, jwt.SigningMethodRS256, testKey(), func(c jwt.MapClaims) { delete(c, "role") }), ""},
		"unknown role":         {sign(t, jwt.SigningMethodRS256, testKey(), set("role", "king")), protocol.CodeRoleUnknown},
		"one role unknown":     {sign(t, jwt.SigningMethodRS256, testKey(), set("role", []string{"publisher", "king"})), protocol.CodeRoleUnknown},
		"empty role list":      {sign(t, jwt.SigningMethodRS256, testKey(), set("role", []string{})), protocol.CodeRoleUnknown},
		"role of another type": {sign(t, jwt.SigningMethodRS256, testKey(), set("role", 7)), protocol.CodeTokenInvalid},
		"another key":          {sign(t, jwt.SigningMethodRS256, other, set("x", 1)), protocol.CodeTokenInvalid},
		"HMAC with the public": {sign(t, jwt.SigningMethodHS256, []byte("secret"), set("x", 1)), protocol.CodeTokenInvalid},
		"no signature":         {sign(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, set("x", 1)), protocol.CodeTokenInvalid},
		"another project":      {sign(t, jwt.SigningMethodRS256, testKey(), set("application_id", "other")), protocol.CodeTokenInvalid},
		"a REST token":         {sign(t, jwt.SigningMethodRS256, testKey(), set("scope", "")), protocol.CodeTokenInvalid},
		"no session":           {sign(t, jwt.SigningMethodRS256, testKey(), set("session_id", "")), protocol.CodeTokenInvalid},
		"no expiry":            {sign(t, jwt.SigningMethodRS256, testKey(), func(c jwt.MapClaims) { delete(c, "exp") }), protocol.CodeTokenInvalid},
		"expiry far away":      {sign(t, jwt.SigningMethodRS256, testKey(), set("exp", 1e300)), protocol.CodeTokenInvalid},
		"long data":            {sign(t, jwt.SigningMethodRS256, testKey(), set("connection_data", strings.Repeat("x", MaxData+1))), protocol.CodeTokenInvalid},
		"expired":              {sign(t, jwt.SigningMethodRS256, testKey(), set("exp", 1_799_999_000)), protocol.CodeTokenExpired},
		"empty":                {"", protocol.CodeTokenInvalid},
		"rubbish":              {"a.b.c", protocol.CodeTokenInvalid},
		"huge":                 {strings.Repeat("a", MaxBytes) + ".b.c", protocol.CodeTokenInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := key().Verify(c.token, now)
			if got := code(err); got != c.want {
				t.Errorf("code %q (%v), want %q", got, err, c.want)
			}
		})
	}
}

func TestRoleRights(t *testing.T) {
	for text, want := range map[string]protocol.Capabilities{
		"subscriber":             {Subscribe: true, Signal: true},
		"publisher":              {Subscribe: true, Signal: true, Publish: true},
		"publisheronly":          {Publish: true},
		"moderator":              {Subscribe: true, Signal: true, Publish: true, ForceMute: true, ForceUnpublish: true, ForceDisconnect: true},
		"":                       {Subscribe: true, Signal: true, Publish: true},
		"subscriber,  publisher": {Subscribe: true, Signal: true, Publish: true},
	} {
		r, err := ParseRole(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
		}
		if got := r.Capabilities(); got != want {
			t.Errorf("%q allows %+v, want %+v", text, got, want)
		}
	}
}

func TestSignRefuses(t *testing.T) {
	now := time.Now()
	for name, g := range map[string]Grant{
		"no session":   {Role: "publisher", ExpiresAt: now.Add(time.Hour)},
		"unknown role": {SessionID: "s", Role: "king", ExpiresAt: now.Add(time.Hour)},
		"31 days":      {SessionID: "s", Role: "publisher", ExpiresAt: now.Add(31 * 24 * time.Hour)},
		"long data":    {SessionID: "s", Role: "publisher", Data: strings.Repeat("d", MaxData+1), ExpiresAt: now.Add(time.Hour)},
	} {
		if _, err := key().Sign(g, now); err == nil {
			t.Errorf("%s: signed", name)
		}
	}
}

func FuzzVerify(f *testing.F) {
	k := key()
	now := time.Unix(1_800_000_000, 0)
	good, err := k.Sign(Grant{SessionID: "1_abc", Role: "publisher", ExpiresAt: now.Add(time.Hour)}, now)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add("a.b.c")
	f.Add(base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + ".e30.")
	f.Fuzz(func(t *testing.T, text string) {
		if g, err := k.Verify(text, now); err == nil && text != good && !strings.HasPrefix(good, text[:strings.LastIndex(text, ".")]) {
			t.Errorf("took %q: %+v", text, g)
		}
	})
}

func FuzzRole(f *testing.F) {
	f.Add(`"publisher"`)
	f.Add(`["publisher","moderator"]`)
	f.Fuzz(func(t *testing.T, text string) {
		var r Role
		if json.Unmarshal([]byte(text), &r) == nil && text != "null" && r.Capabilities() == (protocol.Capabilities{}) {
			t.Errorf("%q is a role without rights: %q", text, r)
		}
	})
}
