package codectest

import (
	"fmt"
	"testing"

	"parley/media"
	"parley/media/video"
)

// BenchVideo measures encoding and decoding of a moving picture at the sizes that calls use.
func BenchVideo(b *testing.B, c VideoCodec) {
	for _, size := range []struct{ w, h, bps int }{{1280, 720, 1_700_000}, {640, 360, 500_000}} {
		pictures := make([]*media.Frame, 30)
		for i := range pictures {
			pictures[i] = video.NewFrame(size.w, size.h)
			Picture(pictures[i], i)
		}
		b.Run(fmt.Sprintf("encode %dp", size.h), func(b *testing.B) {
			e, err := c.NewEncoder(size.w, size.h, 30, size.bps)
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = e.Close() }()
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				f := pictures[i%len(pictures)]
				f.Captured = at(i)
				if _, _, err := e.Encode(f, false); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("decode %dp", size.h), func(b *testing.B) {
			frames := c.encoded(b, pictures, size.bps)
			d, err := c.NewDecoder()
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = d.Close() }()
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if _, err := d.Decode(frames[i%len(frames)]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// encoded returns the pictures as encoded frames, a key frame first.
func (c VideoCodec) encoded(b *testing.B, pictures []*media.Frame, bps int) [][]byte {
	e, err := c.NewEncoder(pictures[0].Width, pictures[0].Height, 30, bps)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = e.Close() }()
	var out [][]byte
	for i, f := range pictures {
		f.Captured = at(i)
		frame, ok, err := e.Encode(f, false)
		if err != nil {
			b.Fatal(err)
		}
		if ok {
			out = append(out, append([]byte(nil), frame.Data...))
		}
	}
	return out
}
