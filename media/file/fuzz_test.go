package file

import (
	"bytes"
	"encoding/binary"
	"testing"

	"parley/media/codec/codectest"
	"parley/media/codec/vp8"
	"parley/media/video"
)

func FuzzY4M(f *testing.F) {
	f.Add(y4mBytes(16, 16, 2, "F30:1 Ip A1:1 C420jpeg"))
	f.Add(y4mBytes(3, 3, 1, ""))
	f.Add([]byte("YUV4MPEG2 W16 H16 F30:1\nFRAME\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		y, err := parseY4M(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return
		}
		frame := video.NewFrame(y.width, y.height)
		for at, n := y.first, 0; n < 5; n++ {
			next, err := y.read(at, frame)
			if err != nil {
				return
			}
			if next <= at || next > int64(len(data)) {
				t.Fatalf("from %d to %d of %d", at, next, len(data))
			}
			at = next
		}
	})
}

func FuzzWAV(f *testing.F) {
	f.Add(wavBytes(8000, 1, 400, 0.01))
	f.Add(wavBytes(44100, 2, 400, 0.01))
	f.Add([]byte("RIFF....WAVE"))
	f.Fuzz(func(t *testing.T, data []byte) {
		w, err := parseWAV(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return
		}
		r, err := newWAVReader(w, newEnder())
		if err != nil {
			t.Fatal(err)
		}
		out := make([]int16, 480)
		for range 3 {
			if err := r.fill(out); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// ivfBytes returns an IVF file of three frames.
func ivfBytes(f *testing.F) []byte {
	e, err := vp8.NewEncoder(vp8.Config{Width: 16, Height: 16, BitrateBps: 100_000})
	if err != nil {
		f.Fatal(err)
	}
	defer func() { _ = e.Close() }()
	data := binary.LittleEndian.AppendUint16([]byte("DKIF\x00\x00\x20\x00VP80"), 16)
	data = binary.LittleEndian.AppendUint16(data, 16)
	data = binary.LittleEndian.AppendUint32(data, 30)
	data = binary.LittleEndian.AppendUint32(data, 1)
	data = append(data, make([]byte, 8)...)
	picture := video.NewFrame(16, 16)
	for n := range 3 {
		codectest.Picture(picture, n)
		out, ok, err := e.Encode(picture, false)
		if err != nil || !ok {
			f.Fatal(ok, err)
		}
		data = binary.LittleEndian.AppendUint32(data, uint32(len(out.Data)))
		data = binary.LittleEndian.AppendUint64(data, uint64(n))
		data = append(data, out.Data...)
	}
	return data
}

func FuzzIVF(f *testing.F) {
	data := ivfBytes(f)
	f.Add(data)
	f.Add(data[:60])
	f.Add(data[:32])
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := parseIVF(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return
		}
		for at, n := v.first, 0; n < 5; n++ {
			frame, stamp, next, err := v.read(at, nil)
			if err != nil {
				return
			}
			if next <= at || next > int64(len(data)) || stamp < 0 || len(frame) > maxFrameBytes {
				t.Fatalf("from %d to %d of %d, time stamp %d", at, next, len(data), stamp)
			}
			at = next
		}
	})
}
