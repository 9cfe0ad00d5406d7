package playout

import (
	"hash/crc32"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"parley/media"
	"parley/media/codec/codectest"
	"parley/media/codec/vp8"
	"parley/media/video"
)

// rtp is a packet of a test.
type rtp struct {
	seq       uint16
	timestamp uint32
	marker    bool
	payload   []byte
}

// stream is an encoded picture in packets.
type stream struct {
	frames [][]rtp  // the packets of each frame
	sums   []uint32 // of each picture when nothing is lost
}

// sum tells pictures apart.
func sum(f *media.Frame) uint32 {
	crc := uint32(0)
	for y := range f.Height {
		crc = crc32.Update(crc, crc32.IEEETable, f.Y[y*f.StrideY:][:f.Width])
	}
	return crc
}

// record encodes count pictures, with key frames where asked, in packets of size bytes at the most.
func record(t testing.TB, count, size int, seq uint16, timestamp uint32, keys ...int) *stream {
	t.Helper()
	e, err := vp8.NewEncoder(vp8.Config{Width: 96, Height: 64, BitrateBps: 2_000_000})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = e.Close() }()
	d, err := vp8.NewDecoder()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	s := &stream{}
	f := video.NewFrame(96, 64)
	for n := range count {
		codectest.Picture(f, 3*n)
		f.Captured = time.Duration(n+1) * time.Second / 30
		out, ok, err := e.Encode(f, slices.Contains(keys, n))
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		decoded, err := d.Decode(out.Data)
		if err != nil {
			t.Fatal(err)
		}
		s.sums = append(s.sums, sum(decoded))
		var packets []rtp
		for data := out.Data; len(data) > 0; {
			part := data[:min(size, len(data))]
			data = data[len(part):]
			head := []byte{0x80, 0x80, 0x80 | byte(n>>8), byte(n)} // a picture id of 15 bits
			if len(packets) == 0 {
				head[0] |= 0x10
			}
			packets = append(packets, rtp{seq, timestamp, len(data) == 0, append(head, part...)})
			seq++
		}
		s.frames = append(s.frames, packets)
		timestamp += 3000
	}
	return s
}

// player is a Video whose pictures are recorded.
type player struct {
	*Video
	mu       sync.Mutex
	shown    []uint32 // sums
	infos    []FrameInfo
	requests []time.Time
	hidden   bool
	after    time.Duration // pictures are due so long after the player began; 0 is at once
	begun    time.Duration
}

func newPlayer() *player {
	p := &player{begun: media.Now()}
	p.Video = NewVideo(VideoConfig{
		RequestKeyFrame: func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.requests = append(p.requests, time.Now())
		},
		Frame: func(f *media.Frame, info FrameInfo) {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.shown = append(p.shown, sum(f))
			p.infos = append(p.infos, info)
		},
		Due: func(uint32) (time.Duration, bool) {
			p.mu.Lock()
			defer p.mu.Unlock()
			return p.begun + p.after, p.after > 0
		},
		Wanted: func() bool {
			p.mu.Lock()
			defer p.mu.Unlock()
			return !p.hidden
		},
	})
	return p
}

func (p *player) push(packets ...rtp) {
	for _, r := range packets {
		p.PushRTP(r.seq, r.timestamp, r.marker, r.payload)
	}
}

func (p *player) hide(hidden bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hidden = hidden
}

// want checks which pictures were shown and how many key frames were asked for since the last call.
func (p *player) want(t *testing.T, sums []uint32, requests int) {
	t.Helper()
	synctest.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	if !slices.Equal(p.shown, sums) {
		t.Errorf("%d pictures were shown, want %d, or others", len(p.shown), len(sums))
	}
	if len(p.requests) != requests {
		t.Errorf("a key frame was asked for %d times, want %d", len(p.requests), requests)
	}
	p.shown, p.requests = nil, nil
}

// play runs a test with a player and a clock that does not wait.
func play(t *testing.T, test func(t *testing.T, p *player)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := newPlayer()
		defer p.Close()
		test(t, p)
	})
}

func all(s *stream) []rtp { return slices.Concat(s.frames...) }
