package v4l2

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"

	"parley/media"
)

// The cameras of testdata/kernel.c.
const (
	plain = iota
	busy
	metadata
	ranged
	unplugged
	silent
	crowded
	cameras
)

// camerasEnv names the folder that has the cameras.
const camerasEnv = "PARLEY_CAMERAS"

// TestMain runs the tests in a second process, in which testdata/kernel.c answers for the kernel.
func TestMain(m *testing.M) {
	if os.Getenv(camerasEnv) != "" {
		os.Exit(m.Run())
	}
	code, err := runWithKernel()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func runWithKernel() (int, error) {
	dir, err := os.MkdirTemp("", "cameras")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	library := filepath.Join(dir, "kernel.so")
	if out, err := exec.Command("gcc", "-shared", "-fPIC", "-O1", "-o", library, "testdata/kernel.c").CombinedOutput(); err != nil {
		return 0, fmt.Errorf("compile testdata/kernel.c: %w: %s", err, out)
	}
	for i := range cameras {
		if err := os.WriteFile(filepath.Join(dir, "video"+strconv.Itoa(i)), make([]byte, 3*4096), 0o600); err != nil {
			return 0, err
		}
	}
	for link, to := range map[string]string{"by-id/usb-webcam-0": "video1", "by-path/pci-1": "video1", "by-path/pci-3": "video3"} {
		path := filepath.Join(dir, "v4l", link)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return 0, err
		}
		if err := os.Symlink(filepath.Join("..", "..", to), path); err != nil {
			return 0, err
		}
	}
	cmd := exec.Command(os.Args[0], os.Args[1:]...)
	cmd.Env = append(os.Environ(), camerasEnv+"="+dir, "LD_PRELOAD="+library)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	err = cmd.Run()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return exit.ExitCode(), nil
	}
	return 0, err
}

func node(i int) string {
	return filepath.Join(os.Getenv(camerasEnv), "video"+strconv.Itoa(i))
}

func open(t *testing.T, i int) *Camera {
	t.Helper()
	c, err := Open(node(i))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestList(t *testing.T) {
	t.Parallel()
	dir := os.Getenv(camerasEnv)
	want := []Info{
		{node(plain), "HD Webcam"},
		{filepath.Join(dir, "v4l/by-id/usb-webcam-0"), "HD Webcam (2)"},
		{filepath.Join(dir, "v4l/by-path/pci-3"), "Range"},
		{node(unplugged), "HD Webcam (3)"},
		{node(silent), "HD Webcam (4)"},
		{node(crowded), "HD Webcam (5)"},
	}
	if got := list(dir); !slices.Equal(got, want) {
		t.Errorf("cameras %v, want %v", got, want)
	}
	if got := list(t.TempDir()); len(got) != 0 {
		t.Errorf("cameras %v, want none", got)
	}
}

func TestFormats(t *testing.T) {
	t.Parallel()
	for i, want := range map[int][]Format{
		plain: {
			{FourCCYUYV, 32, 16, 0, 30}, {FourCCYUYV, 32, 16, 0, 15}, {FourCCYUYV, 64, 24, 0, 30}, {FourCCYUYV, 64, 24, 0, 15},
			{FourCCMJPEG, 32, 16, 0, 30}, {FourCCMJPEG, 32, 16, 0, 15}, {FourCCMJPEG, 64, 24, 0, 30}, {FourCCMJPEG, 64, 24, 0, 15},
		},
		ranged: { // 1000x715 lies between two steps
			{FourCCYUYV, 1008, 720, 0, 30}, {FourCCYUYV, 1008, 720, 0, 15}, {FourCCMJPEG, 1008, 720, 0, 30}, {FourCCMJPEG, 1008, 720, 0, 15},
		},
	} {
		c := open(t, i)
		got, err := c.Formats(1000, 715)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("camera %d: formats %v, %v", i, got, err)
		}
		c.Close()
	}
}

func TestPictures(t *testing.T) {
	t.Parallel()
	c := open(t, plain)
	f, err := c.Start(Format{FourCC: FourCCYUYV, Width: 64, Height: 24, Rate: 7.5})
	if err != nil {
		t.Fatal(err)
	}
	if want := (Format{FourCC: FourCCYUYV, Width: 32, Height: 16, Stride: 80, Rate: 7.5}); f != want {
		t.Errorf("format %+v, want %+v", f, want)
	}
	last := media.Now()
	for n := 1; n <= 20; n++ { // more often than there are buffers
		data, at, err := c.Next()
		if n%3 == 0 {
			if !errors.Is(err, ErrBroken) {
				t.Fatalf("picture %d: %v, want it broken", n, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(data, bytes.Repeat([]byte{byte(n)}, 80*16)) {
			t.Fatalf("picture %d has %d bytes of %d", n, len(data), data[0])
		}
		if at > media.Now() || at < last-1e6 {
			t.Errorf("picture %d was captured at %v, the one before at %v", n, at, last)
		}
		last = at
	}
	c.Close()
	if info, err := os.Stat(node(plain)); err != nil || info.Size() != 3*4096+1 {
		t.Errorf("the light is still on: %v", err)
	}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	yuyv := Format{FourCC: FourCCYUYV, Width: 32, Height: 16, Rate: 30}
	for i, want := range map[int]error{busy: media.ErrBusy, crowded: media.ErrBusy} {
		c := open(t, i)
		if _, err := c.Start(yuyv); !errors.Is(err, want) {
			t.Errorf("start camera %d: %v, want %v", i, err, want)
		}
		c.Close()
	}
	c := open(t, ranged)
	if _, err := c.Start(Format{FourCC: FourCCNV12, Width: 32, Height: 16}); !errors.Is(err, media.ErrFormat) {
		t.Errorf("start with a format that it has not: %v", err)
	}
	c.Close()
	if _, err := Open(node(99)); !errors.Is(err, media.ErrNotFound) {
		t.Errorf("open no camera: %v", err)
	}
	if _, err := identify(node(metadata)); !errors.Is(err, media.ErrUnplugged) {
		t.Errorf("identify what is no camera: %v", err)
	}
}

func TestUnplugged(t *testing.T) {
	t.Parallel()
	c := open(t, unplugged)
	defer c.Close()
	if _, err := c.Start(Format{FourCC: FourCCYUYV, Width: 32, Height: 16, Rate: 30}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, _, err := c.Next(); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if _, _, err := c.Next(); !errors.Is(err, media.ErrUnplugged) {
			t.Errorf("read: %v", err)
		}
	}
}

func TestWake(t *testing.T) {
	t.Parallel()
	c := open(t, silent)
	if _, err := c.Start(Format{FourCC: FourCCYUYV, Width: 32, Height: 16, Rate: 30}); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for range 2 {
			if _, _, err := c.Next(); !errors.Is(err, media.ErrUnplugged) || errors.Is(err, syscall.ETIMEDOUT) {
				t.Errorf("read: %v", err)
			}
		}
	})
	c.Wake()
	wg.Wait()
	c.Close()
}

func TestTidy(t *testing.T) {
	t.Parallel()
	for card, want := range map[string]string{
		"HD Webcam C525":                   "HD Webcam C525",
		"Integrated Camera: Integrated C":  "Integrated Camera",
		"USB2.0 HD UVC WebCam: USB2.0 HD ": "USB2.0 HD UVC WebCam",
		"Cam: Link 4K":                     "Cam: Link 4K",
		" Dummy ":                          "Dummy",
	} {
		if got := tidy(card); got != want {
			t.Errorf("%q: %q, want %q", card, got, want)
		}
	}
}
