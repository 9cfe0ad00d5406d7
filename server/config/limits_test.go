package config

import (
	"strings"
	"testing"
)

func TestLimits(t *testing.T) {
	t.Parallel()
	seen := map[*int]string{}
	l := DefaultLimits()
	for _, one := range limits() {
		if other := seen[one.at(&l)]; other != "" {
			t.Errorf("%s and %s are one number", one.name, other)
		}
		seen[one.at(&l)] = one.name
		if one.initial < one.min || one.initial > one.max || one.help == "" || !strings.Contains(LimitsHelp(), one.name) {
			t.Errorf("%+v", one)
		}
	}
	if err := l.Set("connections-per-address", "7"); err != nil || l.Count.ConnectionsPerAddress != 7 {
		t.Errorf("%d, %v", l.Count.ConnectionsPerAddress, err)
	}
	for name, value := range map[string]string{"connections": "0", "chat-days": "-1", "json-depth": "x", "nothing": "1"} {
		if err := l.Set(name, value); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s=%s: %v", name, value, err)
		}
	}
}
