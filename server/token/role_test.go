package token

import (
	"os"
	"reflect"
	"strings"
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
	{"moderate", func(c protocol.Capabilities) bool { return c.Moderate }},
}

// TestRoleTable checks the table of docs/API.md against the code, and what several roles give together.
func TestRoleTable(t *testing.T) {
	t.Parallel()
	docs, err := os.ReadFile("../../docs/API.md")
	if err != nil {
		t.Fatal(err)
	}
	if rights := reflect.TypeFor[protocol.Capabilities]().NumField(); rights != len(actions) {
		t.Fatalf("there are %d rights, and the table has %d: each needs a column, here and in docs/API.md", rights, len(actions))
	}
	for role, row := range map[string]string{
		//                      publish subscribe signal mute unpublish disconnect moderate
		"subscriber":               "-xx----",
		"publisher":                "xxx----",
		"publisheronly":            "x------",
		"moderator":                "xxxxxxx",
		"publisher moderator":      "xxxxxxx",
		"subscriber publisheronly": "xxx----",
		"":                         "xxx----",
	} {
		r, err := ParseRole(role)
		if err != nil {
			t.Fatal(err)
		}
		line := "\n| " + role + " |"
		for i, a := range actions {
			want := row[i] == 'x'
			if a.allowed(r.Capabilities()) != want {
				t.Errorf("%s: %s is %v, want %v", role, a.name, !want, want)
			}
			if want {
				line += " yes"
			}
			line += " |"
		}
		if role != "" && !strings.Contains(role, " ") && !strings.Contains(string(docs), line+"\n") {
			t.Errorf("docs/API.md has not %s", line)
		}
	}
	heading := "\n| role |"
	for _, a := range actions {
		heading += " " + a.name + " |"
	}
	if !strings.Contains(string(docs), heading) {
		t.Errorf("docs/API.md has not %s", heading)
	}
}
