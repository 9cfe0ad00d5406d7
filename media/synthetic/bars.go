package synthetic

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"parley/media"
	"parley/media/video"
)

// barColours are the classic bars in limited range: white, yellow, cyan, green, magenta, red, blue, grey.
var barColours = [8][3]byte{
	{180, 128, 128}, {162, 44, 142}, {131, 156, 44}, {112, 72, 58}, {84, 184, 198}, {65, 100, 212}, {35, 212, 114}, {100, 128, 128},
}

// bars is a media.VideoSource.
type bars struct {
	sender uint16
	done   chan struct{}
	once   sync.Once
}

// NewBars returns a test camera: colour bars that wander, with a mark in the middle. It delivers any size from 16x16 to 4096x4096
// and any rate up to 60, by default 640x360 at 30.
func NewBars(senderID uint16) media.VideoSource {
	return &bars{sender: senderID, done: make(chan struct{})}
}

// Open starts the picture. ctx bounds the opening only, which takes no time.
func (b *bars) Open(ctx context.Context, want media.VideoFormat) (media.VideoReader, media.VideoFormat, error) {
	if err := ctx.Err(); err != nil {
		return nil, media.VideoFormat{}, err
	}
	select {
	case <-b.done:
		return nil, media.VideoFormat{}, fmt.Errorf("open bars: closed: %w", media.ErrUnplugged)
	default:
	}
	if want.Width <= 0 || want.Height <= 0 {
		want.Width, want.Height = 640, 360
	}
	if want.FrameRate <= 0 {
		want.FrameRate = 30
	}
	want.Width, want.Height = max(16, min(want.Width, 4096)), max(16, min(want.Height, 4096))
	want.FrameRate = max(1, min(want.FrameRate, 60))
	r := &barsReader{
		bars:   b,
		frame:  video.NewFrame(want.Width, want.Height),
		ticker: time.NewTicker(time.Duration(float64(time.Second) / want.FrameRate)),
	}
	r.paint()
	return r, want, nil
}

// Close ends the picture: Read returns io.EOF. It is idempotent.
func (b *bars) Close() error {
	b.once.Do(func() { close(b.done) })
	return nil
}

type barsReader struct {
	bars    *bars
	frame   *media.Frame
	lines   [3][]byte // a line of each plane, twice over, to copy from any place
	ticker  *time.Ticker
	counter uint32
}

// paint prepares the lines. Each sender begins with a colour of its own.
func (r *barsReader) paint() {
	for plane := range r.lines {
		w := (r.frame.Width + 1) / 2 * 2
		if plane > 0 {
			w /= 2
		}
		line := make([]byte, 2*w)
		for x := range line {
			line[x] = barColours[(x%w*len(barColours)/w+int(r.bars.sender))%len(barColours)][plane]
		}
		r.lines[plane] = line
	}
}

// Read waits for the next picture and draws it.
func (r *barsReader) Read() (*media.Frame, func(), error) {
	select {
	case <-r.bars.done:
		r.ticker.Stop()
		return nil, nil, io.EOF
	default:
	}
	select {
	case <-r.ticker.C:
	case <-r.bars.done:
		r.ticker.Stop()
		return nil, nil, io.EOF
	}
	r.counter++
	f := r.frame
	shift := int(r.counter) % ((f.Width + 1) / 2)
	for y := range f.Height {
		copy(f.Y[y*f.StrideY:][:f.Width], r.lines[0][2*shift:])
	}
	for y := range (f.Height + 1) / 2 {
		copy(f.U[y*f.StrideUV:][:(f.Width+1)/2], r.lines[1][shift:])
		copy(f.V[y*f.StrideUV:][:(f.Width+1)/2], r.lines[2][shift:])
	}
	f.Captured = media.Now()
	DrawMark(f, Mark{Counter: r.counter, SenderID: r.bars.sender, Captured: time.Now()})
	return f, func() {}, nil
}
