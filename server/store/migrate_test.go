package store

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// oldStore makes a folder as an earlier schema had it: one project, its key in a file, a session with an invite and a chat line.
func oldStore(t *testing.T, schema int) (folder string, key pair) {
	t.Helper()
	folder = t.TempDir()
	db, err := sql.Open("sqlite", filepath.Join(folder, "parley.db"))
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{
		migrations[0], fmt.Sprint("PRAGMA user_version = ", schema),
		"INSERT INTO project VALUES ('8f1c9b60-0a5e-4a0c-9d0f-000000000001', '45678901', 'old secret', 1700000000000)",
		"INSERT INTO session VALUES ('1_old', 1700000001000)",
		"INSERT INTO chat (session, id, sender, name, text, time) VALUES ('1_old', 'line', '', 'Ann', 'hello', 1)",
	} {
		if _, err := db.Exec(q); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.Exec("INSERT INTO invite VALUES ('i', ?, '1_old', 'publisher', 1, ?, 2)", hashInvite("OLD"), time.Now().Add(time.Hour).UnixMilli()); err != nil {
		t.Fatal(err)
	}
	for _, migration := range migrations[1:schema] {
		if _, err := db.Exec(migration); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if key, err = newPair(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "private.key"), key.private, 0o600); err != nil {
		t.Fatal(err)
	}
	return folder, key
}

// TestStoreOfOneProject: the schemas that knew one project only are 1 and 2.
func TestStoreOfOneProject(t *testing.T) {
	t.Parallel()
	for _, schema := range []int{1, 2} {
		t.Run(fmt.Sprint("schema ", schema), func(t *testing.T) { carriedOver(t, schema) })
	}
}

func carriedOver(t *testing.T, schema int) {
	folder, key := oldStore(t, schema)
	var signature string
	for range 2 { // and what was carried over stays so
		s := open(t, folder)
		p := only(t, s)
		if p.ApplicationID != "8f1c9b60-0a5e-4a0c-9d0f-000000000001" || p.APIKey != "45678901" || p.Name != "Parley" || p.Disabled || p.CreatedAt.UnixMilli() != 1700000000000 {
			t.Errorf("%+v", p)
		}
		if len(p.Secrets) != 1 || p.APISecret() != "old secret" || len(p.Keys) != 1 || !bytes.Equal(p.Keys[0].Public, key.public) || p.PrivateKeyFile() != filepath.Join(folder, "private.key") {
			t.Errorf("%+v", p)
		}
		if _, err := s.PrivateKey(p.Keys[0]); err != nil {
			t.Error(err)
		}
		if signature == "" {
			signature = p.SignatureSecret
		}
		if len(signature) < 50 || p.SignatureSecret != signature {
			t.Errorf("signature secrets %q, %q", signature, p.SignatureSecret)
		}
		got, err := s.Session(t.Context(), "1_old")
		if err != nil || got.Project != p.ApplicationID || string(got.Options) != "{}" || got.CreatedAt.UnixMilli() != 1700000001000 {
			t.Errorf("%+v, %v", got, err)
		}
		if inv, err := s.UseInvite(t.Context(), "OLD", time.Now()); err != nil || inv.Project != p.ApplicationID {
			t.Errorf("%+v, %v", inv, err)
		}
		if lines, err := s.Chat(t.Context(), "1_old", 9); err != nil || len(lines) != 1 {
			t.Errorf("%+v, %v", lines, err)
		}
		if _, err := s.CreateSession(t.Context(), p.ApplicationID, nil); err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := open(t, folder).RotateKey(t.Context(), "8f1c9b60-0a5e-4a0c-9d0f-000000000001", Rotation{Overlap: time.Hour}); err != nil {
		t.Error(err)
	}
}

func TestStoreOfOneProjectWithoutItsKey(t *testing.T) {
	t.Parallel()
	folder, _ := oldStore(t, 1)
	file := filepath.Join(folder, "private.key")
	if err := os.Rename(file, file+".away"); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), folder); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("%v", err)
	}
	if err := os.Rename(file+".away", file); err != nil {
		t.Fatal(err)
	}
	if _, err := open(t, folder).Session(t.Context(), "1_old"); err != nil {
		t.Error(err)
	}
}
