package uitest

import (
	"bytes"
	"image"
	"image/draw"
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

// Same compares two images that must look alike; when they do not, the second is left in testdata/failed.
func Same(t *testing.T, name string, want, got image.Image) {
	t.Helper()
	off, ok := difference(want, got)
	if all := got.Bounds().Dx() * got.Bounds().Dy(); !ok || off*10000 > all*offPerMyriade {
		failed := filepath.Join("testdata", "failed", name+".png")
		write(t, failed, got)
		t.Errorf("%s: %d of %d pixels differ; the image is in %s", name, off, all, failed)
	}
}

// difference counts the pixels that differ; ok is false when the sizes do.
func difference(a, b image.Image) (off int, ok bool) {
	if a.Bounds().Size() != b.Bounds().Size() {
		return 0, false
	}
	p, q := plain(a), plain(b)
	width := 4 * p.Bounds().Dx()
	for y := range p.Bounds().Dy() {
		row, other := p.Pix[y*p.Stride:][:width], q.Pix[y*q.Stride:][:width]
		if bytes.Equal(row, other) {
			continue // nearly all of them
		}
		for x := 0; x < width; x += 4 {
			if far(row[x], other[x]) || far(row[x+1], other[x+1]) || far(row[x+2], other[x+2]) {
				off++
			}
		}
	}
	return off, true
}

// plain returns an image's pixels in one layout.
func plain(img image.Image) *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, img.Bounds().Dx(), img.Bounds().Dy()))
	draw.Draw(out, out.Bounds(), img, img.Bounds().Min, draw.Src)
	return out
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
