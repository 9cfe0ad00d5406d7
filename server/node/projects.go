package node

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"parley/rtc/protocol"
	"parley/server/store"
	"parley/server/token"
)

// maxParsed bounds the parsed keys that are kept. When it is full all are parsed again.
const maxParsed = 1000

// projects is the store's projects as tokens are checked and signed with them; it is a token.Directory and a rest.Signer. Every question is put to the
// store, so that what another process changed (the command line, for one) counts at once. All that is kept is parsed keys, by their content.
type projects struct {
	store *store.Store
	log   *slog.Logger

	mu     sync.Mutex
	parsed map[string]*rsa.PublicKey // by PKIX, DER
}

func newProjects(s *store.Store, log *slog.Logger) *projects {
	return &projects{store: s, log: log, parsed: map[string]*rsa.PublicKey{}}
}

// Project implements token.Directory.
func (p *projects) Project(ctx context.Context, id string, now time.Time) (token.Project, bool, error) {
	kept, err := p.store.Project(ctx, id)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return token.Project{}, false, nil
	case err != nil:
		return token.Project{}, false, p.failed(ctx, err)
	}
	found := token.Project{ApplicationID: kept.ApplicationID, APIKey: kept.APIKey, Name: kept.Name, CreatedAt: kept.CreatedAt, Disabled: kept.Disabled}
	for _, k := range kept.Keys {
		public, err := p.public(k.Public)
		if err != nil {
			return token.Project{}, false, p.failed(ctx, fmt.Errorf("key %s: %w", k.ID, err))
		}
		keys := pick(&found, k.Validity, now)
		keys.Public = append(keys.Public, public)
	}
	for _, s := range kept.Secrets {
		keys := pick(&found, s.Validity, now)
		keys.Secrets = append(keys.Secrets, s.Text)
	}
	return found, true, nil
}

// pick returns where a key or secret of that validity belongs.
func pick(p *token.Project, v store.Validity, now time.Time) *token.Keys {
	if v.Live(now) {
		return &p.Live
	}
	return &p.Revoked
}

// Owner implements token.Directory.
func (p *projects) Owner(ctx context.Context, id protocol.SessionID) (string, error) {
	s, err := p.store.Session(ctx, id)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return "", nil
	case err != nil:
		return "", p.failed(ctx, err)
	}
	return s.Project, nil
}

// Sign makes a client token with the newest key of a project, named by its application id.
func (p *projects) Sign(ctx context.Context, project string, g token.Grant, now time.Time) (string, error) {
	kept, err := p.store.Project(ctx, project)
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	key, err := KeyOf(p.store, kept)
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	return key.Sign(g, now)
}

// KeyOf returns what a project of the store signs its tokens with.
func KeyOf(s *store.Store, p store.Project) (token.Key, error) {
	private, err := s.PrivateKey(p.Keys[0])
	return token.Key{ApplicationID: p.ApplicationID, Private: private}, err
}

// public parses a public key.
func (p *projects) public(der []byte) (*rsa.PublicKey, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if key := p.parsed[string(der)]; key != nil {
		return key, nil
	}
	parsed, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return nil, err
	}
	key, ok := parsed.(*rsa.PublicKey)
	if !ok {
		return nil, errors.New("it is no RSA key")
	}
	if len(p.parsed) >= maxParsed {
		clear(p.parsed)
	}
	p.parsed[string(der)] = key
	return key, nil
}

// failed logs what the store failed with, unless nobody waits for it any more, and returns what is said of it.
func (p *projects) failed(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		p.log.Error("look up for a token", "error", err)
	}
	return protocol.Errorf(protocol.CodeStoreFailed, "The server could not read its store.")
}
