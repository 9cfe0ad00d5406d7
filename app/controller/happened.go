package controller

import (
	"errors"

	"parley/rtc"
	"parley/rtc/protocol"
	"parley/ui/model"
)

// happened tells the user what concerns them of what happened in the session.
func (c *Controller) happened(ev rtc.Happened) {
	switch ev.Name {
	case protocol.SignalReceived:
		c.chat.received(*ev.Signal, c.state.Call.Panel == model.PanelChat)
	case protocol.ChatDeleted:
		c.chat.deleted(ev.SignalID)
	case protocol.MuteForced:
		c.muteForced(ev)
	case protocol.UnmuteAsked:
		if !c.call.mic.on {
			c.notice(model.NoticeInfo, "A moderator asks you to unmute. Do it when you want to speak.")
		}
	case protocol.StreamDestroyed:
		if ev.Stream.ConnectionID == c.call.welcome.You.ID && ev.Reason == protocol.ReasonForceUnpublished && c.call.welcome.Capabilities.Publish {
			c.notice(model.NoticeWarning, "A moderator ended what you were sending.")
		}
	case protocol.ConnectionPropertyChanged:
		if ev.Connection.ID == c.call.welcome.You.ID && ev.Capabilities != nil {
			c.roleChanged(*ev.Capabilities)
		}
	case protocol.AdmissionRequested:
		c.notice(model.NoticeInfo, first(ev.Connection.Name, "Somebody")+" waits to be let in.")
	case protocol.ConnectionCreated, protocol.ConnectionDestroyed, protocol.StreamCreated, protocol.StreamPropertyChanged, protocol.SessionPropertyChanged,
		protocol.AdmissionEnded, protocol.SessionDisconnected, protocol.SessionCreated, protocol.SessionDestroyed: // the state shows what there is to see of them
	}
}

// muteForced tells of a stream that was muted, or of everybody.
func (c *Controller) muteForced(ev rtc.Happened) {
	switch {
	case ev.Stream != nil:
		c.wantMic = false
		c.notice(model.NoticeInfo, "A moderator muted you. Unmute when you want to speak.")
	case ev.Session == nil:
	case ev.Session.Muted:
		c.notice(model.NoticeInfo, "A moderator muted everybody.")
	default:
		c.notice(model.NoticeInfo, "Everybody may speak again.")
	}
}

// unmuteRefused tells the user that they cannot unmute.
func (c *Controller) unmuteRefused(err error) {
	c.log.Warn("unmute", "error", err)
	c.wantMic = false
	text := Words(err)
	if errors.Is(err, protocol.Errorf(protocol.CodeForbidden, "")) {
		text = unmuteWords
	}
	c.notice(model.NoticeWarning, text)
}

// roleChanged tells the user which right to speak they have now.
func (c *Controller) roleChanged(now protocol.Capabilities) {
	before := c.phase.rights
	c.phase.rights = now
	switch {
	case before.Publish && !now.Publish:
		c.wantCam, c.wantMic = false, false
		c.notice(model.NoticeWarning, "A moderator took your right to speak. You still see and hear the others.")
	case !before.Publish && now.Publish:
		c.notice(model.NoticeInfo, "A moderator lets you speak. Turn on your microphone or camera.")
	case now.Moderate && !before.Moderate:
		c.notice(model.NoticeInfo, "You are a moderator now.")
	}
}
