package video

import (
	"image"
	"sync"

	"parley/media"
)

// Fit is how a picture is brought to the size that is wanted.
type Fit int

// The ways to fit.
const (
	FitCover   Fit = iota // fills the size; what lies over is cut off on both sides
	FitContain            // the whole picture inside the size; smaller than wanted in one dimension where the aspects differ
)

// maxWanted bounds the sides of a wanted picture.
const maxWanted = 8192

// Pictures hands pictures to a tile at the size at which the tile is painted: a producer puts frames, the painter takes the
// newest as RGBA. Nothing is converted while nobody wants the pictures, as is so until the first Want. Newest, Want, Wanted and
// Close are safe for concurrent use; Put belongs to one goroutine.
type Pictures struct {
	fit      Fit
	mirrored bool
	notify   func()

	// Put's
	scaled, turned *media.Frame

	mu            sync.Mutex
	width, height int // wanted; 0 when not
	closed        bool
	newest        *image.RGBA    // not yet taken
	given         [2]*image.RGBA // the last two that were taken, the newer first
	spare         []*image.RGBA  // at most two
}

// NewPictures returns Pictures that nobody wants yet. notify, which may be nil, is called by Put after a new picture is there,
// on Put's goroutine; it must not block.
func NewPictures(fit Fit, mirrored bool, notify func()) *Pictures {
	return &Pictures{fit: fit, mirrored: mirrored, notify: notify, spare: make([]*image.RGBA, 0, 2)}
}

// Want says at which size in pixels the picture is shown; 0, 0 says that nobody sees it.
func (p *Pictures) Want(width, height int) {
	if width <= 0 || height <= 0 {
		width, height = 0, 0
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.width, p.height = min(width, maxWanted), min(height, maxWanted)
	if p.width == 0 {
		p.keep(p.newest)
		p.newest = nil
	}
}

// Wanted returns the size at which the picture is shown, or 0, 0 when nobody sees it.
func (p *Pictures) Wanted() (width, height int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return 0, 0
	}
	return p.width, p.height
}

// Newest returns the newest picture, tight and with its origin at 0, or nil when there has been none since the last call. The
// picture stays untouched until two newer ones were taken.
func (p *Pictures) Newest() *image.RGBA {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.newest == nil {
		return nil
	}
	p.keep(p.given[1])
	p.given[1], p.given[0], p.newest = p.given[0], p.newest, nil
	return p.given[0]
}

// Put brings f to the wanted size and makes it the newest picture. It does nothing when nobody wants it. f is not kept.
func (p *Pictures) Put(f *media.Frame) {
	into, w, h := p.buffer()
	if w == 0 {
		return
	}
	view := *f
	if p.fit == FitCover {
		view = Crop(f, cover(f.Width, f.Height, w, h))
	} else {
		w, h = contain(f.Width, f.Height, w, h)
	}
	p.scaled = Reuse(p.scaled, w, h)
	Scale(p.scaled, &view)
	shown := p.scaled
	if p.mirrored {
		p.turned = Reuse(p.turned, w, h)
		Mirror(p.turned, p.scaled)
		shown = p.turned
	}
	into = reuseRGBA(into, w, h)
	ToRGBA(into, shown)
	if p.offer(into) && p.notify != nil {
		p.notify()
	}
}

// buffer returns a buffer to fill, or nil when a new one is needed, and the wanted size, 0 for none.
func (p *Pictures) buffer() (into *image.RGBA, w, h int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || p.width == 0 {
		return nil, 0, 0
	}
	if n := len(p.spare); n > 0 {
		into, p.spare = p.spare[n-1], p.spare[:n-1]
	}
	return into, p.width, p.height
}

// offer makes a filled buffer the newest picture, unless nobody wants it any more.
func (p *Pictures) offer(filled *image.RGBA) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || p.width == 0 {
		p.keep(filled)
		return false
	}
	p.keep(p.newest)
	p.newest = filled
	return true
}

// keep puts a buffer that nobody uses aside. The caller holds mu.
func (p *Pictures) keep(b *image.RGBA) {
	if b != nil && len(p.spare) < cap(p.spare) {
		p.spare = append(p.spare, b)
	}
}

// Close makes the pictures unwanted for ever and lets the buffers go. What Newest gave out stays valid. It is idempotent.
func (p *Pictures) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	p.newest, p.given, p.spare = nil, [2]*image.RGBA{}, nil
}

// reuseRGBA returns b when it has the size, and a new image otherwise.
func reuseRGBA(b *image.RGBA, w, h int) *image.RGBA {
	if b != nil && b.Rect.Dx() == w && b.Rect.Dy() == h {
		return b
	}
	return image.NewRGBA(image.Rect(0, 0, w, h))
}

// cover returns the middle part of a picture of srcW x srcH that has the aspect of w x h.
func cover(srcW, srcH, w, h int) image.Rectangle {
	cw, ch := srcW, srcH
	if srcW*h > w*srcH {
		cw = max(1, (srcH*w+h/2)/h)
	} else {
		ch = max(1, (srcW*h+w/2)/w)
	}
	x, y := (srcW-cw)/2, (srcH-ch)/2
	return image.Rect(x, y, x+cw, y+ch)
}

// contain returns the largest size with the aspect of srcW x srcH that fits into w x h.
func contain(srcW, srcH, w, h int) (fitW, fitH int) {
	if srcW*h > w*srcH {
		return w, max(1, (w*srcH+srcW/2)/srcW)
	}
	return max(1, (h*srcW+srcH/2)/srcH), h
}
