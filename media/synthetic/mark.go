package synthetic

import (
	"encoding/binary"
	"hash/crc32"
	"math"
	"time"

	"parley/media"
)

// Mark is what the middle of a test picture says.
type Mark struct {
	Counter  uint32    // counts the pictures of a sender
	SenderID uint16    // tells the senders apart
	Captured time.Time // wall clock, to the millisecond
}

// A mark is a grid of black and white cells: a white edge, inside it a black ring, inside that the bits, row by row, white for 1.
const (
	bitColumns, bitRows   = 16, 8
	ringColumns, ringRows = bitColumns + 2, bitRows + 2
	markColumns, markRows = ringColumns + 2, ringRows + 2
	payload               = bitColumns * bitRows / 8
)

// A mark takes the middle of the picture, small enough to survive a fifth cut off at any side, or a wide picture cut to a square.
const pictureColumns, pictureRows = 36, 20.25

// Luma of a mark's cells, and the difference below which nothing is read.
const (
	black, white = 16, 235
	minContrast  = 50
)

// encode returns the bits of a mark: counter, sender, time, check sum.
func (m Mark) encode() (p [payload]byte) {
	binary.BigEndian.PutUint32(p[0:], m.Counter)
	binary.BigEndian.PutUint16(p[4:], m.SenderID)
	ms := uint64(m.Captured.UnixMilli())
	binary.BigEndian.PutUint16(p[6:], uint16(ms>>32))
	binary.BigEndian.PutUint32(p[8:], uint32(ms))
	binary.BigEndian.PutUint32(p[12:], crc32.ChecksumIEEE(p[:12]))
	return p
}

// decode returns the mark that the bits say, unless their check sum is wrong.
func decode(p *[payload]byte) (Mark, bool) {
	if binary.BigEndian.Uint32(p[12:]) != crc32.ChecksumIEEE(p[:12]) {
		return Mark{}, false
	}
	ms := uint64(binary.BigEndian.Uint16(p[6:]))<<32 | uint64(binary.BigEndian.Uint32(p[8:]))
	return Mark{
		Counter:  binary.BigEndian.Uint32(p[0:]),
		SenderID: binary.BigEndian.Uint16(p[4:]),
		Captured: time.UnixMilli(int64(ms)),
	}, true
}

// grid is where a mark lies: the corner of its white edge and the size of a cell, in pixels.
type grid struct {
	x, y, cellX, cellY float64
}

// middle is the grid of the mark of a whole picture.
func middle(w, h int) grid {
	cell := min(float64(w)/pictureColumns, float64(h)/pictureRows)
	return grid{x: (float64(w) - markColumns*cell) / 2, y: (float64(h) - markRows*cell) / 2, cellX: cell, cellY: cell}
}

// DrawMark draws a mark into the middle of a picture. Below 72x41 there is no room, and nothing is drawn.
func DrawMark(f *media.Frame, m Mark) {
	g := middle(f.Width, f.Height)
	if g.cellX < 2 {
		return
	}
	bits := m.encode()
	edge := func(from, cell float64, i int) int { return int(math.Round(from + cell*float64(i))) }
	for row := range markRows {
		top, bottom := edge(g.y, g.cellY, row), edge(g.y, g.cellY, row+1)
		line := f.Y[top*f.StrideY:][:f.Width]
		for column := range markColumns {
			cell := line[edge(g.x, g.cellX, column):edge(g.x, g.cellX, column+1)]
			luma := cellLuma(&bits, column, row)
			for i := range cell {
				cell[i] = luma
			}
		}
		left, right := edge(g.x, g.cellX, 0), edge(g.x, g.cellX, markColumns)
		for y := top + 1; y < bottom; y++ {
			copy(f.Y[y*f.StrideY+left:y*f.StrideY+right], line[left:right])
		}
	}
	left, right := edge(g.x, g.cellX, 0)/2, (edge(g.x, g.cellX, markColumns)+1)/2
	for y := edge(g.y, g.cellY, 0) / 2; y < (edge(g.y, g.cellY, markRows)+1)/2; y++ {
		for x := left; x < right; x++ {
			f.U[y*f.StrideUV+x], f.V[y*f.StrideUV+x] = 128, 128
		}
	}
}

