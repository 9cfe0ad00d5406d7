package e2e

import (
	"fmt"
	"testing"

	"parley/server/servertest"
)

// has returns a check for an event that is about a connection with a name.
func has(event, name string) func(map[string]any) bool {
	return func(l map[string]any) bool {
		c, _ := l["connection"].(map[string]any)
		return l["event"] == event && c["name"] == name
	}
}

// field returns a text deep in a line.
func field(line map[string]any, path ...string) string {
	for _, key := range path[:len(path)-1] {
		line, _ = line[key].(map[string]any)
	}
	text, _ := line[path[len(path)-1]].(string)
	return text
}

// find waits for a line that check takes, and returns a text of it.
func (b *bot) find(what string, check func(map[string]any) bool, path ...string) string {
	b.t.Helper()
	text := ""
	b.until(what, func(l map[string]any) bool {
		if check(l) {
			text = field(l, path...)
			return true
		}
		return false
	})
	return text
}

func is(event string) func(map[string]any) bool {
	return func(l map[string]any) bool { return l["event"] == event }
}

// TestHeadlessModerates goes through what a moderator can ask for, and what it does to another.
func TestHeadlessModerates(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t)
	id := server.Session()
	mod := newBot(t, 1, "--server", server.URL, "--token", server.Token(id, "moderator", "Mod"))
	mod.until("sessionConnected", is("sessionConnected"))
	mod.say(`{"lobby":true}`)
	mod.until("sessionPropertyChanged", is("sessionPropertyChanged"))
	ann := newBot(t, 2, "--server", server.URL, "--token", server.Token(id, "publisher", "Ann"), "--microphone", "test")
	who := ann.find("waiting", is("waiting"), "connectionId")
	ann.say(`{"hand":true}`)
	ann.until("that it is not in yet", func(l map[string]any) bool { return l["error"] != nil })
	if asks := mod.find("who asks", has("admissionRequested", "Ann"), "connection", "connectionId"); asks != who {
		t.Errorf("%s asks, %s waits", asks, who)
	}
	mod.say(fmt.Sprintf(`{"admit":%q}`, who))
	ann.until("sessionConnected", is("sessionConnected"))
	stream := mod.find("Ann's stream", is("streamCreated"), "stream", "streamId")

	ann.say(`{"hand":true}`)
	mod.until("that a hand is raised", func(l map[string]any) bool {
		c, _ := l["connection"].(map[string]any)
		return l["event"] == "connectionPropertyChanged" && number(c, "handRaisedAt") > 0
	})
	mod.say(fmt.Sprintf(`{"lowerHand":%q}`, who))
	mod.say(`{"forceMute":"all"}`)
	ann.until("that it was muted", func(l map[string]any) bool { return l["event"] == "muteForced" && l["stream"] != nil })
	mod.say(`{"disableForceMute":true}`)
	mod.say(fmt.Sprintf(`{"askUnmute":%q}`, stream))
	ann.until("that it is asked to unmute", is("unmuteAsked"))
	ann.say(`{"unmute":"audio"}`)
	mod.until("that Ann is heard", func(l map[string]any) bool {
		s, _ := l["stream"].(map[string]any)
		return l["event"] == "streamPropertyChanged" && s["hasAudio"] == true
	})

	ann.say(`{"signal":{"type":"chat","data":"oops"}}`)
	line := mod.find("the chat line", is("signal"), "signal", "id")
	mod.say(fmt.Sprintf(`{"deleteChat":%q}`, line))
	ann.until("chatDeleted", func(l map[string]any) bool { return l["event"] == "chatDeleted" && l["signalId"] == line })

	mod.say(fmt.Sprintf(`{"role":{"connection":%q,"role":"subscriber","seconds":3600}}`, who))
	ann.until("that it may not publish", func(l map[string]any) bool {
		caps, _ := l["capabilities"].(map[string]any)
		return l["event"] == "connectionPropertyChanged" && caps["publish"] == false
	})
	mod.until("that Ann's stream ended", is("streamDestroyed"))
	mod.say(`{"lock":true}`)
	mod.say(fmt.Sprintf(`{"ban":%q}`, who))
	ann.until("sessionDisconnected", func(l map[string]any) bool {
		return l["event"] == "sessionDisconnected" && l["reason"] == "forceDisconnected"
	})
	<-ann.done
	late := newBot(t, 3, "--server", server.URL, "--token", server.Token(id, "publisher", "Late"))
	late.until("that the session is locked", func(l map[string]any) bool { return field(l, "error", "code") == "sessionLocked" })
	<-late.done
	mod.say(`{"lock":false}`)
	for _, decision := range []string{"refuse", "leave"} {
		late = newBot(t, 3, "--server", server.URL, "--token", server.Token(id, "publisher", "Late"))
		late.until("waiting", is("waiting"))
		if decision == "leave" {
			late.say(`{"leave":true}`)
		} else {
			mod.say(`{"refuse":"all"}`)
			late.until("that it was refused", func(l map[string]any) bool { return field(l, "error", "code") == "admissionRefused" })
		}
		<-late.done
	}
	mod.until("that who left waits no more", func(l map[string]any) bool {
		return l["event"] == "admissionEnded" && l["reason"] == "clientDisconnected"
	})
	mod.say(fmt.Sprintf(`{"forceDisconnect":%q}`, who))
	mod.until("that there is no such connection", func(l map[string]any) bool { return field(l, "error", "code") == "connectionUnknown" })
}
