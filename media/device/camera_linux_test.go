package device

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"sync"
	"testing"
	"time"

	"parley/media"
	"parley/media/device/v4l2"
)

// fakeDriver is a camera made of what a driver would deliver.
type fakeDriver struct {
	modes    []v4l2.Format
	set      func(v4l2.Format) (v4l2.Format, error)
	pictures [][]byte // one after the other, then errAfter
	errAfter error    // nil waits for Wake
	woken    chan struct{}
	wake     sync.Once
	closed   bool
	reading  chan struct{} // receives when a Next waits
}

func (d *fakeDriver) Formats(int, int) ([]v4l2.Format, error) { return d.modes, nil }
func (d *fakeDriver) Start(want v4l2.Format) (v4l2.Format, error) {
	return d.set(want)
}
func (d *fakeDriver) Wake()  { d.wake.Do(func() { close(d.woken) }) }
func (d *fakeDriver) Close() { d.closed = true }
func (d *fakeDriver) Next() ([]byte, time.Duration, error) {
	if d.closed {
		panic("read after close")
	}
	if len(d.pictures) > 0 {
		p := d.pictures[0]
		d.pictures = d.pictures[1:]
		if string(p) == "broken" {
			return nil, 0, v4l2.ErrBroken
		}
		return p, media.Now(), nil
	}
	if d.errAfter != nil {
		return nil, 0, d.errAfter
	}
	select {
	case d.reading <- struct{}{}:
	default:
	}
	<-d.woken
	return nil, 0, fmt.Errorf("read: %w", media.ErrUnplugged)
}

// agree is a driver that sets what it is asked for.
func agree(f v4l2.Format) (v4l2.Format, error) { return f, nil }

func newFake(pictures [][]byte, modes ...v4l2.Format) *fakeDriver {
	return &fakeDriver{modes: modes, set: agree, pictures: pictures, woken: make(chan struct{}), reading: make(chan struct{}, 1)}
}

func (d *fakeDriver) source() *camera {
	return &camera{done: make(chan struct{}), system: cameraSystem{
		list: func() []v4l2.Info { return []v4l2.Info{{ID: "/dev/video0", Name: "Fake"}} },
		open: func(string) (cameraDriver, error) { return d, nil },
	}}
}

// The pictures below are grey of brightness 100, limited range, in 64 x 48.
const fakeW, fakeH = 64, 48

func fakeMode(fourcc uint32) v4l2.Format {
	return v4l2.Format{FourCC: fourcc, Width: fakeW, Height: fakeH, Rate: 30}
}

func planar(stride, chromaRows int) []byte {
	b := bytes.Repeat([]byte{100}, stride*fakeH)
	return append(b, bytes.Repeat([]byte{128}, stride*chromaRows)...)
}

func yuyv(stride int) []byte {
	return bytes.Repeat([]byte{100, 128}, stride*fakeH/2)
}

func jpegOf(t testing.TB, w, h int) []byte {
	t.Helper()
	img := image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio422)
	for i := range img.Y {
		img.Y[i] = 98 // full range for 100
	}
	for i := range img.Cb {
		img.Cb[i], img.Cr[i] = 128, 128
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func grey(t *testing.T, r media.VideoReader) {
	t.Helper()
	f, release, err := r.Read()
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	if f.Width != fakeW || f.Height != fakeH || f.Captured == 0 {
		t.Fatalf("frame %dx%d captured at %v", f.Width, f.Height, f.Captured)
	}
	for y := range fakeH {
		for x := range fakeW {
			if v := f.Y[y*f.StrideY+x]; v < 98 || v > 102 {
				t.Fatalf("brightness %d at %d,%d", v, x, y)
			}
			if u := f.U[y/2*f.StrideUV+x/2]; u < 126 || u > 130 {
				t.Fatalf("colour %d at %d,%d", u, x, y)
			}
		}
	}
}

func TestCameraFormats(t *testing.T) {
	t.Parallel()
	whole := jpegOf(t, fakeW, fakeH)
	for name, c := range map[string]struct {
		fourcc  uint32
		stride  int
		picture []byte
	}{
		"MJPEG":       {v4l2.FourCCMJPEG, 0, whole},
		"MJPEG, long": {v4l2.FourCCMJPEG, 0, append(bytes.Clone(whole), make([]byte, 500)...)},
		"MJPEG, big":  {v4l2.FourCCMJPEG, 0, jpegOf(t, 2*fakeW, 2*fakeH)},
		"YUYV":        {v4l2.FourCCYUYV, 2 * fakeW, yuyv(2 * fakeW)},
		"YUYV, wide":  {v4l2.FourCCYUYV, 2*fakeW + 32, yuyv(2*fakeW + 32)},
		"NV12":        {v4l2.FourCCNV12, fakeW, planar(fakeW, fakeH/2)},
		"I420":        {v4l2.FourCCI420, fakeW, planar(fakeW, fakeH/2)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			good := c.picture
			torn := good[:len(good)/3]
			mode := fakeMode(c.fourcc)
			mode.Stride = c.stride
			d := newFake([][]byte{{}, good, torn, nil, []byte("broken"), good, good}, mode)
			s := d.source()
			r, format, err := s.Open(t.Context(), media.VideoFormat{Width: fakeW, Height: fakeH, FrameRate: 30})
			if err != nil {
				t.Fatal(err)
			}
			if want := (media.VideoFormat{Width: fakeW, Height: fakeH, FrameRate: 30}); format != want {
				t.Errorf("format %+v", format)
			}
			for range 3 {
				grey(t, r)
			}
			if n := r.(SkipCounter).Skipped(); n != 4 {
				t.Errorf("%d skipped, want 4", n)
			}
			if err := s.Close(); err != nil || !d.closed {
				t.Errorf("close: %v, driver closed: %v", err, d.closed)
			}
		})
	}
}

