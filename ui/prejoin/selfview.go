package prejoin

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

// selfView is the picture of oneself, with the microphone and camera buttons on it.
type selfView struct {
	widget.BaseWidget

	env     *widgets.Env
	state   model.Prejoin
	ground  *canvas.Rectangle
	picture *widgets.Picture
	avatar  *widgets.Avatar
	words   *widgets.Paragraph
	mic     *widgets.IconButton
	camera  *widgets.IconButton
}

func newSelfView(env *widgets.Env) *selfView {
	v := &selfView{env: env, ground: &canvas.Rectangle{CornerRadius: theme.Radius}, picture: widgets.NewPicture(false), avatar: widgets.NewAvatar("", 72)}
	v.words = widgets.NewParagraph("", widgets.Style{Colour: theme.SecondText, Align: fyne.TextAlignCenter})
	v.words.SetMost(3)
	v.mic = widgets.NewIconButton(env, assets.IconMic, widgets.LookShade, env.Say("call.mute"), keys.ChordHint(env, keys.ToggleMic), func() { env.Send(model.ToggleMic{}) })
	v.camera = widgets.NewIconButton(env, assets.IconCamera, widgets.LookShade, env.Say("call.camera-off"), keys.ChordHint(env, keys.ToggleCamera), func() { env.Send(model.ToggleCamera{}) })
	v.ExtendBaseWidget(v)
	return v
}

func (v *selfView) update(p model.Prejoin) {
	v.state = p
	source := p.SelfView
	if !p.CameraOn {
		source = nil
	}
	v.picture.SetSource(source)
	v.avatar.Set(p.Name)
	words := ""
	switch {
	case p.CameraProblem != "":
		words = p.CameraProblem
	case !p.CameraOn:
		words = v.env.Say("prejoin.camera-off")
	case !v.picture.Has():
		words = v.env.Say("prejoin.camera-starting")
	}
	v.words.Set(words)
	look := widgets.LookNormal
	if v.picture.Has() {
		look = widgets.LookShade
	}
	if p.MicOn {
		v.mic.Set(assets.IconMic, look, v.env.Say("call.mute"))
	} else {
		v.mic.Set(assets.IconMicOff, widgets.LookOff, v.env.Say("call.unmute"))
	}
	if p.CameraOn {
		v.camera.Set(assets.IconCamera, look, v.env.Say("call.camera-off"))
	} else {
		v.camera.Set(assets.IconCameraOff, widgets.LookOff, v.env.Say("call.camera-on"))
	}
	v.want()
	v.Refresh()
}

func (v *selfView) setSeen(seen bool) {
	v.picture.SetSeen(seen)
	v.want()
}

func (v *selfView) want() { v.picture.Want(v.Size(), v.env.Scale()) }

// Resize follows with the size of the pictures.
func (v *selfView) Resize(size fyne.Size) {
	v.BaseWidget.Resize(size)
	v.want()
}

func (v *selfView) present() {
	v.want()
	if v.picture.Take() {
		v.update(v.state) // the words that stood there go
	}
}

// CreateRenderer makes the view's renderer.
func (v *selfView) CreateRenderer() fyne.WidgetRenderer {
	objects := []fyne.CanvasObject{v.ground, v.picture.Image(), v.avatar, v.words, v.mic, v.camera}
	least := func() fyne.Size { return fyne.NewSize(192, 108) }
	refresh := func() {
		v.ground.FillColor, v.ground.StrokeColor, v.ground.StrokeWidth = widgets.Colour(theme.Surface), widgets.Colour(theme.Line), 1
		if v.picture.Has() {
			v.ground.StrokeWidth = 0
		}
		widgets.SetShown(v.words, v.words.Text() != "")
	}
	layout := func(s fyne.Size) {
		widgets.Place(v.ground, 0, 0, s.Width, s.Height)
		widgets.Place(v.picture.Image(), 0, 0, s.Width, s.Height)
		y := s.Height - theme.Target - 12
		widgets.Place(v.mic, s.Width/2-theme.Target-theme.Gap/2, y, theme.Target, theme.Target)
		widgets.Place(v.camera, s.Width/2+theme.Gap/2, y, theme.Target, theme.Target)
		w := s.Width - 2*theme.Pad
		words := v.words.HeightFor(w)
		face := min(72, y-words-theme.Gap-2*theme.Gap)
		faced := v.words.Text() != "" && face >= 36 && v.state.Name != ""
		widgets.SetShown(v.avatar, faced)
		total := words
		if faced {
			total += face + theme.Gap
		}
		top := max((y-total)/2, 4)
		if faced {
			widgets.Place(v.avatar, (s.Width-face)/2, top, face, face)
			top += face + theme.Gap
		}
		widgets.Place(v.words, theme.Pad, top, w, words)
	}
	return widgets.NewRenderer(objects, least, layout, refresh)
}
