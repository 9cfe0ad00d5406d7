//go:build !linux

package desktop

// Placer would know where windows stand; here the system places them.
type Placer struct{}

// NewPlacer is not offered here yet.
func NewPlacer() (*Placer, error) { return nil, ErrUnsupported }

// Close does nothing.
func (*Placer) Close() {}

// Where is not offered here yet.
func (*Placer) Where(uintptr) (x, y int, err error) { return 0, 0, ErrUnsupported }

// Move is not offered here yet.
func (*Placer) Move(uintptr, int, int) error { return ErrUnsupported }
