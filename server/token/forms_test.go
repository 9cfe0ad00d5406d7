package token

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"parley/rtc/protocol"
)

var testNow = time.Unix(1_800_000_000, 0)

// sessionOf makes a session's id that carries an API key.
func sessionOf(apiKey string) string {
	return "1_" + base64.RawURLEncoding.EncodeToString([]byte("1~"+apiKey+"~~1800000000000~RND~"))
}

func set(name string, v any) func(jwt.MapClaims) { return func(c jwt.MapClaims) { c[name] = v } }

func without(name string) func(jwt.MapClaims) { return func(c jwt.MapClaims) { delete(c, name) } }

// signSecret makes a token as npm opentok does with an API key.
func signSecret(t testing.TB, method jwt.SigningMethod, with any, changes ...func(jwt.MapClaims)) string {
	t.Helper()
	c := jwt.MapClaims{"iss": testAPIKey, "ist": "project", "iat": 1_800_000_000, "exp": 1_800_003_600, "session_id": sessionOf(testAPIKey),
		"create_time": 1_800_000_000, "nonce": 0.8812, "role": "publisher", "expire_time": 1_800_003_600, "initial_layout_class_list": "",
		"scope": "session.connect"}
	for _, change := range changes {
		change(c)
	}
	text, err := jwt.NewWithClaims(method, c).SignedString(with)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func publicPEM(t testing.TB) []byte {
	der, err := x509.MarshalPKIXPublicKey(&testKey().PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

func TestSecretTokens(t *testing.T) {
	t.Parallel()
	hs := jwt.SigningMethodHS256
	secret := []byte(testSecret)
	for name, c := range map[string]struct {
		token string
		want  protocol.Code
	}{
		"as the SDK makes it":          {signSecret(t, hs, secret), ""},
		"thirty days":                  {signSecret(t, hs, secret, set("exp", 1_800_000_000+30*86400)), ""},
		"over thirty days":             {signSecret(t, hs, secret, set("exp", 1_800_000_000+30*86400+120)), protocol.CodeTokenInvalid},
		"long ago, over thirty days":   {signSecret(t, hs, secret, set("iat", 1_800_000_000-30*86400)), protocol.CodeTokenInvalid},
		"over thirty days, no iat":     {signSecret(t, hs, secret, without("iat"), set("exp", 1_800_000_000+31*86400)), protocol.CodeTokenInvalid},
		"expired":                      {signSecret(t, hs, secret, set("exp", 1_799_999_900)), protocol.CodeTokenExpired},
		"not yet valid":                {signSecret(t, hs, secret, set("iat", 1_800_000_200)), protocol.CodeTokenNotYetValid},
		"not before":                   {signSecret(t, hs, secret, set("nbf", 1_800_000_200)), protocol.CodeTokenNotYetValid},
		"another secret":               {signSecret(t, hs, []byte("other")), protocol.CodeTokenInvalid},
		"an empty secret":              {signSecret(t, hs, []byte{}), protocol.CodeTokenInvalid},
		"the public key as the secret": {signSecret(t, hs, publicPEM(t)), protocol.CodeTokenInvalid},
		"the same, RS256's claims":     {sign(t, hs, publicPEM(t), set("x", 1)), protocol.CodeTokenInvalid},
		"the secret, RS256's claims":   {sign(t, hs, secret, set("x", 1)), protocol.CodeTokenInvalid},
		"the RSA key, HS256's claims":  {signSecret(t, jwt.SigningMethodRS256, testKey()), protocol.CodeTokenInvalid},
		"HS512":                        {signSecret(t, jwt.SigningMethodHS512, secret), protocol.CodeTokenInvalid},
		"RS512":                        {sign(t, jwt.SigningMethodRS512, testKey(), set("x", 1)), protocol.CodeTokenInvalid},
		"no signature":                 {signSecret(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType), protocol.CodeTokenInvalid},
		"another project":              {signSecret(t, hs, secret, set("iss", "11111111")), protocol.CodeTokenInvalid},
		"an account's":                 {signSecret(t, hs, secret, set("ist", "account")), protocol.CodeTokenInvalid},
		"another project's session":    {signSecret(t, hs, secret, set("session_id", sessionOf("11111111"))), protocol.CodeTokenInvalid},
		"the same with RS256":          {sign(t, jwt.SigningMethodRS256, testKey(), set("session_id", sessionOf("11111111"))), protocol.CodeTokenInvalid},
		"another issuer with RS256":    {sign(t, jwt.SigningMethodRS256, testKey(), set("iss", "other")), protocol.CodeTokenInvalid},
		"over thirty days with RS256":  {sign(t, jwt.SigningMethodRS256, testKey(), set("exp", 1_800_000_000+31*86400)), protocol.CodeTokenInvalid},
		"a REST credential":            {signSecret(t, hs, secret, without("scope"), without("session_id")), protocol.CodeTokenInvalid},
		"no session":                   {signSecret(t, hs, secret, without("session_id")), protocol.CodeTokenInvalid},
		"unknown role":                 {signSecret(t, hs, secret, set("role", "king")), protocol.CodeRoleUnknown},
		"long data":                    {signSecret(t, hs, secret, set("connection_data", strings.Repeat("x", MaxData+1))), protocol.CodeTokenInvalid},
		"long classes":                 {signSecret(t, hs, secret, set("initial_layout_class_list", strings.Repeat("x", MaxClasses+1))), protocol.CodeTokenInvalid},
		"classes of another type":      {signSecret(t, hs, secret, set("initial_layout_class_list", 7)), protocol.CodeTokenInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := key().Verify(c.token, testNow); code(err) != c.want {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
	g, err := key().Verify(signSecret(t, hs, secret, set("connection_data", "seat=4"), set("initial_layout_class_list", "focus  left"), set("role", "moderator")), testNow)
	if err != nil || g.Data != "seat=4" || !slices.Equal(g.Classes, []string{"focus", "left"}) || !g.Capabilities().ForceDisconnect {
		t.Errorf("%+v, %v", g, err)
	}
	g, err = key().Verify(sign(t, jwt.SigningMethodRS256, testKey(), set("initial_layout_class_list", []string{"focus", "left"})), testNow)
	if err != nil || !slices.Equal(g.Classes, []string{"focus", "left"}) {
		t.Errorf("%+v, %v", g, err)
	}
	if _, err := (Key{ApplicationID: "a", Private: testKey()}).Verify(signSecret(t, hs, []byte{}, set("iss", "")), testNow); code(err) != protocol.CodeTokenInvalid {
		t.Errorf("a key without a secret: %v", err)
	}
}

// t1 makes a legacy token from its data.
func t1(apiKey, secret, data string) string {
	mac := hmac.New(sha1.New, []byte(secret))
	mac.Write([]byte(data))
	return t1Prefix + base64.StdEncoding.EncodeToString([]byte("partner_id="+apiKey+"&sig="+hex.EncodeToString(mac.Sum(nil))+":"+data))
}

// t1Data is a legacy token's data with some fields changed; "-" leaves one out.
func t1Data(changes ...string) string {
	fields := []string{"session_id", sessionOf(testAPIKey), "create_time", "1800000000", "nonce", "0.8812", "role", "publisher", "expire_time", "1800003600",
		"initial_layout_class_list", "", "scope", "session.connect"}
	for i := 0; i < len(changes); i += 2 {
		at := slices.Index(fields, changes[i])
		if at < 0 {
			fields = append(fields, changes[i], changes[i+1])
			continue
		}
		fields[at+1] = changes[i+1]
	}
	var parts []string
	for i := 0; i < len(fields); i += 2 {
		if fields[i+1] != "-" {
			parts = append(parts, fields[i]+"="+url.QueryEscape(fields[i+1]))
		}
	}
	return strings.Join(parts, "&")
}

func TestT1Tokens(t *testing.T) {
	t.Parallel()
	made := func(changes ...string) string { return t1(testAPIKey, testSecret, t1Data(changes...)) }
	good := made()
	raw, err := base64.StdEncoding.DecodeString(good[len(t1Prefix):])
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		token string
		want  protocol.Code
	}{
		"as the SDK makes it":       {good, ""},
		"no expiry":                 {made("expire_time", "-"), ""},
		"no scope":                  {made("scope", "-"), ""},
		"no role":                   {made("role", "-"), ""},
		"thirty days":               {made("expire_time", "1802592000"), ""},
		"over thirty days":          {made("expire_time", "1802592120"), protocol.CodeTokenInvalid},
		"expired":                   {made("expire_time", "1799999900"), protocol.CodeTokenExpired},
		"not yet valid":             {made("create_time", "1800000200"), protocol.CodeTokenNotYetValid},
		"no creation":               {made("create_time", "-"), protocol.CodeTokenInvalid},
		"infinite":                  {made("expire_time", "Inf"), protocol.CodeTokenInvalid},
		"not a number":              {made("expire_time", "NaN"), protocol.CodeTokenInvalid},
		"created at NaN":            {made("create_time", "NaN"), protocol.CodeTokenInvalid},
		"expiry of text":            {made("expire_time", "soon"), protocol.CodeTokenInvalid},
		"unknown role":              {made("role", "king"), protocol.CodeRoleUnknown},
		"no session":                {made("session_id", ""), protocol.CodeTokenInvalid},
		"another project's session": {made("session_id", sessionOf("11111111")), protocol.CodeTokenInvalid},
		"another scope":             {made("scope", "rest"), protocol.CodeTokenInvalid},
		"long data":                 {made("connection_data", strings.Repeat("x", MaxData+1)), protocol.CodeTokenInvalid},
		"long classes":              {made("initial_layout_class_list", strings.Repeat("x", MaxClasses+1)), protocol.CodeTokenInvalid},
		"a field twice":             {t1(testAPIKey, testSecret, t1Data()+"&role=moderator"), protocol.CodeTokenInvalid},
		"another project":           {t1("11111111", testSecret, t1Data()), protocol.CodeTokenInvalid},
		"another secret":            {t1(testAPIKey, "other", t1Data()), protocol.CodeTokenInvalid},
		"tampered": {t1Prefix + base64.StdEncoding.EncodeToString([]byte(strings.Replace(string(raw), "role=publisher", "role=moderator", 1))),
			protocol.CodeTokenInvalid},
		"no colon":   {t1Prefix + base64.StdEncoding.EncodeToString([]byte("partner_id="+testAPIKey)), protocol.CodeTokenInvalid},
		"not base64": {t1Prefix + "%%%", protocol.CodeTokenInvalid},
		"empty":      {t1Prefix, protocol.CodeTokenInvalid},
		"huge":       {t1Prefix + strings.Repeat("A", MaxBytes), protocol.CodeTokenInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := key().Verify(c.token, testNow); code(err) != c.want {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
	if _, err := (Key{}).Verify(t1("", "", t1Data()), testNow); code(err) != protocol.CodeTokenInvalid {
		t.Errorf("a key without a secret: %v", err)
	}
	// As the Python SDK does it: another order, spaces as plus signs.
	data := "connection_data=seat+4&role=moderator&scope=session.connect&initial_layout_class_list=focus%20left&create_time=1800000000&session_id=" + sessionOf(testAPIKey)
	g, err := key().Verify(t1(testAPIKey, testSecret, data), testNow.Add(23*time.Hour))
	if err != nil || g.Data != "seat 4" || !slices.Equal(g.Classes, []string{"focus", "left"}) || !g.Capabilities().ForceMute || g.ExpiresAt != testNow.Add(t1TTL) {
		t.Errorf("%+v, %v", g, err)
	}
}

// signREST makes a credential of the REST API.
func signREST(t testing.TB, method jwt.SigningMethod, with any, c jwt.MapClaims) string {
	t.Helper()
	text, err := jwt.NewWithClaims(method, c).SignedString(with)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestRESTCredentials(t *testing.T) {
	t.Parallel()
	app := key().ApplicationID
	times := func(c jwt.MapClaims) jwt.MapClaims {
		for name, v := range map[string]any{"iat": 1_800_000_000, "exp": 1_800_000_300} {
			if _, ok := c[name]; !ok {
				c[name] = v
			}
		}
		return c
	}
	rs := func(c jwt.MapClaims) string { return signREST(t, jwt.SigningMethodRS256, testKey(), times(c)) }
	hs := func(c jwt.MapClaims) string { return signREST(t, jwt.SigningMethodHS256, []byte(testSecret), times(c)) }
	client, err := key().Sign(Grant{SessionID: protocol.SessionID(sessionOf(testAPIKey)), ExpiresAt: testNow.Add(time.Hour)}, testNow)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		token  string
		secret bool
		want   protocol.Code
	}{
		"@vonage/video":            {rs(jwt.MapClaims{"application_id": app, "jti": "x", "exp": 1_800_000_900}), false, ""},
		"opentok, application":     {rs(jwt.MapClaims{"iss": app, "ist": "project", "application_id": app, "jti": "x"}), false, ""},
		"opentok, secret":          {hs(jwt.MapClaims{"iss": testAPIKey, "ist": "project"}), true, ""},
		"HS256 as a bearer":        {hs(jwt.MapClaims{"iss": testAPIKey, "ist": "project"}), false, protocol.CodeUnauthorized},
		"RS256 as a secret's":      {rs(jwt.MapClaims{"application_id": app}), true, protocol.CodeUnauthorized},
		"another application":      {rs(jwt.MapClaims{"application_id": "other"}), false, protocol.CodeUnauthorized},
		"another API key":          {hs(jwt.MapClaims{"iss": "11111111", "ist": "project"}), true, protocol.CodeUnauthorized},
		"an account's":             {hs(jwt.MapClaims{"iss": testAPIKey, "ist": "account"}), true, protocol.CodeUnauthorized},
		"the public key":           {signREST(t, jwt.SigningMethodHS256, publicPEM(t), times(jwt.MapClaims{"application_id": app})), false, protocol.CodeUnauthorized},
		"the public key, secret's": {signREST(t, jwt.SigningMethodHS256, publicPEM(t), times(jwt.MapClaims{"iss": testAPIKey, "ist": "project"})), true, protocol.CodeUnauthorized},
		"expired":                  {hs(jwt.MapClaims{"iss": testAPIKey, "ist": "project", "exp": 1_799_999_000}), true, protocol.CodeTokenExpired},
		"not yet valid":            {hs(jwt.MapClaims{"iss": testAPIKey, "ist": "project", "iat": 1_800_000_100}), true, protocol.CodeTokenNotYetValid},
		"no expiry":                {signREST(t, jwt.SigningMethodHS256, []byte(testSecret), jwt.MapClaims{"iss": testAPIKey, "ist": "project"}), true, protocol.CodeUnauthorized},
		"for two days":             {hs(jwt.MapClaims{"iss": testAPIKey, "ist": "project", "exp": 1_800_172_800}), true, protocol.CodeUnauthorized},
		"for two months":           {hs(jwt.MapClaims{"iss": testAPIKey, "ist": "project", "exp": 1_805_184_000}), true, protocol.CodeUnauthorized},
		"a client token":           {client, false, protocol.CodeUnauthorized},
		"a secret's client token":  {signSecret(t, jwt.SigningMethodHS256, []byte(testSecret)), true, protocol.CodeUnauthorized},
		"only a scope":             {hs(jwt.MapClaims{"iss": testAPIKey, "ist": "project", "scope": scope}), true, protocol.CodeUnauthorized},
		"only a session":           {hs(jwt.MapClaims{"iss": testAPIKey, "ist": "project", "session_id": "s"}), true, protocol.CodeUnauthorized},
		"a T1 token":               {t1(testAPIKey, testSecret, t1Data()), true, protocol.CodeUnauthorized},
		"empty":                    {"", false, protocol.CodeUnauthorized},
		"huge":                     {strings.Repeat("a", MaxBytes) + ".b.c", true, protocol.CodeUnauthorized},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := key().VerifyREST(c.token, c.secret, testNow); code(err) != c.want {
				t.Errorf("%v, want %q", err, c.want)
			}
			if _, err := key().Verify(c.token, testNow); c.want == "" && code(err) != protocol.CodeTokenInvalid {
				t.Errorf("a credential of the REST API opens a session: %v", err)
			}
		})
	}
}

func FuzzT1(f *testing.F) {
	k := key()
	good := t1(testAPIKey, testSecret, t1Data())
	f.Add(good[len(t1Prefix):])
	f.Add(base64.StdEncoding.EncodeToString([]byte("partner_id=" + testAPIKey + "&sig=00:session_id=x")))
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		g, err := k.Verify(t1Prefix+text, testNow)
		if err != nil && code(err) == "" {
			t.Errorf("%q: an error without a code: %v", text, err)
		}
		if raw, _ := base64.StdEncoding.DecodeString(text); err == nil && !strings.HasSuffix(string(raw), ":"+t1Data()) {
			t.Errorf("took %q: %+v", raw, g)
		}
	})
}

// FuzzT1Data gives the fields a signature that holds, so that what lies behind it is reached.
func FuzzT1Data(f *testing.F) {
	k := key()
	f.Add(t1Data())
	f.Add(t1Data("connection_data", "a b", "initial_layout_class_list", "focus left"))
	f.Add(t1Data("expire_time", "1e300", "create_time", "-1"))
	f.Fuzz(func(t *testing.T, data string) {
		g, err := k.Verify(t1(testAPIKey, testSecret, data), testNow)
		if err != nil {
			if code(err) == "" {
				t.Errorf("%q: an error without a code: %v", data, err)
			}
			return
		}
		if g.SessionID == "" || g.Capabilities() == (protocol.Capabilities{}) || len(g.Data) > MaxData || g.ExpiresAt.Sub(testNow) > MaxTTL+2*Leeway {
			t.Errorf("took %q: %+v", data, g)
		}
	})
}
