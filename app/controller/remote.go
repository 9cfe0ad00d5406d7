package controller

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"

	"parley/media"
	"parley/media/audio"
	"parley/media/codec/opus"
	"parley/media/playout"
	"parley/media/synthetic"
	"parley/media/video"
	"parley/rtc"
	"parley/rtc/protocol"
	"parley/ui/model"
)

// remote is somebody's stream as it is received. Media goroutines use what is atomic or safe by itself; the rest is loop state.
type remote struct {
	stream   protocol.Stream
	pictures *shown // nil without a window
	level    *model.Level
	heard    *heardSound
	seen     seenPictures
	speaking audio.Speaking

	tracks  [2]*rtc.Track // sound and pictures; nil until they start
	step    *inStep       // of the pictures
	video   *playout.Video
	audio   *playout.Audio
	unmix   func()
	readers sync.WaitGroup
	first   atomic.Bool // a picture has come
	playing atomic.Pointer[playout.Video]
}

// shown is a remote's pictures as its tile sees them.
type shown struct {
	*video.Pictures
	remote *remote
}

// Want implements model.Pictures: a tile that appears is decoded for at once.
func (s *shown) Want(width, height int) {
	s.Pictures.Want(width, height)
	if v := s.remote.playing.Load(); v != nil {
		v.Wake()
	}
}

// seenPictures is what statistics say of the pictures.
type seenPictures struct {
	mu      sync.Mutex
	mark    synthetic.Mark
	marked  bool
	delays  []time.Duration // since the last report
	width   int
	height  int
	decoded uint64
}

// note reads the mark of a picture. It allocates only while delays grows to its bound.
func (s *seenPictures) note(f *media.Frame, readMarks bool) {
	var mark synthetic.Mark
	ok := false
	if readMarks {
		mark, ok = synthetic.ReadMark(f)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.width, s.height = f.Width, f.Height
	s.decoded++
	if ok {
		s.mark, s.marked = mark, true
		if len(s.delays) < 120 {
			s.delays = append(s.delays, time.Since(mark.Captured))
		}
	}
}

// size returns the size of the newest picture; 0, 0 before the first.
func (s *seenPictures) size() (width, height int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.width, s.height
}

// heardSound passes sound from the jitter buffer to the mixer, measures it, and keeps the last of it when asked to.
type heardSound struct {
	from     *playout.Audio
	level    *model.Level
	speaking *audio.Speaking
	keep     int // samples to keep for Last

	mu   sync.Mutex
	last []int16
}

// Read implements audio.Source.
func (h *heardSound) Read(pcm []int16) int {
	n := h.from.Read(pcm)
	h.level.Set(levelOf(pcm[:n]))
	h.speaking.Update(pcm[:n])
	if h.keep > 0 {
		h.mu.Lock()
		h.last = append(h.last, pcm[:n]...)
		if over := len(h.last) - h.keep; over > 0 {
			h.last = append(h.last[:0], h.last[over:]...)
		}
		h.mu.Unlock()
	}
	return n
}

// Last copies the newest samples that were heard.
func (h *heardSound) Last() []int16 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]int16(nil), h.last...)
}

// play reads a track to its end on a goroutine of its own, through decoder and jitter buffer to tile or mixer.
func (r *remote) play(track *rtc.Track, mixer *audio.Mixer, opt playOptions) error {
	if track.Kind == protocol.KindAudio {
		if err := r.playAudio(track, mixer, opt); err != nil {
			return err
		}
		r.tracks[0] = track
	} else {
		r.playVideo(track, opt)
		r.tracks[1] = track
	}
	if sound, pictures := r.tracks[0], r.tracks[1]; sound != nil && pictures != nil {
		r.step.sync.Store(playout.NewSync(playout.SyncConfig{
			Sound: r.audio, SoundReport: sound.SenderReport, PictureReport: pictures.SenderReport, Latency: soundLater,
		}))
	}
	return nil
}

// soundLater is by how much a sound that was mixed takes longer to the ear than a picture that was decoded to the eye, about: the card's buffer against a window
// that is painted thirty times a second.
const soundLater = 10 * time.Millisecond

// inStep puts the pictures of one track in step with the stream's sound, once there is some. The pictures' goroutine calls due.
type inStep struct{ sync atomic.Pointer[playout.Sync] }

// due says when a picture is to be shown.
func (i *inStep) due(timestamp uint32) (time.Duration, bool) {
	if s := i.sync.Load(); s != nil {
		return s.Due(timestamp)
	}
	return 0, false
}

// playOptions say how tracks are played.
type playOptions struct {
	loop      *loop
	readMarks bool   // look for the test picture's mark
	keepSound int    // samples of each stream's sound to keep
	changed   func() // posted to the loop when a first picture comes
}

func (r *remote) playVideo(track *rtc.Track, opt playOptions) {
	step := &inStep{}
	r.step = step
	v := playout.NewVideo(playout.VideoConfig{
		RequestKeyFrame: func() { _ = track.RequestKeyFrame() }, // a track that ended needs none
		Due:             step.due,
		Frame: func(f *media.Frame, _ playout.FrameInfo) {
			r.seen.note(f, opt.readMarks)
			if r.pictures != nil {
				r.pictures.Put(f)
			}
			if !r.first.Swap(true) {
				opt.loop.post(opt.changed)
			}
		},
		Wanted: func() bool {
			if r.pictures == nil {
				return true
			}
			w, h := r.pictures.Wanted()
			return w > 0 && h > 0
		},
	})
	if r.video != nil {
		old := r.video
		r.readers.Go(old.Close)
	}
	r.video = v
	r.playing.Store(v)
	r.readers.Go(func() {
		readTrack(track, func(p *rtp.Packet) { v.PushRTP(p.SequenceNumber, p.Timestamp, p.Marker, p.Payload) })
	})
}

func (r *remote) playAudio(track *rtc.Track, mixer *audio.Mixer, opt playOptions) error {
	dec, err := opus.NewDecoder()
	if err != nil {
		return err
	}
	a := playout.NewAudio(playout.AudioConfig{Decoder: dec})
	if r.unmix != nil {
		r.unmix()
		_ = r.audio.Close()
	}
	h := &heardSound{from: a, level: r.level, speaking: &r.speaking, keep: opt.keepSound}
	r.audio, r.heard = a, h
	r.unmix = mixer.Add(h)
	r.readers.Go(func() {
		readTrack(track, func(p *rtp.Packet) { a.Push(p.SequenceNumber, p.Timestamp, p.Payload, media.Now()) })
	})
	return nil
}

// readTrack passes a track's packets on until it ends.
func readTrack(track *rtc.Track, push func(*rtp.Packet)) {
	buf := make([]byte, 1500)
	var p rtp.Packet
	for track.Read(&p, buf) == nil {
		push(&p)
	}
}

// close ends the stream's playing. It waits for the readers, which end with their tracks: call it beside the loop.
func (r *remote) close() {
	if r.unmix != nil {
		r.unmix()
	}
	if r.pictures != nil {
		r.pictures.Close()
	}
	if r.video != nil {
		r.video.Close()
	}
	if r.audio != nil {
		_ = r.audio.Close()
	}
	r.readers.Wait()
}
