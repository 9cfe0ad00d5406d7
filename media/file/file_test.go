package file

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"parley/media"
	"parley/media/codec/codectest"
	"parley/media/codec/vp8"
	"parley/media/synthetic"
	"parley/media/video"
)

// y4mBytes returns a Y4M file whose pictures are flat, each lighter than the last, with a mark where there is room.
func y4mBytes(w, h, count int, header string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "YUV4MPEG2 W%d H%d %s\n", w, h, header)
	f := video.NewFrame(w, h)
	for n := range count {
		codectest.Picture(f, n)
		f.Y[0] = byte(n)
		synthetic.DrawMark(f, synthetic.Mark{Counter: uint32(n), SenderID: 5})
		b.WriteString("FRAME\n")
		b.Write(f.Y)
		b.Write(f.U)
		b.Write(f.V)
	}
	return b.Bytes()
}

// wavBytes returns a WAV file of a sine.
func wavBytes(rate, channels int, hz, seconds float64) []byte {
	n := int(float64(rate) * seconds)
	var b bytes.Buffer
	put := func(values ...any) {
		for _, v := range values {
			_ = binary.Write(&b, binary.LittleEndian, v)
		}
	}
	put([]byte("RIFF"), uint32(0), []byte("WAVELIST"), uint32(3), []byte("odd\x00"), []byte("fmt "), uint32(16), uint16(1), uint16(channels),
		uint32(rate), uint32(rate*2*channels), uint16(2*channels), uint16(16), []byte("data"), uint32(n*2*channels))
	for i := range n {
		for range channels {
			put(int16(8000 * math.Sin(2*math.Pi*hz*float64(i)/float64(rate))))
		}
	}
	return b.Bytes()
}

func write(t testing.TB, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestY4M(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{64, 48}, {33, 17}} {
		data := y4mBytes(size[0], size[1], 3, "F200:1 Ip A1:1 C420jpeg")
		for name, data := range map[string][]byte{"whole": data, "cut off": append(bytes.Clone(data), data[len(data)-50:]...)} {
			source := OpenY4M(write(t, "x.y4m", data))
			reader, format, err := source.Open(t.Context(), media.VideoFormat{Width: 9, Height: 9})
			if err != nil || format != (media.VideoFormat{Width: size[0], Height: size[1], FrameRate: 200}) {
				t.Fatal(name, format, err)
			}
			begin := media.Now()
			last := time.Duration(0)
			for n := range 8 {
				f, release, err := reader.Read()
				if err != nil {
					t.Fatal(name, err)
				}
				if f.Y[0] != byte(n%3) || f.Captured <= last {
					t.Errorf("%s: picture %d is %d, at %v after %v", name, n, f.Y[0], f.Captured, last)
				}
				last = f.Captured
				release()
			}
			if took := media.Now() - begin; took < 30*time.Millisecond {
				t.Errorf("%s: 8 pictures at 200 per second took %v", name, took)
			}
			if err := source.Close(); err != nil {
				t.Error(err)
			}
			if _, _, err := reader.Read(); !errors.Is(err, io.EOF) {
				t.Errorf("after Close: %v", err)
			}
			if _, _, err := source.Open(t.Context(), media.VideoFormat{}); err == nil {
				t.Error("opened after Close")
			}
		}
	}
}

