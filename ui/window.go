package ui

import (
	"sync"
	"sync/atomic"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver"

	"parley/assets"
	"parley/ui/call"
	"parley/ui/home"
	"parley/ui/model"
	"parley/ui/prejoin"
	"parley/ui/settings"
	"parley/ui/theme"
	"parley/ui/widgets"
)

// Options are what a window starts with.
type Options struct {
	// Title of the window; "" is the app's name.
	Title string
	// Width and Height of the content; 0 is 1100 x 700.
	Width, Height int
	// Look is that of the first state.
	Look model.Look
	// FPS is how often a second pictures are shown at most; 0 is 30.
	FPS int
	// Send takes what the user asks for. It is called on the UI thread and must return at once.
	Send func(model.Intent)
	// Opened is called on the UI thread when the window is on the screen, with its X11 id; not on other systems. It may be nil.
	Opened func(window uintptr)
	// Closed is called on the UI thread when the window is gone, with its last size; it may be nil.
	Closed func(width, height int)
}

// Window is Parley's window with all its screens. They are built once and follow the State.
type Window struct {
	opt       Options
	win       fyne.Window
	env       *widgets.Env
	poster    func(func())
	presenter *presenter
	latest    atomic.Pointer[model.State] // the newest state that waits to be shown
	pending   atomic.Bool                 // a post is on its way that will show it
	closing   sync.Once
	over      atomic.Bool // the app has stopped
	away      atomic.Bool // another window has the keyboard
	gone      sync.Once
	now       func() time.Time

	// UI thread state
	state    model.State
	entered  bool
	shown    model.Screen // that was entered last
	screens  screens
	leave    question
	keys     keyboard
	size     fyne.Size
	windowed fyne.Size // before full screen
}

// question is the one that closing the window asks.
type question struct {
	*widgets.Modal
	stay *widgets.Button
}

// screens are what the window can show, and the layers over them.
type screens struct {
	home     *home.Screen
	prejoin  *prejoin.Screen
	call     *call.Screen
	settings *settings.Window
	notices  *notices
}

// New builds the window of an app, in Parley's theme. It is called on the UI thread, before Run.
func New(app fyne.App, opt Options) *Window {
	app.Settings().SetTheme(themeOf(opt.Look))
	w := newWindow(app, opt, fyne.Do)
	app.Lifecycle().SetOnStarted(w.opened)
	app.Lifecycle().SetOnStopped(func() { w.over.Store(true) })
	w.start()
	return w
}

func newWindow(app fyne.App, opt Options, poster func(func())) *Window {
	if opt.Title == "" {
		opt.Title = assets.Name
	}
	if opt.Width <= 0 || opt.Height <= 0 {
		opt.Width, opt.Height = 1100, 700
	}
	if opt.FPS <= 0 {
		opt.FPS = 30
	}
	icon := fyne.NewStaticResource("icon.png", assets.AppIcon())
	app.SetIcon(icon)
	w := &Window{opt: opt, win: app.NewWindow(opt.Title), poster: poster, now: time.Now}
	w.win.SetIcon(icon)
	w.win.SetPadded(false)
	w.win.SetMaster()
	w.build()
	w.win.Resize(fyne.NewSize(float32(opt.Width), float32(opt.Height)))
	w.win.SetCloseIntercept(w.askToClose)
	w.win.SetOnClosed(w.closed)
	w.apply(model.State{Look: opt.Look})
	return w
}

// build makes the surroundings of the screens, the screens, and the keys.
func (w *Window) build() {
	c := w.win.Canvas()
	w.env = &widgets.Env{Send: w.opt.Send, Tips: widgets.NewTips(), Key: w.key, Shortcut: w.shortcut, Canvas: c}
	w.env.Moved = func() { w.screens.call.Moved(w.now()) }
	w.env.FullScreen, w.env.ShowKeys, w.env.ShowSettings = w.toggleFull, w.showKeys, w.toggleSettings
	w.connectKeys()
	w.followForeground()
	w.speak(w.opt.Look.Language)
}

// followForeground hears when the window gets and loses the keyboard. A link may have been copied meanwhile; a key that talks is let go.
func (w *Window) followForeground() {
	cycle := fyne.CurrentApp().Lifecycle()
	cycle.SetOnEnteredForeground(func() {
		w.away.Store(false)
		if w.state.Screen == model.ScreenHome {
			w.screens.home.Offer(fyne.CurrentApp().Clipboard().Content())
		}
	})
	cycle.SetOnExitedForeground(func() {
		w.away.Store(true)
		w.talk(false)
	})
}

// themeOf returns the theme of a look.
func themeOf(look model.Look) *theme.Theme {
	variant := theme.System
	switch look.Theme {
	case model.ThemeDark:
		variant = theme.Dark
	case model.ThemeLight:
		variant = theme.Light
	case model.ThemeSystem:
	}
	text := float32(look.Text) / 100
	if look.Text == 0 {
		text = 1
	}
	return theme.New(variant, text)
}

