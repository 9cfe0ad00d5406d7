package xshm

import "errors"

// ErrChanged means that monitors came, went, moved or changed their size since Monitors was last called. Grab works again after
// the next call of Monitors.
var ErrChanged = errors.New("monitors changed")
