package call

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"parley/assets"
	"parley/ui/keys"
	"parley/ui/model"
	"parley/ui/theme"
	"parley/ui/widgets"
)

// bottomBar holds what one does in a call: microphone, camera and screen; chat and people; leave, apart.
type bottomBar struct {
	widget.BaseWidget

	env                       *widgets.Env
	call                      model.Call
	mic, camera, share        *widgets.IconButton
	micDevices, cameraDevices *widgets.IconButton
	hand                      *widgets.IconButton
	chat, people, more, leave *widgets.IconButton
	micGround, cameraGround   *canvas.Rectangle
	ground                    *canvas.Rectangle
}

func newBottomBar(env *widgets.Env) *bottomBar {
	b := &bottomBar{env: env}
	send := func(i model.Intent) func() { return func() { env.Send(i) } }
	b.mic = widgets.NewIconButton(env, assets.IconMic, widgets.LookNormal, env.Say("call.mute"), keys.Hint(env, keys.ToggleMic), send(model.ToggleMic{}))
	b.camera = widgets.NewIconButton(env, assets.IconCamera, widgets.LookNormal, env.Say("call.camera-off"), keys.Hint(env, keys.ToggleCamera), send(model.ToggleCamera{}))
	b.share = widgets.NewIconButton(env, assets.IconScreenShare, widgets.LookNormal, env.Say("call.share"), keys.Hint(env, keys.ToggleShare), b.toggleShare)
	b.micDevices = widgets.NewIconButton(env, assets.IconChevron, widgets.LookGhost, env.Say("call.choose-sound"), "", b.openSound)
	b.cameraDevices = widgets.NewIconButton(env, assets.IconChevron, widgets.LookGhost, env.Say("call.choose-camera"), "", b.openCameras)
	b.chat = widgets.NewIconButton(env, assets.IconChat, widgets.LookNormal, env.Say("call.chat"), keys.Hint(env, keys.ToggleChat), b.toggleChat)
	b.people = widgets.NewIconButton(env, assets.IconPeople, widgets.LookNormal, env.Say("call.people"), keys.Hint(env, keys.TogglePeople), b.togglePeople)
	b.hand = widgets.NewIconButton(env, assets.IconHand, widgets.LookNormal, env.Say("call.raise-hand"), keys.Hint(env, keys.ToggleHand), send(model.ToggleHand{}))
	b.more = widgets.NewIconButton(env, assets.IconMore, widgets.LookNormal, env.Say("call.more"), "", b.openMore)
	b.leave = widgets.NewIconButton(env, assets.IconLeave, widgets.LookDanger, env.Say("call.leave"), keys.Hint(env, keys.LeaveCall), send(model.Leave{})).SetMin(56, theme.Target)
	b.micGround, b.cameraGround, b.ground = &canvas.Rectangle{}, &canvas.Rectangle{}, &canvas.Rectangle{}
	b.ExtendBaseWidget(b)
	return b
}

func (b *bottomBar) toggleShare() {
	switch {
	case b.call.Sharing != nil:
		b.env.Send(model.StopShare{})
	case b.call.SharePickerOpen:
		b.env.Send(model.CloseSharePicker{})
	default:
		b.env.Send(model.OpenSharePicker{})
	}
}

func (b *bottomBar) togglePanel(p model.Panel) {
	if b.call.Panel == p {
		p = model.PanelNone
	}
	b.env.Send(model.ShowPanel{Panel: p})
}

func (b *bottomBar) toggleChat() { b.togglePanel(model.PanelChat) }

func (b *bottomBar) togglePeople() { b.togglePanel(model.PanelPeople) }

func (b *bottomBar) openSound() {
	d := b.call.Devices
	items := b.titled("microphone", widgets.DeviceItems(b.env, model.DeviceMicrophone, d.Microphones, d.Microphone))
	items = append(items, b.titled("speaker", widgets.DeviceItems(b.env, model.DeviceSpeaker, d.Speakers, d.Speaker))...)
	widgets.ShowMenu(b.env, b.micDevices, items)
}

func (b *bottomBar) openCameras() {
	d := b.call.Devices
	widgets.ShowMenu(b.env, b.cameraDevices, b.titled("camera", widgets.DeviceItems(b.env, model.DeviceCamera, d.Cameras, d.Camera)))
}

// openMore offers what is needed seldom.
func (b *bottomBar) openMore() {
	a := b.call.Arrangement
	item := func(key string, checked bool, tapped func()) *fyne.MenuItem {
		i := fyne.NewMenuItem(b.env.Say(key), tapped)
		i.Checked = checked
		return i
	}
	self := func(key string, to model.Self) *fyne.MenuItem {
		return item(key, a.Self == to, func() { b.env.Send(model.SetSelf{Self: to}) })
	}
	var items []*fyne.MenuItem
	if !roomy(b.Size().Width) {
		for v := model.ViewGrid; v <= model.ViewSide; v++ {
			i := fyne.NewMenuItem(viewName(b.env, v), func() { b.env.Send(model.SetView{View: v}) })
			i.Checked = v == a.View
			items = append(items, i)
		}
		items = append(items, fyne.NewMenuItemSeparator())
	}
	items = append(items, self("view.float-self", model.SelfFloating), self("view.self-in-grid", model.SelfInGrid), self("view.hide-self", model.SelfHidden),
		fyne.NewMenuItemSeparator(), item("view.full-screen", false, b.env.FullScreen), item("call.keys", false, b.env.ShowKeys), item("settings.title", false, b.env.ShowSettings))
	widgets.ShowMenu(b.env, b.more, items)
}

