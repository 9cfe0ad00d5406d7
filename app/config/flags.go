package config

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"
)

// Flags is what the app is started with.
type Flags struct {
	Link string `arg:"" optional:"" help:"Meeting link to open: parley://HOST:PORT/INVITE. It only ever opens the device check."`

	Join        string `help:"Meeting link to join." placeholder:"LINK"`
	SkipPrejoin bool   `help:"With --join: go into the call without the device check."`
	Server      string `help:"Server to join with --token, as http(s)://HOST:PORT." placeholder:"URL"`
	Token       string `help:"Client token for --server." env:"PARLEY_TOKEN" placeholder:"TOKEN"`
	Name        string `help:"Display name."`

	Camera     string `help:"Camera: a device id, 'test', 'off', FILE.y4m, or FILE.ivf (ready-encoded VP8)." placeholder:"CAMERA"`
	Microphone string `help:"Microphone: a device id, 'test', 'off', or FILE.wav." placeholder:"MICROPHONE"`
	Speaker    string `help:"Speaker: a device id or 'off'." placeholder:"SPEAKER"`
	SenderID   uint16 `name:"sender-id" help:"Number that the test picture and tone carry (default: drawn from the name)." placeholder:"N"`

	Headless  bool   `help:"No window: print one JSON object a line, take commands on standard input."`
	Subscribe string `help:"With --headless: what to receive: all, audio or none." enum:"all,audio,none" default:"all"`

	Config  string `help:"Folder of the settings (default: parley in the user's configuration folder)." type:"path" placeholder:"DIR"`
	Title   string `help:"Window title." default:"Parley"`
	Size    Size   `help:"Window size." placeholder:"WxH"`
	FPS     int    `name:"fps" help:"Pictures painted a second at most." default:"30"`
	Devices bool   `help:"List cameras, microphones, speakers and screens, and end."`
	JSON    bool   `name:"json" help:"With --devices: as JSON."`
	Verbose bool   `help:"Log more, to standard error."`
	Version bool   `help:"Print the version and end."`
}

// Size is a window size in device-independent pixels; 0x0 is the remembered one.
type Size struct{ Width, Height int }

// UnmarshalText parses WxH.
func (s *Size) UnmarshalText(text []byte) error {
	w, h, ok := strings.Cut(string(text), "x")
	width, errW := strconv.Atoi(w)
	height, errH := strconv.Atoi(h)
	if !ok || errW != nil || errH != nil || width < 320 || height < 240 || width > 16384 || height > 16384 {
		return fmt.Errorf("size %q: write it as 1280x720, at least 320x240", text)
	}
	s.Width, s.Height = width, height
	return nil
}

const examples = `
Examples:
  parley                                             open the window
  parley parley://meet.example:7880/INVITE           open a meeting's device check
  parley --join LINK --skip-prejoin --name Ann       go straight into the call
  parley --headless --join LINK --name Bot --camera test --microphone test
                                                     a participant with no window`

// ErrDone says that --help was printed and there is nothing left to do.
var ErrDone = errors.New("done")

// ParseFlags parses the command line. Help goes to out, and ErrDone is returned with it.
func ParseFlags(args []string, out io.Writer) (Flags, error) {
	var f Flags
	done := false
	parser, err := kong.New(&f, kong.Name("parley"), kong.Writers(out, out), kong.Exit(func(int) { done = true }),
		kong.Description("Video conferencing that people own."+examples))
	if err != nil {
		return f, err
	}
	_, err = parser.Parse(args)
	if done {
		return f, ErrDone
	}
	if err != nil {
		return f, err
	}
	return f, f.check()
}

// check refuses flags that contradict each other.
func (f *Flags) check() error {
	switch {
	case f.Link != "" && f.Join != "":
		return errors.New("give the link once: as an argument, or with --join")
	case f.Link != "" && (f.SkipPrejoin || f.Headless):
		return errors.New("--skip-prejoin and --headless go with --join LINK, or --server and --token")
	case (f.Server == "") != (f.Token == ""):
		return errors.New("--server and --token go together")
	case f.Server != "" && f.Join != "":
		return errors.New("give either --join or --server with --token")
	case f.Headless && f.Join == "" && f.Server == "":
		return errors.New("--headless needs --join LINK, or --server URL and --token TOKEN")
	case f.FPS < 1 || f.FPS > 60:
		return errors.New("--fps goes from 1 to 60")
	case len(f.Name) > 240:
		return errors.New("--name is longer than 240 bytes")
	}
	return nil
}
