package store

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// create makes a project.
func create(t *testing.T, s *Store, name string) Project {
	t.Helper()
	p, err := s.CreateProject(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestProjectsAreFoundByEachOfTheirNames(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	first := only(t, s)
	p := create(t, s, "Acme")
	if p.ApplicationID == first.ApplicationID || p.APIKey == first.APIKey || p.APISecret() == first.APISecret() || p.SignatureSecret == first.SignatureSecret ||
		p.SignatureSecret == p.APISecret() || p.Keys[0].ID == first.Keys[0].ID || p.PrivateKeyFile() == first.PrivateKeyFile() {
		t.Errorf("%+v shares something with %+v", p, first)
	}
	for _, which := range []string{p.ApplicationID, p.APIKey, "Acme"} {
		if got, err := s.FindProject(t.Context(), which); err != nil || got.ApplicationID != p.ApplicationID {
			t.Errorf("%q: %+v, %v", which, got, err)
		}
		if got, err := s.Project(t.Context(), which); which != "Acme" && (err != nil || got.ApplicationID != p.ApplicationID) {
			t.Errorf("%q: %+v, %v", which, got, err)
		}
	}
	if _, err := s.FindProject(t.Context(), ""); !errors.Is(err, ErrSeveral) {
		t.Errorf("none named: %v", err)
	}
	for _, which := range []string{"acme", "12345678", "nobody"} {
		if _, err := s.FindProject(t.Context(), which); !errors.Is(err, ErrNotFound) {
			t.Errorf("%q: %v", which, err)
		}
	}
	if _, err := s.Project(t.Context(), "Acme"); !errors.Is(err, ErrNotFound) {
		t.Errorf("a name that is claimed in a token finds a project: %v", err)
	}
	all, err := s.Projects(t.Context())
	if err != nil || len(all) != 2 || all[0].Name != "Parley" || all[1].Name != "Acme" || len(all[1].Keys) != 1 || len(all[1].Secrets) != 1 {
		t.Errorf("%+v, %v", all, err)
	}
}

func TestProjectNames(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	create(t, s, "Ümläut & Söhne")
	for name, want := range map[string]error{
		"Parley": ErrNameTaken, "Ümläut & Söhne": ErrNameTaken, "": nil, " a": nil, "a ": nil, "a\nb": nil, "12345678": nil, "\xff": nil,
		"8F1C9B60-0a5e-4a0c-9d0f-000000000001": nil, strings.Repeat("x", maxProjectName+1): nil,
	} {
		if _, err := s.CreateProject(t.Context(), name); err == nil || want != nil && !errors.Is(err, want) {
			t.Errorf("%q: %v", name, err)
		}
	}
	if keys, err := filepath.Glob(filepath.Join(s.folder, "*.key")); err != nil || len(keys) != 2 {
		t.Errorf("files of projects that were not made: %v, %v", keys, err)
	}
}

// live says which of a project's keys and secrets are valid, newest first.
func live(p Project) (keys, secrets []bool) {
	for _, k := range p.Keys {
		keys = append(keys, k.Live(time.Now()))
	}
	for _, c := range p.Secrets {
		secrets = append(secrets, c.Live(time.Now()))
	}
	return keys, secrets
}

func same(a, b []bool) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestRotation(t *testing.T) {
	t.Parallel()
	for name, steps := range map[string][]struct {
		r    Rotation
		want []bool // which are live after it, newest first
		over bool   // it is refused, for one is within its overlap
	}{
		"overlap":           {{Rotation{Overlap: time.Hour}, []bool{true, true}, false}},
		"at once":           {{Rotation{}, []bool{true, false}, false}},
		"at once, twice":    {{Rotation{}, []bool{true, false}, false}, {Rotation{}, []bool{true, false, false}, false}},
		"within an overlap": {{Rotation{Overlap: time.Hour}, []bool{true, true}, false}, {Rotation{Overlap: time.Hour}, []bool{true, true}, true}},
		"forced":            {{Rotation{Overlap: time.Hour}, []bool{true, true}, false}, {Rotation{Overlap: time.Hour, Force: true}, []bool{true, true, false}, false}},
		"forced, at once":   {{Rotation{Overlap: time.Hour}, []bool{true, true}, false}, {Rotation{Force: true}, []bool{true, false, false}, false}},
		"after the overlap": {{Rotation{Overlap: time.Millisecond}, nil, false}, {Rotation{Overlap: time.Hour}, []bool{true, true, false}, false}},
		"often": {{Rotation{}, []bool{true, false}, false}, {Rotation{}, nil, false}, {Rotation{}, nil, false}, {Rotation{}, nil, false}, {Rotation{}, nil, false},
			{Rotation{Overlap: time.Hour}, []bool{true, true, false, false, false, false}, false}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, t.TempDir())
			p := only(t, s)
			for n, step := range steps {
				before := p
				var inOverlap *InOverlapError
				_, secretErr := s.RotateSecret(t.Context(), p.ApplicationID, step.r)
				_, err := s.RotateKey(t.Context(), p.ApplicationID, step.r)
				if errors.As(err, &inOverlap) != step.over || errors.As(secretErr, &inOverlap) != step.over || !step.over && errors.Join(err, secretErr) != nil {
					t.Fatalf("step %d: %v, %v", n, err, secretErr)
				}
				if step.over && time.Until(inOverlap.EndsAt) < 59*time.Minute {
					t.Errorf("ends at %v", inOverlap.EndsAt)
				}
				p = only(t, s)
				keys, secrets := live(p)
				if step.want != nil && (!same(keys, step.want) || !same(secrets, step.want)) {
					t.Errorf("step %d: keys %v, secrets %v, want %v", n, keys, secrets, step.want)
				}
				if !step.over && (p.Secrets[0].Text == before.Secrets[0].Text || p.Secrets[1].Text != before.Secrets[0].Text || p.Keys[1].ID != before.Keys[0].ID) {
					t.Errorf("step %d: %+v after %+v", n, p, before)
				}
				if step.r.Overlap == time.Millisecond {
					for p.Keys[1].Live(time.Now()) { // a millisecond at most
					}
				}
				checkFiles(t, s, p)
			}
		})
	}
}

