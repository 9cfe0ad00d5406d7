package suite

import (
	"errors"
	"fmt"
	"os"
	"runtime/pprof"
)

// Profiled runs fn and writes its profiles: out.cpu and out.heap.
func Profiled(out string, fn func() error) error {
	cpu, err := os.Create(out + ".cpu")
	if err != nil {
		return fmt.Errorf("profile: %w", err)
	}
	if err := pprof.StartCPUProfile(cpu); err != nil {
		return errors.Join(fmt.Errorf("profile: %w", err), cpu.Close())
	}
	err = fn()
	pprof.StopCPUProfile()
	heap, heapErr := os.Create(out + ".heap")
	if heapErr == nil {
		heapErr = errors.Join(pprof.Lookup("allocs").WriteTo(heap, 0), heap.Close())
	}
	return errors.Join(err, cpu.Close(), heapErr)
}
