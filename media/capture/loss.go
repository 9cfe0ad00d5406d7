package capture

import (
	"math"
	"time"
)

// expectedLoss is what an encoder is told of the packets that will be lost. It rises with a report at once and falls slowly, for losses come in spells. It
// never says none: what the sender hears of is its own way to the server, while each listener has another way from there, on which packets are lost too.
type expectedLoss struct {
	share float64       // at the time of at
	at    time.Duration // of the last report
	said  int           // percent that the encoder was told last
}

const (
	lossLeast = 0.05
	lossMost  = 0.30             // beyond it nothing is gained, and speech itself gets too few bits
	lossHalf  = 10 * time.Second // in which it falls to half
)

// now returns the share that is expected now.
func (l *expectedLoss) now(now time.Duration) float64 {
	return l.share * math.Exp2(-(now-l.at).Seconds()/lossHalf.Seconds())
}

// report takes the share of packets that were lost of late.
func (l *expectedLoss) report(share float64, now time.Duration) {
	l.share, l.at = max(share, l.now(now)), now
}

// percent returns what the encoder is to be told, and whether that is news.
func (l *expectedLoss) percent(now time.Duration) (percent int, changed bool) {
	percent = int(math.Round(100 * max(lossLeast, min(l.now(now), lossMost))))
	changed = percent != l.said
	l.said = percent
	return percent, changed
}
