package call

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"parley/assets"
	"parley/ui/theme"
	"parley/ui/widgets"
)

// dotsMost is up to how many pages have a dot each; more are counted in words.
const dotsMost = 9

// pager turns the pages of the stage: back, a dot for each page, on.
type pager struct {
	widget.BaseWidget

	env        *widgets.Env
	back, next *widgets.IconButton
	dots       [dotsMost]*canvas.Circle
	words      *widgets.Line
	page       int
	pages      int
	slim       bool
}

func newPager(env *widgets.Env, turn func(by int)) *pager {
	p := &pager{env: env, words: widgets.NewLine("", widgets.Style{Colour: theme.SecondText, Align: fyne.TextAlignCenter})}
	p.back = widgets.NewIconButton(env, assets.IconChevronLeft, widgets.LookGhost, env.Say("page.back"), env.Say("key.page-up"), func() { turn(-1) })
	p.next = widgets.NewIconButton(env, assets.IconChevronRight, widgets.LookGhost, env.Say("page.next"), env.Say("key.page-down"), func() { turn(1) })
	for n := range p.dots {
		p.dots[n] = &canvas.Circle{}
	}
	p.ExtendBaseWidget(p)
	return p
}

func (p *pager) set(page, pages int, slim bool) {
	if p.page == page && p.pages == pages && p.slim == slim {
		return
	}
	p.page, p.pages, p.slim = page, pages, slim
	p.back.SetDisabled(page == 0)
	p.next.SetDisabled(page >= pages-1)
	format := "%d / %d"
	if slim {
		format = "%d/%d"
	}
	p.words.Set(fmt.Sprintf(format, page+1, pages))
	p.Refresh()
}

func (p *pager) dotted() bool { return !p.slim && p.pages <= dotsMost }

// CreateRenderer makes the pager's renderer.
func (p *pager) CreateRenderer() fyne.WidgetRenderer {
	objects := []fyne.CanvasObject{p.back, p.words}
	for _, d := range p.dots {
		objects = append(objects, d)
	}
	objects = append(objects, p.next)
	least := func() fyne.Size { return fyne.NewSize(2*theme.Target, theme.Target) }
	refresh := func() {
		for n, d := range p.dots {
			d.FillColor, d.StrokeColor, d.StrokeWidth = widgets.Colour(theme.Clear), widgets.Colour(theme.SecondText), 1.5
			if n == p.page { // filled: told by shape, not by colour alone
				d.FillColor, d.StrokeColor = widgets.Colour(theme.Text), widgets.Colour(theme.Text)
			}
			widgets.SetShown(d, p.dotted() && n < p.pages)
		}
		widgets.SetShown(p.words, !p.dotted())
	}
	layout := func(s fyne.Size) {
		const dot, step = float32(8), float32(16)
		middle := min(s.Width-2*theme.Target, p.words.Natural()+theme.Gap)
		if p.dotted() {
			middle = float32(p.pages)*step + theme.Gap
		}
		x, y := (s.Width-middle)/2, (s.Height-theme.Target)/2
		widgets.Place(p.back, x-theme.Target, y, theme.Target, theme.Target)
		widgets.Place(p.next, x+middle, y, theme.Target, theme.Target)
		widgets.Place(p.words, x, 0, middle, s.Height)
		for n, d := range p.dots {
			widgets.Place(d, x+theme.Gap/2+float32(n)*step+(step-dot)/2, (s.Height-dot)/2, dot, dot)
		}
	}
	return widgets.NewRenderer(objects, least, layout, refresh)
}
