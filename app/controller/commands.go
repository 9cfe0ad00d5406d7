package controller

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"parley/rtc"
	"parley/rtc/protocol"
)

// command is a line of standard input.
type command struct {
	Signal    *protocol.Signal    `json:"signal"`
	Publish   string              `json:"publish"`
	Unpublish string              `json:"unpublish"`
	Mute      protocol.Kind       `json:"mute"`
	Unmute    protocol.Kind       `json:"unmute"`
	Subscribe *protocol.Subscribe `json:"subscribe"`
	Leave     bool                `json:"leave"`
	moderation
	hosting
}

// moderation is the commands about one stream, connection or chat line: its id.
type moderation struct {
	ForceMute       protocol.StreamID     `json:"forceMute"` // or "all"
	Excluded        []protocol.StreamID   `json:"excluded"`  // of forceMute
	AskUnmute       protocol.StreamID     `json:"askUnmute"`
	ForceUnpublish  protocol.StreamID     `json:"forceUnpublish"`
	ForceDisconnect protocol.ConnectionID `json:"forceDisconnect"`
	Ban             protocol.ConnectionID `json:"ban"`
	LowerHand       protocol.ConnectionID `json:"lowerHand"`
	DeleteChat      string                `json:"deleteChat"`
}

// hosting is the commands about who gets in and who may do what.
type hosting struct {
	DisableForceMute bool                  `json:"disableForceMute"`
	Lock             *bool                 `json:"lock"`
	Lobby            *bool                 `json:"lobby"`
	Admit            protocol.ConnectionID `json:"admit"`  // or "all"
	Refuse           protocol.ConnectionID `json:"refuse"` // or "all"
	Role             *roleCommand          `json:"role"`
	Hand             *bool                 `json:"hand"` // one's own
}

// roleCommand gives a role, for good or for some seconds.
type roleCommand struct {
	Connection protocol.ConnectionID `json:"connection"`
	Role       string                `json:"role"`
	Seconds    int                   `json:"seconds"`
}

// all is what commands call everybody who waits, or every stream.
const all = "all"

// named returns an id as requests have it, where all is "".
func named[T ~string](id T) T {
	if id == all {
		return ""
	}
	return id
}

// request is something that is asked of the server.
type request func(context.Context, *rtc.Session) error

// request returns what the command asks of the server, or nil.
func (m *moderation) request() request {
	switch {
	case m.ForceMute != "":
		return func(ctx context.Context, s *rtc.Session) error {
			return s.ForceMute(ctx, named(m.ForceMute), m.Excluded...)
		}
	case m.AskUnmute != "":
		return func(ctx context.Context, s *rtc.Session) error { return s.AskUnmute(ctx, m.AskUnmute) }
	case m.ForceUnpublish != "":
		return func(ctx context.Context, s *rtc.Session) error { return s.ForceUnpublish(ctx, m.ForceUnpublish) }
	case m.ForceDisconnect != "":
		return func(ctx context.Context, s *rtc.Session) error { return s.ForceDisconnect(ctx, m.ForceDisconnect) }
	case m.Ban != "":
		return func(ctx context.Context, s *rtc.Session) error { return s.Ban(ctx, m.Ban) }
	case m.LowerHand != "":
		return func(ctx context.Context, s *rtc.Session) error { return s.LowerHand(ctx, m.LowerHand) }
	case m.DeleteChat != "":
		return func(ctx context.Context, s *rtc.Session) error { return s.DeleteChat(ctx, m.DeleteChat) }
	}
	return nil
}

// request returns what the command asks of the server, or nil.
func (h *hosting) request() request {
	switch {
	case h.DisableForceMute:
		return func(ctx context.Context, s *rtc.Session) error { return s.DisableForceMute(ctx) }
	case h.Lock != nil:
		return func(ctx context.Context, s *rtc.Session) error { return s.Lock(ctx, *h.Lock) }
	case h.Lobby != nil:
		return func(ctx context.Context, s *rtc.Session) error { return s.SetLobby(ctx, *h.Lobby) }
	case h.Admit != "":
		return func(ctx context.Context, s *rtc.Session) error { return s.Admit(ctx, named(h.Admit)) }
	case h.Refuse != "":
		return func(ctx context.Context, s *rtc.Session) error { return s.Refuse(ctx, named(h.Refuse)) }
	case h.Role != nil:
		r := *h.Role
		return func(ctx context.Context, s *rtc.Session) error {
			return s.SetRole(ctx, r.Connection, r.Role, time.Duration(r.Seconds)*time.Second)
		}
	case h.Hand != nil && *h.Hand:
		return func(ctx context.Context, s *rtc.Session) error { return s.RaiseHand(ctx) }
	case h.Hand != nil:
		return func(ctx context.Context, s *rtc.Session) error { return s.LowerHand(ctx, "") }
	}
	return nil
}

