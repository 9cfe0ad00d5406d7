package webhook

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// verifyWebhook reports who posted a body, if the project whose secret it is did. (This is the recipe of docs/WEBHOOKS.md.)
func verifyWebhook(header http.Header, body []byte, secret string) (jwt.MapClaims, error) {
	text, ok := strings.CutPrefix(header.Get("Authorization"), "Bearer ")
	if !ok {
		return nil, errors.New("no bearer token")
	}
	claims := jwt.MapClaims{}
	key := func(*jwt.Token) (any, error) { return []byte(secret), nil }
	if _, err := jwt.ParseWithClaims(text, claims, key, jwt.WithValidMethods([]string{"HS256"})); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(body)
	if claims["payload_hash"] != hex.EncodeToString(sum[:]) {
		return nil, errors.New("the body is not the one that was signed")
	}
	return claims, nil
}

// TestDocumentation checks that docs/WEBHOOKS.md holds the recipes that are tested (here, and by package sdktest) and the payloads as they are.
func TestDocumentation(t *testing.T) {
	t.Parallel()
	read := func(name string) string {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	document := read("../../docs/WEBHOOKS.md")
	for name, want := range map[string]string{
		"Go":          "func verifyWebhook" + between(read("sign_test.go"), "\nfunc verifyWebhook", "\n}\n") + "\n}\n",
		"Node":        "const { createHash }" + between(read("../sdktest/verify.cjs"), "const { createHash }", "\n}\n") + "\n}\n",
		"monitoring":  read("testdata/connection-created-monitoring.json"),
		"destroyed":   read("testdata/stream-destroyed-monitoring.json"),
		"application": read("testdata/stream-destroyed-application.json"),
	} {
		if !strings.Contains(document, want) {
			t.Errorf("docs/WEBHOOKS.md does not hold the %s part:\n%s", name, want)
		}
	}
}

func TestSignature(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, nil)
	s := newStage(t, newFolder(t), quick(), nil)
	s.hook(r.URL, ShapeApplication)
	begin := time.Now()
	s.record(`a "quoted" <b>`)
	eventually(t, func() string {
		if len(r.got()) == 0 {
			return "nothing came"
		}
		return ""
	})
	p := r.got()[0]
	claims, err := verifyWebhook(p.header, p.body, secret)
	if err != nil {
		t.Fatal(err)
	}
	iat, err := claims.GetIssuedAt()
	if err != nil || iat.Before(begin.Add(-2*time.Second)) || iat.After(time.Now()) {
		t.Errorf("%v, %v", iat, err)
	}
	if claims["iss"] != "Vonage" || claims["jti"] != p.header.Get(EventIDHeader) || claims["api_key"] != "12345678" || claims["application_id"] != "app" || len(claims) != 6 {
		t.Errorf("%v", claims)
	}
	if _, err := verifyWebhook(p.header, p.body, "another secret"); !errors.Is(err, jwt.ErrTokenSignatureInvalid) {
		t.Errorf("another secret: %v", err)
	}
	if _, err := verifyWebhook(p.header, append(p.body, ' '), secret); err == nil {
		t.Error("another body")
	}
	if _, err := verifyWebhook(http.Header{}, p.body, secret); err == nil {
		t.Error("no token")
	}
	if _, err := (Signing{}).sign("id", p.body, begin); err == nil {
		t.Error("signed with no secret")
	}
}
