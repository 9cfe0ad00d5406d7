package call

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"parley/assets"
	"parley/ui/model"
	"parley/ui/theme"
	"parley/ui/widgets"
)

// secondsAfter is how long a lost connection is left uncounted.
const secondsAfter = 5 * time.Second

// bands are the slim sentences between the top bar and the stage: the connection, what one shares, what is wrong with a device.
type bands struct {
	widget.BaseWidget

	env    *widgets.Env
	call   model.Call
	wire   *widgets.Banner
	share  *widgets.Banner
	device *widgets.Banner
	pause  *widgets.Button
	cancel *widgets.Button
}

func newBands(env *widgets.Env) *bands {
	b := &bands{env: env}
	b.cancel = widgets.NewButton(env, env.Say("call.cancel"), "", widgets.Quiet, func() { env.Send(model.CancelJoin{}) })
	b.pause = widgets.NewButton(env, env.Say("band.pause"), assets.IconPause, widgets.Quiet, func() { env.Send(model.PauseShare{}) })
	stop := widgets.NewButton(env, env.Say("band.stop"), assets.IconStopShare, widgets.Quiet, func() { env.Send(model.StopShare{}) })
	b.wire = widgets.NewBanner("", model.NoticeWarning, b.cancel)
	b.share = widgets.NewBanner("", model.NoticeInfo, b.pause, stop)
	b.device = widgets.NewBanner("", model.NoticeWarning)
	b.ExtendBaseWidget(b)
	return b
}

// update follows a new state and reports whether the bands need another height.
func (b *bands) update(c model.Call, now time.Time, width float32) bool {
	before := b.heightFor(width)
	b.call = c
	b.beat(now)
	share := ""
	if s := c.Sharing; s != nil && s.Paused {
		share = b.env.Say("band.sharing-paused", "Name", s.Name)
		b.pause.SetText(b.env.Say("band.resume"))
		b.pause.SetIcon(assets.IconPlay)
	} else if s != nil {
		share = b.env.Say("band.sharing", "Name", s.Name)
		b.pause.SetText(b.env.Say("band.pause"))
		b.pause.SetIcon(assets.IconPause)
	}
	b.share.Set(share)
	b.device.Set(deviceProblem(c))
	b.Refresh()
	return b.heightFor(width) != before
}

// beat counts the seconds of a lost connection.
func (b *bands) beat(now time.Time) {
	text := ""
	switch b.call.Phase {
	case model.PhaseJoining:
		text = b.env.Say("band.joining")
	case model.PhaseReconnecting:
		text = b.env.Say("band.reconnecting")
		if gone := now.Sub(b.call.Since); !b.call.Since.IsZero() && gone >= secondsAfter {
			text = b.env.Say("band.reconnecting-for", "Seconds", int(gone.Seconds()))
		}
	case model.PhaseRunning, model.PhaseLost, model.PhaseEnded:
	}
	widgets.SetShown(b.cancel, b.call.Phase == model.PhaseJoining)
	kind := model.NoticeWarning
	if b.call.Phase == model.PhaseJoining {
		kind = model.NoticeInfo
	}
	b.wire.SetKind(kind)
	if b.wire.Text() != text {
		again := len(b.wire.Text()) != len(text) // each digit makes the band wider
		b.wire.Set(text)
		if again {
			b.Refresh()
		}
	}
}

// deviceProblem says what is wrong with a device, unless the own tile says it.
func deviceProblem(c model.Call) string {
	if c.Phase == model.PhaseLost || c.Phase == model.PhaseEnded {
		return ""
	}
	if c.MicProblem != "" {
		return c.MicProblem
	}
	for _, t := range c.Tiles {
		if t.Own && t.Media == model.TileMissing {
			return ""
		}
	}
	return c.CameraProblem
}

func (b *bands) all() []*widgets.Banner { return []*widgets.Banner{b.wire, b.share, b.device} }

func (b *bands) width(s float32) float32 { return min(s-2*theme.Gap, theme.Narrow) }

func (b *bands) heightFor(width float32) float32 {
	h := float32(0)
	for _, band := range b.all() {
		if band.Text() != "" {
			h += band.HeightFor(b.width(width)) + theme.Gap
		}
	}
	return h
}

// CreateRenderer makes the bands' renderer.
func (b *bands) CreateRenderer() fyne.WidgetRenderer {
	least := func() fyne.Size { return fyne.NewSize(160, 0) }
	refresh := func() {
		for _, band := range b.all() {
			widgets.SetShown(band, band.Text() != "")
		}
	}
	layout := func(s fyne.Size) {
		y, w := float32(0), b.width(s.Width)
		for _, band := range b.all() {
			if band.Text() != "" {
				h := band.HeightFor(w)
				w := min(band.Natural(), w)
				widgets.Place(band, (s.Width-w)/2, y, w, h)
				y += h + theme.Gap
			}
		}
	}
	return widgets.NewRenderer([]fyne.CanvasObject{b.wire, b.share, b.device}, least, layout, refresh)
}
