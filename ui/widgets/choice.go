package widgets

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"parley/assets"
	"parley/ui/model"
	"parley/ui/theme"
)

// Choice is one thing that can be shared: a small picture, its name and its size.
type Choice struct {
	pressable

	screen model.ScreenChoice
	step   func(*Choice, fyne.KeyName)
	ground *canvas.Rectangle
	edge   *canvas.Rectangle
	image  *canvas.Image
	icon   *Icon
	title  *Line
	detail *Line
}

var _ fyne.Focusable = (*Choice)(nil)

// NewChoice returns a choice; step is called with the arrow keys.
func NewChoice(env *Env, step func(*Choice, fyne.KeyName)) *Choice {
	c := &Choice{step: step, ground: &canvas.Rectangle{CornerRadius: theme.FieldCurb}, edge: &canvas.Rectangle{CornerRadius: theme.Radius}}
	c.image = &canvas.Image{ScaleMode: canvas.ImageScaleFastest, FillMode: canvas.ImageFillContain, CornerRadius: 4}
	c.icon = NewIcon(assets.IconScreenShare, theme.OnShade)
	c.title = NewLine("", Style{Bold: true})
	c.detail = NewLine("", Style{Size: theme.SizeSmall, Colour: theme.SecondText})
	c.begin(c, env, "", "", c.share)
	return c
}

// ID returns the id of what is shared.
func (c *Choice) ID() string { return c.screen.ID }

func (c *Choice) share() { c.env.Send(model.StartShare{ID: c.screen.ID}) }

// Update follows a new state.
func (c *Choice) Update(s model.ScreenChoice) {
	if c.screen == s {
		return
	}
	c.screen, c.name = s, c.env.Say("picker.share", "Name", s.Name)
	c.title.Set(s.Name)
	c.detail.Set(fmt.Sprintf("%d × %d", s.Width, s.Height))
	if s.Thumbnail != nil {
		c.image.Image = s.Thumbnail
	} else {
		c.image.Image = nil
	}
	c.Refresh()
}

// TypedKey moves on arrows, shares on Enter, and passes the rest on.
func (c *Choice) TypedKey(k *fyne.KeyEvent) {
	switch k.Name {
	case fyne.KeyLeft, fyne.KeyRight, fyne.KeyUp, fyne.KeyDown:
		c.step(c, k.Name)
	default:
		c.pressable.TypedKey(k)
	}
}

// HeightFor returns the height at a width.
func (c *Choice) HeightFor(width float32) float32 {
	return c.pictureHeight(width) + c.title.MinSize().Height + c.detail.MinSize().Height + 2*theme.Gap + 4
}

func (c *Choice) pictureHeight(width float32) float32 { return (width - theme.Pad) * 9 / 16 }

// CreateRenderer makes the choice's renderer.
func (c *Choice) CreateRenderer() fyne.WidgetRenderer {
	r := &renderer{objects: []fyne.CanvasObject{c.edge, c.ground, c.image, c.icon, c.title, c.detail}}
	r.min = func() fyne.Size { return fyne.NewSize(100, c.HeightFor(max(c.Size().Width, 100))) }
	r.refresh = func() {
		c.ground.FillColor = colour(theme.Stage)
		c.edge.FillColor, c.edge.StrokeColor, c.edge.StrokeWidth = colour(theme.Raised), colour(theme.Line), 1
		if c.hovered {
			c.edge.FillColor = colour(theme.Knob)
		}
		if c.focused {
			c.edge.StrokeColor, c.edge.StrokeWidth = colour(theme.Accent), 2
		}
		setShown(c.image, c.image.Image != nil)
		setShown(c.icon, c.image.Image == nil)
		c.title.Refresh()
		c.detail.Refresh()
	}
	r.layout = func(s fyne.Size) {
		place(c.edge, 0, 0, s.Width, s.Height)
		h := c.pictureHeight(s.Width)
		for _, o := range []fyne.CanvasObject{c.ground, c.image, c.icon} {
			place(o, theme.Gap, theme.Gap, s.Width-theme.Pad, h)
		}
		y, lh := theme.Gap+h+4, c.title.MinSize().Height
		place(c.title, theme.Gap+2, y, s.Width-theme.Pad-4, lh)
		place(c.detail, theme.Gap+2, y+lh, s.Width-theme.Pad-4, c.detail.MinSize().Height)
	}
	r.refresh()
	return r
}