// presentLook shows a look: its theme and text at once, its language by other screens.
func (w *Window) presentLook(before, look model.Look) {
	w.env.Still = look.Still
	if before.Theme != look.Theme || before.Text != look.Text {
		fyne.CurrentApp().Settings().SetTheme(themeOf(look))
	}
	if before.Language != look.Language && w.entered {
		w.leaveScreen(w.shown)
		w.entered = false
		w.leave.Close()
		w.keys.list.Close()
		w.screens.settings.Shut()
		w.speak(look.Language)
	}
}

// speak makes the screens in a language. Words stand in them from the start, so another language is another set of screens.
func (w *Window) speak(language string) {
	w.env.Words = assets.NewWords(language)
	s := &w.screens
	s.home, s.prejoin, s.call, s.notices = home.New(w.env), prejoin.New(w.env), call.New(w.env), newNotices(w.env)
	s.settings = settings.New(w.env)
	w.win.SetContent(container.NewStack(s.home, s.prejoin, s.call, s.notices, w.env.Tips))
	say := w.env.Say
	stay := widgets.NewButton(w.env, say("question.stay"), "", widgets.Primary, func() { w.leave.Close() })
	end := widgets.NewButton(w.env, say("question.leave"), "", widgets.Grave, w.end)
	dialog := widgets.NewDialog(say("question.title"), say("question.text"), end, stay)
	w.leave = question{widgets.NewModal(w.env, dialog, 420, func() { w.leave.Close() }), stay}
	w.keys.build(w.env)
}

func (w *Window) start() {
	w.presenter = startPresenter(w.post, w.opt.FPS, w.present, w.beat)
	w.enliven()
}

// enliven lets things move by themselves where something does, and paints as often as the look says.
func (w *Window) enliven() {
	if w.presenter == nil {
		return
	}
	w.presenter.lively.Store(w.state.Screen != model.ScreenHome || w.state.Settings.Open)
	fps := w.opt.FPS
	if w.state.Look.Thrifty {
		fps = (fps + 1) / 2
	}
	w.presenter.pace(fps)
}

// post is the one way to the UI thread. Once the app has stopped nothing is posted: Fyne would run it on the caller's goroutine, against
// windows that are gone.
func (w *Window) post(fn func()) {
	if !w.over.Load() {
		w.poster(fn)
	}
}

// Show shows a state. It is safe from any goroutine and returns at once; of states that come faster than they can be shown only
// the newest is.
func (w *Window) Show(state model.State) {
	w.latest.Store(&state)
	if w.pending.CompareAndSwap(false, true) {
		w.post(w.showLatest)
	}
}

func (w *Window) showLatest() {
	w.pending.Store(false) // before the load: a state stored after it posts again
	if s := w.latest.Swap(nil); s != nil {
		w.apply(*s)
	}
}

// PicturesChanged says that some tile has a new picture. It is safe from any goroutine, cheap, and returns at once.
func (w *Window) PicturesChanged() { w.presenter.changed() }

// Away reports whether another window has the keyboard. It is safe from any goroutine.
func (w *Window) Away() bool { return w.away.Load() }

// opened passes the window's id on.
func (w *Window) opened() {
	native, ok := w.win.(driver.NativeWindow)
	if !ok || w.opt.Opened == nil {
		return
	}
	native.RunNative(func(context any) {
		if x, ok := context.(driver.X11WindowContext); ok {
			w.opt.Opened(x.WindowHandle)
		}
	})
}

// Raise brings the window to the front. It is safe from any goroutine.
func (w *Window) Raise() {
	w.post(func() {
		w.win.Show()
		w.win.RequestFocus()
	})
}

// Run shows the window and returns when it is closed. It is called from main.
func (w *Window) Run() {
	w.win.ShowAndRun()
	w.over.Store(true)
	w.presenter.stop()
	w.closed() // Fyne does not say so when a signal ends it
}

// Close closes the window without a question. It is safe from any goroutine, and more than once.
func (w *Window) Close() { w.post(w.shut) }

// shut closes the window; UI thread.
func (w *Window) shut() {
	w.closing.Do(func() {
		w.size = w.win.Canvas().Size()
		if w.win.FullScreen() {
			w.size = w.windowed
		}
		w.win.Close()
	})
}

// closed is told by Fyne that the window is gone.
func (w *Window) closed() {
	w.gone.Do(func() {
		if w.size.IsZero() {
			w.size = w.win.Canvas().Size()
		}
		if w.opt.Closed != nil {
			w.opt.Closed(int(w.size.Width+0.5), int(w.size.Height+0.5))
		}
	})
}

// askToClose is what the window's close button does: in a call with others it asks once.
func (w *Window) askToClose() {
	if w.withOthers() && !w.leave.IsOpen() {
		w.leave.Open(w.leave.stay)
		return
	}
	w.end()
}

// end leaves the call, if there is one, and closes for good.
func (w *Window) end() {
	w.leave.Close()
	if w.state.Screen == model.ScreenCall {
		w.opt.Send(model.Leave{})
	}
	w.opt.Send(model.Quit{})
	w.shut()
}

// withOthers reports whether somebody would notice that the window closes.
func (w *Window) withOthers() bool {
	c := w.state.Call
	if w.state.Screen != model.ScreenCall || c.Phase == model.PhaseLost || c.Phase == model.PhaseEnded {
		return false
	}
	for _, p := range c.People {
		if !p.Own {
			return true
		}
	}
	return false
}
