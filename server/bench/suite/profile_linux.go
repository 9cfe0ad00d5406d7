package suite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"runtime/pprof"
	"syscall"
	"time"
)

// heapWithin bounds the wait for a heap profile.
const heapWithin = 5 * time.Second

// Profiled runs fn and writes its profiles: out.cpu when it ends, out.heap when Heap asks for it.
func Profiled(out string, fn func() error) error {
	if err := os.Remove(out + ".heap"); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("profile: %w", err)
	}
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGUSR1)
	wrote := make(chan error)
	go func() { // ends when asked is closed
		var err error
		for range asked {
			err = errors.Join(err, writeHeap(out+".heap"))
		}
		wrote <- err
	}()
	cpu, err := os.Create(out + ".cpu")
	if err == nil {
		err = pprof.StartCPUProfile(cpu)
	}
	if err == nil {
		err = fn()
		pprof.StopCPUProfile()
	}
	signal.Stop(asked)
	close(asked)
	return errors.Join(err, <-wrote, cpu.Close())
}

func writeHeap(name string) error {
	runtime.GC() // the profile is of what the last collection left
	f, err := os.CreateTemp("", "parley-bench-")
	if err != nil {
		return fmt.Errorf("profile: %w", err)
	}
	if err := errors.Join(pprof.Lookup("heap").WriteTo(f, 0), f.Close()); err != nil {
		return fmt.Errorf("profile: %w", err)
	}
	raw, err := os.ReadFile(f.Name())
	if err != nil {
		return fmt.Errorf("profile: %w", err)
	}
	return errors.Join(os.WriteFile(name, raw, 0o600), os.Remove(f.Name()))
}

// Heap asks a profiled process for its heap profile, and waits for it.
func Heap(ctx context.Context, pid int, out string) error {
	if err := syscall.Kill(pid, syscall.SIGUSR1); err != nil {
		return fmt.Errorf("ask for heap profile: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, heapWithin)
	defer cancel()
	for {
		if _, err := os.Stat(out + ".heap"); err == nil {
			return nil
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return fmt.Errorf("no heap profile: %w", err)
		}
	}
}
