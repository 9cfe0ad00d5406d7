//go:build linux

package pulsetest

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Names of the devices that every server begins with.
const (
	Speaker    = "spk"        // default sink
	Microphone = "microphone" // default source
	micBus     = "micbus"     // sink whose monitor the microphone is
)

// Server is a PulseAudio of one test.
type Server struct {
	t       testing.TB
	dir     string
	log     bytes.Buffer // of the daemon, valid once it has ended
	speaker *recorder
}

// alsaConfig makes PulseAudio ALSA's default device, whatever the machine's own configuration says.
const alsaConfig = `</usr/share/alsa/alsa.conf>
pcm.!default { type pulse }
ctl.!default { type pulse }
`

// Start starts a server and waits until it can be used. It ends with the test.
func Start(t testing.TB) *Server {
	t.Helper()
	// Not t.TempDir: its path can be too long for a socket.
	dir, err := os.MkdirTemp("", "pulse")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	s := &Server{t: t, dir: dir}
	if err := os.WriteFile(filepath.Join(dir, "alsa.conf"), []byte(alsaConfig), 0o600); err != nil {
		t.Fatal(err)
	}
	daemon := exec.Command("pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--disable-shm=yes",
		"--high-priority=no", "--realtime=no", "--log-target=stderr", "--log-level=warn",
		"-L", "module-native-protocol-unix auth-anonymous=1 socket="+s.socket(),
		"-L", nullSink(Speaker, 2),
		"-L", nullSink(micBus, 1),
		"-L", "module-remap-source source_name="+Microphone+" master="+micBus+".monitor source_properties=device.description="+Microphone,
	)
	// Its own places for files and keys: it neither finds nor disturbs a server of the user's.
	daemon.Env = append(os.Environ(), "HOME="+dir, "XDG_RUNTIME_DIR="+dir, "XDG_CONFIG_HOME="+dir, "PULSE_RUNTIME_PATH="+dir,
		"DBUS_SESSION_BUS_ADDRESS=disabled:")
	daemon.Stderr = &s.log
	s.own(daemon)
	s.await()
	s.control("set-default-sink", Speaker)
	s.control("set-default-source", Microphone)
	// A monitor that nobody reads falls asleep, and the next sound comes late: keep both read.
	s.speaker = s.record(Speaker)
	s.record(micBus)
	return s
}

// nullSink is a sink that plays to nobody but its monitor. Without norewinds it renders up to 2 s at once, which is then how late
// the first sound comes after something is connected.
func nullSink(name string, channels int) string {
	return fmt.Sprintf("module-null-sink norewinds=1 sink_name=%s rate=48000 channels=%d sink_properties=device.description=%s", name, channels, name)
}

func (s *Server) socket() string { return filepath.Join(s.dir, "native") }

// Env is what a program needs in its environment to use this server, by PulseAudio or by ALSA.
func (s *Server) Env() []string {
	return []string{"PULSE_SERVER=unix:" + s.socket(), "PULSE_RUNTIME_PATH=" + s.dir, "PULSE_COOKIE=" + filepath.Join(s.dir, "cookie"),
		"ALSA_CONFIG_PATH=" + filepath.Join(s.dir, "alsa.conf")}
}

// Use sets the environment of the test itself, before it opens any device. The test cannot be parallel.
func (s *Server) Use() {
	for _, kv := range s.Env() {
		key, value, _ := strings.Cut(kv, "=")
		s.t.Setenv(key, value)
	}
}

// Plug adds a speaker.
func (s *Server) Plug(sink string) {
	s.t.Helper()
	s.control(append([]string{"load-module"}, strings.Fields(nullSink(sink, 2))...)...)
}

// PlugMicrophone adds a microphone, which hears what the test speaks, as the first does.
func (s *Server) PlugMicrophone(source string) {
	s.t.Helper()
	s.control("load-module", "module-remap-source", "source_name="+source, "master="+micBus+".monitor",
		"source_properties=device.description="+source)
}

// Echo lets the microphone hear what the default speaker plays, some time later.
func (s *Server) Echo(delay time.Duration) {
	s.t.Helper()
	s.control("load-module", "module-loopback", "source="+Speaker+".monitor", "sink="+micBus, "adjust_time=0",
		fmt.Sprintf("latency_msec=%d", delay.Milliseconds()))
}

// Unplug takes a speaker or a microphone away.
func (s *Server) Unplug(name string) {
	s.t.Helper()
	for line := range strings.Lines(s.control("list", "short", "modules")) {
		index, module, _ := strings.Cut(line, "\t")
		if strings.Contains(module+" ", "sink_name="+name+" ") || strings.Contains(module+" ", "source_name="+name+" ") {
			s.control("unload-module", index)
			return
		}
	}
	s.t.Fatalf("unplug %s: no such device", name)
}

// control runs pactl.
func (s *Server) control(args ...string) string {
	s.t.Helper()
	out, err := s.command("pactl", args...).CombinedOutput()
	if err != nil {
		s.t.Fatalf("pactl %s: %v: %s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// command returns a command that uses the server.
func (s *Server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), s.Env()...)
	return cmd
}

// await waits until the server answers.
func (s *Server) await() {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		if _, err := os.Stat(s.socket()); err == nil && s.command("pactl", "info").Run() == nil {
			return
		}
		select {
		case <-ctx.Done():
			s.t.Fatal("PulseAudio does not answer; is it installed?")
		case <-again.C:
		}
	}
}

// own starts a program that ends with the test, or earlier by stop.
func (s *Server) own(cmd *exec.Cmd) (stop func()) {
	s.t.Helper()
	// When the test dies without clean-up the program dies with it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		s.t.Fatalf("start %s: %v", cmd.Path, err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		cmd.Wait()
	}()
	stop = func() {
		cmd.Process.Signal(syscall.SIGTERM)
		patience := time.NewTimer(2 * time.Second)
		defer patience.Stop()
		select {
		case <-ended:
		case <-patience.C:
			cmd.Process.Kill()
			<-ended
		}
	}
	s.t.Cleanup(stop)
	return stop
}
