package device

import (
	"fmt"
	"math"

	"parley/media"
	"parley/media/device/v4l2"
	"parley/media/video"
)

// What is asked of a camera when the caller wants nothing in particular.
const (
	cameraWidth  = 1280
	cameraHeight = 720
	cameraRate   = 30
)

// pixels is how a camera's bytes are read.
type pixels struct {
	jpeg   bool
	layout video.Layout // unless jpeg
	cost   float64      // of bringing one to I420, beside others
}

// pixelsOf returns how a format is read, or false when it cannot be.
func pixelsOf(fourcc uint32) (pixels, bool) {
	switch fourcc {
	case v4l2.FourCCI420:
		return pixels{layout: video.LayoutI420, cost: 1}, true
	case v4l2.FourCCNV12:
		return pixels{layout: video.LayoutNV12, cost: 1}, true
	case v4l2.FourCCNV21:
		return pixels{layout: video.LayoutNV21, cost: 1}, true
	case v4l2.FourCCYUYV:
		return pixels{layout: video.LayoutYUYV, cost: 1.3}, true
	case v4l2.FourCCUYVY:
		return pixels{layout: video.LayoutUYVY, cost: 1.3}, true
	case v4l2.FourCCMJPEG, v4l2.FourCCJPEG:
		return pixels{jpeg: true, cost: 8}, true
	}
	return pixels{}, false
}

// wanted fills in what a caller left open.
func wanted(want media.VideoFormat) media.VideoFormat {
	if want.Width <= 0 || want.Height <= 0 {
		want.Width, want.Height = cameraWidth, cameraHeight
	}
	if want.FrameRate <= 0 {
		want.FrameRate = cameraRate
	}
	return want
}

// chooseMode returns the cheapest mode that reaches the wanted size and rate, or the one that comes nearest to both; of equally
// near ones that with the higher rate, and then the cheapest. A mode whose rate the driver does not tell is taken at its best.
func chooseMode(modes []v4l2.Format, want media.VideoFormat) (v4l2.Format, error) {
	var best v4l2.Format
	var bestReach, bestRate, bestCost float64
	for _, m := range modes {
		how, ok := pixelsOf(m.FourCC)
		if !ok || m.Width <= 0 || m.Height <= 0 {
			continue
		}
		rate := m.Rate
		if rate <= 0 {
			rate = want.FrameRate
		}
		smooth := reach(rate, want.FrameRate*0.98) // 29.97 is 30
		area := reach(float64(m.Width), float64(want.Width)) * reach(float64(m.Height), float64(want.Height))
		near := math.Sqrt(area) * smooth // half the rate is as bad as half the width and height
		cost := float64(m.Width*m.Height) * rate * how.cost
		better := near > bestReach ||
			near == bestReach && (smooth > bestRate || smooth == bestRate && cost < bestCost)
		if better {
			best, bestReach, bestRate, bestCost = m, near, smooth, cost
		}
	}
	if bestReach == 0 {
		return best, fmt.Errorf("none of %d modes can be read: %w", len(modes), media.ErrFormat)
	}
	return best, nil
}

// reach is how much of what is wanted there is, at most all.
func reach(have, want float64) float64 {
	return min(1, have/want)
}
