package uitest

import (
	"image"
	"image/color"
	"sync"

	"parley/ui/model"
)

// Pictures is a source of pictures that a test fills. It is safe for concurrent use.
type Pictures struct {
	mu     sync.Mutex
	newest *image.RGBA
	taken  int
	wants  [][2]int
}

var _ model.Pictures = (*Pictures)(nil)

// NewPictures returns a source with one picture, nil for none.
func NewPictures(first *image.RGBA) *Pictures { return &Pictures{newest: first} }

// Put makes a picture the newest.
func (p *Pictures) Put(img *image.RGBA) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.newest = img
}

// Newest returns the newest picture once.
func (p *Pictures) Newest() *image.RGBA {
	p.mu.Lock()
	defer p.mu.Unlock()
	img := p.newest
	p.newest = nil
	if img != nil {
		p.taken++
	}
	return img
}

// Want records what was wanted.
func (p *Pictures) Want(width, height int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wants = append(p.wants, [2]int{width, height})
}

// Wants returns everything that was wanted, in order.
func (p *Pictures) Wants() [][2]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([][2]int(nil), p.wants...)
}

// Wanted returns the last size that was wanted.
func (p *Pictures) Wanted() [2]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.wants) == 0 {
		return [2]int{}
	}
	return p.wants[len(p.wants)-1]
}

// Taken returns how many pictures were taken.
func (p *Pictures) Taken() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.taken
}

// Portrait draws somebody before a wall; seed chooses the colours.
func Portrait(width, height, seed int) *image.RGBA {
	walls := []color.RGBA{{0x5B, 0x6E, 0x7F, 255}, {0x7A, 0x6A, 0x58, 255}, {0x4F, 0x70, 0x62, 255}, {0x6D, 0x5A, 0x78, 255}, {0x83, 0x77, 0x6B, 255}}
	shirts := []color.RGBA{{0x2B, 0x3A, 0x55, 255}, {0x8C, 0x3B, 0x3B, 255}, {0x35, 0x35, 0x3B, 255}, {0x2F, 0x6B, 0x57, 255}}
	skins := []color.RGBA{{0xE0, 0xB3, 0x94, 255}, {0x9A, 0x6B, 0x4C, 255}, {0xC6, 0x8E, 0x6C, 255}}
	wall, shirt, skin := walls[seed%len(walls)], shirts[seed%len(shirts)], skins[seed%len(skins)]
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			u, v := (float64(x)-float64(width)/2)/float64(height), float64(y)/float64(height)
			c := wall
			light := 1.15 - 0.4*v
			switch {
			case (u*u)/(0.13*0.13)+(v-0.44)*(v-0.44)/(0.18*0.18) < 1:
				c, light = skin, 1
			case (u*u)/(0.36*0.36)+(v-1.05)*(v-1.05)/(0.4*0.4) < 1:
				c, light = shirt, 1
			}
			at := img.Pix[y*img.Stride+4*x:][:4]
			at[0], at[1], at[2], at[3] = shade(c.R, light), shade(c.G, light), shade(c.B, light), 255
		}
	}
	return img
}

func shade(v uint8, by float64) uint8 { return uint8(min(float64(v)*by, 255)) }

// Desktop draws a shared screen: a window with lines of text, in any aspect ratio, with a frame that shows when it is cropped.
func Desktop(width, height int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			c := color.RGBA{0x1E, 0x3A, 0x5F, 255}
			u, v := x*100/width, y*100/height
			switch {
			case x < 3 || y < 3 || x >= width-3 || y >= height-3:
				c = color.RGBA{0xE9, 0xA2, 0x3B, 255}
			case u > 10 && u < 90 && v > 12 && v < 18:
				c = color.RGBA{0xC9, 0xD1, 0xDB, 255}
			case u > 10 && u < 90 && v >= 18 && v < 90:
				c = color.RGBA{0xFA, 0xFB, 0xFC, 255}
				if v%6 < 2 && u > 14 && u < 50+(v*7)%36 {
					c = color.RGBA{0x56, 0x62, 0x70, 255}
				}
			}
			img.SetRGBA(x, y, c)
		}
	}
	return img
}
