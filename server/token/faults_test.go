package token

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"parley/rtc/protocol"
)

// fault is a token with something wrong. kind is the row of the table in docs/API.md.
type fault struct {
	kind, name, text string
	want             protocol.Code
}

// Kinds of faults, as docs/API.md calls them.
const (
	damaged   = "not a token, damaged, or tampered with"
	wrongKey  = "signed by another key or with another method (`none`, ES256, HS256 with the public key, …)"
	noClient  = "a credential of the REST API"
	noProject = "of a project that this server has not"
	oldKey    = "signed with a revoked key or secret"
	disabled  = "of a project that is disabled"
	noOwner   = "for no session, or for one of another project"
	noSession = "for a session that does not exist"
	tooLate   = "expired"
	tooEarly  = "`iat` or `nbf` in the future"
	forLong   = "valid for over 30 days in all, or without an end"
	oversize  = "over 8 KiB, `connection_data` or layout classes over 1024 bytes, `name` over 240, `invite` over 64"
	noRole    = "unknown role"
)

// sharedFaults are what can be wrong with a token of every form.
func sharedFaults(t *testing.T, f form) []fault {
	all := people()
	own := func(changes ...any) string { return f.sign(t, all.own, with(changes...)) }
	long := func(n int) string { return strings.Repeat("x", n) }
	mixed := all.own
	mixed.private, mixed.secret = all.other.private, all.other.secret
	empty := all.own
	empty.secret = ""
	faults := []fault{
		{wrongKey, "another project's key", f.sign(t, mixed, goodClaims()), protocol.CodeTokenInvalid},
		{noProject, "a stranger's", f.sign(t, all.stranger, goodClaims()), protocol.CodeTokenProject},
		{oldKey, "revoked", f.sign(t, all.revoked, goodClaims()), protocol.CodeKeyRevoked},
		{oldKey, "revoked, and expired", f.sign(t, all.revoked, with("exp", 1_700_000_000, "iat", 1_699_999_000)), protocol.CodeKeyRevoked},
		{disabled, "a disabled project's", f.sign(t, all.disabled, with("session_id", string(disabledSession))), protocol.CodeProjectDisabled},
		{noOwner, "no session", own("session_id", nil), protocol.CodeTokenSession},
		{noOwner, "an empty session", own("session_id", ""), protocol.CodeTokenSession},
		{noOwner, "another project's session", own("session_id", string(otherSession)), protocol.CodeTokenSession},
		{noOwner, "the other way round", f.sign(t, all.other, goodClaims()), protocol.CodeTokenSession},
		{noSession, "nobody's session", own("session_id", "1_nobody"), protocol.CodeSessionUnknown},
		{tooLate, "expired", own("exp", 1_799_999_900, "iat", 1_799_999_000), protocol.CodeTokenExpired},
		{tooLate, "expired for ages", own("exp", -1e300, "iat", 1_799_999_000), protocol.CodeTokenExpired},
		{tooEarly, "made later", own("iat", 1_800_000_200), protocol.CodeTokenNotYetValid},
		{forLong, "31 days", own("exp", 1_800_000_000+31*86400), protocol.CodeTokenTooLong},
		{forLong, "31 days, of which 30 are over", own("iat", 1_800_000_000-30*86400), protocol.CodeTokenTooLong},
		{forLong, "for ages", own("exp", 1e300), protocol.CodeTokenTooLong},
		{oversize, "data", own("connection_data", long(MaxData+1)), protocol.CodeTokenTooLarge},
		{oversize, "classes", own("initial_layout_class_list", long(MaxClasses+1)), protocol.CodeTokenTooLarge},
		{oversize, "name", own("name", long(MaxName+1)), protocol.CodeTokenTooLarge},
		{oversize, "invite", own("invite", long(MaxInvite+1)), protocol.CodeTokenTooLarge},
		{oversize, "all", own("connection_data", long(MaxBytes)), protocol.CodeTokenTooLarge},
		{noRole, "unknown role", own("role", "king"), protocol.CodeRoleUnknown},
		{noRole, "one of two", own("role", "publisher king"), protocol.CodeRoleUnknown},
		{wrongKey, "unknown role, and forged", f.sign(t, mixed, with("role", "king")), protocol.CodeTokenInvalid},
		{noClient, "another scope", own("scope", "rest"), protocol.CodeTokenInvalid},
	}
	if f.name != "RS256" {
		faults = append(faults, fault{wrongKey, "an empty secret", f.sign(t, empty, goodClaims()), protocol.CodeTokenInvalid})
	}
	return faults
}

