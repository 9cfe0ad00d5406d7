package process

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestChildRunsOnItsCore(t *testing.T) {
	t.Parallel()
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no shell")
	}
	var before unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	c, err := Start(0, strings.NewReader("word\n"), &out, shell, "-c", "read x; echo $x; trap 'exit 0' TERM; grep Cpus_allowed_list /proc/self/status; while :; do :; done")
	if err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(10 * time.Second)
	var used Times
	for used.Total < 30*time.Millisecond {
		if used, err = CPU(c.PID()); err != nil {
			t.Fatal(err)
		}
		if time.Now().After(deadline) {
			t.Fatalf("a busy child has used %v", used)
		}
	}
	m, err := MemoryOf(c.PID())
	if err != nil || m.RSS < 100<<10 || m.PSS > m.RSS {
		t.Errorf("memory %+v, %v", m, err)
	}
	if err := c.Stop(); err != nil {
		t.Fatal(err)
	}
	if said := strings.Fields(out.String()); len(said) != 3 || said[0] != "word" || said[2] != "0" {
		t.Errorf("the child said %q", out.String())
	}
	var after unix.CPUSet
	if err := unix.SchedGetaffinity(0, &after); err != nil {
		t.Fatal(err)
	}
	if after != before {
		t.Errorf("we may run on %v after it, before on %v", after, before)
	}
	if _, err := CPU(c.PID()); err == nil {
		t.Error("an ended child has CPU times")
	}
}

func TestChildThatFails(t *testing.T) {
	t.Parallel()
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no shell")
	}
	c, err := Start(0, nil, nil, shell, "-c", "echo broken >&2; exit 3")
	if err != nil {
		t.Fatal(err)
	}
	<-c.Done()
	if err := c.Stop(); err == nil || !strings.Contains(err.Error(), "broken") {
		t.Errorf("stop: %v", err)
	}
	if _, err := Start(0, nil, nil, "/nonexistent"); err == nil {
		t.Error("what does not exist was started")
	}
}

func TestOwnTimes(t *testing.T) {
	t.Parallel()
	a, err := CPU(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(30 * time.Millisecond); time.Now().Before(deadline); {
	}
	b, err := CPU(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if d := b.Sub(a); d.Total < 5*time.Millisecond {
		t.Errorf("30 ms of work cost %v", d)
	}
}
