package speechtest

import "math"

// Clicks counts where sound jumps or bends as no voice and no instrument does: its third difference is far above what it is in the milliseconds around. It
// returns where the first are, at most ten.
func Clicks(pcm []int16) (count int, first []int) {
	const around, gap = 240, 6
	jerk := make([]float64, len(pcm))
	power := make([]float64, len(pcm)+1) // summed up
	for i := range jerk {
		if i >= 3 {
			jerk[i] = float64(pcm[i]) - 3*float64(pcm[i-1]) + 3*float64(pcm[i-2]) - float64(pcm[i-3])
		}
		power[i+1] = power[i] + jerk[i]*jerk[i]
	}
	mean := func(from, to int) float64 {
		from, to = max(0, min(from, len(pcm))), max(0, min(to, len(pcm)))
		return (power[to] - power[from]) / float64(max(1, to-from))
	}
	last := -around
	for i, v := range jerk {
		const audible, sharp = 150, 10
		usual := math.Sqrt(max(mean(i-around, i-gap), mean(i+gap, i+around)))
		if math.Abs(v) > max(audible, sharp*usual) && i-last > gap {
			last = i
			if count++; count <= 10 {
				first = append(first, i)
			}
		}
	}
	return count, first
}