// TestCameraSetsAnotherSize has a driver that takes the next best.
func TestCameraSetsAnotherSize(t *testing.T) {
	t.Parallel()
	d := newFake([][]byte{yuyv(2 * fakeW)}, v4l2.Format{FourCC: v4l2.FourCCYUYV, Width: 1280, Height: 720})
	d.set = func(v4l2.Format) (v4l2.Format, error) {
		return v4l2.Format{FourCC: v4l2.FourCCYUYV, Width: fakeW, Height: fakeH, Rate: 15}, nil
	}
	s := d.source()
	defer s.Close()
	r, format, err := s.Open(t.Context(), media.VideoFormat{})
	if err != nil {
		t.Fatal(err)
	}
	if want := (media.VideoFormat{Width: fakeW, Height: fakeH, FrameRate: 15}); format != want {
		t.Errorf("format %+v, want %+v", format, want)
	}
	grey(t, r)
}

func TestCameraOpenFails(t *testing.T) {
	t.Parallel()
	busy := fmt.Errorf("set format: %w", media.ErrBusy)
	mode := fakeMode(v4l2.FourCCYUYV)
	unreadable := func(v4l2.Format) (v4l2.Format, error) { return v4l2.Format{FourCC: 1, Width: 8, Height: 8}, nil }
	for name, c := range map[string]struct {
		change func(*fakeDriver, *camera)
		want   error
		closed bool
	}{
		"busy at open": {func(_ *fakeDriver, s *camera) {
			s.system.open = func(string) (cameraDriver, error) { return nil, busy }
		}, media.ErrBusy, false},
		"busy at start":  {func(d *fakeDriver, _ *camera) { d.set = func(v4l2.Format) (v4l2.Format, error) { return mode, busy } }, media.ErrBusy, true},
		"no camera":      {func(_ *fakeDriver, s *camera) { s.system.list = func() []v4l2.Info { return nil } }, media.ErrNotFound, false},
		"no modes":       {func(d *fakeDriver, _ *camera) { d.modes = nil }, media.ErrFormat, true},
		"unknown format": {func(d *fakeDriver, _ *camera) { d.modes[0].FourCC = 1 }, media.ErrFormat, true},
		"other format":   {func(d *fakeDriver, _ *camera) { d.set = unreadable }, media.ErrFormat, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newFake(nil, mode)
			s := d.source()
			c.change(d, s)
			if _, _, err := s.Open(t.Context(), media.VideoFormat{}); !errors.Is(err, c.want) {
				t.Errorf("open: %v, want %v", err, c.want)
			}
			if d.closed != c.closed {
				t.Errorf("driver closed: %v, want %v", d.closed, c.closed)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	s := &camera{system: realCameras(), id: "/dev/no-such-camera", done: make(chan struct{})}
	if _, _, err := s.Open(t.Context(), media.VideoFormat{}); !errors.Is(err, media.ErrNotFound) {
		t.Errorf("open no camera: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := NewCamera("").Open(ctx, media.VideoFormat{}); !errors.Is(err, context.Canceled) {
		t.Errorf("open given up: %v", err)
	}
}

func TestCameraUnplugged(t *testing.T) {
	t.Parallel()
	d := newFake([][]byte{yuyv(2 * fakeW)}, fakeMode(v4l2.FourCCYUYV))
	d.errAfter = fmt.Errorf("read: %w", media.ErrUnplugged)
	s := d.source()
	r, _, err := s.Open(t.Context(), media.VideoFormat{})
	if err != nil {
		t.Fatal(err)
	}
	grey(t, r)
	for range 2 {
		if _, _, err := r.Read(); !errors.Is(err, media.ErrUnplugged) {
			t.Errorf("read: %v", err)
		}
	}
	if err := s.Close(); err != nil || !d.closed {
		t.Errorf("close: %v, driver closed: %v", err, d.closed)
	}
}

func TestCameraDeliversRubbish(t *testing.T) {
	t.Parallel()
	d := newFake(nil, fakeMode(v4l2.FourCCMJPEG))
	for range maxBad {
		d.pictures = append(d.pictures, []byte("no picture at all"))
	}
	s := d.source()
	defer s.Close()
	r, _, err := s.Open(t.Context(), media.VideoFormat{})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.Read(); !errors.Is(err, media.ErrFormat) {
		t.Errorf("read: %v", err)
	}
}

func TestCameraCloseWhileReading(t *testing.T) {
	t.Parallel()
	d := newFake(nil, fakeMode(v4l2.FourCCNV12))
	s := d.source()
	r, _, err := s.Open(t.Context(), media.VideoFormat{})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for range 2 {
			if _, _, err := r.Read(); err != io.EOF {
				t.Errorf("read after close: %v", err)
			}
		}
	})
	<-d.reading
	for range 2 {
		wg.Go(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if !d.closed {
		t.Error("the camera is still on")
	}
	if _, _, err := s.Open(t.Context(), media.VideoFormat{}); err == nil {
		t.Error("opened after close")
	}
}

func TestCameras(t *testing.T) {
	t.Parallel()
	got := camerasOf(cameraSystem{list: func() []v4l2.Info { return []v4l2.Info{{ID: "a", Name: "A"}, {ID: "b", Name: "B"}} }})
	want := []Info{{ID: "a", Name: "A", Default: true}, {ID: "b", Name: "B"}}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("cameras %v, want %v", got, want)
	}
	if _, err := Cameras(); err != nil {
		t.Error(err)
	}
}

func TestChooseMode(t *testing.T) {
	t.Parallel()
	m := func(fourcc uint32, w, h int, rate float64) v4l2.Format {
		return v4l2.Format{FourCC: fourcc, Width: w, Height: h, Rate: rate}
	}
	jpegs, raw, nv12 := v4l2.FourCCMJPEG, v4l2.FourCCYUYV, v4l2.FourCCNV12
	for name, c := range map[string]struct {
		modes []v4l2.Format
		want  v4l2.Format
	}{
		"MJPEG, when only that is fast enough": {
			[]v4l2.Format{m(raw, 1280, 720, 10), m(jpegs, 1280, 720, 30), m(raw, 640, 480, 30)}, m(jpegs, 1280, 720, 30)},
		"raw, when it is fast enough": {
			[]v4l2.Format{m(jpegs, 1280, 720, 30), m(raw, 1280, 720, 30)}, m(raw, 1280, 720, 30)},
		"the cheapest raw": {
			[]v4l2.Format{m(raw, 1280, 720, 30), m(nv12, 1280, 720, 30)}, m(nv12, 1280, 720, 30)},
		"no more than is wanted": {
			[]v4l2.Format{m(raw, 1920, 1080, 60), m(raw, 1280, 720, 60), m(raw, 1280, 720, 30), m(raw, 1280, 960, 30)}, m(raw, 1280, 720, 30)},
		"television's 30": {
			[]v4l2.Format{m(raw, 1280, 720, 29.97), m(jpegs, 1280, 720, 60)}, m(raw, 1280, 720, 29.97)},
		"smooth before sharp": {
			[]v4l2.Format{m(raw, 1280, 720, 10), m(raw, 640, 480, 30)}, m(raw, 640, 480, 30)},
		"sharp, when it is nearly as smooth": {
			[]v4l2.Format{m(raw, 1280, 720, 24), m(raw, 640, 480, 30)}, m(raw, 1280, 720, 24)},
		"the largest there is": {
			[]v4l2.Format{m(raw, 320, 240, 30), m(raw, 640, 480, 30)}, m(raw, 640, 480, 30)},
		"rate not told": {
			[]v4l2.Format{m(raw, 1280, 720, 0), m(raw, 320, 240, 30)}, m(raw, 1280, 720, 0)},
		"what can be read": {
			[]v4l2.Format{m(0x34363248, 1280, 720, 30), m(raw, 640, 360, 30)}, m(raw, 640, 360, 30)},
	} {
		got, err := chooseMode(c.modes, wanted(media.VideoFormat{}))
		if err != nil || got != c.want {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestCameraDoesNotAllocate(t *testing.T) {
	d := newFake(nil, fakeMode(v4l2.FourCCMJPEG))
	picture := jpegOf(t, fakeW, fakeH)
	all := make([][]byte, 40)
	for i := range all {
		all[i] = picture
	}
	d.pictures = all
	s := d.source()
	defer s.Close()
	r, _, err := s.Open(t.Context(), media.VideoFormat{})
	if err != nil {
		t.Fatal(err)
	}
	n := testing.AllocsPerRun(20, func() {
		if _, _, err := r.Read(); err != nil {
			t.Error(err)
		}
	})
	if n != 0 {
		t.Errorf("%v allocations a picture, want none", n)
	}
}
