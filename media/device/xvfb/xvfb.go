// Package xvfb runs a virtual X display for tests.
package xvfb

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Server is a running display.
type Server struct {
	Display string // such as :7
	cmd     *exec.Cmd
	wait    chan struct{} // closed when it ended
}

// Start runs a display of the size with 24 bit colours until the test ends. It needs the program Xvfb.
func Start(t testing.TB, width, height int, args ...string) *Server {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	screen := fmt.Sprintf("%dx%dx24", width, height)
	args = append([]string{"-displayfd", "3", "-screen", "0", screen, "-nolisten", "tcp", "-noreset"}, args...)
	s := &Server{cmd: exec.Command("Xvfb", args...), wait: make(chan struct{})}
	s.cmd.ExtraFiles = []*os.File{w}
	err = s.cmd.Start()
	w.Close()
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = s.cmd.Wait() // killed: its status tells nothing
		close(s.wait)
	}()
	t.Cleanup(s.Stop)
	number, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatalf("Xvfb told no display: %v", err)
	}
	s.Display = ":" + strings.TrimSpace(number)
	return s
}

// Stop kills the server and waits until it is gone.
func (s *Server) Stop() {
	_ = s.cmd.Process.Kill() // it may have ended
	<-s.wait
}

// Run runs an X program, such as xsetroot, on the display.
func (s *Server) Run(t testing.TB, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "DISPLAY="+s.Display)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v: %s", name, args, err, out)
	}
}
