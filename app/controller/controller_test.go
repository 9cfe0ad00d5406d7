package controller

import (
	"context"
	"fmt"
	"image"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"parley/app/config"
	"parley/media"
	"parley/media/capture"
	"parley/media/device"
	"parley/media/speaker"
	"parley/media/synthetic"
	"parley/rtc/protocol"
	"parley/server/servertest"
	"parley/ui/model"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const deadline = 20 * time.Second

// pulled is a speaker that pulls in real time and plays nothing.
type pulled struct {
	stop chan struct{}
	done sync.WaitGroup
	once sync.Once
}

func newPulled(src speaker.Source) *pulled {
	p := &pulled{stop: make(chan struct{})}
	p.done.Go(func() {
		buf := make([]int16, 480)
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-p.stop:
				return
			case <-tick.C:
				src.Mix(buf)
			}
		}
	})
	return p
}

func (p *pulled) Close() error { p.once.Do(func() { close(p.stop) }); p.done.Wait(); return nil }

// brokenCamera fails as a test says.
type brokenCamera struct{ err error }

func (b brokenCamera) Open(context.Context, media.VideoFormat) (media.VideoReader, media.VideoFormat, error) {
	return nil, media.VideoFormat{}, b.err
}
func (b brokenCamera) Close() error { return nil }

// unpluggable is the test picture with a plug.
type unpluggable struct {
	media.VideoSource
	gone atomic.Bool
	open atomic.Bool
}

func (u *unpluggable) Open(ctx context.Context, want media.VideoFormat) (media.VideoReader, media.VideoFormat, error) {
	r, f, err := u.VideoSource.Open(ctx, want)
	u.open.Store(err == nil)
	return plugged{r, u}, f, err
}
func (u *unpluggable) Close() error { u.open.Store(false); return u.VideoSource.Close() }

type plugged struct {
	media.VideoReader
	u *unpluggable
}

func (p plugged) Read() (*media.Frame, func(), error) {
	if p.u.gone.Load() {
		return nil, nil, media.ErrUnplugged
	}
	return p.VideoReader.Read()
}

// desk is a controller with test devices, and the states that it shows.
type desk struct {
	*Controller
	t      *testing.T
	latest atomic.Pointer[model.State]
	check  atomic.Pointer[func(model.State) string]
	quit   atomic.Bool
	cancel context.CancelFunc
	done   chan struct{}
	folder string
	cam    atomic.Pointer[unpluggable]
}

func newDesk(t *testing.T, f config.Flags, change func(*Devices)) *desk {
	t.Helper()
	return openDesk(t, f, change, nil)
}

// openDesk is newDesk with other surroundings too.
func openDesk(t *testing.T, f config.Flags, change func(*Devices), surround func(*Options)) *desk {
	t.Helper()
	d := &desk{t: t, done: make(chan struct{}), folder: t.TempDir()}
	f.Camera, f.Microphone = first(f.Camera, deviceTest), first(f.Microphone, deviceTest)
	sender := SenderID(f)
	devices := Devices{
		Cameras: func() ([]device.Info, error) { return nil, nil }, Microphones: func() ([]device.Info, error) { return nil, nil },
		Speakers: func() ([]device.Info, error) { return nil, nil },
		Screens: func() ([]device.Screen, error) {
			return []device.Screen{{ID: "s1", Name: "Screen 1", Width: 640, Height: 360}}, nil
		},
		Thumbnail: func(string, int) (*image.RGBA, error) { return image.NewRGBA(image.Rect(0, 0, 32, 18)), nil },
		Camera: func(string) (media.VideoSource, capture.EncodedSource, error) {
			u := &unpluggable{VideoSource: synthetic.NewBars(sender)}
			d.cam.Store(u)
			return u, nil, nil
		},
		Microphone: func(string) (media.AudioSource, error) { return synthetic.NewTone(sender), nil },
		Screen:     func(string) media.VideoSource { return synthetic.NewBars(sender + 1000) },
		Speaker: func(_ context.Context, _ string, src speaker.Source, _ func(error)) (io.Closer, error) {
			return newPulled(src), nil
		},
	}
	if change != nil {
		change(&devices)
	}
	settings, err := config.Load(d.folder)
	if err != nil {
		t.Fatal(err)
	}
	opt := Options{
		Flags: f, Settings: settings, Folder: d.folder, Devices: devices, Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
		Show: d.show, Pictures: func() {}, Raise: func() {}, Quit: func() { d.quit.Store(true) },
	}
	if surround != nil {
		surround(&opt)
	}
	d.Controller = New(opt)
	// Small pictures: these tests are about the controller.
	d.call.camera.want = media.VideoFormat{Width: 320, Height: 180, FrameRate: 10}
	d.call.screen.want = media.VideoFormat{Width: 320, Height: 180, FrameRate: 10}
	ctx, cancel := context.WithCancel(context.Background())
	d.cancel = cancel
	go func() { d.Run(ctx); close(d.done) }() // ended by end
	t.Cleanup(d.end)
	return d
}

