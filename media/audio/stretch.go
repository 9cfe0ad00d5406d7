package audio

import "math"

// Stretcher makes sound shorter or longer without a click, and joins pieces that do not belong together. It takes out or puts in what repeats itself: a period
// of a voice's pitch, found where the sound is most like itself some milliseconds later (WSOLA). It sees everything that is played in pieces of 15 ms or more,
// by one goroutine, and allocates nothing.
type Stretcher struct {
	past [stretchPast]int16 // the newest that was played
	work [stretchPast + stretchMost]float32
	thin [(stretchPast + stretchMost) / stretchThin]float32
	mend [stretchPast]int16
}

const (
	stretchPast  = 1440 // 30 ms: two of the longest periods, and a fade
	stretchMost  = 1920 // of a piece: 40 ms
	stretchLeast = 120  // of a period: 2.5 ms
	stretchLong  = 600  // 12.5 ms
	stretchFade  = 240  // over which one goes over into the other: 5 ms
	stretchThin  = 6    // periods are looked for at 8 kHz first
)

// Period is the most that one call shortens or lengthens by, in samples.
const Period = stretchLong

// Shorten takes a period out of the first n samples of pcm, in place, and returns how many are left. like is how much alike what is put together has to
// be, from 0 to 1; nothing is done where nothing is.
func (s *Stretcher) Shorten(pcm []int16, n int, like float32) int {
	if n < stretchLong+stretchFade || n > stretchMost {
		return n
	}
	sound := s.lay(0, pcm[:n])
	// From the sound's beginning over to where it looks the same, a period later.
	period, found := s.search(sound, 0, func(p int) int { return p }, min(stretchLong, n-stretchFade))
	if found < like {
		return n
	}
	fade(pcm[:stretchFade], pcm[:stretchFade], pcm[period:period+stretchFade], found)
	copy(pcm[stretchFade:], pcm[period+stretchFade:n])
	return n - period
}

// Lengthen puts a period into the first n samples of pcm, which has room for Period more, and returns how many there are then. like is as for Shorten.
func (s *Stretcher) Lengthen(pcm []int16, n int, like float32) int {
	if n < stretchFade || n > stretchMost || len(pcm) < n+stretchLong {
		return n
	}
	sound := s.lay(stretchPast, pcm[:n])
	// From the sound's beginning back to where it looked the same, a period before.
	period, found := s.search(sound, stretchPast, func(p int) int { return stretchPast - p }, stretchLong)
	if found < like {
		return n
	}
	for i := n - 1; i >= 0; i-- {
		pcm[i+period] = pcm[i]
	}
	// What comes before the sound's beginning now is the period that was played last, and what follows is what followed then.
	var before [stretchLong + stretchFade]int16
	copy(before[:period], s.past[stretchPast-period:])
	copy(before[period:], pcm[period:period+stretchFade])
	begin := pcm[period : period+stretchFade]
	var first [stretchFade]int16
	copy(first[:], begin)
	fade(before[:stretchFade], first[:], before[:stretchFade], found)
	copy(pcm[:period], before[:period])
	if period < stretchFade {
		copy(pcm[period:stretchFade], before[period:stretchFade])
	}
	return n + period
}

// Join lets pcm begin where what was played before would have gone on, for pieces that do not follow each other.
func (s *Stretcher) Join(pcm []int16) {
	n := min(len(pcm), stretchFade)
	s.extend(s.mend[:n])
	fade(pcm[:n], s.mend[:n], pcm[:n], 0)
}

// End fills pcm with what was played going on for some milliseconds, and then silence.
func (s *Stretcher) End(pcm []int16) {
	n := min(len(pcm), 2*stretchFade)
	s.extend(pcm[:n])
	clear(pcm[n:])
	for i := range n {
		pcm[i] = int16(int(pcm[i]) * (n - i) / n)
	}
}

// Played takes what is played now. Every sample goes through it.
func (s *Stretcher) Played(pcm []int16) {
	if len(pcm) >= stretchPast {
		copy(s.past[:], pcm[len(pcm)-stretchPast:])
		return
	}
	copy(s.past[:], s.past[len(pcm):])
	copy(s.past[stretchPast-len(pcm):], pcm)
}

// extend repeats the last period of what was played.
func (s *Stretcher) extend(pcm []int16) {
	sound := s.lay(stretchPast, nil)
	const from = stretchPast - stretchFade
	period, _ := s.search(sound, from, func(p int) int { return from - p }, stretchLong)
	last := float32(s.past[stretchPast-1]) - float32(s.past[stretchPast-1-period]) // by which it did not quite repeat itself
	for i := range pcm {
		at := i % period
		pcm[i] = saturate(float32(s.past[stretchPast-period+at]) + last*max(0, 1-float32(at)/stretchLeast))
	}
}

// lay lays the end of what was played, so many samples of it, and pcm one after the other.
func (s *Stretcher) lay(past int, pcm []int16) []float32 {
	for i, v := range s.past[stretchPast-past:] {
		s.work[i] = float32(v)
	}
	for i, v := range pcm {
		s.work[past+i] = float32(v)
	}
	return s.work[:past+len(pcm)]
}

// search returns the period, up to most, with which the fade's length of sound from a on is most like the one from b(period) on, and how much, from -1 to 1.
func (s *Stretcher) search(sound []float32, a int, b func(period int) int, most int) (period int, like float32) {
	thin := s.thin[:len(sound)/stretchThin]
	for i := range thin {
		sum := float32(0)
		for _, v := range sound[i*stretchThin : (i+1)*stretchThin] {
			sum += v
		}
		thin[i] = sum
	}
	best, period := float32(-2), stretchLeast
	for p := stretchLeast; p <= most; p += stretchThin {
		// A longer period costs fewer cuts: it wins where both are as good.
		if c := alike(thin, a/stretchThin, b(p)/stretchThin, stretchFade/stretchThin); c > best-0.01 {
			best, period = max(best, c), p
		}
	}
	best, like = -2, -2
	from, to := max(stretchLeast, period-stretchThin), min(most, period+stretchThin)
	for p := from; p <= to; p++ {
		if c := alike(sound, a, b(p), stretchFade); c > best {
			best, period = c, p
		}
	}
	return period, best
}

// alike is the normalized correlation of n samples from a and from b on. Two silences are alike.
func alike(sound []float32, a, b, n int) float32 {
	x, y := sound[a:a+n], sound[b:b+n]
	var xy, xx, yy float32
	for i, v := range x {
		w := y[i]
		xy += v * w
		xx += v * v
		yy += w * w
	}
	const silent = 1 << 8 // about one step of the samples
	if xx < silent && yy < silent {
		return 1
	}
	return xy / float32(math.Sqrt(float64(xx+1)*float64(yy+1)))
}

// fade goes over from one sound to another; like says how much they are alike. What is alike adds up by its amplitude, what is not by its power: loudness
// stays the same. dst may be either.
func fade(dst, from, to []int16, like float32) {
	like = max(0, like)
	for i := range dst {
		b := (float32(i) + 0.5) / float32(len(dst))
		a := 1 - b
		norm := float32(math.Sqrt(float64(a*a + b*b + 2*like*a*b)))
		dst[i] = saturate((float32(from[i])*a + float32(to[i])*b) / norm)
	}
}
