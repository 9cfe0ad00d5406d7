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
			c.notice(model.NoticeInfo, c.say("notice.asked-to-unmute"))
		}
	case protocol.StreamDestroyed:
		if ev.Stream.ConnectionID == c.call.welcome.You.ID && ev.Reason == protocol.ReasonForceUnpublished && c.call.welcome.Capabilities.Publish {
			c.notice(model.NoticeWarning, c.say("notice.moderator-unpublished"))
		}
	case protocol.ConnectionPropertyChanged:
		if ev.Connection.ID == c.call.welcome.You.ID && ev.Capabilities != nil {
			c.roleChanged(*ev.Capabilities)
		}
	case protocol.AdmissionRequested:
		c.notice(model.NoticeInfo, c.say("notice.waits", "Name", first(ev.Connection.Name, c.say("notice.somebody"))))
	case protocol.ConnectionCreated, protocol.ConnectionDestroyed, protocol.StreamCreated, protocol.StreamPropertyChanged, protocol.SessionPropertyChanged,
		protocol.AdmissionEnded, protocol.SessionDisconnected, protocol.SessionCreated, protocol.SessionDestroyed: // the state shows what there is to see of them
	}
}

// muteForced tells of a stream that was muted, or of everybody.
func (c *Controller) muteForced(ev rtc.Happened) {
	switch {
	case ev.Stream != nil:
		c.wantMic = false
		c.notice(model.NoticeInfo, c.say("notice.moderator-muted"))
	case ev.Session == nil:
	case ev.Session.Muted:
		c.notice(model.NoticeInfo, c.say("notice.everybody-muted"))
	default:
		c.notice(model.NoticeInfo, c.say("notice.everybody-may-speak"))
	}
}

// unmuteRefused tells the user that they cannot unmute.
func (c *Controller) unmuteRefused(err error) {
	c.log.Warn("unmute", "error", err)
	c.wantMic = false
	text := Words(c.words, err)
	if errors.Is(err, protocol.Errorf(protocol.CodeForbidden, "")) {
		text = c.say("notice.everybody-muted-you")
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
		c.notice(model.NoticeWarning, c.say("notice.right-taken"))
	case !before.Publish && now.Publish:
		c.notice(model.NoticeInfo, c.say("notice.right-given"))
	case now.Moderate && !before.Moderate:
		c.notice(model.NoticeInfo, c.say("notice.moderator-now"))
	}
}
