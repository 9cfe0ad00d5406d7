package device

// Info tells of a device that can be opened.
type Info struct {
	ID      string // the same after a restart, as far as the system knows
	Name    string // for people
	Default bool   // the one that opens when no ID is given
}
