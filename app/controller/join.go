package controller

import (
	"context"
	"time"

	"parley/rtc"
	"parley/rtc/protocol"
	"parley/ui/model"
)

// join connects beside the loop.
func (c *Controller) join() {
	if c.joining != nil || c.call.session != nil {
		return
	}
	c.stopTest()
	c.stopVoice()
	if c.name == "" {
		c.name = c.say("person.guest")
	}
	ctx, cancel := context.WithCancel(c.loop.ctx)
	c.joining = cancel
	c.attempt++
	attempt, t, name := c.attempt, c.target, c.name
	opt := c.call.options(name, protocol.SubscribeAll)
	opt.Waiting = func(protocol.Waiting) { c.loop.post(func() { c.waits(attempt) }) }
	c.state.Prejoin.Problem = ""
	c.loop.beside(func(context.Context) {
		s, err := t.connect(ctx, name, opt)
		if taken := c.loop.post(func() { c.connected(attempt, s, err) }); !taken && s != nil {
			_ = s.Close()
		}
	})
}

// waits says that a moderator has to admit the user, who joins or comes back.
func (c *Controller) waits(attempt int) {
	switch {
	case attempt != c.attempt:
	case c.state.Screen == model.ScreenCall:
		c.setPhase(c.phase.phase, c.say("prejoin.waiting"))
	case c.joining != nil:
		c.admission = true
	}
}

// connected takes what an attempt to join gave.
func (c *Controller) connected(attempt int, s *rtc.Session, err error) {
	if attempt != c.attempt || c.joining == nil {
		if s != nil {
			c.loop.beside(func(context.Context) { _ = s.Close() })
		}
		return
	}
	c.joining()
	c.joining, c.admission = nil, false
	if err != nil {
		c.log.Warn("join", "error", err)
		if c.state.Screen == model.ScreenCall {
			c.setPhase(model.PhaseLost, Words(c.words, err))
			return
		}
		c.state.Prejoin.Problem = Words(c.words, err)
		return
	}
	c.state.Screen = model.ScreenCall
	c.setPhase(model.PhaseRunning, "")
	c.remember(time.Now())
	if c.state.Call.Panel == model.PanelNone {
		c.showPanel(model.Panel(kept(keptPanels, c.settings.Stage.Panel)))
	}
	c.call.begin(s)
	c.call.openSpeaker(c.speaker, func(err error) {
		if err != nil {
			c.notice(model.NoticeWarning, deviceWords(c.words, "speaker", err))
		}
	})
}

// leave leaves the call, or gives up joining.
func (c *Controller) leave() {
	c.cancelJoin()
	if c.call.session != nil {
		c.loseCall()
	}
	c.forgetCall()
	c.home()
}

// forgetCall clears what was shown of a call.
func (c *Controller) forgetCall() {
	c.chat.leave()
	c.phase, c.pinned, c.talking = phaseState{}, "", false
	c.state.Call = model.Call{}
}

// cancelJoin gives up joining. Who was in the call before stands where the connection was lost.
func (c *Controller) cancelJoin() {
	if c.joining == nil {
		return
	}
	c.joining()
	c.joining, c.admission = nil, false
	if c.state.Screen == model.ScreenCall {
		c.setPhase(model.PhaseLost, c.say("over.cancelled"))
	}
}
