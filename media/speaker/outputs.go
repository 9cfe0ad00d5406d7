package speaker

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/ebitengine/oto/v3"

	"parley/media"
	"parley/media/device/soundcard"
)

func openPicked(id string, p pull) (output, error) {
	out, err := soundcard.OpenOutput(id, p)
	if err != nil {
		return nil, err // not a nil *Stream in an interface
	}
	return out, nil
}

func openDefault(p pull) (output, error) { return openPicked("", p) }

// shared is the process's one oto context. This is package state against the style's rule, because oto has its own: it makes one
// context per process, cannot close it, and refuses a second (ebitengine/oto context.go, contextCreated). Any number of
// speakers may play on it. A context that could not be opened, or that lost its device, stays so for ever; speakers use another
// way then.
var shared = sync.OnceValue(func() *sharedContext {
	s := &sharedContext{ready: make(chan struct{})}
	var opened chan struct{}
	s.ctx, opened, s.err = oto.NewContext(&oto.NewContextOptions{
		SampleRate: media.SampleRate, ChannelCount: 2, Format: oto.FormatSignedInt16LE, BufferSize: sharedBuffer,
	})
	if s.err != nil {
		close(s.ready)
		return s
	}
	s.ready = opened
	return s
})

// What waits between a Read and the loudspeaker: in the context's buffer, and in the player's, which by default is half a second.
const (
	sharedBuffer = 20 * time.Millisecond
	playerBuffer = 10 * time.Millisecond
)

// sharedContext plays while it has players. Without any it is suspended, so that an app that is not in a call lets the sound
// card sleep.
type sharedContext struct {
	ready chan struct{} // closed when err and ctx are known
	ctx   *oto.Context
	err   error

	mu      sync.Mutex
	players int
}

// use changes the number of players, and lets the device run or rest.
func (s *sharedContext) use(change int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.players += change
	// Both fail only once the device is lost, which the beats tell.
	if s.players == 0 {
		_ = s.ctx.Suspend()
	} else if s.players == 1 && change > 0 {
		_ = s.ctx.Resume()
	}
}

// player is an output on the shared context. oto's goroutine reads it; one reader that blocked would silence them all.
type player struct {
	context *sharedContext
	oto     *oto.Player
	pull    pull
	beats   atomic.Uint64
	once    sync.Once
}

func openShared(ctx context.Context, p pull) (output, error) {
	s := shared()
	select {
	case <-s.ready:
	case <-ctx.Done():
		return nil, fmt.Errorf("open default output: %w", ctx.Err())
	}
	err := s.err
	if err == nil {
		err = s.ctx.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("open default output: %w: %w", media.ErrNotFound, err)
	}
	out := &player{context: s, pull: p}
	out.oto = s.ctx.NewPlayer(out)
	out.oto.SetBufferSize(int(playerBuffer * media.SampleRate / time.Second * 4))
	s.use(1)
	out.oto.Play()
	return out, nil
}

// Read fills all of b: a short read makes oto spin, an end stops it for good.
func (p *player) Read(b []byte) (int, error) {
	p.beats.Add(1)
	n := len(b) &^ 3
	if n > 0 {
		if uintptr(unsafe.Pointer(unsafe.SliceData(b)))%2 != 0 {
			clear(b) // never seen: oto's buffers are allocations of their own
			return len(b), nil
		}
		p.pull(unsafe.Slice((*int16)(unsafe.Pointer(unsafe.SliceData(b))), n/2))
	}
	clear(b[n:])
	return len(b), nil
}

// Beats implements output.
func (p *player) Beats() uint64 { return p.beats.Load() }

// Latency implements output.
func (p *player) Latency() time.Duration { return sharedBuffer + playerBuffer }

// Close implements output.
func (p *player) Close() error {
	p.once.Do(func() {
		p.oto.Pause()
		//lint:ignore SA1019 since 3.4 a player closes itself when nobody refers to it; ours is referred to by its own source, which oto keeps
		p.oto.Close()
		p.context.use(-1)
	})
	return nil
}

// null asks for sound in real time and throws it away.
type null struct {
	beats atomic.Uint64
	stop  func()
	done  chan struct{}
}

func openNull(p pull) *null {
	ctx, cancel := context.WithCancel(context.Background())
	n := &null{stop: cancel, done: make(chan struct{})}
	go func() {
		defer close(n.done)
		n.run(ctx, p)
	}()
	return n
}

func (n *null) run(ctx context.Context, p pull) {
	const piece = time.Second * pieceSamples / media.SampleRate
	tick := time.NewTicker(piece)
	defer tick.Stop()
	stereo := make([]int16, 2*pieceSamples)
	asked := media.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := media.Now()
		if now-asked > time.Second {
			asked = now - piece // the process stood still: what it missed is over
		}
		for ; asked+piece <= now; asked += piece {
			p(stereo)
		}
		n.beats.Add(1)
	}
}

// Beats implements output.
func (n *null) Beats() uint64 { return n.beats.Load() }

// Latency implements output: nobody hears it.
func (n *null) Latency() time.Duration { return -1 }

// Close implements output. It waits until nothing is asked any more.
func (n *null) Close() error {
	n.stop()
	<-n.done
	return nil
}