// request returns what the command asks of the server, or nil.
func (cmd *command) request() request {
	if r := cmd.moderation.request(); r != nil {
		return r
	}
	if r := cmd.hosting.request(); r != nil {
		return r
	}
	if sub := cmd.Subscribe; sub != nil {
		return func(ctx context.Context, s *rtc.Session) error {
			return s.Subscribe(ctx, sub.StreamID, sub.Audio, sub.Video)
		}
	}
	return nil
}

// unknownCommand says what there is.
const unknownCommand = `unknown: use {"signal":{"type":"chat","data":"hi"}}, {"publish":"screen"}, {"unpublish":"screen"}, {"mute":"audio"}, ` +
	`{"unmute":"video"}, {"subscribe":{"streamId":"ID","audio":true,"video":false}}, {"hand":true} or {"leave":true}; as a moderator also {"forceMute":"ID"} ` +
	`(or "all", with "excluded":[…]), {"disableForceMute":true}, {"askUnmute":"ID"}, {"forceUnpublish":"ID"}, {"forceDisconnect":"ID"}, {"ban":"ID"}, ` +
	`{"lowerHand":"ID"}, {"lock":true}, {"lobby":true}, {"admit":"ID"} and {"refuse":"ID"} (or "all"), {"deleteChat":"ID"}, ` +
	`{"role":{"connection":"ID","role":"publisher","seconds":60}}`

// commands reads standard input to its end; the participant stays after it.
func (h *headless) commands() {
	lines := bufio.NewScanner(h.opt.In)
	lines.Buffer(make([]byte, 0, 4<<10), maxCommand)
	for lines.Scan() {
		if len(lines.Bytes()) == 0 {
			continue
		}
		var cmd command
		err := json.Unmarshal(lines.Bytes(), &cmd)
		h.loop.post(func() {
			if err == nil {
				err = h.do(cmd)
			}
			if err != nil {
				h.print(map[string]any{"error": map[string]any{"message": "command: " + err.Error()}})
			}
		})
	}
}

// do carries a command out. What goes wrong later is printed.
func (h *headless) do(cmd command) error {
	if cmd.Leave {
		h.loop.cancel()
		return nil
	}
	s := h.call.session
	if s == nil {
		return errors.New("not in the session yet: only {\"leave\":true} works")
	}
	if ask := cmd.request(); ask != nil {
		h.loop.beside(func(ctx context.Context) {
			err := ask(ctx, s)
			h.loop.post(func() { h.failed(err) })
		})
		return nil
	}
	switch {
	case cmd.Signal != nil:
		h.call.signal(*cmd.Signal, func(_ protocol.SignalReply, err error) { h.failed(err) })
	case cmd.Publish == keyScreen:
		h.loop.beside(func(context.Context) {
			screens, err := h.opt.Devices.Screens()
			h.loop.post(func() {
				if err != nil || len(screens) == 0 {
					h.print(map[string]any{"error": map[string]any{"message": fmt.Sprintf("command: no screen can be shared: %v", err)}})
					return
				}
				h.call.startShare(screens[0].ID, screens[0].Name, h.failed)
			})
		})
	case cmd.Unpublish == keyScreen:
		h.call.stopShare()
	case cmd.Mute == protocol.KindAudio, cmd.Unmute == protocol.KindAudio:
		h.call.mic.mute(cmd.Mute != "", first(h.opt.Flags.Microphone, deviceOff))
		h.call.restore()
	case cmd.Mute == protocol.KindVideo:
		h.call.camera.stop()
		h.call.camera.setMuted(true)
	case cmd.Unmute == protocol.KindVideo:
		h.call.camera.start(first(h.opt.Flags.Camera, deviceTest), false, func() {})
		h.call.restore()
	default:
		return errors.New(unknownCommand)
	}
	return nil
}