// show takes a state.
func (d *desk) show(s model.State) {
	d.latest.Store(&s)
	if check := d.check.Load(); check != nil && *check != nil {
		if why := (*check)(s); why != "" {
			d.t.Error("for a while: ", why)
		}
	}
}

// watch lets every state from now on be checked; nil ends that.
func (d *desk) watch(check func(model.State) string) { d.check.Store(&check) }

func (d *desk) end() { d.cancel(); <-d.done }

// until waits for a state that check takes; check returns why not yet.
func (d *desk) until(check func(model.State) string) {
	d.t.Helper()
	end := time.Now().Add(deadline)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		why := "no state"
		if s := d.latest.Load(); s != nil {
			if why = check(*s); why == "" {
				return
			}
		}
		if time.Now().After(end) {
			d.t.Fatal(why)
		}
		<-tick.C
	}
}

func (d *desk) untilCall() {
	d.t.Helper()
	d.until(func(s model.State) string {
		if s.Screen != model.ScreenCall || s.Call.Phase != model.PhaseRunning {
			return fmt.Sprintf("screen %d, phase %d, %q", s.Screen, s.Call.Phase, s.Prejoin.Problem)
		}
		return ""
	})
}

// tile returns the tile of somebody by name.
func tile(s model.State, name string, screen bool) (model.Tile, bool) {
	for _, t := range s.Call.Tiles {
		if t.Name == name && t.Screen == screen && !t.Own {
			return t, true
		}
	}
	return model.Tile{}, false
}

// showing waits until somebody's tile has moving pictures.
func (d *desk) showing(name string, screen bool) {
	d.t.Helper()
	n := 0
	d.until(func(s model.State) string {
		t, ok := tile(s, name, screen)
		if !ok || t.Pictures == nil {
			return "no tile with pictures of " + name
		}
		t.Pictures.Want(160, 90)
		if t.Pictures.Newest() != nil {
			n++
		}
		if n < 3 || t.Media != model.TilePicture {
			return fmt.Sprintf("%d pictures of %s, media %d", n, name, t.Media)
		}
		return ""
	})
}

