package playout

import (
	"sync/atomic"
	"time"

	"parley/media"
)

// Report returns which NTP time, in the format of RFC 3550, the sender's clock showed at an RTP timestamp of a track, as its last report says; ok is false
// before there is one.
type Report func() (ntp uint64, timestamp uint32, ok bool)

// SyncConfig is what a Sync works with. The functions are called on the goroutine of Due.
type SyncConfig struct {
	Sound           *Audio
	SoundReport     Report
	PictureReport   Report
	Latency         time.Duration // by how much a sound that was read reaches the ear later than a picture that was played out reaches the eye
	PictureClockHz  int64         // 0 is 90000
	HoldSoundAtMost time.Duration // how long sound may be held for pictures that are late; 0 is 250 ms
}

// Sync puts the pictures of a stream in step with its sound: both senders' reports say when, by one clock, what was recorded, and the sound says what is being
// played. Mostly pictures wait, for sound takes longer; when they keep coming late, the sound is held for them. Due is for one goroutine at a time, which is the
// one that plays the pictures.
type Sync struct {
	config SyncConfig

	offset  time.Duration // our time less the sender's at which its sound is heard, smoothed
	known   bool
	base    uint64        // NTP time that the sender's times are counted from
	asked   uint32        // timestamp of the last picture
	late    time.Duration // of the least late picture of this second
	looked  time.Duration // when this second began
	any     bool          // there was a picture in it
	holding time.Duration
	held    atomic.Int64 // for Held
}

const (
	syncMost   = 400 * time.Millisecond // a picture waits no longer than this
	syncSlow   = 16                     // of a change of the offset, one part is followed with each picture
	syncJump   = 100 * time.Millisecond // a change beyond this at once
	syncLook   = time.Second
	syncStep   = 15 * time.Millisecond // later than this, always, within a second: the sound is held
	syncLeast  = 20 * time.Millisecond
	syncHold   = 250 * time.Millisecond
	videoClock = 90000
)

// NewSync returns a Sync that knows nothing yet.
func NewSync(config SyncConfig) *Sync {
	if config.PictureClockHz == 0 {
		config.PictureClockHz = videoClock
	}
	if config.HoldSoundAtMost == 0 {
		config.HoldSoundAtMost = syncHold
	}
	return &Sync{config: config, holding: syncLeast}
}

// ntpDuration is an NTP time less another.
func ntpDuration(a, b uint64) time.Duration {
	d := int64(a - b)
	return time.Duration(d>>32)*time.Second + time.Duration(uint64(d)&0xFFFFFFFF*uint64(time.Second)>>32)
}

// recorded returns when a timestamp was recorded, by the sender's clock, counted from base.
func (s *Sync) recorded(report Report, timestamp uint32, clock int64) (time.Duration, bool) {
	ntp, at, ok := report()
	if !ok {
		return 0, false
	}
	if s.base == 0 {
		s.base = ntp
	}
	return ntpDuration(ntp, s.base) + time.Duration(int64(int32(timestamp-at))*int64(time.Second)/clock), true
}

// follow notes where the sound is now.
func (s *Sync) follow() {
	timestamp, read, ok := s.config.Sound.Playing()
	if !ok {
		return // silent: what was known holds
	}
	said, ok := s.recorded(s.config.SoundReport, timestamp, media.SampleRate)
	if !ok {
		return
	}
	offset := read + s.config.Latency - said
	d := offset - s.offset
	if !s.known || d > syncJump || d < -syncJump {
		s.offset, s.known = offset, true
		return
	}
	s.offset += d / syncSlow
}

// Due returns when, by media.Now, the picture of an RTP timestamp is to be shown; it is called when the picture could be shown, and may be called again. ok is
// false when nothing is known of it, or what is known makes no sense.
func (s *Sync) Due(timestamp uint32) (at time.Duration, ok bool) {
	s.follow()
	if !s.known {
		return 0, false
	}
	taken, ok := s.recorded(s.config.PictureReport, timestamp, s.config.PictureClockHz)
	if !ok {
		return 0, false
	}
	at = s.offset + taken
	late := media.Now() - at
	if late < -syncMost || late > 10*syncMost {
		return at, false
	}
	if timestamp != s.asked || !s.any {
		s.asked = timestamp
		s.hold(late)
	}
	return at, true
}

// hold takes how late a picture could be shown, and holds the sound when all are late, or lets it go when none is any more.
func (s *Sync) hold(late time.Duration) {
	now := media.Now()
	switch {
	case !s.any && s.looked == 0:
		s.looked, s.late = now, late
	case !s.any:
		s.late = late
	default:
		s.late = min(s.late, late)
	}
	s.any = true
	if now-s.looked < syncLook {
		return
	}
	s.looked, s.any = now, false
	if s.late < syncStep && (s.late > -syncStep || s.holding == syncLeast) {
		return
	}
	delay := time.Duration(s.config.Sound.Stats().DelayMs) * time.Millisecond
	s.holding = max(syncLeast, min(delay+s.late, s.config.HoldSoundAtMost))
	s.config.Sound.SetMinDelay(s.holding)
	s.held.Store(int64(s.holding))
}

// Held returns the least delay that the sound is held to for pictures that come late, or 0. It is safe for concurrent use.
func (s *Sync) Held() time.Duration { return time.Duration(s.held.Load()) }
