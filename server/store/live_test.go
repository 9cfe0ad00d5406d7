package store

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"parley/rtc/protocol"
)

func TestLiveSurvivesARestart(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	s := open(t, folder)
	id := session(t, s)
	for _, state := range []string{"one", "two"} {
		if err := s.SaveLive(t.Context(), id, []byte(state)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.SaveLive(t.Context(), "1_none", nil); err == nil {
		t.Error("a session that does not exist is live")
	}
	for _, pass := range []string{"a", "b"} { // the second takes the first's place
		if err := s.SavePasses(t.Context(), id, map[string][]byte{"r1": []byte(pass), "r2": []byte(pass)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, folder)
	live, err := s.Live(t.Context())
	if err != nil || len(live) != 1 || string(live[id]) != "two" {
		t.Errorf("%q, %v", live, err)
	}
	if pass, err := s.Pass(t.Context(), id, "r1"); err != nil || string(pass) != "b" {
		t.Errorf("%q, %v", pass, err)
	}
	if _, err := s.Pass(t.Context(), id, "r3"); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	if err := s.EndLive(t.Context(), id); err != nil {
		t.Error(err)
	}
	if live, err := s.Live(t.Context()); err != nil || len(live) != 0 {
		t.Errorf("%q, %v", live, err)
	}
	if _, err := s.Pass(t.Context(), id, "r1"); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
}

func TestPassesAreBounded(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	id := session(t, s)
	for batch := range 3 {
		passes := map[string][]byte{}
		for i := range maxPasses / 2 {
			passes[fmt.Sprint(batch, "-", i)] = []byte("{}")
		}
		if err := s.SavePasses(t.Context(), id, passes); err != nil {
			t.Fatal(err)
		}
	}
	var n int
	if err := s.read.QueryRow("SELECT count(*) FROM pass").Scan(&n); err != nil || n != maxPasses {
		t.Errorf("%d passes, %v", n, err)
	}
	if _, err := s.Pass(t.Context(), id, "2-7"); err != nil {
		t.Errorf("the newest is gone: %v", err)
	}
}

func TestKeyedLinesAreKeptOnce(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	first := []ChatEntry{{ChatLine: protocol.ChatLine{ID: "1", Text: "hello"}, Key: "k"}, {ChatLine: protocol.ChatLine{ID: "2", Text: "no key"}}}
	if err := s.AppendChat(t.Context(), "1_a", first); err != nil || first[0].Known {
		t.Fatal(err)
	}
	again := []ChatEntry{{ChatLine: protocol.ChatLine{ID: "3", Text: "hello"}, Key: "k"}, {ChatLine: protocol.ChatLine{ID: "4", Text: "no key"}}}
	if err := s.AppendChat(t.Context(), "1_a", again); err != nil || !again[0].Known || again[0].ID != "1" || again[1].Known {
		t.Errorf("%+v, %v", again, err)
	}
	other := []ChatEntry{{ChatLine: protocol.ChatLine{ID: "5", Text: "elsewhere"}, Key: "k"}}
	if err := s.AppendChat(t.Context(), "1_b", other); err != nil || other[0].Known {
		t.Errorf("%+v, %v", other, err)
	}
	if lines, err := s.Chat(t.Context(), "1_a", 10); err != nil || len(lines) != 3 {
		t.Errorf("%+v, %v", lines, err)
	}
	for _, want := range []bool{true, false} {
		if found, err := s.DeleteChat(t.Context(), "1_a", "1"); err != nil || found != want {
			t.Errorf("%v, %v", found, err)
		}
	}
}

func TestPrune(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	now := time.Now()
	old := session(t, s)
	live := session(t, s)
	if err := s.SaveLive(t.Context(), live, []byte("{}")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.CreateInvite(t.Context(), Invite{SessionID: old, Role: "publisher", ExpiresAt: now, UsesLeft: 1}); err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		for _, id := range []protocol.SessionID{old, live} {
			if err := s.AppendChat(t.Context(), id, chat(protocol.ChatLine{ID: fmt.Sprint(i), Time: now.Add(time.Duration(i-20) * time.Hour).UnixMilli()})); err != nil {
				t.Fatal(err)
			}
		}
	}
	count := func(what string) (n int) {
		if err := s.read.QueryRow("SELECT count(*) FROM " + what).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if err := s.Prune(t.Context(), Retention{}, now); err != nil || count("chat") != 40 {
		t.Errorf("nothing is to go: %d, %v", count("chat"), err)
	}
	if err := s.Prune(t.Context(), Retention{ChatAge: 10*time.Hour + time.Minute}, now); err != nil || count("chat") != 20 {
		t.Errorf("by age: %d, %v", count("chat"), err)
	}
	if err := s.Prune(t.Context(), Retention{ChatLines: 3, SessionAge: time.Hour}, now); err != nil || count("chat") != 6 || count("session") != 2 {
		t.Errorf("by count: %d of %d sessions, %v", count("chat"), count("session"), err)
	}
	if err := s.Prune(t.Context(), Retention{SessionAge: time.Hour}, now.Add(2*time.Hour)); err != nil || count("session") != 1 || count("chat") != 3 || count("invite") != 0 {
		t.Errorf("%d sessions, %d lines, %d invites, %v", count("session"), count("chat"), count("invite"), err)
	}
	if _, err := s.Session(t.Context(), live); err != nil {
		t.Errorf("the live one is gone: %v", err)
	}
}
