package ui

import (
	"time"

	"fyne.io/fyne/v2"

	"parley/ui/model"
	"parley/ui/widgets"
)

// apply shows a state; UI thread.
func (w *Window) apply(state model.State) {
	before := w.state.Look
	w.state = state
	w.presentLook(before, state.Look)
	if !w.entered || w.shown != state.Screen {
		w.enter()
	} else {
		w.update()
	}
	w.screens.settings.Update(state.Settings, state.Look)
	w.screens.notices.update(state.Notices)
	w.enliven()
	if w.leave.IsOpen() && !w.withOthers() {
		w.leave.Close()
	}
}

// enter changes the screen.
func (w *Window) enter() {
	s := &w.screens
	if w.entered {
		w.leaveScreen(w.shown)
	}
	w.entered, w.shown = true, w.state.Screen
	w.leave.Close()
	w.keys.list.Close()
	w.talk(false)
	w.env.Tips.Leave()
	c := w.win.Canvas()
	w.screens.settings.Shut()
	for top := c.Overlays().Top(); top != nil; top = c.Overlays().Top() { // menus of the screen that goes
		c.Overlays().Remove(top)
	}
	c.Unfocus()
	screen := w.state.Screen
	widgets.SetShown(s.home, screen == model.ScreenHome)
	widgets.SetShown(s.prejoin, screen == model.ScreenPrejoin)
	widgets.SetShown(s.call, screen == model.ScreenCall)
	switch screen {
	case model.ScreenHome:
		s.home.Enter(w.state.Home, fyne.CurrentApp().Clipboard().Content(), w.now())
	case model.ScreenPrejoin:
		s.prejoin.Enter(w.state.Prejoin)
	case model.ScreenCall:
		s.call.Enter(w.state.Call, w.now())
	}
}

// leaveScreen tells a screen that it is no longer shown.
func (w *Window) leaveScreen(screen model.Screen) {
	switch screen {
	case model.ScreenPrejoin:
		w.screens.prejoin.Leave()
	case model.ScreenCall:
		w.screens.call.Leave()
		w.setFull(false)
	case model.ScreenHome:
	}
}

// update follows the state on the screen that shows.
func (w *Window) update() {
	switch w.state.Screen {
	case model.ScreenHome:
		w.screens.home.Update(w.state.Home, w.now())
	case model.ScreenPrejoin:
		w.screens.prejoin.Update(w.state.Prejoin)
	case model.ScreenCall:
		w.screens.call.Update(w.state.Call, w.now())
	}
}

// present takes the newest pictures; UI thread.
func (w *Window) present() {
	switch w.state.Screen {
	case model.ScreenPrejoin:
		w.screens.prejoin.Present()
	case model.ScreenCall:
		w.screens.call.Present()
	case model.ScreenHome:
	}
}

// beat moves what moves by itself; UI thread.
func (w *Window) beat(now time.Time) {
	w.screens.settings.Beat()
	switch w.state.Screen {
	case model.ScreenPrejoin:
		w.screens.prejoin.Beat()
	case model.ScreenCall:
		w.screens.call.Beat(now)
	case model.ScreenHome:
	}
}
