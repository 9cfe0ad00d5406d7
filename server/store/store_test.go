package store

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/rtc/protocol"
)

func open(t *testing.T, folder string) *Store {
	t.Helper()
	s, err := Open(t.Context(), folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// only returns the store's only project.
func only(t *testing.T, s *Store) Project {
	t.Helper()
	p, err := s.FindProject(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// session makes a session of the only project.
func session(t *testing.T, s *Store) protocol.SessionID {
	t.Helper()
	id, err := s.CreateSession(t.Context(), only(t, s).ApplicationID, nil)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestProjectIsMadeOnceAndPrivate(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "a b%c?d") // names that a URL would misread
	var stores [4]*Store
	var wg sync.WaitGroup
	for i := range stores {
		wg.Go(func() {
			s, err := Open(context.Background(), folder)
			if err != nil {
				t.Error(err)
				return
			}
			stores[i] = s
		})
	}
	wg.Wait()
	if t.Failed() {
		return
	}
	first := only(t, stores[0])
	for _, s := range stores {
		if p := only(t, s); p.ApplicationID != first.ApplicationID || p.APISecret() != first.APISecret() || p.Keys[0].ID != first.Keys[0].ID {
			t.Errorf("two projects: %+v and %+v", p, first)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if !regexp.MustCompile(`^[1-9]\d{7}$`).MatchString(first.APIKey) || len(first.APISecret()) < 50 || len(first.SignatureSecret) < 50 || first.Name != "Parley" {
		t.Errorf("%+v", first)
	}
	if want := filepath.Join(folder, "private.key"); first.PrivateKeyFile() != want {
		t.Errorf("key file %q, want %q", first.PrivateKeyFile(), want)
	}
	if raw, err := os.ReadFile(first.PrivateKeyFile()); err != nil || !strings.HasPrefix(string(raw), "-----BEGIN PRIVATE KEY") {
		t.Errorf("key file: %v, %.30q", err, raw)
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", e.Name(), info.Mode())
		}
	}
	again := open(t, folder)
	if only(t, again).ApplicationID != first.ApplicationID {
		t.Error("another project after a restart")
	}
}

func TestSessions(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	p := only(t, s)
	id, err := s.CreateSession(t.Context(), p.ApplicationID, json.RawMessage(`{"lobby":true}`))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := base64.RawURLEncoding.DecodeString(string(id)[2:])
	if err != nil {
		t.Fatal(err)
	}
	if f := strings.Split(string(raw), "~"); len(f) != 6 || f[1] != p.APIKey {
		t.Errorf("inner %q", raw)
	}
	got, err := s.Session(t.Context(), id)
	if err != nil || got.ID != id || got.Project != p.ApplicationID || string(got.Options) != `{"lobby":true}` || time.Since(got.CreatedAt) > time.Minute {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := s.Session(t.Context(), session(t, s)); err != nil || string(got.Options) != "{}" {
		t.Errorf("%+v, %v", got, err)
	}
	for _, id := range []protocol.SessionID{"1_other", ""} {
		if _, err := s.Session(t.Context(), id); !errors.Is(err, ErrNotFound) {
			t.Errorf("%q: %v", id, err)
		}
	}
	if _, err := s.CreateSession(t.Context(), "nobody", nil); !errors.Is(err, ErrNotFound) {
		t.Errorf("no project: %v", err)
	}
	for _, options := range []string{"{", strings.Repeat(" ", maxOptions) + "{}"} {
		if _, err := s.CreateSession(t.Context(), p.ApplicationID, json.RawMessage(options)); err == nil {
			t.Errorf("options %.10q were taken", options)
		}
	}
}

func TestInvites(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	ctx := t.Context()
	now := time.Now()
	secret, inv, err := s.CreateInvite(ctx, Invite{SessionID: session(t, s), Role: "publisher", ExpiresAt: now.Add(time.Hour), UsesLeft: 20})
	if err != nil {
		t.Fatal(err)
	}
	if inv.Project != only(t, s).ApplicationID {
		t.Errorf("an invite of the project %q", inv.Project)
	}
	// Thirty ask at once for twenty uses.
	var wg sync.WaitGroup
	var mu sync.Mutex
	got := map[string]int{}
	for range 30 {
		wg.Go(func() {
			_, err := s.UseInvite(ctx, strings.ToLower(secret), now)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				got["used"]++
			case errors.Is(err, ErrUsedUp):
				got["used up"]++
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got["used"] != 20 || got["used up"] != 10 {
		t.Errorf("%v", got)
	}
	if _, err := s.UseInvite(ctx, secret, now.Add(time.Hour)); !errors.Is(err, ErrExpired) {
		t.Errorf("late: %v", err)
	}
	if _, err := s.UseInvite(ctx, "AAAA", now); !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown: %v", err)
	}
	if all, err := s.Invites(ctx, ""); err != nil || len(all) != 1 || all[0].ID != inv.ID || all[0].UsesLeft != 0 {
		t.Errorf("list %+v, %v", all, err)
	}
	raw, err := os.ReadFile(filepath.Join(s.folder, "parley.db-wal"))
	if err != nil || strings.Contains(string(raw), secret) {
		t.Errorf("the secret itself is stored (%v)", err)
	}
	if err := s.RevokeInvite(ctx, inv.ID); err != nil {
		t.Error(err)
	}
	if err := s.RevokeInvite(ctx, inv.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("twice: %v", err)
	}
	if _, err := s.UseInvite(ctx, secret, now); !errors.Is(err, ErrNotFound) {
		t.Errorf("revoked: %v", err)
	}
	if _, _, err := s.CreateInvite(ctx, Invite{SessionID: "1_none", Role: "publisher", ExpiresAt: now, UsesLeft: 1}); !errors.Is(err, ErrNotFound) {
		t.Errorf("an invite to no session: %v", err)
	}
}

func chat(lines ...protocol.ChatLine) []ChatEntry {
	entries := make([]ChatEntry, len(lines))
	for i, l := range lines {
		entries[i].ChatLine = l
	}
	return entries
}

func TestChatSurvivesARestart(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	s := open(t, folder)
	for i := range 5 {
		if err := s.AppendChat(t.Context(), "1_a", chat(protocol.ChatLine{ID: fmt.Sprint(i), From: "c", Name: "Ann", Text: "line", Time: int64(i)})); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.AppendChat(t.Context(), "1_b", chat(protocol.ChatLine{ID: "x", Text: "other"})); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	lines, err := open(t, folder).Chat(t.Context(), "1_a", 3)
	if err != nil || len(lines) != 3 || lines[0].ID != "2" || lines[2].ID != "4" || lines[2].Name != "Ann" {
		t.Errorf("%+v, %v", lines, err)
	}
}

func TestNewerStoreIsRefused(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	s := open(t, folder)
	if _, err := s.write.Exec("PRAGMA user_version = 99"); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), folder); !errors.Is(err, ErrNewer) {
		t.Errorf("%v", err)
	}
}

func TestFullDisk(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	if _, err := s.write.Exec("PRAGMA max_page_count = 30"); err != nil { // SQLite answers as on a full disk
		t.Fatal(err)
	}
	var err error
	kept := 0
	for range 100 {
		if err = s.AppendChat(t.Context(), "1_a", chat(protocol.ChatLine{ID: "i", Text: strings.Repeat("x", 4000)})); err != nil {
			break
		}
		kept++
	}
	if err == nil {
		t.Fatal("no error")
	}
	if lines, err := s.Chat(t.Context(), "1_a", 1000); err != nil || len(lines) != kept {
		t.Errorf("%d lines of %d kept, %v", len(lines), kept, err)
	}
}