func TestTwoDesksInACall(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t)
	link := server.Invite(server.Session(), 10)
	ann := newDesk(t, config.Flags{Join: link, SkipPrejoin: true, Name: "Ann"}, nil)
	ben := newDesk(t, config.Flags{Join: link, Name: "Ben"}, nil)
	ann.untilCall()
	ben.until(func(s model.State) string {
		if s.Screen != model.ScreenPrejoin || s.Prejoin.SelfView == nil || s.Prejoin.Level.Value() == 0 {
			return "no self view, or no level, on the pre-join screen"
		}
		return ""
	})
	ben.Send(model.Join{})
	ben.untilCall()
	ann.showing("Ben", false)
	ben.showing("Ann", false)
	ann.until(func(s model.State) string {
		if tl, _ := tile(s, "Ben", false); !tl.Speaking {
			return "Ben's tone does not make his tile speak"
		}
		return ""
	})

	// Chat both ways, unread count, acknowledged lines.
	ann.Send(model.SendChat{Text: " hello "})
	ben.until(func(s model.State) string {
		if len(s.Call.Chat) != 1 || s.Call.Chat[0].Text != "hello" || s.Call.Chat[0].Name != "Ann" || s.Call.Unread != 1 {
			return fmt.Sprintf("chat %+v, unread %d", s.Call.Chat, s.Call.Unread)
		}
		return ""
	})
	ann.until(func(s model.State) string {
		if len(s.Call.Chat) != 1 || s.Call.Chat[0].Pending || !s.Call.Chat[0].Own || s.Call.Unread != 0 {
			return fmt.Sprintf("chat %+v", s.Call.Chat)
		}
		return ""
	})

	// Mute and camera off reach the other; the camera's device is closed.
	ann.Send(model.ToggleMic{})
	ann.Send(model.ToggleCamera{})
	ben.until(func(s model.State) string {
		if tl, _ := tile(s, "Ann", false); !tl.Muted || tl.Media != model.TileCameraOff {
			return fmt.Sprintf("Ann's tile: %+v", tl)
		}
		return ""
	})
	ann.until(func(model.State) string {
		if ann.cam.Load().open.Load() {
			return "the camera is still open"
		}
		return ""
	})
	ann.Send(model.ToggleCamera{})
	ben.showing("Ann", false)

	// Sharing.
	ben.Send(model.OpenSharePicker{})
	ben.until(func(s model.State) string {
		if len(s.Call.Screens) != 1 || s.Call.Screens[0].Thumbnail == nil {
			return "no screen to choose"
		}
		return ""
	})
	ben.Send(model.StartShare{ID: "s1"})
	ann.showing("Ben", true)
	ben.Send(model.StopShare{})
	ann.until(func(s model.State) string {
		if _, ok := tile(s, "Ben", true); ok {
			return "the shared screen stays"
		}
		return ""
	})

	// A late joiner finds the chat.
	cem := newDesk(t, config.Flags{Server: server.URL, Token: server.Token(firstSession(ann), "publisher", "Cem")}, nil)
	cem.untilCall()
	cem.until(func(s model.State) string {
		if len(s.Call.Chat) != 1 || s.Call.Chat[0].Text != "hello" {
			return "no history"
		}
		return ""
	})
	cem.Send(model.Leave{})
	cem.until(func(s model.State) string {
		if s.Screen != model.ScreenHome {
			return "not home after leaving"
		}
		return ""
	})
	ann.until(func(s model.State) string {
		if _, ok := tile(s, "Cem", false); ok || len(s.Call.People) != 2 {
			return "Cem left and is still there"
		}
		return ""
	})
}

// firstSession asks a desk which session it is in.
func firstSession(d *desk) protocol.SessionID {
	got := make(chan protocol.SessionID, 1)
	d.loop.post(func() { got <- d.call.welcome.SessionID })
	return <-got
}

func TestServerGoneAndBack(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t)
	link := server.Invite(server.Session(), 10)
	ann := newDesk(t, config.Flags{Join: link, SkipPrejoin: true, Name: "Ann"}, nil)
	ben := newDesk(t, config.Flags{Join: link, SkipPrejoin: true, Name: "Ben"}, nil)
	ann.untilCall()
	ben.untilCall()
	ann.showing("Ben", false)
	server.Stop()
	ann.until(func(s model.State) string {
		if s.Call.Phase != model.PhaseReconnecting || s.Call.Problem == "" {
			return fmt.Sprintf("phase %d", s.Call.Phase)
		}
		return ""
	})
	ann.Send(model.SendChat{Text: "sent meanwhile"})
	ann.until(func(s model.State) string {
		if n := len(s.Call.Chat); n != 1 || !s.Call.Chat[0].Pending || s.Call.Chat[0].Text != "sent meanwhile" {
			return fmt.Sprintf("chat %+v", s.Call.Chat)
		}
		return ""
	})
	ann.Send(model.SetDraft{Text: "not lost"})
	servertest.Start(t, servertest.Listen(server.Host), servertest.Data(server.Data))
	ann.untilCall()
	ben.untilCall()
	ann.showing("Ben", false)
	ann.until(func(s model.State) string {
		if s.Call.ChatDraft != "not lost" {
			return "the draft is lost"
		}
		return ""
	})
	ben.until(func(s model.State) string {
		if n := len(s.Call.Chat); n != 1 || s.Call.Chat[0].Text != "sent meanwhile" {
			return fmt.Sprintf("Ben's chat %+v", s.Call.Chat)
		}
		return ""
	})
	ann.until(func(s model.State) string {
		if n := len(s.Call.Chat); n != 1 || s.Call.Chat[0].Failed != "" || s.Call.Chat[0].Pending {
			return fmt.Sprintf("Ann's chat %+v", s.Call.Chat)
		}
		return ""
	})
	ann.Send(model.Quit{})
	<-ann.done
	if !ann.quit.Load() {
		t.Error("the window stays open")
	}
	if s, err := config.Load(ann.folder); err != nil || s.Draft != "not lost" {
		t.Errorf("settings %+v, %v", s, err)
	}
}