// tampered changes every part of a token.
func tampered(t *testing.T, f form) []fault {
	t.Helper()
	text := f.sign(t, people().own, goodClaims())
	if f.name != "T1" {
		var faults []fault
		for n, part := range []string{"header", "claims", "signature"} {
			parts := strings.Split(text, ".")
			raw, err := base64.RawURLEncoding.DecodeString(parts[n])
			if err != nil {
				t.Fatal(err)
			}
			for _, at := range []int{0, len(raw) / 2, len(raw) - 1} {
				changed := slices.Clone(raw)
				changed[at] ^= 1
				parts[n] = base64.RawURLEncoding.EncodeToString(changed)
				faults = append(faults, fault{damaged, fmt.Sprintf("%s, byte %d", part, at), strings.Join(parts, "."), protocol.CodeTokenInvalid})
			}
			parts[n] = ""
			faults = append(faults, fault{damaged, "no " + part, strings.Join(parts, "."), protocol.CodeTokenInvalid})
		}
		return append(faults, fault{damaged, "cut", text[:len(text)-4], protocol.CodeTokenInvalid}, fault{damaged, "longer", text + "AAAA", protocol.CodeTokenInvalid},
			fault{damaged, "four parts", text + ".AAAA", protocol.CodeTokenInvalid}, fault{damaged, "two parts", text[:strings.LastIndex(text, ".")], protocol.CodeTokenInvalid})
	}
	inner, err := base64.StdEncoding.DecodeString(text[len(t1Prefix):])
	if err != nil {
		t.Fatal(err)
	}
	change := func(old, new string) string {
		if !strings.Contains(string(inner), old) {
			t.Fatalf("%q is not in %q", old, inner)
		}
		return t1Text(strings.Replace(string(inner), old, new, 1))
	}
	return []fault{
		{damaged, "data", change("role=publisher", "role=moderator"), protocol.CodeTokenInvalid},
		{damaged, "project", change("partner_id="+people().own.apiKey, "partner_id="+people().other.apiKey), protocol.CodeTokenInvalid},
		{damaged, "no project", change("partner_id="+people().own.apiKey, "partner_id="), protocol.CodeTokenInvalid},
		{damaged, "signature", change("sig=", "sig=00"), protocol.CodeTokenInvalid},
		{damaged, "signature of letters", change("sig=", "sig=xyz"), protocol.CodeTokenInvalid},
		{damaged, "no data", change(":", ""), protocol.CodeTokenInvalid},
		{damaged, "cut", text[:len(text)-4], protocol.CodeTokenInvalid},
	}
}

