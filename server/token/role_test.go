package token

import (
	"testing"

	"parley/rtc/protocol"
)

// actions says how to ask capabilities for each action, in the order of the table.
var actions = []struct {
	name    string
	allowed func(protocol.Capabilities) bool
}{
	{"publish", func(c protocol.Capabilities) bool { return c.Publish }},
	{"subscribe", func(c protocol.Capabilities) bool { return c.Subscribe }},
	{"signal and chat", func(c protocol.Capabilities) bool { return c.Signal }},
	{"force mute", func(c protocol.Capabilities) bool { return c.ForceMute }},
	{"force unpublish", func(c protocol.Capabilities) bool { return c.ForceUnpublish }},
	{"force disconnect", func(c protocol.Capabilities) bool { return c.ForceDisconnect }},
}

// TestRoleTable is the table of docs/API.md.
func TestRoleTable(t *testing.T) {
	t.Parallel()
	for role, row := range map[string]string{
		//                      publish subscribe signal mute unpublish disconnect
		"subscriber":               "-xx---",
		"publisher":                "xxx---",
		"publisheronly":            "x-----",
		"moderator":                "xxxxxx",
		"publisher moderator":      "xxxxxx",
		"subscriber publisheronly": "xxx---",
	} {
		r, err := ParseRole(role)
		if err != nil {
			t.Fatal(err)
		}
		for i, a := range actions {
			if want := row[i] == 'x'; a.allowed(r.Capabilities()) != want {
				t.Errorf("%s: %s is %v, want %v", role, a.name, !want, want)
			}
		}
	}
}