func TestCameraTrouble(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t)
	link := server.Invite(server.Session(), 10)
	busy := newDesk(t, config.Flags{Join: link, SkipPrejoin: true, Name: "Ann"}, func(d *Devices) {
		d.Camera = func(string) (media.VideoSource, capture.EncodedSource, error) {
			return brokenCamera{media.ErrBusy}, nil, nil
		}
		d.Microphone = func(string) (media.AudioSource, error) { return nil, fmt.Errorf("open: %w", media.ErrNotFound) }
		d.Speaker = func(_ context.Context, id string, src speaker.Source, _ func(error)) (io.Closer, error) {
			if id != deviceOff {
				return nil, fmt.Errorf("open: %w", media.ErrNotFound)
			}
			return newPulled(src), nil
		}
	})
	busy.untilCall()
	busy.until(func(s model.State) string {
		own := s.Call.Tiles[len(s.Call.Tiles)-1]
		if own.Media != model.TileMissing || own.Problem != "Your camera is used by another app. Close that app or choose another camera." {
			return fmt.Sprintf("own tile %+v", own)
		}
		if s.Call.MicProblem == "" || len(s.Notices) == 0 {
			return fmt.Sprintf("no word about the microphone or the speaker: %q, %+v", s.Call.MicProblem, s.Notices)
		}
		return ""
	})
	ben := newDesk(t, config.Flags{Join: link, SkipPrejoin: true, Name: "Ben"}, nil)
	ben.untilCall()
	busy.showing("Ben", false)
	ben.until(func(s model.State) string {
		if tl, ok := tile(s, "Ann", false); !ok || tl.Media != model.TileCameraOff || !tl.Muted {
			return fmt.Sprintf("Ann's tile: %+v", tl)
		}
		return ""
	})
	// Unplugged in mid-call: the call goes on.
	ben.cam.Load().gone.Store(true)
	ben.until(func(s model.State) string {
		if own := s.Call.Tiles[len(s.Call.Tiles)-1]; own.Media != model.TileMissing {
			return fmt.Sprintf("own tile %+v", own)
		}
		return ""
	})
	busy.until(func(s model.State) string {
		if tl, _ := tile(s, "Ben", false); tl.Media != model.TileCameraOff {
			return "Ben's tile still moves"
		}
		return ""
	})
}

func TestLinksThatDoNotWork(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t)
	used := server.Invite(server.Session(), 0)
	d := newDesk(t, config.Flags{Name: "Ann"}, nil)
	d.Send(model.OpenLink{Link: "what is this"})
	d.until(func(s model.State) string {
		if s.Home.Problem == "" || s.Home.Link != "what is this" {
			return "no word about the link"
		}
		return ""
	})
	for link, want := range map[string]string{
		used:                                    "This link has been used as often as it allows. Ask the host for a new one.",
		"parley://127.0.0.1:1/ABCDEFGHIJKLMNOP": "The computer answers, but no Parley server runs there. Ask the host to start it, then try again.",
	} {
		d.Send(model.OpenLink{Link: link})
		d.until(func(s model.State) string {
			if s.Screen != model.ScreenPrejoin {
				return "not on the pre-join screen"
			}
			return ""
		})
		d.Send(model.SetName{Name: "Ann"})
		d.Send(model.Join{})
		d.until(func(s model.State) string {
			if s.Prejoin.Problem != want {
				return fmt.Sprintf("%q instead of %q", s.Prejoin.Problem, want)
			}
			return ""
		})
		d.Send(model.BackHome{})
	}
}

