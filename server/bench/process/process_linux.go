package process

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// stopWithin is how long a child may take to end by itself.
const stopWithin = 10 * time.Second

// Pin keeps the whole process on one core, threads that it has and will have.
func Pin(core int) error {
	var set unix.CPUSet
	set.Set(core)
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return fmt.Errorf("pin: %w", err)
	}
	for _, t := range tasks {
		id, err := strconv.Atoi(t.Name())
		if err != nil {
			return fmt.Errorf("pin: %w", err)
		}
		if err := unix.SchedSetaffinity(id, &set); err != nil && !errors.Is(err, unix.ESRCH) {
			return fmt.Errorf("pin to core %d: %w", core, err)
		}
	}
	return nil
}

// Child is a program that runs on one core.
type Child struct {
	cmd    *exec.Cmd
	errors tail
	done   chan struct{}
	err    error // once done is closed
}

// Start starts a program on a core. input and output may be nil. What it says on standard error is kept for the error of Stop.
func Start(core int, input io.Reader, output io.Writer, name string, args ...string) (*Child, error) {
	c := &Child{cmd: exec.Command(name, args...), done: make(chan struct{})}
	c.cmd.Stdin, c.cmd.Stdout, c.cmd.Stderr = input, output, &c.errors
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	started := make(chan error)
	go func() {
		// The child inherits the affinity of the thread that starts it and, so that it dies with us, must not outlive that thread: the
		// thread stays for as long as the child. It is never unlocked, so it ends with the goroutine.
		runtime.LockOSThread()
		var set unix.CPUSet
		set.Set(core)
		err := unix.SchedSetaffinity(0, &set)
		if err == nil {
			err = c.cmd.Start()
		}
		started <- err
		if err == nil {
			c.err = c.cmd.Wait()
			close(c.done)
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	return c, nil
}

// PID is the child's.
func (c *Child) PID() int { return c.cmd.Process.Pid }

// Done is closed when the child has ended.
func (c *Child) Done() <-chan struct{} { return c.done }

// Stop asks the child to end, and makes it when it does not.
func (c *Child) Stop() error {
	_ = c.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	late := time.AfterFunc(stopWithin, func() { _ = c.cmd.Process.Kill() })
	<-c.done
	if !late.Stop() {
		return fmt.Errorf("%s did not end within %v", c.cmd.Path, stopWithin)
	}
	if c.err != nil {
		return fmt.Errorf("%s: %w: %s", c.cmd.Path, c.err, c.errors.String())
	}
	return nil
}

// tail keeps the last of what is written.
type tail struct {
	mu sync.Mutex
	b  []byte
}

const maxTail = 2000

// Write is of io.Writer.
func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b = append(t.b, b...)
	t.b = t.b[max(0, len(t.b)-maxTail):]
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.b)
}

// Times is on-CPU time.
type Times struct {
	Total        time.Duration // to the nanosecond
	User, System time.Duration // shares of it, by the kernel's ticks
}

// Sub returns t less an earlier one.
func (t Times) Sub(earlier Times) Times {
	return Times{t.Total - earlier.Total, t.User - earlier.User, t.System - earlier.System}
}

// tick is the unit of times in /proc/PID/stat; USER_HZ is 100 on every architecture that Go runs on.
const tick = 10 * time.Millisecond

// CPU reads what a process has used.
func CPU(pid int) (Times, error) {
	var t Times
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil || len(tasks) == 0 {
		return t, fmt.Errorf("read cpu of process %d: no tasks", pid)
	}
	for _, name := range tasks {
		raw, err := os.ReadFile(name)
		if errors.Is(err, os.ErrNotExist) || errors.Is(err, unix.ESRCH) {
			continue // the thread has ended
		}
		if err != nil {
			return t, fmt.Errorf("read cpu: %w", err)
		}
		first, _, _ := bytes.Cut(raw, []byte(" "))
		n, err := strconv.ParseInt(string(first), 10, 64)
		if err != nil {
			return t, fmt.Errorf("read cpu: %w", err)
		}
		t.Total += time.Duration(n)
	}
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return t, fmt.Errorf("read cpu: %w", err)
	}
	// The second field is the name in parentheses; user and system time are 14 and 15.
	fields := bytes.Fields(raw[bytes.LastIndexByte(raw, ')')+1:])
	if len(fields) < 13 {
		return t, fmt.Errorf("read cpu: %d fields", len(fields))
	}
	user, err1 := strconv.ParseInt(string(fields[11]), 10, 64)
	system, err2 := strconv.ParseInt(string(fields[12]), 10, 64)
	t.User, t.System = time.Duration(user)*tick, time.Duration(system)*tick
	return t, errors.Join(err1, err2)
}

// Memory is what a process holds, in bytes.
type Memory struct{ PSS, RSS int64 }

// MemoryOf reads it.
func MemoryOf(pid int) (Memory, error) {
	var m Memory
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return m, fmt.Errorf("read memory: %w", err)
	}
	for line := range bytes.SplitSeq(raw, []byte("\n")) {
		f := bytes.Fields(line)
		if len(f) != 3 || string(f[2]) != "kB" {
			continue
		}
		n, err := strconv.ParseInt(string(f[1]), 10, 64)
		if err != nil {
			return m, fmt.Errorf("read memory: %w", err)
		}
		switch string(f[0]) {
		case "Pss:":
			m.PSS = n << 10
		case "Rss:":
			m.RSS = n << 10
		}
	}
	return m, nil
}
