package ui

import (
	"testing"

	"parley/ui/model"
	"parley/ui/theme"
	"parley/ui/uitest"
)

// TestThemeCanChange switches an open window from dark to light: it must look as if it had been built in light.
func TestThemeCanChange(t *testing.T) {
	picture := func(variant theme.Variant, then theme.Variant, state model.State) *bench {
		b := newBench(t, theme.New(variant, 1), 900, 600, state)
		if then != variant {
			b.app.Settings().SetTheme(theme.New(then, 1))
		}
		return b
	}
	for name, state := range map[string]func() model.State{
		"home":    func() model.State { return model.State{Home: model.Home{Problem: "No such computer."}} },
		"prejoin": func() model.State { return model.State{Screen: model.ScreenPrejoin, Prejoin: prejoinState()} },
		"call": func() model.State {
			c := callOf(4)
			c.Panel, c.Chat, c.MicProblem = model.PanelChat, chat(), "Your microphone was unplugged."
			return inCall(c)
		},
		"people": func() model.State {
			c := callOf(4)
			c.Panel, c.Phase = model.PanelPeople, model.PhaseLost
			return inCall(c)
		},
	} {
		t.Run(name, func(t *testing.T) {
			changed := picture(theme.Dark, theme.Light, state()).canvas().Capture()
			built := picture(theme.Light, theme.Light, state()).canvas().Capture()
			uitest.Same(t, "retheme-"+name, built, changed)
		})
	}
}
