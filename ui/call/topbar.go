package call

import (
	"fmt"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"parley/assets"
	"parley/ui/keys"
	"parley/ui/model"
	"parley/ui/theme"
	"parley/ui/widgets"
)

// topBar says which meeting it is, for how long it has been, and with how many people.
type topBar struct {
	widget.BaseWidget

	env     *widgets.Env
	meeting *widgets.Line
	clock   *widgets.Line
	icon    *widgets.Icon
	people  *widgets.Line
	views   *viewSwitch
	full    *widgets.IconButton
	over    *canvas.Rectangle // ground, in full screen, where the bar lies over the stage
	started time.Time
	ended   bool
	faded   bool
	lies    bool // over the stage
}

func newTopBar(env *widgets.Env) *topBar {
	second := widgets.Style{Size: theme.SizeText, Colour: theme.SecondText}
	b := &topBar{env: env, meeting: widgets.NewLine("", widgets.Style{Bold: true}), clock: widgets.NewLine("", second), people: widgets.NewLine("", second)}
	b.views = newViewSwitch(env)
	b.full = widgets.NewIconButton(env, assets.IconFullScreen, widgets.LookGhost, env.Say("view.full-screen"), keys.Hint(env, keys.FullScreen), env.FullScreen)
	b.over = &canvas.Rectangle{}
	b.icon = widgets.NewSmallIcon(assets.IconPeople, theme.SecondText, 16)
	b.ExtendBaseWidget(b)
	return b
}

func (b *topBar) update(c model.Call, now time.Time) {
	b.started, b.ended = c.Started, c.Phase == model.PhaseEnded || c.Phase == model.PhaseLost
	b.views.set(b.env, c.Arrangement.View)
	people := fmt.Sprint(len(c.People))
	if len(c.People) == 1 && c.People[0].Own && c.Phase == model.PhaseRunning {
		people = b.env.Say("call.only-you")
	}
	if len(c.People) == 0 {
		people = ""
	}
	if b.people.Text() != people || b.meeting.Text() != c.Meeting {
		b.meeting.Set(c.Meeting)
		b.people.Set(people)
		b.Refresh()
	}
	b.beat(now)
}

// beat moves the clock; it stands still once the call is over.
func (b *topBar) beat(now time.Time) {
	text := ""
	if !b.started.IsZero() {
		text = Duration(now.Sub(b.started))
	}
	if b.ended && b.clock.Text() != "" {
		return
	}
	if b.clock.Text() != text {
		wide := len(b.clock.Text()) != len(text)
		b.clock.Set(text)
		if wide {
			b.Refresh()
		}
	}
}

// fade hides the bar's words, or brings them back.
func (b *topBar) fade(faded bool) {
	if b.faded != faded {
		b.faded = faded
		b.Refresh()
	}
}

// lay says whether the bar lies over the stage, as in full screen.
func (b *topBar) lay(over bool) {
	if b.lies == over {
		return
	}
	b.lies = over
	icon, name := assets.IconFullScreen, "view.full-screen"
	if over {
		icon, name = assets.IconFullScreenExit, "view.leave-full-screen"
	}
	b.full.Set(icon, widgets.LookGhost, b.env.Say(name))
	b.Refresh()
}

// Duration writes a time span as 4:05 or 1:02:03.
func Duration(d time.Duration) string {
	s := max(int(d.Seconds()), 0)
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// roomy reports whether a bar has room for the views; where it has not, the key and the menu change them.
func roomy(width float32) bool { return width >= 520 }

// CreateRenderer makes the bar's renderer.
func (b *topBar) CreateRenderer() fyne.WidgetRenderer {
	objects := []fyne.CanvasObject{b.over, b.meeting, b.clock, b.icon, b.people, b.views, b.full}
	height := func() float32 { return max(theme.TopBar, b.meeting.MinSize().Height+theme.Gap) }
	least := func() fyne.Size { return fyne.NewSize(160, height()) }
	layout := func(s fyne.Size) {
		clock, people := b.clock.Natural()+1, b.people.Natural()+1
		widgets.Place(b.over, 0, 0, s.Width, s.Height)
		right := s.Width - theme.Gap
		widgets.Place(b.full, right-theme.Target, (s.Height-theme.Target)/2, theme.Target, theme.Target)
		right -= theme.Target + 4
		if roomy(s.Width) {
			widgets.Place(b.views, right-3*theme.Target, (s.Height-theme.Target)/2, 3*theme.Target, theme.Target)
			right -= 3 * theme.Target
		}
		right -= theme.Pad
		if b.people.Text() != "" {
			widgets.Place(b.people, right-people, 0, people, s.Height)
			right -= people + 22
			widgets.Place(b.icon, right, 0, 16, s.Height)
			right -= theme.Gap
		}
		name := min(b.meeting.Natural()+1, max(right-theme.Pad-clock-theme.Pad, 40))
		widgets.Place(b.meeting, theme.Pad, 0, name, s.Height)
		widgets.Place(b.clock, theme.Pad+name+12, 0, clock, s.Height)
	}
	refresh := func() {
		widgets.SetShown(b.meeting, !b.faded)
		widgets.SetShown(b.clock, !b.faded)
		widgets.SetShown(b.people, !b.faded)
		widgets.SetShown(b.icon, !b.faded && b.people.Text() != "")
		widgets.SetShown(b.views, !b.faded && roomy(b.Size().Width))
		widgets.SetShown(b.full, !b.faded)
		b.over.FillColor = widgets.Colour(theme.Background)
		widgets.SetShown(b.over, b.lies && !b.faded)
	}
	return widgets.NewRenderer(objects, least, layout, refresh)
}
