package rtc

import "time"

// Hasty returns options of a client that notices within a fraction of a second that its wire or its media path is gone, and gives up to mend the path as soon.
func Hasty(opt Options) Options {
	opt.timing = timing{ping: 200 * time.Millisecond, restart: time.Second}
	return opt
}
