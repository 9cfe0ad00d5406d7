package call

import (
	"math"

	"fyne.io/fyne/v2"

	"parley/ui/theme"
)

// aspect is that of every tile of the grid.
const aspect = float32(16.0 / 9.0)

// The least width of a tile in the grid, and of one in the strip beside the stage.
const leastTile, leastStrip = float32(96), float32(112)

// rect is a place on the stage.
type rect struct{ x, y, w, h float32 }

// columns returns the number of columns that makes n tiles largest in an area, and the size of a tile then.
func columns(n int, area fyne.Size) (cols int, w, h float32) {
	for c := 1; c <= n; c++ {
		rows := (n + c - 1) / c
		tw := (area.Width - float32(c-1)*theme.Gap) / float32(c)
		th := (area.Height - float32(rows-1)*theme.Gap) / float32(rows)
		tw = min(tw, th*aspect)
		if tw > w+0.01 {
			cols, w = c, tw
		}
	}
	return cols, w, w / aspect
}

// arrange returns the places of n tiles: all alike, as large as they can be, the last row centred.
func arrange(n int, area fyne.Size) []rect {
	cols, w, h := columns(n, area)
	if cols == 0 {
		return nil
	}
	places := make([]rect, 0, n)
	rows := (n + cols - 1) / cols
	top := (area.Height - float32(rows)*h - float32(rows-1)*theme.Gap) / 2
	for i := range n {
		row := i / cols
		inRow := min(cols, n-row*cols)
		left := (area.Width - float32(inRow)*w - float32(inRow-1)*theme.Gap) / 2
		places = append(places, rect{left + float32(i%cols)*(w+theme.Gap), top + float32(row)*(h+theme.Gap), w, h})
	}
	return places
}

// mostTiles is how many tiles one page shows at most.
const mostTiles = 49

// fitting returns how many of n tiles the grid shows before they get smaller than can be made out.
func fitting(n int, area fyne.Size) int {
	n = min(n, mostTiles)
	for n > 1 {
		if _, w, _ := columns(n, area); w >= leastTile {
			break
		}
		n--
	}
	return n
}

// beside splits an area into a stage for one large tile and a strip for n small ones: at the right, or below when the area is
// upright. It returns as many places in the strip as there is room for.
func beside(n int, area fyne.Size) (stage rect, strip []rect) {
	if n == 0 {
		return rect{0, 0, area.Width, area.Height}, nil
	}
	least := max(leastStrip, min(area.Width*0.11, 200)) // in a large window small tiles would waste what there is
	if area.Height > area.Width {
		h := min(max(area.Height*0.18, least/aspect), 120)
		w := max(min(h*aspect, (area.Width-float32(n-1)*theme.Gap)/float32(n)), least)
		h = w / aspect
		n = min(n, max(int((area.Width+theme.Gap)/(w+theme.Gap)), 1))
		left := (area.Width - float32(n)*w - float32(n-1)*theme.Gap) / 2
		for i := range n {
			strip = append(strip, rect{left + float32(i)*(w+theme.Gap), area.Height - h, w, h})
		}
		return rect{0, 0, area.Width, area.Height - h - theme.Gap}, strip
	}
	w := min(max(area.Width*0.2, least), 240)
	w = max(min(w, (area.Height-float32(n-1)*theme.Gap)/float32(n)*aspect), least)
	h := w / aspect
	n = min(n, max(int((area.Height+theme.Gap)/(h+theme.Gap)), 1))
	top := (area.Height - float32(n)*h - float32(n-1)*theme.Gap) / 2
	for i := range n {
		strip = append(strip, rect{area.Width - w, top + float32(i)*(h+theme.Gap), w, h})
	}
	return rect{0, 0, area.Width - w - theme.Gap, area.Height}, strip
}

// side splits an area into a part for one large tile and one for the grid of n others: side by side, or one above the other when the area is
// upright. part is how much the large one gets; it gets too what the grid leaves free.
func side(area fyne.Size, part float32, n int) (stage, rest rect) {
	if area.Height > area.Width {
		h := (area.Height - theme.Gap) * (1 - part)
		cols, _, th := columns(fitting(n, fyne.NewSize(area.Width, h)), fyne.NewSize(area.Width, h))
		if rows := float32((n + cols - 1) / cols); rows*(th+theme.Gap)-theme.Gap < h {
			h = rows*(th+theme.Gap) - theme.Gap
		}
		return rect{0, 0, area.Width, area.Height - h - theme.Gap}, rect{0, area.Height - h, area.Width, h}
	}
	w := (area.Width - theme.Gap) * (1 - part)
	cols, tw, _ := columns(fitting(n, fyne.NewSize(w, area.Height)), fyne.NewSize(w, area.Height))
	w = min(w, float32(cols)*(tw+theme.Gap)-theme.Gap)
	return rect{0, 0, area.Width - w - theme.Gap, area.Height}, rect{area.Width - w, 0, w, area.Height}
}

// moved returns a place so far away.
func (r rect) moved(x, y float32) rect { return rect{r.x + x, r.y + y, r.w, r.h} }

// whole returns a place on whole units of length, for what is shown pixel by pixel.
func (r rect) whole() rect {
	x, y := float32(math.Ceil(float64(r.x))), float32(math.Ceil(float64(r.y)))
	return rect{x, y, float32(math.Floor(float64(r.x + r.w - x))), float32(math.Floor(float64(r.y + r.h - y)))}
}

func (r rect) size() fyne.Size { return fyne.NewSize(r.w, r.h) }

// inside returns the largest 16:9 place in the middle of another.
func (r rect) inside() rect {
	w := min(r.w, r.h*aspect)
	h := w / aspect
	return rect{r.x + (r.w-w)/2, r.y + (r.h-h)/2, w, h}
}
