package controller

import (
	"slices"

	"parley/rtc/protocol"
)

// happened follows what the server says of the session.
func (c *call) happened(ev protocol.Event) {
	switch ev.Name {
	case protocol.ConnectionCreated, protocol.ConnectionDestroyed, protocol.ConnectionPropertyChanged, protocol.AdmissionRequested, protocol.AdmissionEnded:
		c.connectionHappened(ev)
	case protocol.StreamCreated:
		c.add(*ev.Stream)
	case protocol.StreamDestroyed:
		if ev.Stream.ConnectionID == c.welcome.You.ID {
			c.ownStreamEnded(*ev.Stream, ev.Reason)
			return
		}
		c.drop(ev.Stream.ID)
	case protocol.StreamPropertyChanged:
		if r := c.remote(ev.Stream.ID); r != nil {
			r.stream = *ev.Stream
		}
	case protocol.SessionPropertyChanged:
		c.welcome.Session = *ev.Session
	case protocol.MuteForced:
		if ev.Session != nil {
			c.welcome.Session = *ev.Session
		}
		if ev.Stream != nil {
			c.mic.mute(true, c.mic.id)
		}
	case protocol.SignalReceived, protocol.ChatDeleted, protocol.UnmuteAsked, protocol.SessionDisconnected, protocol.SessionCreated, protocol.SessionDestroyed:
	}
}

// connectionHappened follows who is there, and who waits to be.
func (c *call) connectionHappened(ev protocol.Event) {
	conn := *ev.Connection
	other := func(x protocol.Connection) bool { return x.ID == conn.ID }
	switch ev.Name {
	case protocol.ConnectionCreated:
		if !slices.ContainsFunc(c.connections, other) {
			c.connections = append(c.connections, conn)
		}
	case protocol.ConnectionDestroyed:
		c.connections = slices.DeleteFunc(c.connections, other)
	case protocol.ConnectionPropertyChanged:
		if at := slices.IndexFunc(c.connections, other); at >= 0 {
			c.connections[at] = conn
		}
		if conn.ID == c.welcome.You.ID {
			c.welcome.You = conn
			c.roleChanged(ev.Capabilities)
		}
	case protocol.AdmissionRequested:
		c.welcome.Waiting = append(slices.DeleteFunc(slices.Clone(c.welcome.Waiting), other), conn)
	case protocol.AdmissionEnded:
		c.welcome.Waiting = slices.DeleteFunc(slices.Clone(c.welcome.Waiting), other)
	}
}

// roleChanged follows the own rights; nil is no change.
func (c *call) roleChanged(now *protocol.Capabilities) {
	if now == nil {
		return
	}
	c.welcome.Capabilities = *now
	if !now.Publish {
		c.silence()
	}
}