// titled puts a heading before a menu's items, or says that there are none.
func (b *bottomBar) titled(noun string, items []*fyne.MenuItem) []*fyne.MenuItem {
	title := b.env.Say("device." + noun)
	if len(items) == 0 {
		title = b.env.Say("device.no-" + noun + "-found")
	}
	head := fyne.NewMenuItem(title, nil)
	head.Disabled = true
	return append([]*fyne.MenuItem{head}, items...)
}

func (b *bottomBar) update(c model.Call) {
	b.call = c
	over := c.Phase == model.PhaseLost || c.Phase == model.PhaseEnded
	set := func(button *widgets.IconButton, on bool, icon, off assets.Icon, name, offName string) {
		if on {
			button.Set(icon, widgets.LookNormal, name)
		} else {
			button.Set(off, widgets.LookOff, offName)
		}
		button.SetDisabled(!c.CanPublish || over)
	}
	set(b.mic, c.MicOn, assets.IconMic, assets.IconMicOff, b.env.Say("call.mute"), b.env.Say("call.unmute"))
	set(b.camera, c.CameraOn, assets.IconCamera, assets.IconCameraOff, b.env.Say("call.camera-off"), b.env.Say("call.camera-on"))
	if c.Sharing != nil {
		b.share.Set(assets.IconStopShare, widgets.LookActive, b.env.Say("call.stop-share"))
	} else {
		b.share.Set(assets.IconScreenShare, widgets.LookNormal, b.env.Say("call.share"))
	}
	b.share.SetDisabled(!c.CanPublish || over)
	if c.Talking {
		b.mic.Set(assets.IconMic, widgets.LookActive, b.env.Say("call.talking"))
	}
	switch {
	case !c.CanRaiseHand:
		b.hand.Set(assets.IconHand, widgets.LookNormal, b.env.Say("call.no-hands"))
	case c.HandUp:
		b.hand.Set(assets.IconHand, widgets.LookActive, b.env.Say("call.lower-hand"))
	default:
		b.hand.Set(assets.IconHand, widgets.LookNormal, b.env.Say("call.raise-hand"))
	}
	b.hand.SetDisabled(!c.CanRaiseHand || over)
	panel := func(button *widgets.IconButton, icon assets.Icon, p model.Panel, open, close string) {
		if c.Panel == p {
			button.Set(icon, widgets.LookActive, close)
		} else {
			button.Set(icon, widgets.LookNormal, open)
		}
	}
	panel(b.chat, assets.IconChat, model.PanelChat, b.env.Say("call.chat"), b.env.Say("call.close-chat"))
	panel(b.people, assets.IconPeople, model.PanelPeople, b.env.Say("call.people"), b.env.Say("call.close-people"))
	b.chat.SetBadge(c.Unread)
}

// CreateRenderer makes the bar's renderer.
func (b *bottomBar) CreateRenderer() fyne.WidgetRenderer {
	objects := []fyne.CanvasObject{b.ground, b.micGround, b.cameraGround, b.mic, b.micDevices, b.camera, b.cameraDevices, b.share, b.hand, b.chat, b.people, b.more, b.leave}
	least := func() fyne.Size { return fyne.NewSize(440, theme.BottomBar) }
	refresh := func() {
		b.ground.FillColor = widgets.Colour(theme.Background)
		for _, g := range []*canvas.Rectangle{b.micGround, b.cameraGround} {
			g.FillColor, g.CornerRadius = widgets.Colour(theme.Surface), theme.Target/2
			g.StrokeColor, g.StrokeWidth = widgets.Colour(theme.Line), 1
		}
	}
	layout := func(s fyne.Size) {
		widgets.Place(b.ground, 0, 0, s.Width, s.Height)
		const side, wide = theme.Target, float32(56)
		gap, group := theme.Gap, theme.WidePad
		if s.Width < 9*side+wide+5*gap+2*group+2*theme.Gap {
			gap, group = 4, 12
		}
		total := 9*side + wide + 5*gap + 2*group
		x, y := (s.Width-total)/2, (s.Height-side)/2
		next := func(o fyne.CanvasObject, w, gap float32) {
			widgets.Place(o, x, y, w, side)
			x += w + gap
		}
		widgets.Place(b.micGround, x, y, 2*side, side)
		next(b.mic, side, 0)
		next(b.micDevices, side, gap)
		widgets.Place(b.cameraGround, x, y, 2*side, side)
		next(b.camera, side, 0)
		next(b.cameraDevices, side, gap)
		next(b.share, side, gap)
		next(b.hand, side, group)
		next(b.chat, side, gap)
		next(b.people, side, gap)
		next(b.more, side, group)
		next(b.leave, wide, 0)
	}
	return widgets.NewRenderer(objects, least, layout, refresh)
}