// cellLuma is the luma of one cell of a mark.
func cellLuma(bits *[payload]byte, column, row int) byte {
	switch {
	case column == 0 || row == 0 || column == markColumns-1 || row == markRows-1:
		return white
	case column == 1 || row == 1 || column == markColumns-2 || row == markRows-2:
		return black
	}
	bit := (row-2)*bitColumns + column - 2
	if bits[bit/8]>>(7-bit%8)&1 == 1 {
		return white
	}
	return black
}

// ReadMark reads the mark in the middle of a whole picture of any scale.
func ReadMark(f *media.Frame) (Mark, bool) {
	g := middle(f.Width, f.Height)
	if g.cellX < 1.5 {
		return Mark{}, false
	}
	return luma{pix: f.Y, stride: f.StrideY, w: f.Width, h: f.Height}.readNear(g, false)
}

// luma is a grey picture.
type luma struct {
	pix          []byte
	stride, w, h int
}

// readNear reads a mark at the grid, or else a fraction of a cell beside it.
func (l luma) readNear(g grid, mirrored bool) (Mark, bool) {
	for _, shift := range [...][2]float64{{0, 0}, {-0.25, 0}, {0.25, 0}, {0, -0.25}, {0, 0.25}, {-0.25, -0.25}, {0.25, -0.25},
		{-0.25, 0.25}, {0.25, 0.25}} {
		at := g
		at.x += shift[0] * g.cellX
		at.y += shift[1] * g.cellY
		if m, ok := l.read(at, mirrored); ok {
			return m, true
		}
	}
	return Mark{}, false
}

// read reads a mark at exactly the grid.
func (l luma) read(g grid, mirrored bool) (Mark, bool) {
	threshold, ok := l.ring(g)
	if !ok {
		return Mark{}, false
	}
	var bits [payload]byte
	for row := range bitRows {
		for column := range bitColumns {
			at := column + 2
			if mirrored {
				at = markColumns - 1 - at
			}
			if v, ok := l.cell(g, at, row+2); !ok {
				return Mark{}, false
			} else if v > threshold {
				bit := row*bitColumns + column
				bits[bit/8] |= 1 << (7 - bit%8)
			}
		}
	}
	return decode(&bits)
}

// ring looks for the black ring inside the white edge and returns what divides black from white. The edge may be cut off here and
// there.
func (l luma) ring(g grid) (threshold int, ok bool) {
	whites, whiteSum := 0, 0
	outline(0, markColumns, markRows, func(column, row int) {
		if v, ok := l.cell(g, column, row); ok {
			whites++
			whiteSum += v
		}
	})
	blacks, blackSum, brightest := 0, 0, 0
	outline(1, ringColumns, ringRows, func(column, row int) {
		if v, ok := l.cell(g, column, row); ok {
			blacks++
			blackSum += v
			brightest = max(brightest, v)
		}
	})
	if whites < markColumns || blacks < 2*(ringColumns+ringRows)-4 {
		return 0, false
	}
	light, dark := whiteSum/whites, blackSum/blacks
	threshold = (light + dark) / 2
	return threshold, light-dark >= minContrast && brightest < threshold
}

// outline calls visit for the cells around a rectangle of cells whose corner is at, at.
func outline(at, columns, rows int, visit func(column, row int)) {
	for c := range columns {
		visit(at+c, at)
		visit(at+c, at+rows-1)
	}
	for r := 1; r < rows-1; r++ {
		visit(at, at+r)
		visit(at+columns-1, at+r)
	}
}

// cell is the mean luma of the middle of a cell; ok is false outside the picture.
func (l luma) cell(g grid, column, row int) (mean int, ok bool) {
	x, y := g.x+(float64(column)+0.5)*g.cellX, g.y+(float64(row)+0.5)*g.cellY
	rx, ry := g.cellX/5, g.cellY/5
	left, right, top, bottom := int(x-rx), int(x+rx), int(y-ry), int(y+ry)
	if x-rx < 0 || y-ry < 0 || right >= l.w || bottom >= l.h {
		return 0, false
	}
	sum := 0
	for y := top; y <= bottom; y++ {
		for _, v := range l.pix[y*l.stride+left : y*l.stride+right+1] {
			sum += int(v)
		}
	}
	return sum / ((right - left + 1) * (bottom - top + 1)), true
}
