package device

// Screen tells of a screen that can be shared.
type Screen struct {
	ID            string // the same after a restart, as far as the system knows
	Name          string // for people: Screen 1
	Width, Height int    // pixels, as they are now
}
