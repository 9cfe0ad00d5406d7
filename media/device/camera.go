package device

// SkipCounter is implemented by the readers of cameras that tell how many pictures were torn, empty or broken, and were not
// delivered. Any goroutine may ask.
type SkipCounter interface {
	Skipped() uint64
}
