package e2e

import (
	"fmt"
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/media/pulsetest"
	"parley/media/synthetic"
	"parley/media/video"
	"parley/server/servertest"
)

// The senders of the test pictures, and the tones that each one's microphone hears.
const (
	annSender, benSender, rootSender = 11, 22, 77
	annHz, benHz                     = 600.0, 1400.0
)

// call is a server and two windows in one session.
type call struct {
	*stage
	server   *servertest.Server
	ann, ben *app
}

// newCall starts it. Each window shows the test picture, and has a microphone that hears a tone and a speaker that is listened to.
func newCall(t *testing.T, options ...servertest.Option) *call {
	c := &call{stage: newStage(t, 1320, 900), server: servertest.Start(t, options...)}
	// xdotool and the test itself see the display by the environment.
	t.Setenv("DISPLAY", c.x.Display)
	c.paintRoot()
	link := c.server.Invite(c.server.Session(), 10)
	join := func(name string, sender uint16, x int, hz float64) *app {
		a := c.start("Parley "+name, sender, x, 10, "--join", link, "--skip-prejoin", "--name", name, "--camera", "test")
		stop := a.sound.Speak(pulsetest.Tone(hz, 8000))
		t.Cleanup(stop)
		return a
	}
	c.ann = join("Ann", annSender, 10, annHz)
	c.ben = join("Ben", benSender, 660, benHz)
	return c
}

// paintRoot paints a mark onto the screen's background, below the windows.
func (c *call) paintRoot() {
	f := video.NewFrame(900, 500)
	video.Black(f)
	synthetic.DrawMark(f, synthetic.Mark{Counter: 1, SenderID: rootSender, Captured: time.Now()})
	part := image.NewRGBA(image.Rect(0, 0, 900, 500))
	video.ToRGBA(part, f)
	// xsetroot takes an X bitmap: a set bit is black. Its tile is as large as the display.
	const width, height = 1320, 900
	bits := make([]byte, width/8*height)
	for y := range 500 {
		for x := range 900 {
			if part.RGBAAt(x, y).G < 128 {
				bits[(390+y)*(width/8)+(200+x)/8] |= 1 << ((200 + x) % 8)
			}
		}
	}
	var text strings.Builder
	fmt.Fprintf(&text, "#define root_width %d\n#define root_height %d\nstatic unsigned char root_bits[] = {\n", width, height)
	for _, b := range bits {
		fmt.Fprintf(&text, "0x%02x,", b)
	}
	text.WriteString("};\n")
	path := filepath.Join(c.TempDir(), "root.xbm")
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		c.Fatal(err)
	}
	c.x.Run(c, "xsetroot", "-bitmap", path, "-fg", "black", "-bg", "white")
}

// sees waits until a window shows somebody's picture moving.
func (c *call) sees(a *app, sender uint16) {
	c.Helper()
	first := uint32(0)
	c.eventually(changeWithin, func() string {
		m, ok := a.marks()[sender]
		switch {
		case !ok:
			return fmt.Sprintf("%s does not show the picture of %d", a.title, sender)
		case first == 0:
			first = m.Counter
			return fmt.Sprintf("%s shows only one picture of %d", a.title, sender)
		case m.Counter <= first:
			return fmt.Sprintf("in %s the picture of %d stands still at %d", a.title, sender, m.Counter)
		}
		return ""
	})
}

// hears waits until a speaker plays one tone and not the other.
func (c *call) hears(a *app, hz, not float64) {
	c.Helper()
	what := ""
	if !a.sound.Await(time.Second, changeWithin, func(pcm []int16) bool {
		yes, no := pulsetest.Power(pcm, hz), pulsetest.Power(pcm, not)
		what = fmt.Sprintf("%g Hz has %g, %g Hz has %g", hz, yes, not, no)
		return yes > 1000 && no < yes/20
	}) {
		c.Fatalf("%s: %s", a.title, what)
	}
}

func TestCallBetweenTwoDesktops(t *testing.T) {
	c := newCall(t)
	c.sees(c.ann, benSender)
	c.sees(c.ben, annSender)
	c.keep("call")
	c.hears(c.ann, benHz, annHz)
	c.hears(c.ben, annHz, benHz)

	// Mute: Ann's tone goes silent at Ben's, and comes back.
	c.ann.keys("ctrl+d")
	if !c.ben.sound.Await(500*time.Millisecond, changeWithin, func(pcm []int16) bool { return pulsetest.Power(pcm, annHz) < 20 }) {
		t.Error("Ben hears Ann though she is muted")
	}
	c.keep("muted")
	c.ann.keys("ctrl+d")
	c.hears(c.ben, annHz, benHz)

	// Chat: a line that Ann types stands in Ben's panel.
	c.ben.keys("ctrl+shift+c")
	c.ann.keys("ctrl+shift+c")
	c.ann.write("Quarterly figures")
	c.ann.keys("Return")
	c.readsText(c.ben, "Quarterly figures")
	c.readsText(c.ann, "Quarterly figures")
	c.keep("chat")
	c.ann.keys("ctrl+shift+c")
	c.ben.keys("ctrl+shift+c")

	// Screen: Ben shares the display, Ann sees what is painted on it.
	c.ben.keys("ctrl+shift+s")
	c.eventually(changeWithin, func() string {
		if !c.ben.shows("1320 × 900") {
			return "the share picker does not open"
		}
		return ""
	})
	c.keep("picker")
	c.ben.keys("Return")
	c.eventually(changeWithin, func() string {
		if _, ok := c.ann.marks()[rootSender]; !ok {
			return "Ann does not see the screen"
		}
		return ""
	})
	c.keep("share")
	c.ben.keys("ctrl+shift+s")
	c.eventually(changeWithin, func() string {
		if _, ok := c.ann.marks()[rootSender]; ok {
			return "Ann still sees the screen"
		}
		return ""
	})
	c.sees(c.ann, benSender)

	// Leave: the tile goes within two seconds.
	c.ben.keys("ctrl+shift+l")
	left := time.Now()
	c.eventually(changeWithin, func() string {
		if _, ok := c.ann.marks()[benSender]; ok {
			return "Ben left and still stands in Ann's window"
		}
		return ""
	})
	took := time.Since(left)
	t.Logf("the tile of who left stood for %v, screenshots included", took)
	if took > 2*time.Second {
		t.Errorf("that is more than two seconds")
	}
	c.keep("left")
}

// TestNothingComesWithForwardingOff shows that the test above can fail: without forwarding there is no picture and no sound.
func TestNothingComesWithForwardingOff(t *testing.T) {
	c := newCall(t, servertest.ForwardingOff)
	// Chat still goes, so both are in the session.
	c.ben.keys("ctrl+shift+c")
	c.ann.keys("ctrl+shift+c")
	c.ann.write("Quarterly figures")
	c.ann.keys("Return")
	c.readsText(c.ben, "Quarterly figures")
	c.ben.keys("ctrl+shift+c")
	if _, ok := c.ben.marks()[annSender]; ok {
		t.Error("Ben sees Ann")
	}
	if c.ben.sound.Await(time.Second, 3*time.Second, func(pcm []int16) bool { return pulsetest.Power(pcm, annHz) > 100 }) {
		t.Error("Ben hears Ann")
	}
}
