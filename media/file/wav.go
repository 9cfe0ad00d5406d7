package file

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"time"

	"parley/media"
	"parley/media/audio"
)

// wav is what a WAV file's header says.
type wav struct {
	r        io.ReaderAt
	rate     int
	channels int
	data     int64 // offset of the sound
	frames   int64 // samples of each channel
}

// parseWAV reads the chunks of a WAV file up to its sound.
func parseWAV(r io.ReaderAt, size int64) (*wav, error) {
	var head [12]byte
	if err := readFull(r, head[:], 0); err != nil || string(head[:4]) != "RIFF" || string(head[8:]) != "WAVE" {
		return nil, fmt.Errorf("parse wav: no header: %w", media.ErrFormat)
	}
	w := &wav{r: r}
	for at := int64(12); ; {
		var chunk [8]byte
		if err := readFull(r, chunk[:], at); err != nil {
			return nil, fmt.Errorf("parse wav: no sound: %w", media.ErrFormat)
		}
		at += 8
		length := int64(binary.LittleEndian.Uint32(chunk[4:]))
		switch string(chunk[:4]) {
		case "fmt ":
			if err := w.format(at, length); err != nil {
				return nil, err
			}
		case "data":
			length = min(length, size-at) // a length that was never filled in, or a file cut off
			if w.channels == 0 {
				return nil, fmt.Errorf("parse wav: sound before its format: %w", media.ErrFormat)
			}
			w.data, w.frames = at, length/int64(2*w.channels)
			if w.frames < 2 {
				return nil, fmt.Errorf("parse wav: no sound: %w", media.ErrFormat)
			}
			return w, nil
		}
		at += length + length&1
	}
}

// format reads the chunk that says how the sound is stored.
func (w *wav) format(at, length int64) error {
	b := make([]byte, min(length, 40))
	if err := readFull(w.r, b, at); err != nil || len(b) < 16 {
		return fmt.Errorf("parse wav: format cut off: %w", media.ErrFormat)
	}
	const pcm, extensible = 1, 0xfffe
	kind := int(binary.LittleEndian.Uint16(b))
	if kind == extensible && len(b) >= 26 {
		kind = int(binary.LittleEndian.Uint16(b[24:]))
	}
	channels, rate, bits := int(binary.LittleEndian.Uint16(b[2:])), binary.LittleEndian.Uint32(b[4:]), binary.LittleEndian.Uint16(b[14:])
	if kind != pcm || bits != 16 || channels < 1 || channels > 2 || rate < 4000 || rate > 384000 {
		return fmt.Errorf("parse wav: kind %d, %d bit, %d channels, %d Hz: %w", kind, bits, channels, rate, media.ErrFormat)
	}
	w.channels, w.rate = channels, int(rate)
	return nil
}

// wavSource is a media.AudioSource.
type wavSource struct {
	*ender
	path string
}

// OpenWAV returns a source that plays a WAV file (PCM of 16 bit, one or two channels, any rate) over and over as mono sound. The
// file is read when the source is opened: media.ErrNotFound when it is not there, media.ErrFormat when it cannot be played.
func OpenWAV(path string) media.AudioSource { return &wavSource{ender: newEnder(), path: path} }

// Open opens the file. ctx bounds the opening only.
func (s *wavSource) Open(ctx context.Context) (media.AudioReader, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if s.closed() {
		return nil, fmt.Errorf("open %s: closed: %w", s.path, media.ErrUnplugged)
	}
	f, size, err := open(s.path)
	if err != nil {
		return nil, err
	}
	w, err := parseWAV(f, size)
	if err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("open %s: %w", s.path, err)
	}
	r, err := newWAVReader(w, s.ender)
	if err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("open %s: %w", s.path, err)
	}
	if !s.own(f) {
		return nil, fmt.Errorf("open %s: closed: %w", s.path, media.ErrUnplugged)
	}
	return r, nil
}

type wavReader struct {
	*wav
	end    *ender
	pace   *pacer
	blocks int64 // read so far
	mono   *audio.Resampler
	next   int64   // the frame of the file that is read next
	made   []int16 // samples that wait to be given out
	out    []int16

	raw [8192]byte // a piece of the file
	pcm [4096]int16
}

func newWAVReader(w *wav, end *ender) (*wavReader, error) {
	mono, err := audio.NewResampler(w.rate, w.channels)
	if err != nil {
		return nil, err
	}
	return &wavReader{wav: w, end: end, pace: newPacer(), mono: mono, out: make([]int16, media.SampleRate/100)}, nil
}

// Read waits until the next 10 ms are over and returns them.
func (r *wavReader) Read() (media.Samples, func(), error) {
	r.blocks++
	at, err := r.pace.wait(context.Background(), r.end, time.Duration(r.blocks)*time.Second/100)
	if err != nil {
		return media.Samples{}, nil, err
	}
	if err := r.fill(r.out); err != nil {
		return media.Samples{}, nil, r.end.failed(err)
	}
	return media.Samples{Data: r.out, Channels: 1, Captured: at - time.Second/100}, func() {}, nil
}

// fill makes the next samples.
func (r *wavReader) fill(out []int16) error {
	width := int64(2 * r.channels)
	for len(r.made) < len(out) {
		count := min(int64(len(r.raw))/width, r.frames-r.next)
		piece := r.raw[:count*width]
		if err := readFull(r.r, piece, r.data+r.next*width); err != nil {
			return fmt.Errorf("read wav: %w", err)
		}
		pcm := r.pcm[:len(piece)/2]
		for i := range pcm {
			pcm[i] = int16(binary.LittleEndian.Uint16(piece[2*i:]))
		}
		r.made = r.mono.Append(r.made, pcm)
		r.next = (r.next + count) % r.frames
	}
	n := copy(out, r.made)
	r.made = append(r.made[:0], r.made[n:]...)
	return nil
}
