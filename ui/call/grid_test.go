package call

import (
	"fmt"
	"math"
	"testing"

	"fyne.io/fyne/v2"

	"parley/ui/theme"
)

func near(a, b float32) bool { return math.Abs(float64(a-b)) < 0.1 }

func overlap(a, b rect) bool {
	return a.x < b.x+b.w-0.1 && b.x < a.x+a.w-0.1 && a.y < b.y+b.h-0.1 && b.y < a.y+a.h-0.1
}

// sound checks what holds for any arrangement: inside the area, no two over each other.
func sound(t *testing.T, area fyne.Size, places []rect) {
	t.Helper()
	for i, p := range places {
		if p.x < -0.1 || p.y < -0.1 || p.x+p.w > area.Width+0.1 || p.y+p.h > area.Height+0.1 || p.w <= 0 || p.h <= 0 {
			t.Errorf("tile %d at %v is not inside %v", i, p, area)
		}
		for j := range i {
			if overlap(p, places[j]) {
				t.Errorf("tiles %d and %d overlap: %v %v", i, j, p, places[j])
			}
		}
	}
}

func TestArrange(t *testing.T) {
	t.Parallel()
	for _, area := range []fyne.Size{{Width: 1280, Height: 700}, {Width: 624, Height: 264}, {Width: 400, Height: 700}, {Width: 700, Height: 700}} {
		for n := 1; n <= 25; n++ {
			t.Run(fmt.Sprint(area, n), func(t *testing.T) {
				t.Parallel()
				places := arrange(n, area)
				if len(places) != n {
					t.Fatalf("%d places", len(places))
				}
				sound(t, area, places)
				for _, p := range places {
					if !near(p.w, places[0].w) || !near(p.w/p.h, aspect) {
						t.Errorf("tile %v differs from %v or is not 16:9", p, places[0])
					}
				}
				last := places[n-1]
				left := last.x
				for _, p := range places {
					if near(p.y, last.y) {
						left = min(left, p.x)
					}
				}
				if right := area.Width - last.x - last.w; !near(left, right) {
					t.Errorf("last row has %v at left and %v at right", left, right)
				}
				for cols := 1; cols <= n; cols++ { // nothing else makes them larger
					rows := (n + cols - 1) / cols
					w := min((area.Width-float32(cols-1)*theme.Gap)/float32(cols), (area.Height-float32(rows-1)*theme.Gap)/float32(rows)*aspect)
					if w > places[0].w+0.1 {
						t.Errorf("%d columns make tiles %v wide, not %v", cols, w, places[0].w)
					}
				}
			})
		}
	}
}

func TestBeside(t *testing.T) {
	t.Parallel()
	for _, area := range []fyne.Size{{Width: 1280, Height: 700}, {Width: 624, Height: 264}, {Width: 624, Height: 700}} {
		for n := range 20 {
			stage, strip := beside(n, area)
			if n > 0 && len(strip) == 0 || len(strip) > n {
				t.Errorf("%v: %d of %d in the strip", area, len(strip), n)
			}
			sound(t, area, append([]rect{stage}, strip...))
			if stage.w*stage.h < area.Width*area.Height/2 {
				t.Errorf("%v with %d beside: the stage is only %v", area, n, stage)
			}
			for _, p := range strip {
				if upright := area.Height > area.Width; upright != (p.y >= stage.h) {
					t.Errorf("%v: strip at %v beside stage %v", area, p, stage)
				}
			}
		}
	}
}

func TestFitting(t *testing.T) {
	t.Parallel()
	if got := fitting(16, fyne.NewSize(624, 264)); got != 16 {
		t.Errorf("a small window shows %d of 16", got)
	}
	if got := fitting(100, fyne.NewSize(624, 264)); got < 16 || got >= 100 {
		t.Errorf("a small window shows %d of 100", got)
	}
}
