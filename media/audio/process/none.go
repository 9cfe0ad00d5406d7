//go:build noprocess || (!linux && !speexdsp)

package process

func newEngine() (engine, error) { return nil, ErrUnavailable }
