package file

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"parley/media"
	"parley/media/video"
)

// maxLine bounds a header line of a Y4M file, maxSide a picture.
const (
	maxLine = 1024
	maxSide = 8192
)

// y4m is what a Y4M file says in its first line.
type y4m struct {
	r             io.ReaderAt
	size          int64
	width, height int
	rate          float64 // pictures per second
	first         int64   // offset of the first FRAME line
}

// line returns the line at an offset, without its end, and the offset behind it.
func (y *y4m) line(at int64) (string, int64, error) {
	buf := make([]byte, min(maxLine, max(0, y.size-at)))
	if err := readFull(y.r, buf, at); err != nil {
		return "", 0, err
	}
	n := bytes.IndexByte(buf, '\n')
	if n < 0 {
		return "", 0, io.ErrUnexpectedEOF
	}
	return string(buf[:n]), at + int64(n) + 1, nil
}

// parseY4M reads the header of a Y4M file and checks that there is a picture.
func parseY4M(r io.ReaderAt, size int64) (*y4m, error) {
	y := &y4m{r: r, size: size, rate: 30}
	head, next, err := y.line(0)
	if err != nil || !strings.HasPrefix(head, "YUV4MPEG2 ") {
		return nil, fmt.Errorf("parse y4m: no header: %w", media.ErrFormat)
	}
	y.first = next
	for _, field := range strings.Fields(head)[1:] {
		value := field[1:]
		var err error
		switch field[0] {
		case 'W':
			y.width, err = strconv.Atoi(value)
		case 'H':
			y.height, err = strconv.Atoi(value)
		case 'F':
			y.rate, err = ratio(value)
		case 'C':
			switch value {
			case "420", "420jpeg", "420mpeg2", "420paldv":
			default:
				err = fmt.Errorf("layout %s", value)
			}
		}
		if err != nil {
			return nil, fmt.Errorf("parse y4m: %q: %v: %w", field, err, media.ErrFormat)
		}
	}
	if y.width <= 0 || y.height <= 0 || y.width > maxSide || y.height > maxSide || y.rate < 0.1 || y.rate > 240 {
		return nil, fmt.Errorf("parse y4m: %dx%d at %g: %w", y.width, y.height, y.rate, media.ErrFormat)
	}
	if _, err := y.read(y.first, nil); err != nil {
		return nil, fmt.Errorf("parse y4m: no picture: %w", media.ErrFormat)
	}
	return y, nil
}

// ratio parses "30:1".
func ratio(s string) (float64, error) {
	over, under, ok := strings.Cut(s, ":")
	a, err := strconv.Atoi(over)
	if err != nil {
		return 0, err
	}
	b, err := strconv.Atoi(under)
	if !ok || err != nil || b <= 0 {
		return 0, fmt.Errorf("ratio %q", s)
	}
	return float64(a) / float64(b), nil
}

// read reads the picture whose FRAME line is at an offset into f, and returns the offset of the next; f may be nil, to only look.
func (y *y4m) read(at int64, f *media.Frame) (next int64, err error) {
	head, at, err := y.line(at)
	if err != nil {
		return 0, err
	}
	if head != "FRAME" && !strings.HasPrefix(head, "FRAME ") {
		return 0, fmt.Errorf("read y4m: %q instead of a picture: %w", head[:min(8, len(head))], media.ErrFormat)
	}
	cw, ch := (y.width+1)/2, (y.height+1)/2
	next = at + int64(y.width*y.height+2*cw*ch)
	if next > y.size {
		return 0, io.ErrUnexpectedEOF
	}
	if f == nil {
		return next, nil
	}
	for _, plane := range [][]byte{f.Y[:y.width*y.height], f.U[:cw*ch], f.V[:cw*ch]} {
		if err := readFull(y.r, plane, at); err != nil {
			return 0, err
		}
		at += int64(len(plane))
	}
	return next, nil
}

// y4mSource is a media.VideoSource.
type y4mSource struct {
	*ender
	path string
}

// OpenY4M returns a source that plays a Y4M file (4:2:0) over and over, at its own size and rate. The file is read when the source
// is opened: media.ErrNotFound when it is not there, media.ErrFormat when it cannot be played.
func OpenY4M(path string) media.VideoSource { return &y4mSource{ender: newEnder(), path: path} }

// Open opens the file. ctx bounds the opening only.
func (s *y4mSource) Open(ctx context.Context, _ media.VideoFormat) (media.VideoReader, media.VideoFormat, error) {
	if err := ctx.Err(); err != nil {
		return nil, media.VideoFormat{}, err
	}
	if s.closed() {
		return nil, media.VideoFormat{}, fmt.Errorf("open %s: closed: %w", s.path, media.ErrUnplugged)
	}
	f, size, err := open(s.path)
	if err != nil {
		return nil, media.VideoFormat{}, err
	}
	y, err := parseY4M(f, size)
	if err != nil {
		_ = f.Close()
		return nil, media.VideoFormat{}, fmt.Errorf("open %s: %w", s.path, err)
	}
	if !s.own(f) {
		return nil, media.VideoFormat{}, fmt.Errorf("open %s: closed: %w", s.path, media.ErrUnplugged)
	}
	r := &y4mReader{y4m: y, end: s.ender, pace: newPacer(), at: y.first, frame: video.NewFrame(y.width, y.height)}
	return r, media.VideoFormat{Width: y.width, Height: y.height, FrameRate: y.rate}, nil
}

type y4mReader struct {
	*y4m
	end   *ender
	pace  *pacer
	at    int64 // offset of the next picture
	count int64 // pictures read
	frame *media.Frame
}

// Read waits for the time of the next picture and returns it.
func (r *y4mReader) Read() (*media.Frame, func(), error) {
	at, err := r.pace.wait(context.Background(), r.end, time.Duration(float64(r.count)*float64(time.Second)/r.rate))
	if err != nil {
		return nil, nil, err
	}
	next, err := r.read(r.at, r.frame)
	if err != nil { // the end, or what was cut off there: begin again
		if next, err = r.read(r.first, r.frame); err != nil {
			return nil, nil, r.end.failed(err)
		}
	}
	r.at = next
	r.count++
	r.frame.Captured = at
	return r.frame, func() {}, nil
}