// forgeries are JWTs that try to have themselves checked with what anybody knows, or with what they bring along.
func forgeries(t *testing.T) []fault {
	t.Helper()
	all := people()
	pkix, err := x509.MarshalPKIXPublicKey(&all.own.private.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	pkcs1 := x509.MarshalPKCS1PublicKey(&all.own.private.PublicKey)
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	app, apiKey := with("application_id", all.own.app), with("iss", all.own.apiKey, "ist", "project")
	faults := []fault{
		{wrongKey, "none", signed(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, app), protocol.CodeTokenInvalid},
		{wrongKey, "ES256", signed(t, jwt.SigningMethodES256, curve, app), protocol.CodeTokenInvalid},
		{wrongKey, "RS512", signed(t, jwt.SigningMethodRS512, all.own.private, app), protocol.CodeTokenInvalid},
		{wrongKey, "PS256", signed(t, jwt.SigningMethodPS256, all.own.private, app), protocol.CodeTokenInvalid},
		{wrongKey, "HS512", signed(t, jwt.SigningMethodHS512, []byte(all.own.secret), apiKey), protocol.CodeTokenInvalid},
		{wrongKey, "the secret, RS256's claims", signed(t, jwt.SigningMethodHS256, []byte(all.own.secret), app), protocol.CodeTokenInvalid},
		{wrongKey, "the key, HS256's claims", signed(t, jwt.SigningMethodRS256, all.own.private, apiKey), protocol.CodeTokenInvalid},
		{wrongKey, "the key, naming the API key", signed(t, jwt.SigningMethodRS256, all.own.private, with("application_id", all.own.apiKey)), protocol.CodeTokenInvalid},
		{wrongKey, "the secret, naming the application", signed(t, jwt.SigningMethodHS256, []byte(all.own.secret), with("iss", all.own.app, "ist", "project")), protocol.CodeTokenInvalid},
		{wrongKey, "another issuer", rs256(t, all.own, with("iss", all.other.app)), protocol.CodeTokenInvalid},
		{wrongKey, "an account's", hs256(t, all.own, with("ist", "account")), protocol.CodeTokenInvalid},
		{wrongKey, "a header that is critical", signed(t, jwt.SigningMethodRS256, all.own.private, app, "crit", []string{"b64"}, "b64", true), protocol.CodeTokenInvalid},
		{wrongKey, "a key id that is an empty file", signed(t, jwt.SigningMethodHS256, []byte{}, apiKey, "kid", "../../../../dev/null"), protocol.CodeTokenInvalid},
		{wrongKey, "a key id of another", signed(t, jwt.SigningMethodRS256, all.other.private, app, "kid", all.other.app), protocol.CodeTokenInvalid},
		{wrongKey, "a key brought along", signed(t, jwt.SigningMethodRS256, all.stranger.private, app, "jwk", map[string]string{"kty": "RSA", "e": "AQAB",
			"n": base64.RawURLEncoding.EncodeToString(all.stranger.private.N.Bytes())}, "jku", "http://127.0.0.1:1/keys", "x5u", "http://127.0.0.1:1/x"), protocol.CodeTokenInvalid},
		{tooEarly, "not before", rs256(t, all.own, with("nbf", 1_800_000_200)), protocol.CodeTokenNotYetValid},
		{forLong, "no end, RS256", rs256(t, all.own, with("exp", nil)), protocol.CodeTokenTooLong},
		{forLong, "no end, HS256", hs256(t, all.own, with("exp", nil)), protocol.CodeTokenTooLong},
		{forLong, "no beginning", hs256(t, all.own, with("iat", nil, "exp", 1_800_000_000+31*86400)), protocol.CodeTokenTooLong},
		{noClient, "REST, RS256", rs256(t, all.own, restClaims()), protocol.CodeTokenInvalid},
		{noClient, "REST, HS256", hs256(t, all.own, restClaims()), protocol.CodeTokenInvalid},
		{noRole, "an empty list", rs256(t, all.own, with("role", []string{})), protocol.CodeRoleUnknown},
		{damaged, "a role of another type", rs256(t, all.own, with("role", 7)), protocol.CodeTokenInvalid},
		{damaged, "classes of another type", rs256(t, all.own, with("initial_layout_class_list", 7)), protocol.CodeTokenInvalid},
		{damaged, "nothing", "", protocol.CodeTokenInvalid},
		{damaged, "rubbish", "a.b.c", protocol.CodeTokenInvalid},
		{oversize, "rubbish", strings.Repeat("a", MaxBytes) + ".b.c", protocol.CodeTokenTooLarge},
	}
	for name, public := range map[string][]byte{
		"PKIX, DER": pkix, "PKIX, PEM": pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: pkix}),
		"PKCS#1, DER": pkcs1, "PKCS#1, PEM": pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: pkcs1}),
	} {
		for claims, c := range map[string]jwt.MapClaims{"RS256's": app, "HS256's": apiKey, "both": with("application_id", all.own.app, "iss", all.own.apiKey, "ist", "project")} {
			faults = append(faults, fault{wrongKey, "the public key as the secret, " + name + ", claims of " + claims, signed(t, jwt.SigningMethodHS256, public, c), protocol.CodeTokenInvalid})
		}
	}
	return faults
}

