package controller

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"parley/rtc"
	"parley/rtc/protocol"
	"parley/ui/model"
)

// chat is the chat of one meeting and the text that is being typed. It is loop state.
type chat struct {
	lines  []model.ChatLine // the server's order, then own lines that it has not acknowledged
	unread int
	draft  string
	locals int
}

// maxLines bounds the lines that are kept for the panel.
const maxLines = 1000

// enter takes the history of a welcome. Own lines that the server never acknowledged stay, as failed.
func (c *chat) enter(w protocol.Welcome, me protocol.ConnectionID) {
	var own []model.ChatLine
	for _, l := range c.lines {
		if l.Pending || l.Failed != "" {
			l.Pending, l.Failed = false, first(l.Failed, "The connection was lost before this was sent.")
			own = append(own, l)
		}
	}
	c.lines = nil
	for _, l := range w.Chat {
		c.lines = append(c.lines, model.ChatLine{ID: l.ID, From: string(l.From), Name: first(l.Name, "Guest"), Own: l.From == me, Text: l.Text, Time: time.UnixMilli(l.Time)})
	}
	c.lines = append(c.lines, own...)
}

// leave forgets the meeting, but not what was being typed.
func (c *chat) leave() { *c = chat{draft: c.draft, locals: c.locals} }

// received takes a signal, if it is chat.
func (c *chat) received(s protocol.SignalMessage, me protocol.ConnectionID, visible bool) {
	if s.Type != "chat" {
		return
	}
	line := model.ChatLine{ID: s.ID, From: string(s.From), Name: first(s.Name, "Guest"), Own: s.From == me, Text: s.Data, Time: time.UnixMilli(s.Time)}
	if line.Own {
		at := slices.IndexFunc(c.lines, func(l model.ChatLine) bool { return l.Pending && l.Text == s.Data })
		if at >= 0 {
			c.lines = slices.Delete(slices.Clone(c.lines), at, at+1)
		}
	} else if !visible {
		c.unread++
	}
	// Before own lines that are not acknowledged: the server's order is everyone's.
	at := len(c.lines)
	for at > 0 && (c.lines[at-1].Pending || c.lines[at-1].Failed != "") {
		at--
	}
	c.lines = slices.Insert(slices.Clone(c.lines), at, line)
	if over := len(c.lines) - maxLines; over > 0 {
		c.lines = c.lines[over:]
	}
}

// sendChat sends a line, which stands pale until the server has it.
func (c *Controller) sendChat(text string) {
	text = strings.TrimSpace(text)
	if text == "" {
		return
	}
	c.chat.locals++
	line := model.ChatLine{ID: fmt.Sprintf("local-%d", c.chat.locals), From: string(c.call.welcome.You.ID), Name: c.call.welcome.You.Name, Own: true,
		Text: text, Time: time.Now(), Pending: true}
	c.chat.lines = append(slices.Clone(c.chat.lines), line)
	c.chat.draft = ""
	c.transmit(line.ID, text)
}

// resendChat sends a failed line again.
func (c *Controller) resendChat(id string) {
	lines := slices.Clone(c.chat.lines)
	at := slices.IndexFunc(lines, func(l model.ChatLine) bool { return l.ID == id && l.Failed != "" })
	if at < 0 {
		return
	}
	lines[at].Failed, lines[at].Pending = "", true
	c.chat.lines = lines
	c.transmit(id, lines[at].Text)
}

// transmit sends a line's text. When it works, the line comes back as an event and takes the pale one's place.
func (c *Controller) transmit(id, text string) {
	failed := func(_ protocol.SignalReply, err error) {
		if err == nil {
			return
		}
		lines := slices.Clone(c.chat.lines)
		for i := range lines {
			if lines[i].ID == id {
				lines[i].Pending, lines[i].Failed = false, Words(err)
			}
		}
		c.chat.lines = lines
	}
	if c.call.session == nil {
		failed(protocol.SignalReply{}, rtc.ErrClosed)
		return
	}
	c.call.signal(protocol.Signal{Type: "chat", Data: text}, failed)
}
