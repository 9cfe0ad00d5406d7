package certificate

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"parley/rtc/protocol"
)

var quiet = slog.New(slog.DiscardHandler)

func TestOwnIsKeptAndRenewedWithItsKey(t *testing.T) {
	t.Parallel()
	folder, now := t.TempDir(), time.Now()
	first, err := Own(folder, now, quiet)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(folder, ownFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	leaf := first.at(now).Leaf
	if leaf.NotAfter.Before(now.AddDate(9, 11, 0)) || leaf.VerifyHostname("127.0.0.1") != nil || first.Name(now) != "" {
		t.Errorf("until %v, for %v, the name %q", leaf.NotAfter, leaf.IPAddresses, first.Name(now))
	}
	again, err := Own(folder, now.AddDate(8, 11, 0), quiet)
	if err != nil || again.Pin() != first.Pin() || again.at(now).Leaf.SerialNumber.Cmp(leaf.SerialNumber) != 0 {
		t.Errorf("it is another one: %v", err)
	}
	late := now.AddDate(9, 6, 0) // while the server runs
	renewed := first.at(late).Leaf
	if !renewed.NotAfter.After(late.AddDate(9, 0, 0)) || protocol.PinOf(renewed) != protocol.PinOf(leaf) {
		t.Errorf("until %v, pin %v, was %v", renewed.NotAfter, protocol.PinOf(renewed), protocol.PinOf(leaf))
	}
	if left, _ := filepath.Glob(filepath.Join(folder, "*.tmp")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestOwnIsMadeOnce(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	pins := make([]protocol.Pin, 8)
	var all sync.WaitGroup
	for i := range pins {
		all.Go(func() {
			s, err := Own(folder, time.Now(), quiet)
			if err != nil {
				t.Error(err)
				return
			}
			pins[i] = s.Pin()
		})
	}
	all.Wait()
	for _, p := range pins {
		if p != pins[0] || p == (protocol.Pin{}) {
			t.Errorf("%v", pins)
		}
	}
}

func TestBrokenFileIsNotReplaced(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, ownFile), []byte("rubbish"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Own(folder, time.Now(), quiet); err == nil {
		t.Error("a new one was made, and links stop working without a word")
	}
}

func TestFilesAreReadAgainWhenTheyChange(t *testing.T) {
	t.Parallel()
	file, now := filepath.Join(t.TempDir(), "x.pem"), time.Now()
	put := func(text []byte, at time.Time) {
		t.Helper()
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, at, at); err != nil {
			t.Fatal(err)
		}
	}
	fresh := func(at time.Time) {
		t.Helper()
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		text, err := sign(key, now)
		if err != nil {
			t.Fatal(err)
		}
		put(text, at)
	}
	if _, err := Files(file, file, now, quiet); err == nil {
		t.Error("there are no files, and yet")
	}
	fresh(now)
	s, err := Files(file, file, now, quiet)
	if err != nil {
		t.Fatal(err)
	}
	first := s.Pin()
	put([]byte("half written"), now.Add(time.Second))
	if s.at(now.Add(2 * lookEvery)); s.Pin() != first {
		t.Error("it is gone")
	}
	fresh(now.Add(2 * time.Second))
	if s.at(now.Add(2*lookEvery + time.Second)); s.Pin() != first {
		t.Error("files are looked at with every connection")
	}
	if s.at(now.Add(4 * lookEvery)); s.Pin() == first {
		t.Error("it was not exchanged")
	}
}