func TestWAV(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ rate, channels int }{{48000, 1}, {44100, 2}, {16000, 1}, {96000, 2}, {8000, 1}} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			t.Parallel()
			hz := synthetic.ToneHz(5)
			source := OpenWAV(write(t, "x.wav", wavBytes(c.rate, c.channels, hz, 0.15))) // whole periods: loops without a crack
			reader, err := source.Open(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			begin := media.Now()
			var heard []int16
			for range 30 {
				s, release, err := reader.Read()
				if err != nil || s.Channels != 1 || len(s.Data) != 480 {
					t.Fatal(len(s.Data), err)
				}
				heard = append(heard, s.Data...)
				release()
			}
			if took := media.Now() - begin; took < 250*time.Millisecond {
				t.Errorf("300 ms took %v", took)
			}
			if got, level := synthetic.Detect(heard); got != hz || level < 0.95 {
				t.Errorf("%v Hz, %.3f, want %v", got, level, hz)
			}
			if level := codectest.Level(heard); level < 5000 || level > 5800 {
				t.Errorf("level %.0f, want 5657", level)
			}
			if err := source.Close(); err != nil {
				t.Error(err)
			}
			if _, _, err := reader.Read(); !errors.Is(err, io.EOF) {
				t.Errorf("after Close: %v", err)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	y, w := y4mBytes(16, 16, 1, "F30:1"), wavBytes(8000, 1, 400, 0.1)
	openY4M := func(path string) error {
		s := OpenY4M(path)
		defer func() { _ = s.Close() }()
		_, _, err := s.Open(t.Context(), media.VideoFormat{})
		return err
	}
	openWAV := func(path string) error {
		s := OpenWAV(path)
		defer func() { _ = s.Close() }()
		_, err := s.Open(t.Context())
		return err
	}
	openIVF := func(path string) error {
		f, err := OpenIVF(path)
		if err == nil {
			_ = f.Close()
		}
		return err
	}
	for name, fn := range map[string]func(string) error{"y4m": openY4M, "wav": openWAV, "ivf": openIVF} {
		if err := fn(filepath.Join(t.TempDir(), "none")); !errors.Is(err, media.ErrNotFound) {
			t.Errorf("%s: no file: %v", name, err)
		}
		if err := fn(t.TempDir()); !errors.Is(err, media.ErrFormat) {
			t.Errorf("%s: a folder: %v", name, err)
		}
		for i, data := range [][]byte{nil, []byte("rubbish"), make([]byte, 5000), y[:20], y[:60], y4mBytes(16, 16, 1, "C444"),
			y4mBytes(16, 16, 1, "F0:1"), y4mBytes(16, 16, 1, "F1"), w[:30], w[:50], append(bytes.Clone(w[:34]), 9), bytes.Replace(w, []byte{16, 0, 'd'},
				[]byte{24, 0, 'd'}, 1), []byte("DKIF\x00\x00\x20\x00VP80"), append([]byte("DKIF\x00\x00\x20\x00VP90"), make([]byte, 99)...)} {
			if err := fn(write(t, "x", data)); !errors.Is(err, media.ErrFormat) {
				t.Errorf("%s: case %d: %v", name, i, err)
			}
		}
	}
}

// makeIVF runs the script that makes samples.
func makeIVF(t *testing.T, y4m []byte, args ...string) string {
	t.Helper()
	in := write(t, "in.y4m", y4m)
	out := filepath.Join(t.TempDir(), "out.ivf")
	cmd := exec.CommandContext(t.Context(), "../../.ci/make-ivf", append([]string{in, out}, args...)...)
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("make-ivf: %v: %s", err, text)
	}
	return out
}

func TestIVF(t *testing.T) {
	t.Parallel()
	f, err := OpenIVF(makeIVF(t, y4mBytes(160, 90, 10, "F100:1 C420jpeg"), "", "800"))
	if err != nil {
		t.Fatal(err)
	}
	d, err := vp8.NewDecoder()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	begin, last := media.Now(), time.Duration(0)
	for n := range 25 {
		frame, w, h, err := f.Next(t.Context())
		if err != nil || w != 160 || h != 90 {
			t.Fatal(w, h, err)
		}
		if frame.KeyFrame != (n%10 == 0) {
			t.Errorf("frame %d: key frame %v", n, frame.KeyFrame)
		}
		if step := frame.Timestamp - last; n > 0 && step < 5*time.Millisecond {
			t.Errorf("frame %d comes %v after the last", n, step)
		}
		last = frame.Timestamp
		got, err := d.Decode(frame.Data)
		if err != nil || got == nil {
			t.Fatal(got, err)
		}
		if m, ok := synthetic.ReadMark(got); !ok || m.Counter != uint32(n%10) {
			t.Errorf("frame %d says %v, %v", n, m, ok)
		}
	}
	if took := media.Now() - begin; took < 200*time.Millisecond {
		t.Errorf("25 frames at 100 per second took %v", took)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for range 3 {
		if _, _, _, err = f.Next(cancelled); err != nil {
			break
		}
	}
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	for range 2 {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, _, _, err := f.Next(t.Context()); !errors.Is(err, io.EOF) {
		t.Errorf("after Close: %v", err)
	}
}

func TestMakeIVFScales(t *testing.T) {
	t.Parallel()
	f, err := OpenIVF(makeIVF(t, y4mBytes(160, 90, 2, "F30:1"), "80x46", "200"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if _, w, h, err := f.Next(t.Context()); err != nil || w != 80 || h != 46 {
		t.Errorf("%dx%d, %v", w, h, err)
	}
}

func TestCloseUnblocks(t *testing.T) {
	t.Parallel()
	source := OpenY4M(write(t, "slow.y4m", y4mBytes(16, 16, 1, "F1:10")))
	reader, _, err := source.Open(t.Context(), media.VideoFormat{})
	if err != nil {
		t.Fatal(err)
	}
	if _, release, err := reader.Read(); err != nil {
		t.Fatal(err)
	} else {
		release()
	}
	ended := make(chan error)
	go func() {
		_, _, err := reader.Read()
		ended <- err
	}()
	if err := source.Close(); err != nil {
		t.Error(err)
	}
	if err := <-ended; !errors.Is(err, io.EOF) {
		t.Errorf("after Close: %v", err)
	}
}
