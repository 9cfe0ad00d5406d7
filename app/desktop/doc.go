// Package desktop is what the app asks of the desktop around it: not to sleep in a call, and where its window stands. Each of it is harmless
// where a desktop does not offer it: the error says so, and the app goes on.
package desktop

import "errors"

// ErrUnsupported means that this desktop does not offer it.
var ErrUnsupported = errors.New("not offered by this desktop")
