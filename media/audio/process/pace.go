package process

// pace finds how a device's clock runs against ours, from what its call-backs say: after so many samples it was that time. A call-back may be late, by
// some milliseconds on a busy machine, but hardly early. So of each half second the earliest counts, and a line through those of the last half minute tells
// more exactly than any one of them where the clock is, and how fast it runs. All is in samples of our clock.
type pace struct {
	begun  bool
	origin float64 // what the first observation said: keeps the numbers small
	fit    lineFit
	blocks int     // of this half second
	least  float64 // of this half second
	recent float64 // the earliest of the last blocks, as many as lie within a paceLook
	jumps  uint64  // times the clock was found elsewhere
	off    int     // looks in a row that found it far from the line
}

const (
	paceWindow = 50        // blocks
	paceLook   = 10        // blocks, a part of a window
	paceFar    = 3 * perMs // from the line
	paceMost   = 7         // samples a half second that a clock is off: 300 ppm
	paceOff    = 2         // looks: then the clock is elsewhere, for sound was lost or a buffer grew
)

// observe takes an observation, time less samples, once a block.
func (p *pace) observe(offset float64) {
	if !p.begun {
		p.begun, p.origin, p.fit, p.blocks, p.off = true, offset, lineFit{prior: p.fit.slope}, 0, 0
	}
	offset -= p.origin
	if p.blocks == 0 || offset < p.least {
		p.least = offset
	}
	if p.blocks%paceLook == 0 || offset < p.recent {
		p.recent = offset
	}
	p.blocks++
	if p.blocks%paceLook == 0 {
		p.look()
	}
	if p.blocks == paceWindow {
		p.blocks = 0
		p.fit.add(p.least)
	}
}

// look finds out whether the clock is still where the line says.
func (p *pace) look() {
	off := p.recent - p.fit.ahead(float64(p.blocks)/paceWindow)
	if p.fit.count == 0 || off <= paceFar && off >= -paceFar {
		p.off = 0
		return
	}
	if p.off++; p.off < paceOff {
		return
	}
	known := max(-paceMost, min(p.fit.slope, paceMost))
	p.fit = lineFit{prior: known, slope: known}
	p.fit.add(p.recent)
	p.blocks, p.off = 0, 0
	p.jumps++
}

// now returns where the clock is: time less samples.
func (p *pace) now() float64 {
	if p.fit.count == 0 {
		return p.origin + p.least
	}
	return p.origin + p.fit.ahead(float64(p.blocks)/paceWindow)
}

// drift returns by how many samples a block the clock is slower than ours.
func (p *pace) drift() float64 { return max(-paceMost, min(p.fit.slope, paceMost)) / paceWindow }

// lineFit is a straight line through values that come one after the other, older ones counting less and less.
type lineFit struct {
	count              int
	s0, s1, s2, y0, y1 float64 // sums over the values of 1, t, t², y, ty; t is 0 at the newest
	value, slope       float64 // of the line, at the newest and by value
	prior              float64 // slope before anything is known
}

const (
	fitForget = 1 - 1.0/60 // of values a half second apart: 30 s
	// How much is to be believed of a slope: clocks differ by about 100 ppm, 2.5 samples in half a second, and an earliest is off by some 8 samples.
	fitDoubt = 8 * 8 / (2.5 * 2.5)
)

// ahead returns the line's value so many values after the newest.
func (f *lineFit) ahead(n float64) float64 { return f.value + n*f.slope }

// skip goes on by one without a value.
func (f *lineFit) skip() {
	f.s2 += f.s0 - 2*f.s1
	f.s1 -= f.s0
	f.y1 -= f.y0
	f.value += f.slope
}

// add goes on by one with a value.
func (f *lineFit) add(y float64) {
	f.skip()
	f.s0, f.s1, f.s2 = f.s0*fitForget+1, f.s1*fitForget, f.s2*fitForget
	f.y0, f.y1 = f.y0*fitForget+y, f.y1*fitForget
	f.count++
	f.slope = (f.s0*f.y1 - f.s1*f.y0 + fitDoubt*f.s0*f.prior) / (f.s0*f.s2 - f.s1*f.s1 + fitDoubt*f.s0)
	f.value = (f.y0 - f.slope*f.s1) / f.s0
}
