package rtc

import "time"

// Hasty returns options of a client that notices within two seconds that its wire or its media path is gone, and gives up to mend the path as soon.
func Hasty(opt Options) Options {
	opt.timing = timing{ping: time.Second, restart: 3 * time.Second}
	return opt
}