// checkFiles checks that there is a file of the key that signs, with the right half, and none of one that was revoked.
func checkFiles(t *testing.T, s *Store, p Project) {
	t.Helper()
	private, err := s.PrivateKey(p.Keys[0])
	if err != nil {
		t.Fatal(err)
	}
	if der, err := x509.MarshalPKIXPublicKey(&private.PublicKey); err != nil || !bytes.Equal(der, p.Keys[0].Public) {
		t.Errorf("the private half is another's (%v)", err)
	}
	for n, k := range p.Keys {
		info, err := os.Stat(k.File)
		switch {
		case k.Revoked && !errors.Is(err, os.ErrNotExist):
			t.Errorf("the revoked key %d is still there: %v", n, err)
		case n == 0 && (err != nil || info.Mode().Perm() != 0o600):
			t.Errorf("%v, %v", info, err)
		}
	}
	if keys, err := filepath.Glob(filepath.Join(s.folder, "*.key")); err != nil || len(keys) > 2 {
		t.Errorf("%v, %v", keys, err)
	}
}

func TestRotationRefuses(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	p := only(t, s)
	for _, overlap := range []time.Duration{-1, MaxOverlap + 1} {
		if _, err := s.RotateKey(t.Context(), p.ApplicationID, Rotation{Overlap: overlap}); err == nil || !strings.Contains(err.Error(), "overlap") {
			t.Errorf("%v: %v", overlap, err)
		}
	}
	if keys, err := filepath.Glob(filepath.Join(s.folder, "*.key")); err != nil || len(keys) != 1 {
		t.Errorf("a file of a key that was not taken: %v, %v", keys, err)
	}
	_, keyErr := s.RotateKey(t.Context(), "nobody", Rotation{})
	_, secretErr := s.RotateSecret(t.Context(), "nobody", Rotation{})
	_, signatureErr := s.RotateSignatureSecret(t.Context(), "nobody")
	for _, err := range []error{keyErr, secretErr, signatureErr, s.SetDisabled(t.Context(), "nobody", true)} {
		if !errors.Is(err, ErrNotFound) {
			t.Errorf("no project: %v", err)
		}
	}
}

// TestClockThatIsSetBack: a key that was revoked stays so.
func TestClockThatIsSetBack(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	p, err := s.RotateKey(t.Context(), only(t, s).ApplicationID, Rotation{})
	if err != nil || p.Keys[1].Live(time.Now().Add(-time.Hour)) || !p.Keys[0].Live(time.Now().Add(-time.Hour)) {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestOtherStoresSeeChangesAtOnce(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	server, line := open(t, folder), open(t, folder)
	id := only(t, server).ApplicationID
	if _, err := line.RotateSecret(t.Context(), id, Rotation{}); err != nil {
		t.Fatal(err)
	}
	if _, secrets := live(only(t, server)); !same(secrets, []bool{true, false}) {
		t.Errorf("secrets %v", secrets)
	}
	secret, err := line.RotateSignatureSecret(t.Context(), id)
	if p := only(t, server); err != nil || p.SignatureSecret != secret {
		t.Errorf("%+v, %v", p, err)
	}
	for _, disabled := range []bool{true, false} {
		if err := line.SetDisabled(t.Context(), id, disabled); err != nil || only(t, server).Disabled != disabled {
			t.Errorf("%v: %v", disabled, err)
		}
	}
}

func TestDisabledProject(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	now := time.Now()
	secret, inv, err := s.CreateInvite(t.Context(), Invite{SessionID: session(t, s), Role: "publisher", ExpiresAt: now.Add(time.Hour), UsesLeft: 1})
	if err != nil {
		t.Fatal(err)
	}
	other := create(t, s, "Acme")
	if err := s.SetDisabled(t.Context(), inv.Project, true); err != nil {
		t.Fatal(err)
	}
	if _, err := s.CreateSession(t.Context(), inv.Project, nil); !errors.Is(err, ErrDisabled) {
		t.Errorf("a session: %v", err)
	}
	if _, err := s.UseInvite(t.Context(), secret, now); !errors.Is(err, ErrDisabled) {
		t.Errorf("an invite: %v", err)
	}
	if _, err := s.CreateSession(t.Context(), other.ApplicationID, json.RawMessage(`{}`)); err != nil {
		t.Errorf("another project: %v", err)
	}
	if err := s.SetDisabled(t.Context(), inv.Project, false); err != nil {
		t.Fatal(err)
	}
	if _, err := s.UseInvite(t.Context(), secret, now); err != nil {
		t.Errorf("the refusal took a use of the invite: %v", err)
	}
	for project, want := range map[string]int{"": 1, inv.Project: 1, other.ApplicationID: 0} {
		if all, err := s.Invites(t.Context(), project); err != nil || len(all) != want {
			t.Errorf("invites of %q: %+v, %v", project, all, err)
		}
	}
}

func TestKeyFileOfAnother(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	p := only(t, open(t, folder))
	other := only(t, open(t, t.TempDir()))
	raw, err := os.ReadFile(other.PrivateKeyFile())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p.PrivateKeyFile(), raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := open(t, folder).PrivateKey(p.Keys[0]); err == nil || !strings.Contains(err.Error(), "rotate-key") {
		t.Errorf("%v", err)
	}
}
