package e2e

import (
	"bufio"
	"image/png"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"parley/media/synthetic"
)

// TestMakeRun runs the newcomer's command with no display, for 20 seconds, while its usual port is taken.
func TestMakeRun(t *testing.T) {
	if l, err := net.Listen("tcp", "127.0.0.1:7880"); err == nil {
		defer l.Close()
	} // else somebody else holds it, which serves as well
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("make", "run")
	cmd.Dir = root
	cmd.Env = append(slices.DeleteFunc(os.Environ(), func(kv string) bool {
		return strings.HasPrefix(kv, "DISPLAY=") || strings.HasPrefix(kv, "WAYLAND_DISPLAY=") || strings.HasPrefix(kv, "MAKE")
	}), "PARLEY_DEMO_SECONDS=20", "PARLEY_DEMO_DATA="+t.TempDir(), "XDG_CONFIG_HOME="+t.TempDir(), "XDG_RUNTIME_DIR="+t.TempDir(),
		"PULSE_SERVER=unix:/nowhere", "ALSA_CONFIG_PATH=/dev/null") // no microphone and no speaker, whatever this machine has
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(10*time.Minute, func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
	defer late.Stop()
	var said strings.Builder
	for lines := bufio.NewScanner(out); lines.Scan(); {
		said.WriteString(lines.Text() + "\n")
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("make run: %v\n%s", err, &said)
	}
	for _, want := range []string{"Port 7880 is in use", "There is no display", "There is no microphone", "build/run.png", "parley://127.0.0.1:"} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("it does not say %q:\n%s", want, &said)
		}
	}
	f, err := os.Open(filepath.Join(root, "build/run.png"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	// Two windows, each with the other's test picture; the own one floats over it, mirrored and too small for its mark to be read.
	seen := map[bool]int{}
	for _, f := range synthetic.FindMarks(img) {
		if !f.Mirrored {
			seen[f.Bounds.Min.X < img.Bounds().Dx()/2]++
		}
	}
	if seen[true] != 1 || seen[false] != 1 {
		t.Errorf("%v test pictures in %v of build/run.png, want one at the left and one at the right\n%s", seen, img.Bounds(), &said)
	}
}
