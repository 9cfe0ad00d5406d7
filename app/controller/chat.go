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
	fresh  *model.ChatLine                // the newest that somebody else wrote, until the desktop was told; nil for none
	mine   map[protocol.ConnectionID]bool // every connection that this app had in the meeting
}

// maxLines bounds the lines that are kept for the panel.
const maxLines = 1000

// enter takes the history of a welcome. What was shown before stays: older lines than the welcome has, and own lines that the server has not acknowledged.
// An own line that the server has after all, though its acknowledgement was lost, stands once. It returns how many lines of others are new.
func (c *chat) enter(w protocol.Welcome, me protocol.ConnectionID) (fresh int) {
	if c.mine == nil {
		c.mine = map[protocol.ConnectionID]bool{}
	}
	c.mine[me] = true
	shown, kept := map[string]bool{}, map[string]bool{}
	for _, l := range w.Chat {
		kept[l.ID] = true
	}
	var lines, own []model.ChatLine
	for _, l := range c.lines {
		switch {
		case l.Pending || l.Failed != "":
			own = append(own, l)
		case !kept[l.ID]:
			lines = append(lines, l)
		}
		shown[l.ID] = true
	}
	for _, l := range w.Chat {
		line := model.ChatLine{ID: l.ID, From: string(l.From), Name: l.Name, Own: c.mine[l.From], Text: l.Text, Time: time.UnixMilli(l.Time)}
		lines = append(lines, line)
		if !line.Own && !shown[l.ID] {
			fresh++
		}
		if line.Own && !shown[l.ID] {
			if at := slices.IndexFunc(own, func(o model.ChatLine) bool { return o.Text == l.Text }); at >= 0 {
				own = slices.Delete(own, at, at+1)
			}
		}
	}
	c.lines = append(lines, own...)
	if over := len(c.lines) - maxLines; over > 0 {
		c.lines = c.lines[over:]
	}
	return fresh
}

// leave forgets the meeting, but not what was being typed.
func (c *chat) leave() { *c = chat{draft: c.draft, locals: c.locals} }

// received takes a signal, if it is chat.
func (c *chat) received(s protocol.SignalMessage, visible bool) {
	known := func(l model.ChatLine) bool { return l.ID == s.ID } // from the welcome of a resumed connection
	if s.Type != "chat" || slices.ContainsFunc(c.lines, known) {
		return
	}
	line := model.ChatLine{ID: s.ID, From: string(s.From), Name: s.Name, Own: c.mine[s.From], Text: s.Data, Time: time.UnixMilli(s.Time)}
	if line.Own {
		at := slices.IndexFunc(c.lines, func(l model.ChatLine) bool { return l.Pending && l.Text == s.Data })
		if at >= 0 {
			c.lines = slices.Delete(slices.Clone(c.lines), at, at+1)
		}
	} else if !visible {
		c.unread++
	}
	c.noteFresh(line)
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

// deleted takes a line out.
func (c *chat) deleted(id string) {
	c.lines = slices.DeleteFunc(slices.Clone(c.lines), func(l model.ChatLine) bool { return l.ID == id })
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
	if c.call.session == nil { // lost: the line stays, and can be sent again after coming back
		last := &c.chat.lines[len(c.chat.lines)-1]
		last.Pending, last.Failed = false, c.say("chat.lost")
		return
	}
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
				lines[i].Pending, lines[i].Failed = false, Words(c.words, err)
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
