package controller

import (
	"context"
	"errors"
	"log/slog"
	"os/user"
	"slices"
	"time"

	"parley/app/config"
	"parley/assets"
	"parley/media/device"
	"parley/rtc"
	"parley/rtc/protocol"
	"parley/ui/model"
)

// Options are what a Controller works with. The functions return at once and may be called from any goroutine.
type Options struct {
	Flags    config.Flags
	Settings config.Settings
	Folder   string // of the settings
	Locale   string // the system's language, such as "de-AT"
	Devices  Devices
	Show     func(model.State)
	Pictures func() // some tile has a new picture
	Raise    func() // bring the window to the front
	Quit     func() // close the window
	// Notify shows a message on the desktop, if the window is in the background; nil for never. It may wait, and is called beside the loop.
	Notify func(title, text string)
	// Awake keeps the computer awake until release is called; nil where that cannot be. It may wait, and is called beside the loop.
	Awake func(ctx context.Context, reason string) (release func(), err error)
	Log   *slog.Logger
}

// Controller is the brain behind the window. Send and OpenLink are safe from any goroutine; all else belongs to Run.
type Controller struct {
	opt  Options
	loop *loop
	log  *slog.Logger
	call *call

	// loop state
	words    *assets.Words
	settings config.Settings
	state    model.State // what is shown; parts of it are made anew by describe
	wishes
	destination
	board
	devices  found
	chat     chat
	pinned   string
	phase    phaseState
	testing  *testSound
	prefs    preferences
	awake    awake
	voice    *voice // nil while one's own is not tested
	quitting bool
}

// wishes are the devices that the user wants, also while one fails.
type wishes struct {
	camera, mic, speaker string // chosen ids
	wantCam, wantMic     bool
	talking              bool // the microphone is on for as long as a key is held
}

// destination is where the user goes, and the attempt to get there.
type destination struct {
	target    target
	name      string
	joining   context.CancelFunc // nil unless connecting
	admission bool               // a moderator is to decide about it
	attempt   int
}

// board is the notices that stand.
type board struct {
	notices   int // ids given out
	notifying line
	fades     []fade
}

// phaseState is where the call stands.
type phaseState struct {
	phase   model.Phase
	since   time.Time
	problem string
	rights  protocol.Capabilities // that the user has in it
}

// found is what devices there are.
type found struct {
	cameras, microphones, speakers []device.Info
	known                          bool
}

// New returns a controller. Call Run.
func New(opt Options) *Controller {
	c := &Controller{opt: opt, loop: newLoop(), log: opt.Log, settings: opt.Settings, words: assets.NewWords(first(opt.Settings.Look.Language, opt.Locale))}
	c.state.Look = Look(opt.Settings, opt.Locale)
	c.call = newCall(c.loop, &c.opt.Devices, c.log, opt.Pictures, func() {}, opt.Flags)
	c.call.onEvent, c.call.refused = c.sessionEvent, c.unmuteRefused
	c.call.camera.want = videoWant(opt.Settings.Video)
	c.awake.asking, c.notifying = line{loop: c.loop}, line{loop: c.loop}
	c.prefs.saved, c.prefs.saving = opt.Settings, line{loop: c.loop}
	c.prefs.probe = &audioFeed{feedEnv: c.call.mic.feedEnv, said: line{loop: c.loop}, talked: func() {}, refused: func(error) {},
		clean: cleaning{reference: c.call.mic.clean.reference}}
	f, s := opt.Flags, opt.Settings
	c.name = first(f.Name, s.Name, systemName())
	c.camera, c.wantCam = first(f.Camera, s.Camera), !s.CameraOff
	c.mic, c.wantMic = first(f.Microphone, s.Microphone), !s.MicOff
	c.speaker = first(f.Speaker, s.Speaker)
	if f.Camera != "" {
		c.wantCam = true
	}
	if f.Microphone != "" {
		c.wantMic = true
	}
	if c.camera == deviceOff {
		c.camera, c.wantCam = "", false
	}
	if c.mic == deviceOff {
		c.mic, c.wantMic = "", false
	}
	c.chat.draft = s.Draft
	c.setProcessing(s.Processing)
	c.call.mic.talked = c.talkedMuted
	return c
}

// first returns the first text that is not empty.
func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// systemName is the user's name as the system has it.
func systemName() string {
	u, err := user.Current()
	if err != nil {
		return ""
	}
	return first(u.Name, u.Username)
}

