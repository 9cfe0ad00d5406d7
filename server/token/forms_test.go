package token

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"parley/rtc/protocol"
)

// form is one of the forms that tokens come in.
type form struct {
	name string
	sign func(testing.TB, signer, jwt.MapClaims) string
}

func forms() []form { return []form{{"RS256", rs256}, {"HS256", hs256}, {"T1", t1}} }

// goodClaims are the claims of a token that all forms share, as the SDKs make them.
func goodClaims() jwt.MapClaims {
	return jwt.MapClaims{"iat": 1_800_000_000, "exp": 1_800_003_600, "session_id": string(ownSession), "role": "publisher", "initial_layout_class_list": "",
		"scope": "session.connect"}
}

// with returns good claims with some of them changed: names and values in turn; nil leaves one out.
func with(changes ...any) jwt.MapClaims {
	c := goodClaims()
	for i := 0; i < len(changes); i += 2 {
		name := changes[i].(string)
		if c[name] = changes[i+1]; changes[i+1] == nil {
			delete(c, name)
		}
	}
	return c
}

func signed(t testing.TB, method jwt.SigningMethod, key any, c jwt.MapClaims, header ...any) string {
	t.Helper()
	token := jwt.NewWithClaims(method, c)
	for i := 0; i < len(header); i += 2 {
		token.Header[header[i].(string)] = header[i+1]
	}
	text, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// naming adds claims that c has not.
func naming(c jwt.MapClaims, more jwt.MapClaims) jwt.MapClaims {
	all := maps.Clone(more)
	maps.Copy(all, c)
	return all
}

// rs256 makes a token as @vonage/video does.
func rs256(t testing.TB, s signer, c jwt.MapClaims) string {
	t.Helper()
	return signed(t, jwt.SigningMethodRS256, s.private, naming(c, jwt.MapClaims{"application_id": s.app, "jti": "x", "sub": "video", "acl": map[string]any{}}))
}

// hs256 makes a token as npm opentok does with an API key.
func hs256(t testing.TB, s signer, c jwt.MapClaims) string {
	t.Helper()
	return signed(t, jwt.SigningMethodHS256, []byte(s.secret), naming(c, jwt.MapClaims{"iss": s.apiKey, "ist": "project", "nonce": 0.8812}))
}

// t1 makes a legacy token.
func t1(_ testing.TB, s signer, c jwt.MapClaims) string { return t1Of(s, t1Data(c)) }

// t1Of signs the data of a legacy token.
func t1Of(s signer, data string) string {
	mac := hmac.New(sha1.New, []byte(s.secret))
	mac.Write([]byte(data))
	return t1Text("partner_id=" + s.apiKey + "&sig=" + hex.EncodeToString(mac.Sum(nil)) + ":" + data)
}

func t1Text(inner string) string { return t1Prefix + base64.StdEncoding.EncodeToString([]byte(inner)) }

// t1Data writes claims as a legacy token does.
func t1Data(c jwt.MapClaims) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(c)) {
		field := name
		switch name {
		case "iat":
			field = "create_time"
		case "exp":
			field = "expire_time"
		}
		parts = append(parts, field+"="+url.QueryEscape(fmt.Sprint(c[name])))
	}
	return strings.Join(parts, "&")
}

