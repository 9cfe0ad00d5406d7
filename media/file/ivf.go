package file

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"time"

	"parley/media"
	"parley/media/codec/vp8"
)

// maxFrameBytes bounds an encoded frame.
const maxFrameBytes = 1 << 23

// ivf is what an IVF file's header says. See https://wiki.multimedia.cx/index.php/Duck_IVF.
type ivf struct {
	r             io.ReaderAt
	size          int64
	width, height int
	tick          float64 // length of a time stamp's unit, in seconds
	first         int64   // offset of the first key frame
}

// parseIVF reads the header of an IVF file of VP8 and finds its first key frame.
func parseIVF(r io.ReaderAt, size int64) (*ivf, error) {
	var h [32]byte
	if err := readFull(r, h[:], 0); err != nil || string(h[:4]) != "DKIF" || string(h[8:12]) != "VP80" {
		return nil, fmt.Errorf("parse ivf: no VP8 header: %w", media.ErrFormat)
	}
	f := &ivf{
		r: r, size: size,
		width: int(binary.LittleEndian.Uint16(h[12:])), height: int(binary.LittleEndian.Uint16(h[14:])),
	}
	over, under := binary.LittleEndian.Uint32(h[16:]), binary.LittleEndian.Uint32(h[20:])
	at := int64(binary.LittleEndian.Uint16(h[6:]))
	if over == 0 || under == 0 || at < 32 {
		return nil, fmt.Errorf("parse ivf: time base %d/%d: %w", under, over, media.ErrFormat)
	}
	f.tick = float64(under) / float64(over)
	var buf []byte
	for {
		data, _, next, err := f.read(at, buf)
		if err != nil {
			return nil, fmt.Errorf("parse ivf: no key frame: %w", media.ErrFormat)
		}
		if vp8.IsKeyFrame(data) {
			f.first = at
			return f, nil
		}
		at, buf = next, data
	}
}

// read reads the frame at an offset, into buf where that is large enough, and returns its time stamp and the next one's offset.
func (f *ivf) read(at int64, buf []byte) (data []byte, stamp int64, next int64, err error) {
	var h [12]byte
	if err := readFull(f.r, h[:], at); err != nil {
		return nil, 0, 0, err
	}
	n := int64(binary.LittleEndian.Uint32(h[:]))
	next = at + 12 + n
	if n > maxFrameBytes || next > f.size {
		return nil, 0, 0, io.ErrUnexpectedEOF
	}
	if int64(cap(buf)) < n {
		buf = make([]byte, n)
	}
	buf = buf[:n]
	return buf, int64(binary.LittleEndian.Uint64(h[4:]) & (1<<62 - 1)), next, readFull(f.r, buf, at+12)
}

// IVF plays the encoded frames of a file over and over. Next belongs to one goroutine; Close may be called from any.
type IVF struct {
	*ivf
	end  *ender
	pace *pacer

	at       int64         // offset of the next frame
	base     time.Duration // when the loop began
	stamp    int64         // the last time stamp
	origin   int64         // the loop's first time stamp
	started  bool
	interval time.Duration // between the last two frames
	data     []byte
}

// OpenIVF opens an IVF file of VP8: media.ErrNotFound when it is not there, media.ErrFormat when it cannot be played.
func OpenIVF(path string) (*IVF, error) {
	f, size, err := open(path)
	if err != nil {
		return nil, err
	}
	parsed, err := parseIVF(f, size)
	if err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	end := newEnder()
	end.own(f)
	return &IVF{ivf: parsed, end: end, at: parsed.first, interval: time.Second / 30}, nil
}

// Next waits for the time of the next frame and returns it, with the size of the pictures. The frame's bytes are valid until the
// next call. The first frame, and the first of each loop, is a key frame. It returns io.EOF after Close, and ctx's error.
func (f *IVF) Next(ctx context.Context) (frame media.EncodedFrame, width, height int, err error) {
	if f.end.closed() {
		return frame, 0, 0, io.EOF
	}
	data, stamp, next, err := f.read(f.at, f.data)
	if err != nil { // the end, or what was cut off there: begin again
		if data, stamp, next, err = f.read(f.first, f.data); err != nil {
			return frame, 0, 0, f.end.failed(fmt.Errorf("read ivf: %w", err))
		}
		f.base += f.since(f.stamp) + f.interval
		f.origin = stamp
	} else if !f.started {
		f.origin = stamp
	} else if step := f.since(stamp) - f.since(f.stamp); step > 0 && step < 10*time.Second {
		f.interval = step
	} else { // a time stamp that stands still, goes back or leaps: keep the pace
		f.base += f.since(f.stamp) + f.interval
		f.origin = stamp
	}
	if f.pace == nil {
		f.pace = newPacer()
	}
	f.started, f.stamp, f.at, f.data = true, stamp, next, data
	at, err := f.pace.wait(ctx, f.end, f.base+f.since(stamp))
	if err != nil {
		return frame, 0, 0, err
	}
	frame = media.EncodedFrame{Data: data, KeyFrame: vp8.IsKeyFrame(data), Timestamp: at, Duration: f.interval}
	if w, h, ok := vp8.Size(data); ok {
		f.width, f.height = w, h
	}
	return frame, f.width, f.height, nil
}

// since is a time stamp's distance from the loop's first.
func (f *IVF) since(stamp int64) time.Duration {
	return time.Duration(float64(stamp-f.origin) * f.tick * float64(time.Second))
}

// Close ends the playing: a waiting Next returns io.EOF. It is idempotent.
func (f *IVF) Close() error {
	return f.end.Close()
}
