package controller

import (
	"slices"

	"parley/app/config"
	"parley/ui/model"
)

// How a call is arranged, as it is kept: the place in each list is the model's value, the first is the usual and is kept as nothing.
var (
	keptViews   = []string{"", "speaker", "side"}
	keptSelves  = []string{"", "grid", "hidden"}
	keptCorners = []string{"", "lower-left", "upper-right", "upper-left"}
	keptPanels  = []string{"", "chat", "people"}
)

// kept reads a value by its word; an unknown one is the usual.
func kept(words []string, word string) int { return max(slices.Index(words, word), 0) }

// arrangement returns how a call is arranged by the settings.
func arrangement(s config.Stage) model.Arrangement {
	return model.Arrangement{
		View: model.View(kept(keptViews, s.View)), Self: model.Self(kept(keptSelves, s.Self)), Corner: model.Corner(kept(keptCorners, s.Corner)),
		PanelWidth: s.Width,
	}
}

// arrange does what can be asked for of the arrangement, and reports whether an intent was about it.
func (c *Controller) arrange(i model.Intent) bool {
	s := &c.settings.Stage
	switch i := i.(type) {
	case model.SetView:
		s.View = keptViews[i.View]
	case model.SetSelf:
		s.Self = keptSelves[i.Self]
	case model.SetCorner:
		s.Corner = keptCorners[i.Corner]
	case model.SetPanelWidth:
		s.Width = i.Width
	case model.ShowPanel:
		s.Panel = keptPanels[i.Panel]
		c.showPanel(i.Panel)
	default:
		return c.setting(i)
	}
	return true
}

// showPanel opens or closes the right-hand panel.
func (c *Controller) showPanel(p model.Panel) {
	c.state.Call.Panel = p
	if p == model.PanelChat {
		c.chat.unread = 0
	}
}

// talk opens the microphone for as long as a key is held. What was chosen for the next meeting stays.
func (c *Controller) talk(on bool) {
	if on == c.talking || on && c.call.mic.on {
		return
	}
	c.talking, c.wantMic = on, on
	c.call.mic.problem = nil
	c.call.mic.mute(!on, pick(c.devices.microphones, c.mic))
	c.call.restore()
}
