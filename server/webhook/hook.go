package webhook

import (
	"fmt"
	"slices"
	"strings"

	"parley/server/store"
)

// Check says why a hook cannot be registered, or nil. It does not look at its project.
func Check(h store.Webhook) error {
	if err := CheckURL(h.URL); err != nil {
		return err
	}
	if err := checkShape(h.Shape); err != nil {
		return err
	}
	return checkEvents(h.Events)
}

func checkShape(shape string) error {
	switch Shape(shape) {
	case ShapeMonitoring, ShapeApplication:
		return nil
	}
	return fmt.Errorf("there is no shape %.40q: take %s or %s", shape, ShapeMonitoring, ShapeApplication)
}

func checkEvents(events []string) error {
	if len(events) == 0 {
		return fmt.Errorf("no event is named: take %s, or some of %s", store.AllWebhookEvents, list())
	}
	for i, name := range events {
		switch {
		case name == store.AllWebhookEvents && len(events) > 1:
			return fmt.Errorf("%s stands for every event: name no other beside it", store.AllWebhookEvents)
		case name != store.AllWebhookEvents && !slices.Contains(Names(), Name(name)):
			return fmt.Errorf("there is no event %.40q: take %s, or some of %s", name, store.AllWebhookEvents, list())
		case slices.Contains(events[:i], name):
			return fmt.Errorf("the event %s is named twice", name)
		}
	}
	return nil
}

// list is all events, for people.
func list() string {
	var all []string
	for _, n := range Names() {
		all = append(all, string(n))
	}
	return strings.Join(all, ", ")
}

// The groups of events that callbacks of the Vonage API are registered for.
const (
	groupSession    = "session"
	groupConnection = "connection"
	groupStream     = "stream"
)

// Missing are the groups that the Vonage API has and this server has no events of, with what they belong to.
func Missing() map[string]string {
	return map[string]string{"archive": "Archiving", "broadcast": "Broadcasting", "captions": "Captioning", "render": "Experience Composer", "sip": "SIP"}
}

// callbacks names each event by its group and event there.
func callbacks() map[[2]string]Name {
	return map[[2]string]Name{
		{groupSession, "created"}: SessionCreated, {groupSession, "destroyed"}: SessionDestroyed,
		{groupConnection, "created"}: ConnectionCreated, {groupConnection, "destroyed"}: ConnectionDestroyed,
		{groupStream, "created"}: StreamCreated, {groupStream, "destroyed"}: StreamDestroyed,
	}
}

// FromCallback returns the event that a callback is for.
func FromCallback(group, event string) (Name, error) {
	if n, ok := callbacks()[[2]string{group, event}]; ok {
		return n, nil
	}
	return "", fmt.Errorf("there is no event %.40q of the group %.40q: groups are session, connection and stream, events created and destroyed", event, group)
}

// Callback returns the group and event of a callback for n.
func Callback(n Name) (group, event string, ok bool) {
	for key, name := range callbacks() {
		if name == n {
			return key[0], key[1], true
		}
	}
	return "", "", false
}
