package token

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"sync"
	"testing"
	"time"

	"parley/rtc/protocol"
)

var testNow = time.Unix(1_800_000_000, 0)

// signer is a project from the side of its programs: what they sign with.
type signer struct {
	app, apiKey string
	private     *rsa.PrivateKey
	secret      string
}

// key is what the server signs for it with.
func (s signer) key() Key { return Key{ApplicationID: s.app, Private: s.private} }

// everybody are the signers of the tests.
type everybody struct {
	own      signer
	older    signer // own before a rotation, within the overlap
	revoked  signer // own before that
	other    signer
	disabled signer
	stranger signer // of no project of the server
}

var people = sync.OnceValue(func() everybody {
	made := func(app, apiKey, secret string) signer {
		private, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err)
		}
		return signer{app, apiKey, private, secret}
	}
	const own, ownKey = "8f1c9b60-0a5e-4a0c-9d0f-000000000001", "45678901"
	return everybody{
		own: made(own, ownKey, "0123456789abcdef0123456789abcdef01234567"), older: made(own, ownKey, "an older secret"), revoked: made(own, ownKey, "a revoked secret"),
		other:    made("8f1c9b60-0a5e-4a0c-9d0f-000000000002", "11111111", "the secret of another"),
		disabled: made("8f1c9b60-0a5e-4a0c-9d0f-000000000003", "22222222", "the secret of a third"),
		stranger: made("8f1c9b60-0a5e-4a0c-9d0f-000000000009", "99999999", "the secret of a stranger"),
	}
})

// Sessions of the directory.
const (
	ownSession      protocol.SessionID = "1_own"
	otherSession    protocol.SessionID = "1_other"
	disabledSession protocol.SessionID = "1_disabled"
)

// directory is a Directory of the people's projects. It fails with err, if there is one.
type directory struct{ err error }

func (d directory) Project(_ context.Context, id string, _ time.Time) (Project, bool, error) {
	all := people()
	for _, s := range []signer{all.own, all.other, all.disabled} {
		if id != s.app && id != s.apiKey {
			continue
		}
		p := Project{ApplicationID: s.app, APIKey: s.apiKey, Name: "of " + s.apiKey, Disabled: s == all.disabled}
		p.Live = Keys{[]*rsa.PublicKey{&s.private.PublicKey}, []string{s.secret}}
		if s == all.own {
			p.Live.Public = append(p.Live.Public, &all.older.private.PublicKey)
			p.Live.Secrets = append(p.Live.Secrets, all.older.secret)
			p.Revoked = Keys{[]*rsa.PublicKey{&all.revoked.private.PublicKey}, []string{all.revoked.secret}}
		}
		return p, true, d.err
	}
	return Project{}, false, d.err
}

func (d directory) Owner(_ context.Context, id protocol.SessionID) (string, error) {
	all := people()
	return map[protocol.SessionID]string{ownSession: all.own.app, otherSession: all.other.app, disabledSession: all.disabled.app}[id], d.err
}

// verify checks a client token at testNow.
func verify(text string) (Grant, error) {
	return NewVerifier(directory{}, MaxData).Verify(context.Background(), text, testNow)
}

// verifyREST checks a credential at testNow.
func verifyREST(text string, secret bool) (Project, error) {
	return NewVerifier(directory{}, MaxData).VerifyREST(context.Background(), text, secret, testNow)
}

func code(err error) protocol.Code {
	var body *protocol.ErrorBody
	if errors.As(err, &body) {
		return body.Code
	}
	return ""
}

func TestDirectoryThatFails(t *testing.T) {
	t.Parallel()
	full := errors.New("disk on fire")
	v := NewVerifier(directory{full}, MaxData)
	for _, f := range forms() {
		if _, err := v.Verify(t.Context(), f.sign(t, people().own, goodClaims()), testNow); !errors.Is(err, full) || code(err) != "" {
			t.Errorf("%s: %v", f.name, err)
		}
	}
	if _, err := v.VerifyREST(t.Context(), hs256(t, people().own, restClaims()), true, testNow); !errors.Is(err, full) || code(err) != "" {
		t.Errorf("REST: %v", err)
	}
}
