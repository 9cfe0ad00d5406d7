package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"parley/rtc/protocol"
)

// TestWritersOfOneProcess: without a busy handler every lock that two of them met at would be an error.
func TestWritersOfOneProcess(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	p := only(t, s)
	if _, err := s.write.Exec("PRAGMA busy_timeout = 0"); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for w := range 16 {
		wg.Go(func() {
			for n := range 6 {
				id, err := s.CreateSession(context.Background(), p.ApplicationID, nil)
				if err == nil {
					err = s.AppendChat(context.Background(), id, chat(protocol.ChatLine{ID: fmt.Sprint(w, n), Text: "line"}))
				}
				if err == nil {
					var lines []protocol.ChatLine
					if lines, err = s.Chat(context.Background(), id, 9); err == nil && len(lines) != 1 {
						err = fmt.Errorf("%d lines", len(lines))
					}
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// TestWaitingWriterGivesUp: who waits for the writer waits no longer than it may.
func TestWaitingWriterGivesUp(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	tx, err := s.write.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.AppendChat(ctx, "1_a", chat(protocol.ChatLine{ID: "i"})) }()
	if _, err := s.Projects(t.Context()); err != nil { // readers do not wait for writers
		t.Error(err)
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if err := tx.Rollback(); err != nil {
		t.Error(err)
	}
}

// TestStoresSideBySide: other processes have handles of their own, and wait for each other in SQLite.
func TestStoresSideBySide(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	first := open(t, folder)
	p := only(t, first)
	var wg sync.WaitGroup
	for _, s := range []*Store{first, open(t, folder), open(t, folder)} {
		wg.Go(func() {
			for n := range 20 {
				if err := s.AppendChat(context.Background(), "1_a", chat(protocol.ChatLine{ID: fmt.Sprint(n)})); err != nil {
					t.Error(err)
				}
				if _, err := s.CreateSession(context.Background(), p.ApplicationID, nil); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if lines, err := first.Chat(t.Context(), "1_a", 1000); err != nil || len(lines) != 60 {
		t.Errorf("%d lines, %v", len(lines), err)
	}
}
