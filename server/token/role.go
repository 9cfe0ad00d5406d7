package token

import (
	"encoding/json"
	"fmt"
	"strings"

	"parley/rtc/protocol"
)

// Role is a set of roles as a token carries it: role names joined by single spaces, e.g. "publisher" or "publisher moderator".
type Role string

// The roles of the Vonage Video API.
const (
	Subscriber    = "subscriber"
	Publisher     = "publisher"
	PublisherOnly = "publisheronly"
	Moderator     = "moderator"
)

// rights says what one role allows. ok is false for a role that does not exist.
func rights(name string) (c protocol.Capabilities, ok bool) {
	switch name {
	case Subscriber:
		return protocol.Capabilities{Subscribe: true, Signal: true}, true
	case Publisher:
		return protocol.Capabilities{Subscribe: true, Signal: true, Publish: true}, true
	case PublisherOnly:
		return protocol.Capabilities{Publish: true}, true
	case Moderator:
		return protocol.Capabilities{Subscribe: true, Signal: true, Publish: true, ForceMute: true, ForceUnpublish: true, ForceDisconnect: true,
			Moderate: true}, true
	}
	return c, false
}

// ParseRole reads role names that are separated by spaces or commas. None at all is "publisher", the API's default.
func ParseRole(text string) (Role, error) {
	names := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ',' })
	if len(names) == 0 {
		return Publisher, nil
	}
	if len(names) > 8 {
		return "", protocol.Errorf(protocol.CodeRoleUnknown, "More than eight roles.")
	}
	for _, n := range names {
		if _, ok := rights(n); !ok {
			return "", protocol.Errorf(protocol.CodeRoleUnknown, "Unknown role %q: use subscriber, publisher, publisheronly or moderator.", n)
		}
	}
	return Role(strings.Join(names, " ")), nil
}

// Capabilities returns the union of what the roles allow.
func (r Role) Capabilities() protocol.Capabilities {
	var all protocol.Capabilities
	for _, n := range strings.Fields(string(r)) {
		c, _ := rights(n)
		all.Publish = all.Publish || c.Publish
		all.Subscribe = all.Subscribe || c.Subscribe
		all.Signal = all.Signal || c.Signal
		all.ForceMute = all.ForceMute || c.ForceMute
		all.ForceUnpublish = all.ForceUnpublish || c.ForceUnpublish
		all.ForceDisconnect = all.ForceDisconnect || c.ForceDisconnect
		all.Moderate = all.Moderate || c.Moderate
	}
	return all
}

// UnmarshalJSON takes one name, names separated by spaces or commas, or an array of names.
func (r *Role) UnmarshalJSON(raw []byte) error {
	var list []string
	if len(raw) > 0 && raw[0] == '[' {
		if err := json.Unmarshal(raw, &list); err != nil {
			return fmt.Errorf("role: %w", err)
		}
		if len(list) == 0 {
			return protocol.Errorf(protocol.CodeRoleUnknown, "The role is an empty list.")
		}
	} else {
		var one string
		if err := json.Unmarshal(raw, &one); err != nil {
			return fmt.Errorf("role: %w", err)
		}
		list = []string{one}
	}
	parsed, err := ParseRole(strings.Join(list, " "))
	*r = parsed
	return err
}