// t1Faults are what only a legacy token can have wrong.
func t1Faults() []fault {
	own := people().own
	made := func(old, new string) string { return t1Of(own, strings.Replace(t1Data(goodClaims()), old, new, 1)) }
	return []fault{
		{damaged, "no creation", made("create_time=1800000000&", ""), protocol.CodeTokenInvalid},
		{damaged, "created at NaN", made("create_time=1800000000", "create_time=NaN"), protocol.CodeTokenInvalid},
		{damaged, "created never", made("create_time=1800000000", "create_time=0"), protocol.CodeTokenInvalid},
		{damaged, "an end of text", made("expire_time=1800003600", "expire_time=soon"), protocol.CodeTokenInvalid},
		{damaged, "an infinite end", made("expire_time=1800003600", "expire_time=Inf"), protocol.CodeTokenInvalid},
		{damaged, "an end of NaN", made("expire_time=1800003600", "expire_time=NaN"), protocol.CodeTokenInvalid},
		{damaged, "a field twice", t1Of(own, t1Data(goodClaims())+"&role=moderator"), protocol.CodeTokenInvalid},
		{damaged, "fields that cannot be read", made("role=publisher", "role=%zz"), protocol.CodeTokenInvalid},
		{damaged, "no colon", t1Text("partner_id=" + own.apiKey), protocol.CodeTokenInvalid},
		{damaged, "not base64", t1Prefix + "%%%", protocol.CodeTokenInvalid},
		{damaged, "empty", t1Prefix, protocol.CodeTokenInvalid},
		{wrongKey, "naming the application", t1Of(signer{app: own.app, apiKey: own.app, secret: own.secret}, t1Data(goodClaims())), protocol.CodeTokenInvalid},
	}
}

// TestFaults checks that each fault has its code, and that docs/API.md says so.
func TestFaults(t *testing.T) {
	t.Parallel()
	faults := append(forgeries(t), t1Faults()...)
	for _, f := range forms() {
		for _, one := range append(sharedFaults(t, f), tampered(t, f)...) {
			one.name = f.name + ", " + one.name
			faults = append(faults, one)
		}
	}
	codes := map[string]protocol.Code{}
	for _, f := range faults {
		if known := codes[f.kind]; known != "" && known != f.want {
			t.Fatalf("%s has two codes, %s and %s", f.kind, known, f.want)
		}
		codes[f.kind] = f.want
		g, err := verify(f.text)
		if code(err) != f.want || g.SessionID != "" {
			t.Errorf("%s (%s): %+v, %v, want %s", f.kind, f.name, g, err, f.want)
		}
	}
	checkRows(t, "| what is wrong with a client token | code |", codes)
}

// checkRows checks a table of docs/API.md: its rows are those of want, with their codes in the last column.
func checkRows(t *testing.T, heading string, want map[string]protocol.Code) {
	t.Helper()
	raw, err := os.ReadFile("../../docs/API.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, ok := strings.Cut(string(raw), "\n"+heading+"\n")
	if !ok {
		t.Fatalf("docs/API.md has no table %s", heading)
	}
	table, _, _ = strings.Cut(table, "\n\n")
	seen := map[string]protocol.Code{}
	for _, line := range strings.Split(table, "\n")[1:] {
		cells := strings.Split(strings.Trim(line, "|"), "|")
		seen[strings.TrimSpace(cells[0])] = protocol.Code(strings.Trim(cells[len(cells)-1], " `"))
	}
	for kind, code := range want {
		if seen[kind] != code {
			t.Errorf("docs/API.md says %q of %q, it is %q", seen[kind], kind, code)
		}
		delete(seen, kind)
	}
	if len(seen) > 0 {
		t.Errorf("docs/API.md says of what no test shows: %v", seen)
	}
}