func TestTokensOfSDKs(t *testing.T) {
	t.Parallel()
	all := people()
	for _, f := range forms() {
		for name, c := range map[string]struct {
			by     signer
			claims jwt.MapClaims
			want   Grant
		}{
			"as the SDK makes it": {all.own, goodClaims(), Grant{Role: Publisher}},
			"everything": {all.own, with("connection_data", "seat=4 & więcej", "initial_layout_class_list", "focus  left", "role", "moderator", "name", "Ann", "invite", "k3v9x2mqpa"),
				Grant{Role: Moderator, Data: "seat=4 & więcej", Classes: []string{"focus", "left"}, Name: "Ann", Invite: "k3v9x2mqpa"}},
			"no role":             {all.own, with("role", nil), Grant{Role: Publisher}},
			"two roles":           {all.own, with("role", "publisher, moderator"), Grant{Role: "publisher moderator"}},
			"thirty days":         {all.own, with("exp", 1_800_000_000+30*86400), Grant{Role: Publisher}},
			"just expired":        {all.own, with("exp", 1_799_999_960, "iat", 1_799_999_000), Grant{Role: Publisher}},
			"just not yet valid":  {all.own, with("iat", 1_800_000_040), Grant{Role: Publisher}},
			"the key before this": {all.older, goodClaims(), Grant{Role: Publisher}},
			"another project":     {all.other, with("session_id", string(otherSession)), Grant{Role: Publisher}},
		} {
			g, err := verify(f.sign(t, c.by, c.claims))
			if err != nil || g.Role != c.want.Role || g.Data != c.want.Data || g.Name != c.want.Name || g.Invite != c.want.Invite || !slices.Equal(g.Classes, c.want.Classes) {
				t.Errorf("%s, %s: %+v, %v", f.name, name, g, err)
			}
			if string(g.SessionID) != c.claims["session_id"] || g.Project != c.by.app || g.ExpiresAt.Unix() != int64(c.claims["exp"].(int)) {
				t.Errorf("%s, %s: %+v", f.name, name, g)
			}
		}
	}
	for name, text := range map[string]string{
		"role array":         rs256(t, all.own, with("role", []string{"publisher", "moderator"})),
		"class array":        rs256(t, all.own, with("initial_layout_class_list", []string{"focus", "left"}, "role", "publisher moderator")),
		"expiry of fraction": rs256(t, all.own, with("exp", 1_800_003_600.5, "role", "moderator")),
		"issuer":             rs256(t, all.own, with("iss", all.own.app, "ist", "project", "role", "moderator")),
		"a key id":           signed(t, jwt.SigningMethodRS256, all.own.private, with("application_id", all.own.app, "role", "moderator"), "kid", "../../dev/null"),
	} {
		if g, err := verify(text); err != nil || !g.Capabilities().ForceMute {
			t.Errorf("%s: %+v, %v", name, g, err)
		}
	}
}

// TestT1OfOthers: other SDKs order and escape the fields in other ways.
func TestT1OfOthers(t *testing.T) {
	t.Parallel()
	// As the Python SDK does it: another order, spaces as plus signs, no end.
	data := "connection_data=seat+4&role=moderator&initial_layout_class_list=focus%20left&create_time=1799950000&session_id=" + string(ownSession)
	g, err := verify(t1Of(people().own, data))
	if err != nil || g.Data != "seat 4" || !slices.Equal(g.Classes, []string{"focus", "left"}) || !g.Capabilities().ForceMute || !g.ExpiresAt.Equal(time.Unix(1799950000, 0).Add(t1TTL)) {
		t.Errorf("%+v, %v", g, err)
	}
}

// TestFingerprint: what is not signed changes nothing about which token it is.
func TestFingerprint(t *testing.T) {
	t.Parallel()
	all := people()
	seen := map[[32]byte]string{}
	for _, f := range forms() {
		for _, c := range []jwt.MapClaims{goodClaims(), with("name", "Ann"), with("name", "Ben")} {
			text := f.sign(t, all.own, c)
			g, err := verify(text)
			if err != nil || g.Fingerprint == [32]byte{} || seen[g.Fingerprint] != "" {
				t.Errorf("%s: %x of %s, %v", text, g.Fingerprint, seen[g.Fingerprint], err)
			}
			seen[g.Fingerprint] = text
		}
	}
	first, err := verify(t1Of(all.own, t1Data(goodClaims())))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := base64.StdEncoding.DecodeString(t1(t, all.own, goodClaims())[len(t1Prefix):])
	if err != nil {
		t.Fatal(err)
	}
	head, data, _ := strings.Cut(string(raw), ":")
	again, err := verify(t1Text("x=1&" + strings.ToUpper(head[len("partner_id="+all.own.apiKey+"&sig="):]) + ":" + data))
	if err == nil {
		t.Errorf("no partner: %+v", again)
	}
	again, err = verify(t1Text("x=1&" + head + ":" + data))
	if err != nil || again.Fingerprint != first.Fingerprint {
		t.Errorf("%x is not %x, %v", again.Fingerprint, first.Fingerprint, err)
	}
	// The last character of a signature of 256 bytes has bits that stand for nothing.
	text := rs256(t, all.own, goodClaims())
	for _, c := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_" {
		if other := text[:len(text)-1] + string(c); other != text {
			if _, err := verify(other); code(err) != protocol.CodeTokenInvalid {
				t.Errorf("another text of the same token: %v", err)
			}
		}
	}
}
