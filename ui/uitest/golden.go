package uitest

import (
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"
)

// acceptVariable rewrites the golden images when it is set to "accept".
const acceptVariable = "PARLEY_GOLDEN"

// A pixel counts as different when a channel is this far off; so many in ten thousand may be, for the arithmetic of other processors.
const (
	pixelOff      = 24
	offPerMyriade = 5
)

// Golden compares an image with testdata/<name>.png. When they differ the test fails and the image is left in testdata/failed. With
// PARLEY_GOLDEN=accept the image is written to testdata instead: look at it before it is committed.
func Golden(t *testing.T, name string, got image.Image) {
	t.Helper()
	golden := filepath.Join("testdata", name+".png")
	if os.Getenv(acceptVariable) == "accept" {
		write(t, golden, got)
		return
	}
	failed := filepath.Join("testdata", "failed", name+".png")
	want, err := read(golden)
	if err != nil {
		write(t, failed, got)
		t.Fatalf("no golden image: %v; the image is in %s; accept it with %s=accept", err, failed, acceptVariable)
	}
	off, ok := difference(want, got)
	if !ok {
		write(t, failed, got)
		t.Fatalf("%s: size %v, want %v; the image is in %s", name, got.Bounds().Size(), want.Bounds().Size(), failed)
	}
	if all := got.Bounds().Dx() * got.Bounds().Dy(); off*10000 > all*offPerMyriade {
		write(t, failed, got)
		t.Errorf("%s: %d of %d pixels differ; the image is in %s", name, off, all, failed)
	}
}

// difference counts the pixels that differ; ok is false when the sizes do.
func difference(a, b image.Image) (off int, ok bool) {
	if a.Bounds().Size() != b.Bounds().Size() {
		return 0, false
	}
	size := a.Bounds().Size()
	for y := range size.Y {
		for x := range size.X {
			p := color.NRGBAModel.Convert(a.At(a.Bounds().Min.X+x, a.Bounds().Min.Y+y)).(color.NRGBA)
			q := color.NRGBAModel.Convert(b.At(b.Bounds().Min.X+x, b.Bounds().Min.Y+y)).(color.NRGBA)
			if far(p.R, q.R) || far(p.G, q.G) || far(p.B, q.B) {
				off++
			}
		}
	}
	return off, true
}

func far(a, b uint8) bool { return max(a, b)-min(a, b) > pixelOff }

func read(path string) (image.Image, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return png.Decode(f)
}

func write(t *testing.T, path string, img image.Image) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(f, img); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}
