package speaker

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"parley/media"
	"parley/media/device/soundcard"
)

// mixed is a Source that counts what it is asked for.
type mixed struct {
	samples atomic.Int64
	value   int16
}

func (m *mixed) Mix(out []int16) {
	m.samples.Add(int64(len(out)))
	for i := range out {
		out[i] = m.value
	}
}

// fakeOutput is an output whose beats the test makes.
type fakeOutput struct {
	pull   pull
	beats  atomic.Uint64
	closed atomic.Int32
}

func (f *fakeOutput) Beats() uint64 { return f.beats.Load() }
func (f *fakeOutput) Close() error  { f.closed.Add(1); return nil }

func (f *fakeOutput) Latency() time.Duration { return 30 * time.Millisecond }

// beat asks for 10 ms every 10 ms until ctx ends.
func (f *fakeOutput) beat(ctx context.Context) {
	stereo := make([]int16, 2*pieceSamples)
	for ctx.Err() == nil {
		f.pull(stereo)
		f.beats.Add(1)
		time.Sleep(10 * time.Millisecond)
	}
}

var errNone = errors.New("none")

// fakes opens fakes, or fails.
type fakes struct {
	mu                      sync.Mutex
	picked, system, another *fakeOutput
	noPicked, noSystem      bool
	noAnother               bool
	live                    context.Context // what is opened beats until then; nil is never
	troubles                []error
}

func (f *fakes) opener() opener {
	open := func(to **fakeOutput, fails *bool, p pull) (output, error) {
		f.mu.Lock()
		defer f.mu.Unlock()
		if *fails {
			return nil, errors.Join(errNone, media.ErrNotFound)
		}
		*to = &fakeOutput{pull: p}
		if f.live != nil {
			go (*to).beat(f.live)
		}
		return *to, nil
	}
	return opener{
		picked:  func(_ string, p pull) (output, error) { return open(&f.picked, &f.noPicked, p) },
		system:  func(_ context.Context, p pull) (output, error) { return open(&f.system, &f.noSystem, p) },
		another: func(p pull) (output, error) { return open(&f.another, &f.noAnother, p) },
	}
}

func (f *fakes) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

func (f *fakes) trouble(err error) { f.set(func() { f.troubles = append(f.troubles, err) }) }

// last waits for d and returns the troubles since the last time.
func (f *fakes) last(d time.Duration) (troubles []error) {
	time.Sleep(d)
	synctest.Wait()
	f.set(func() { troubles, f.troubles = f.troubles, nil })
	return troubles
}

func TestFallsBackFromOneOutputToTheNext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		plugged, unplug := context.WithCancel(t.Context())
		f := &fakes{live: plugged}
		source := &mixed{value: 7}
		s, err := openWith(t.Context(), Config{DeviceID: "headset", Source: source, OnTrouble: f.trouble}, f.opener(), soundcard.Silent)
		if err != nil {
			t.Fatal(err)
		}
		if troubles := f.last(10 * time.Second); len(troubles) != 0 {
			t.Fatalf("a device that plays is in trouble: %v", troubles)
		}
		f.set(func() { f.live = nil })
		unplug()
		troubles := f.last(700 * time.Millisecond)
		if len(troubles) != 1 || !errors.Is(troubles[0], media.ErrUnplugged) || f.system == nil || f.picked.closed.Load() != 1 {
			t.Fatalf("unplugged: %v", troubles)
		}
		// The old output may ask once more: it gets silence and does not disturb.
		stereo := []int16{1, 1}
		asked := source.samples.Load()
		f.picked.pull(stereo)
		if stereo[0] != 0 || source.samples.Load() != asked {
			t.Error("the output that is gone still hears the source")
		}
		f.system.pull(stereo)
		if stereo[0] != 7 || stereo[1] != 7 {
			t.Errorf("the new output hears %v", stereo)
		}
		// It never beats: on to the next.
		if troubles := f.last(3 * time.Second); len(troubles) != 1 || f.another == nil || f.system.closed.Load() != 1 {
			t.Fatalf("a default output that does not play: %v", troubles)
		}
		f.set(func() { f.noAnother = true })
		if troubles := f.last(3 * time.Second); len(troubles) != 1 || !errors.Is(troubles[0], media.ErrNotFound) {
			t.Fatalf("with no device left: %v", troubles)
		}
		asked = source.samples.Load()
		time.Sleep(time.Second)
		if got := source.samples.Load() - asked; got < 47000 || got > 49000 {
			t.Errorf("with no device %d samples are asked for in a second", got)
		}
		plugged, unplug = context.WithCancel(t.Context())
		f.set(func() { f.noAnother, f.live = false, plugged })
		if troubles := f.last(10 * time.Second); len(troubles) != 0 || f.another.closed.Load() != 0 {
			t.Errorf("a device that came back: %v", troubles)
		}
		s.Close()
		s.Close()
		asked = source.samples.Load()
		time.Sleep(time.Second)
		if f.another.closed.Load() != 1 || source.samples.Load() != asked {
			t.Error("closed, it still plays")
		}
		unplug()
		time.Sleep(time.Second) // its beats end
	})
}

func TestOpen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fakes{noPicked: true, noSystem: true}
		told := make(chan error, 1)
		s, err := openWith(t.Context(), Config{DeviceID: "gone", Source: &mixed{}, OnTrouble: func(err error) { told <- err }},
			f.opener(), soundcard.Silent)
		if err != nil {
			t.Fatal(err)
		}
		if err := <-told; !errors.Is(err, media.ErrNotFound) {
			t.Errorf("a device that is not there: %v", err)
		}
		s.Close()
		f.noAnother = true
		if _, err := openWith(t.Context(), Config{Source: &mixed{}}, f.opener(), soundcard.Silent); !errors.Is(err, media.ErrNotFound) {
			t.Errorf("no device at all: %v", err)
		}
	})
}

func TestOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		source := &mixed{}
		s, err := Open(t.Context(), Config{DeviceID: Off, Source: source})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		s.Close()
		if got := source.samples.Load(); got < 95000 || got > 97000 {
			t.Errorf("%d samples in 2 s", got)
		}
	})
}

// listening is a Source that is a Listener.
type listening struct {
	mixed
	mu    sync.Mutex
	calls []time.Duration // from the call until it is heard
	wrong int             // samples that were not what was mixed
}

func (l *listening) Played(mono []int16, heard time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls = append(l.calls, heard-media.Now())
	for _, v := range mono {
		if v != l.value {
			l.wrong++
		}
	}
}

// TestListener is told of what is played, and when it is heard; of what goes nowhere it is not told.
func TestListener(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fakes{noPicked: true}
		l := &listening{mixed: mixed{value: 9}}
		s, err := openWith(t.Context(), Config{Source: l}, f.opener(), time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		stereo := make([]int16, 2*(pieceSamples+100))
		f.system.pull(stereo)
		if want := []time.Duration{30 * time.Millisecond, 40 * time.Millisecond}; !slices.Equal(l.calls, want) || l.wrong != 0 {
			t.Errorf("told of sound in %v, want %v; %d samples are wrong", l.calls, want, l.wrong)
		}
		s.Close()
		l.calls = nil
		if s, err = openWith(t.Context(), Config{DeviceID: Off, Source: l}, f.opener(), time.Hour); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		s.Close()
		if len(l.calls) != 0 || l.samples.Load() == 0 {
			t.Errorf("told %d times of what nobody hears", len(l.calls))
		}
	})
}