func TestClip(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in   string
		n    int
		want int
	}{{"abc", 5, 3}, {"abcdef", 5, 5}, {"äöüäöü", 5, 4}} {
		if got := clip(c.in, c.n); len(got) > c.n || len(got) < c.want-1 {
			t.Errorf("%q to %d: %q", c.in, c.n, got)
		}
	}
}

func TestNoticesFade(t *testing.T) {
	t.Parallel()
	c := New(Options{Devices: Devices{}})
	c.notice(model.NoticeInfo, "one")
	c.notice(model.NoticeWarning, "two")
	c.dismiss(1)
	if n := c.state.Notices; len(n) != 1 || n[0].Text != "two" {
		t.Errorf("%+v", n)
	}
	c.fadeNotices(time.Now().Add(noticeFor - time.Second))
	if len(c.state.Notices) != 1 {
		t.Error("gone too early")
	}
	c.fadeNotices(time.Now().Add(noticeFor + time.Second))
	if len(c.state.Notices) != 0 || len(c.fades) != 0 {
		t.Error("still there")
	}
}

// cutMicrophone is the test tone with a plug.
type cutMicrophone struct {
	media.AudioSource
	gone *atomic.Bool
}

func (m cutMicrophone) Open(ctx context.Context) (media.AudioReader, error) {
	r, err := m.AudioSource.Open(ctx)
	return cutReader{r, m.gone}, err
}

type cutReader struct {
	media.AudioReader
	gone *atomic.Bool
}

func (r cutReader) Read() (media.Samples, func(), error) {
	if r.gone.Load() {
		return media.Samples{}, nil, media.ErrUnplugged
	}
	return r.AudioReader.Read()
}

// TestMicrophoneUnplugged: another microphone takes over by itself, and the others hear on.
func TestMicrophoneUnplugged(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t)
	link := server.Invite(server.Session(), 10)
	var gone atomic.Bool
	var opened []string
	var mu sync.Mutex
	ann := newDesk(t, config.Flags{Join: link, SkipPrejoin: true, Name: "Ann", Microphone: "headset"}, func(d *Devices) {
		d.Microphone = func(id string) (media.AudioSource, error) {
			mu.Lock()
			defer mu.Unlock()
			opened = append(opened, id)
			if id == "headset" {
				return cutMicrophone{synthetic.NewTone(1), &gone}, nil
			}
			return synthetic.NewTone(1), nil
		}
	})
	ben := newDesk(t, config.Flags{Join: link, SkipPrejoin: true, Name: "Ben"}, nil)
	ann.untilCall()
	ben.untilCall()
	speaking := func(want bool) func(model.State) string {
		return func(s model.State) string {
			if tl, _ := tile(s, "Ann", false); tl.Speaking != want {
				return fmt.Sprintf("Ann's tile: %+v", tl)
			}
			return ""
		}
	}
	ben.until(speaking(true))
	gone.Store(true)
	ann.until(func(s model.State) string {
		if s.Call.MicOn || s.Call.MicProblem == "" {
			return "no word about the microphone"
		}
		return ""
	})
	ann.until(func(s model.State) string {
		if !s.Call.MicOn || s.Call.MicProblem != "" || len(s.Notices) == 0 {
			return fmt.Sprintf("on %v, problem %q, notices %+v", s.Call.MicOn, s.Call.MicProblem, s.Notices)
		}
		return ""
	})
	ben.until(speaking(true))
	mu.Lock()
	defer mu.Unlock()
	if len(opened) != 2 || opened[1] != "" {
		t.Errorf("opened %q", opened)
	}
}