// Send takes what the user asked for.
func (c *Controller) Send(i model.Intent) { c.loop.post(func() { c.intent(i) }) }

// OpenLink opens a link that another program handed over: only ever its device check. An empty one brings the window to the front.
func (c *Controller) OpenLink(link string) {
	c.opt.Raise()
	if link != "" {
		c.Send(model.OpenLink{Link: link})
	}
}

// beat is how often speaking marks are looked at.
const beat = 200 * time.Millisecond

// Run runs until ctx ends, or the user quits; then all is closed and the settings are saved.
func (c *Controller) Run(ctx context.Context) {
	stop := context.AfterFunc(ctx, c.loop.cancel)
	defer stop()
	tick := time.NewTicker(beat)
	defer tick.Stop()
	beats := make(chan struct{})
	c.loop.beside(func(ctx context.Context) {
		for {
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
			select {
			case beats <- struct{}{}:
			case <-ctx.Done():
				return
			}
		}
	})
	c.loop.post(c.begin)
	c.loop.run(beats, c.onBeat, c.show)
	c.shutdown()
}

// shutdownWithin bounds the goodbye.
const shutdownWithin = 5 * time.Second

// shutdown closes everything in order: capture, session, speaker, settings.
func (c *Controller) shutdown() {
	c.call.camera.stop()
	c.call.mic.stop()
	c.prefs.probe.stop()
	if c.joining != nil {
		c.joining()
	}
	c.stopTest()
	c.stopVoice()
	c.holdAwake(false)
	left := c.call.end()
	done := make(chan struct{})
	go func() { <-left; c.loop.end(); close(done) }()
	select {
	case <-done:
	case <-time.After(shutdownWithin):
		c.log.Warn("a device or the network holds up the end") // a driver that hangs does not keep the window open
	}
	c.save()
}

// save keeps the settings.
func (c *Controller) save() {
	if err := c.kept().Save(c.opt.Folder); err != nil {
		c.log.Error("save settings", "error", err)
	}
}

// begin does what the flags ask for.
func (c *Controller) begin() {
	f := c.opt.Flags
	link := first(f.Link, f.Join)
	switch {
	case f.Server != "":
		c.enterPrejoin(target{server: f.Server, token: f.Token})
	case link != "":
		c.openLink(link)
	default:
		return
	}
	if f.SkipPrejoin || f.Server != "" {
		if c.state.Screen == model.ScreenPrejoin {
			c.join()
		}
	}
}

// findDevices lists the devices that there are now, beside the loop, and starts those that waited for it.
func (c *Controller) findDevices() {
	c.loop.beside(func(context.Context) {
		var f found
		var errs [3]error
		f.cameras, errs[0] = c.opt.Devices.Cameras()
		f.microphones, errs[1] = c.opt.Devices.Microphones()
		f.speakers, errs[2] = c.opt.Devices.Speakers()
		if err := errors.Join(errs[:]...); err != nil {
			c.log.Debug("list devices", "error", err)
		}
		f.known = true
		c.loop.post(func() {
			c.devices = f
			if c.state.Screen != model.ScreenHome {
				c.startFeeds()
			}
		})
	})
}

// openLink goes to a link's device check.
func (c *Controller) openLink(text string) {
	link, err := rtc.ParseLink(text)
	if err != nil {
		c.state.Home = model.Home{Link: text, Problem: c.say("home.not-a-link")}
		if c.state.Screen != model.ScreenHome {
			c.notice(model.NoticeWarning, c.say("notice.not-a-link"))
		}
		return
	}
	if c.call.session != nil || c.joining != nil {
		if c.target.link == link {
			return
		}
		c.notice(model.NoticeInfo, c.say("notice.in-a-meeting"))
		return
	}
	if c.target.link != link || c.target.ticket == nil {
		c.enterPrejoin(target{link: link, ticket: &ticket{}})
		return
	}
	c.enterPrejoin(c.target)
}

func (c *Controller) enterPrejoin(t target) {
	if c.target.link != t.link || c.target.server != t.server {
		c.forgetCall() // nothing of one meeting is shown, or sent, in another
	}
	c.target = t
	c.state.Home = model.Home{Link: c.opt.Flags.Link}
	c.state.Screen = model.ScreenPrejoin
	c.state.Prejoin.Problem = ""
	c.findDevices() // here, not at the start: it opens sound systems, and devices come and go
	c.startFeeds()
}

