package store

import (
	"context"
	"encoding/base64"
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
	first := stores[0].Project()
	for _, s := range stores {
		if p := s.Project(); p.ApplicationID != first.ApplicationID || !p.Key.Equal(first.Key) {
			t.Errorf("two projects: %v and %v", p.ApplicationID, first.ApplicationID)
		}
		_ = s.Close()
	}
	if !regexp.MustCompile(`^[1-9]\d{7}$`).MatchString(first.APIKey) || len(first.APISecret) < 30 {
		t.Errorf("key %q, secret of %d characters", first.APIKey, len(first.APISecret))
	}
	if raw, err := os.ReadFile(first.PrivateKeyFile); err != nil || !strings.HasPrefix(string(raw), "-----BEGIN PRIVATE KEY") {
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
	if again.Project().ApplicationID != first.ApplicationID {
		t.Error("another project after a restart")
	}
}

func TestSessionIDCarriesTheAPIKey(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	id, err := s.CreateSession(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	raw, err := base64.RawURLEncoding.DecodeString(string(id)[2:])
	if err != nil {
		t.Fatal(err)
	}
	if f := strings.Split(string(raw), "~"); len(f) != 6 || f[1] != s.Project().APIKey {
		t.Errorf("inner %q", raw)
	}
	for id, want := range map[protocol.SessionID]bool{id: true, "1_other": false, "": false} {
		if has, err := s.HasSession(t.Context(), id); err != nil || has != want {
			t.Errorf("%q: %v, %v", id, has, err)
		}
	}
}

func TestInvites(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	ctx := t.Context()
	session, err := s.CreateSession(ctx)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	secret, inv, err := s.CreateInvite(ctx, Invite{SessionID: session, Role: "publisher", ExpiresAt: now.Add(time.Hour), UsesLeft: 20})
	if err != nil {
		t.Fatal(err)
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
	if all, err := s.Invites(ctx); err != nil || len(all) != 1 || all[0].ID != inv.ID || all[0].UsesLeft != 0 {
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
	if _, _, err := s.CreateInvite(ctx, Invite{SessionID: "1_none", Role: "publisher", ExpiresAt: now, UsesLeft: 1}); err == nil {
		t.Error("an invite to no session")
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
	if _, err := s.db.Exec("PRAGMA user_version = 99"); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), folder); !errors.Is(err, ErrNewer) {
		t.Errorf("%v", err)
	}
}

func TestFullDisk(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	s.db.SetMaxOpenConns(1)
	if _, err := s.db.Exec("PRAGMA max_page_count = 20"); err != nil { // SQLite answers as on a full disk
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
