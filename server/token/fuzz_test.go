package token

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"parley/rtc/protocol"
)

// FuzzVerify looks for a token that is taken though nobody signed it.
func FuzzVerify(f *testing.F) {
	good := map[string]bool{} // what the signatures cover
	for _, form := range forms()[:2] {
		for _, s := range []signer{people().own, people().other, people().revoked, people().disabled} {
			text := form.sign(f, s, goodClaims())
			good[text[:strings.LastIndex(text, ".")]] = true
			f.Add(text)
		}
	}
	f.Add("a.b.c")
	f.Add(base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + ".e30.")
	f.Fuzz(func(t *testing.T, text string) {
		g, err := verify(text)
		if err != nil && code(err) == "" {
			t.Errorf("%q: an error without a code: %v", text, err)
		}
		if at := strings.LastIndex(text, "."); err == nil && (at < 0 || !good[text[:at]]) {
			t.Errorf("took %q: %+v", text, g)
		}
		for _, secret := range []bool{false, true} {
			if p, err := verifyREST(text, secret); err == nil {
				t.Errorf("%q opens the REST API of %+v", text, p)
			}
		}
	})
}

// jwtOf signs any header and claims with an HMAC, as an attacker does, or who has the secret.
func jwtOf(header, claims string, secret []byte) string {
	text := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(claims))
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(text))
	return text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// FuzzForgery signs headers and claims with the public key, which everybody may know.
func FuzzForgery(f *testing.F) {
	pkix, err := x509.MarshalPKIXPublicKey(&people().own.private.PublicKey)
	if err != nil {
		f.Fatal(err)
	}
	public := [][]byte{pkix, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: pkix}), nil}
	for _, c := range []jwt.MapClaims{with("application_id", people().own.app), with("iss", people().own.apiKey, "ist", "project")} {
		raw, err := json.Marshal(c)
		if err != nil {
			f.Fatal(err)
		}
		for _, header := range []string{`{"alg":"HS256","typ":"JWT"}`, `{"alg":"RS256","kid":"/dev/null"}`, `{"alg":"none"}`, `{"alg":"HS256","jwk":{"kty":"oct","k":""}}`} {
			f.Add(header, string(raw))
		}
	}
	f.Fuzz(func(t *testing.T, header, claims string) {
		for _, secret := range public {
			text := jwtOf(header, claims, secret)
			g, err := verify(text)
			if err == nil {
				t.Errorf("took %s %s: %+v", header, claims, g)
			} else if code(err) == "" {
				t.Errorf("%s %s: an error without a code: %v", header, claims, err)
			}
			for _, isSecret := range []bool{false, true} {
				if p, err := verifyREST(text, isSecret); err == nil {
					t.Errorf("%s %s opens the REST API of %+v", header, claims, p)
				}
			}
		}
	})
}

// checkGrant fails on a grant that must not be.
func checkGrant(t *testing.T, g Grant) {
	t.Helper()
	all := people()
	if g.SessionID != ownSession || g.Project != all.own.app || g.Capabilities() == (protocol.Capabilities{}) || len(g.Data) > MaxData || len(g.Name) > MaxName ||
		len(g.Invite) > MaxInvite || len(strings.Join(g.Classes, " ")) > MaxClasses || g.ExpiresAt.Sub(testNow) > MaxTTL+2*Leeway || g.ExpiresAt.Before(testNow.Add(-2*Leeway)) {
		t.Errorf("took %+v", g)
	}
}

// FuzzClaims gives claims a signature that holds, so that what lies behind it is reached.
func FuzzClaims(f *testing.F) {
	for _, c := range []jwt.MapClaims{
		goodClaims(), with("role", []string{"publisher", "moderator"}, "initial_layout_class_list", []string{"a b"}), with("exp", 1e300, "iat", -1e300), with("role", 7), restClaims(),
		with("session_id", string(otherSession)), with("connection_data", strings.Repeat("x", MaxData), "name", "Ann", "invite", "i", "nbf", 1_800_000_000.5),
	} {
		raw, err := json.Marshal(naming(c, jwt.MapClaims{"iss": people().own.apiKey, "ist": "project"}))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(raw))
	}
	f.Fuzz(func(t *testing.T, claims string) {
		text := jwtOf(`{"alg":"HS256","typ":"JWT"}`, claims, []byte(people().own.secret))
		g, err := verify(text)
		if err == nil {
			checkGrant(t, g)
		} else if code(err) == "" {
			t.Errorf("%q: an error without a code: %v", claims, err)
		}
		if p, restErr := verifyREST(text, true); restErr == nil && (err == nil || p.ApplicationID != people().own.app) {
			t.Errorf("%q opens both a session and the REST API of %+v", claims, p)
		}
	})
}

func FuzzT1(f *testing.F) {
	good := t1(f, people().own, goodClaims())
	f.Add(good[len(t1Prefix):])
	f.Add(t1(f, people().revoked, goodClaims())[len(t1Prefix):])
	f.Add(base64.StdEncoding.EncodeToString([]byte("partner_id=" + people().own.apiKey + "&sig=00:session_id=x")))
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		g, err := verify(t1Prefix + text)
		if err != nil && code(err) == "" {
			t.Errorf("%q: an error without a code: %v", text, err)
		}
		if raw, _ := base64.StdEncoding.DecodeString(text); err == nil && !strings.HasSuffix(string(raw), ":"+t1Data(goodClaims())) {
			t.Errorf("took %q: %+v", raw, g)
		}
	})
}

// FuzzT1Data gives the fields a signature that holds.
func FuzzT1Data(f *testing.F) {
	for _, c := range []jwt.MapClaims{goodClaims(), with("connection_data", "a b", "initial_layout_class_list", "focus left"), with("exp", 1e300, "iat", -1), with("name", "x", "invite", "y")} {
		f.Add(t1Data(c))
	}
	f.Fuzz(func(t *testing.T, data string) {
		g, err := verify(t1Of(people().own, data))
		if err == nil {
			checkGrant(t, g)
		} else if code(err) == "" {
			t.Errorf("%q: an error without a code: %v", data, err)
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

// BenchmarkVerify is what a check costs without the looking up.
func BenchmarkVerify(b *testing.B) {
	for _, f := range forms() {
		for name, s := range map[string]signer{"newest": people().own, "older": people().older, "revoked": people().revoked} {
			text := f.sign(b, s, goodClaims())
			b.Run(f.name+"/"+name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := verify(text); (err != nil) != (name == "revoked") {
						b.Fatal(err)
					}
				}
			})
		}
	}
	b.Run("sign", func(b *testing.B) {
		for b.Loop() {
			if _, err := people().own.key().Sign(Grant{SessionID: ownSession, ExpiresAt: testNow.Add(time.Hour)}, testNow); err != nil {
				b.Fatal(err)
			}
		}
	})
}