// startFeeds opens what is wanted and not open, once the devices are known.
func (c *Controller) startFeeds() {
	cam, mic := c.call.camera, c.call.mic
	if c.wantCam && !cam.on && cam.problem == nil && (c.devices.known || c.camera != "") {
		cam.start(pick(c.devices.cameras, c.camera), true, c.opt.Pictures)
	}
	if c.wantMic && !mic.on && mic.problem == nil && (c.devices.known || c.mic != "") {
		mic.start(pick(c.devices.microphones, c.mic))
	}
}

// home goes to the start screen and closes the devices.
func (c *Controller) home() {
	c.state.Screen = model.ScreenHome
	c.call.camera.stop()
	c.call.mic.stop()
	c.stopTest()
	c.stopVoice()
}

func (c *Controller) setPhase(p model.Phase, problem string) {
	if c.phase.phase != p || c.phase.since.IsZero() {
		c.phase.since = time.Now()
	}
	c.phase.phase, c.phase.problem = p, problem
}

// sessionEvent follows the session's fate and its chat.
func (c *Controller) sessionEvent(ev rtc.Event) {
	switch ev := ev.(type) {
	case rtc.SessionConnected:
		c.chat.enter(ev.Welcome, c.call.welcome.You.ID)
		c.phase.rights = ev.Welcome.Capabilities
	case rtc.SessionReconnected:
		if fresh := c.chat.enter(ev.Welcome, c.call.welcome.You.ID); c.state.Call.Panel != model.PanelChat {
			c.chat.unread += fresh
		}
		if !ev.Resumed { // else the events that follow say what has changed
			c.phase.rights = ev.Welcome.Capabilities
		}
		c.setPhase(model.PhaseRunning, "")
	case rtc.SessionReconnecting:
		c.log.Warn("reconnecting", "error", ev.Err)
		c.setPhase(model.PhaseReconnecting, c.say("band.reconnecting"))
	case rtc.SessionDisconnected:
		c.disconnected(ev)
	case rtc.Happened:
		c.happened(ev)
	}
}

func (c *Controller) disconnected(ev rtc.SessionDisconnected) {
	c.loseCall()
	switch {
	case ev.Reason == protocol.ReasonForceDisconnected:
		c.setPhase(model.PhaseEnded, c.say("over.removed"))
	case errors.Is(ev.Err, protocol.Errorf(protocol.CodeBanned, "")):
		c.setPhase(model.PhaseEnded, Words(c.words, ev.Err))
	default:
		problem := c.say("over.not-restored")
		var body *protocol.ErrorBody
		if errors.As(ev.Err, &body) {
			problem = Words(c.words, ev.Err)
		}
		c.setPhase(model.PhaseLost, problem)
	}
}

// loseCall ends the call's parts; the screen stays.
func (c *Controller) loseCall() {
	left := c.call.end()
	c.loop.beside(func(context.Context) { <-left })
}

// notice shows a sentence for a while.
func (c *Controller) notice(kind model.NoticeKind, text string) {
	if text == "" {
		return
	}
	c.notices++
	list := append([]model.Notice(nil), c.state.Notices...)
	if len(list) > 3 {
		list = list[1:]
	}
	c.state.Notices = append(list, model.Notice{ID: c.notices, Text: text, Kind: kind})
	c.fades = append(c.fades, fade{id: c.notices, at: time.Now().Add(noticeFor)})
}

// noticeFor is how long a notice stands.
const noticeFor = 10 * time.Second

// fade says when a notice goes away by itself.
type fade struct {
	id int
	at time.Time
}

// fadeNotices takes away what stood long enough.
func (c *Controller) fadeNotices(now time.Time) {
	for len(c.fades) > 0 && now.After(c.fades[0].at) {
		c.dismiss(c.fades[0].id)
		c.fades = c.fades[1:]
	}
}

// dismiss takes a notice away.
func (c *Controller) dismiss(id int) {
	c.state.Notices = slices.DeleteFunc(append([]model.Notice(nil), c.state.Notices...), func(n model.Notice) bool { return n.ID == id })
}

// Resized remembers the window's size. It is safe from any goroutine.
func (c *Controller) Resized(width, height int) {
	c.loop.post(func() { c.settings.Width, c.settings.Height = width, height })
}
