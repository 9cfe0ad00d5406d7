package playout

import (
	"encoding/binary"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"parley/media"
)

// streamer sends a stream in real time: sound whose packets say when they were recorded, and pictures.
type streamer struct {
	audio   *Audio
	sync    *Sync
	begin   time.Duration
	pending []func(now time.Duration) (done bool)
	skews   []time.Duration // of pictures less sound, when pictures were shown
}

// ntpAt is the sender's clock, which has nothing to do with ours.
func ntpAt(since time.Duration) uint64 {
	return 0xE000000000000000 + uint64(since/time.Second)<<32 + uint64(since%time.Second)<<32/uint64(time.Second)
}

const (
	soundBase   = 0xFFFFF000 // timestamps wrap soon
	pictureBase = 0xFFFFC000
)

func newStreamer() *streamer {
	s := &streamer{begin: media.Now()}
	s.audio = NewAudio(AudioConfig{Decoder: &fakeDecoder{
		decode:  func(_ []byte, pcm []int16) (int, error) { return copy(pcm, make([]int16, len(pcm))), nil },
		conceal: func(pcm []int16) (int, error) { return copy(pcm, make([]int16, len(pcm))), nil },
		close:   func() error { return nil },
	}})
	report := func(base uint32, clock int64) Report {
		return func() (uint64, uint32, bool) { // each second, of a second ago
			at := (media.Now() - s.begin).Truncate(time.Second)
			return ntpAt(at), base + uint32(int64(at)*clock/int64(time.Second)), at > 0
		}
	}
	s.sync = NewSync(SyncConfig{Sound: s.audio, SoundReport: report(soundBase, 48000), PictureReport: report(pictureBase, 90000)})
	return s
}

// run streams for a while: sound takes 20 ms to be packed and 10 to come, pictures come so much after they were taken.
func (s *streamer) run(d time.Duration, pictures time.Duration) {
	s.skews = s.skews[:0]
	pcm := make([]int16, 480)
	for end := media.Now() + d; media.Now() < end; time.Sleep(10 * time.Millisecond) {
		now := media.Now()
		since := now - s.begin
		if since%(20*time.Millisecond) == 0 {
			i := int(since / (20 * time.Millisecond))
			spoken := since - 30*time.Millisecond
			s.audio.Push(uint16(i), soundBase+uint32(int64(spoken)*48/int64(time.Millisecond)), binary.BigEndian.AppendUint32(nil, uint32(i)), now)
		}
		s.audio.Read(pcm)
		if since%(30*time.Millisecond) == 0 {
			taken := since - pictures
			stamp := pictureBase + uint32(int64(taken)*90/int64(time.Millisecond))
			s.pending = append(s.pending, func(now time.Duration) bool {
				if at, ok := s.sync.Due(stamp); ok && at > now {
					return false
				}
				if sound, read, ok := s.audio.Playing(); ok {
					spoken := time.Duration(int32(sound-soundBase)) * time.Second / 48000
					s.skews = append(s.skews, (now-taken-s.begin)-(read-spoken-s.begin))
				}
				return true
			})
		}
		s.pending = slices.DeleteFunc(s.pending, func(f func(time.Duration) bool) bool { return f(now) })
	}
}

// skew returns the middle one.
func (s *streamer) skew() time.Duration {
	slices.Sort(s.skews)
	return s.skews[len(s.skews)/2]
}

func TestSync(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStreamer()
		defer s.audio.Close()
		const ms, most = time.Millisecond, 20 * time.Millisecond
		s.run(900*ms, 20*ms) // no report has come yet
		if got := s.skew(); got > -most {
			t.Errorf("unsynchronized pictures are %v after their sound: this measures nothing", got)
		}
		for _, c := range []struct {
			name     string
			pictures time.Duration
			held     bool
		}{{"pictures wait", 20 * ms, false}, {"the sound waits", 180 * ms, true}, {"pictures are early again", 20 * ms, false}} {
			s.run(12*time.Second, c.pictures)
			s.run(3*time.Second, c.pictures)
			if got := s.skew(); got > most || got < -most {
				t.Errorf("%s: they are %v after their sound, %+v", c.name, got, s.audio.Stats())
			}
			if got := s.sync.Held() > 50*ms; got != c.held {
				t.Errorf("%s: the sound is held to %v", c.name, s.sync.Held())
			}
		}
		// Nothing is said for a while: pictures go on as they did.
		s.run(0, 0)
		for end := media.Now() + 2*time.Second; media.Now() < end; time.Sleep(10 * ms) {
			s.audio.Read(make([]int16, 480))
		}
		taken := media.Now() - s.begin
		at, ok := s.sync.Due(pictureBase + uint32(int64(taken)*90/int64(ms)))
		if wait := at - media.Now(); !ok || wait < 20*ms || wait > 120*ms {
			t.Errorf("after silence a picture waits for %v, %v", wait, ok)
		}
	})
}

func TestSyncBelievesNoNonsense(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStreamer()
		defer s.audio.Close()
		s.run(3*time.Second, 0)
		for _, stamp := range []uint32{(pictureBase + 90000*60) & 0xFFFFFFFF, pictureBase - 90000*60} {
			if at, ok := s.sync.Due(stamp); ok {
				t.Errorf("a picture of a minute away is due in %v", at-media.Now())
			}
		}
	})
}
