package token

import (
	"strings"
	"testing"
	"time"

	"parley/rtc/protocol"
)

func TestSignedTokenVerifies(t *testing.T) {
	t.Parallel()
	text, err := people().own.key().Sign(Grant{SessionID: ownSession, Role: "publisher,moderator", Name: "Ann", Data: "seat=4", Classes: []string{"a", "b"}, Invite: "k3v9x2mqpa",
		ExpiresAt: testNow.Add(time.Hour)}, testNow)
	if err != nil {
		t.Fatal(err)
	}
	v := NewVerifier(directory{}, MaxData)
	for _, at := range []time.Duration{-59 * time.Second, 0, time.Hour, time.Hour + 59*time.Second} {
		g, err := v.Verify(t.Context(), text, testNow.Add(at))
		if err != nil {
			t.Fatalf("at %v: %v", at, err)
		}
		if g.Project != people().own.app || g.SessionID != ownSession || g.Name != "Ann" || g.Data != "seat=4" || g.Invite != "k3v9x2mqpa" || g.Role != "publisher moderator" ||
			len(g.Classes) != 2 || !g.ExpiresAt.Equal(testNow.Add(time.Hour)) {
			t.Errorf("grant %+v", g)
		}
	}
	if _, err := v.Verify(t.Context(), text, testNow.Add(time.Hour+61*time.Second)); code(err) != protocol.CodeTokenExpired {
		t.Errorf("late: %v", err)
	}
	if _, err := v.Verify(t.Context(), text, testNow.Add(-2*time.Minute)); code(err) != protocol.CodeTokenNotYetValid {
		t.Errorf("early: %v", err)
	}
}

func TestSignRefuses(t *testing.T) {
	t.Parallel()
	now := time.Now()
	long := func(n int) string { return strings.Repeat("x", n) }
	for name, g := range map[string]Grant{
		"no session":   {Role: "publisher", ExpiresAt: now.Add(time.Hour)},
		"unknown role": {SessionID: "s", Role: "king", ExpiresAt: now.Add(time.Hour)},
		"31 days":      {SessionID: "s", Role: "publisher", ExpiresAt: now.Add(31 * 24 * time.Hour)},
		"long data":    {SessionID: "s", Role: "publisher", Data: long(MaxData + 1), ExpiresAt: now.Add(time.Hour)},
		"long name":    {SessionID: "s", Role: "publisher", Name: long(MaxName + 1), ExpiresAt: now.Add(time.Hour)},
		"long classes": {SessionID: "s", Role: "publisher", Classes: []string{long(MaxClasses + 1)}, ExpiresAt: now.Add(time.Hour)},
		"long invite":  {SessionID: "s", Role: "publisher", Invite: long(MaxInvite + 1), ExpiresAt: now.Add(time.Hour)},
	} {
		if _, err := people().own.key().Sign(g, now); err == nil {
			t.Errorf("%s: signed", name)
		}
	}
}
