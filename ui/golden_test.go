package ui

import (
	"testing"
	"time"

	"parley/ui/model"
	"parley/ui/theme"
	"parley/ui/uitest"
)

// scene is one golden image.
type scene struct {
	name          string
	variant       theme.Variant
	text          float32
	width, height int
	state         model.State
}

func (s scene) run(t *testing.T) {
	t.Run(s.name, func(t *testing.T) {
		b := newBench(t, theme.New(s.variant, s.text), s.width, s.height, s.state)
		b.golden(t, s.name)
	})
}

func TestGoldenHome(t *testing.T) {
	problem := model.Home{Link: "parley.example.org:7880/XYZ", Problem: "There is no computer called parley.example.org. Check the address in the link."}
	for _, s := range []scene{
		{"home-dark", theme.Dark, 1, 1100, 700, model.State{}},
		{"home-light", theme.Light, 1, 900, 600, model.State{Home: model.Home{Link: "https://meet.example.org/j/abc", Busy: true}}},
		{"home-recent-dark", theme.Dark, 1, 1100, 700, model.State{Home: model.Home{Recent: met()}}},
		{"home-recent-light-small", theme.Light, 1, 640, 480, model.State{Home: model.Home{Recent: met()}}},
		{"home-recent-upright", theme.Light, 1, 640, 800, model.State{Home: model.Home{Recent: met()}}},
		{"home-recent-large-text", theme.Dark, 2, 1280, 800, model.State{Home: model.Home{Recent: met()}}},
		{"home-german", theme.Dark, 1, 1280, 800, model.State{Look: model.Look{Language: "de"}, Home: model.Home{Recent: met()[:1]}}},
		{"home-problem-small", theme.Dark, 1, 640, 360, model.State{Home: problem}},
		{"home-problem-large-text", theme.Light, 2, 640, 480, model.State{Home: problem}},
	} {
		s.run(t)
	}
}

func TestGoldenPrejoin(t *testing.T) {
	of := func(change func(*model.Prejoin)) model.State {
		p := prejoinState()
		change(&p)
		return model.State{Screen: model.ScreenPrejoin, Prejoin: p}
	}
	none := of(func(p *model.Prejoin) {
		p.SelfView, p.CameraOn, p.MicOn, p.Level, p.Devices = nil, false, false, nil, model.Devices{}
		p.CameraProblem = "No camera found. You can join without one."
		p.MicProblem = "Your microphone is used by another app. Close that app or choose another microphone."
		p.Problem = "The server did not answer in time. Check your connection and try again."
	})
	german := of(func(p *model.Prejoin) { p.Voice = model.Voice{Playing: true, Seconds: 2} })
	german.Look.Language = "de"
	for _, s := range []scene{
		{"prejoin-dark", theme.Dark, 1, 1100, 700, of(func(*model.Prejoin) {})},
		{"prejoin-problems-light", theme.Light, 1, 1100, 700, none},
		{"prejoin-recording-dark", theme.Dark, 1, 1280, 800, of(func(p *model.Prejoin) { p.Voice = model.Voice{Recording: true, Seconds: 4} })},
		{"prejoin-playing-german", theme.Light, 1, 900, 600, german},
		{"prejoin-joining-small", theme.Dark, 1, 640, 360, of(func(p *model.Prejoin) { p.Joining, p.SpeakerTesting = true, true })},
		{"prejoin-off-large-text", theme.Dark, 2, 640, 480, of(func(p *model.Prejoin) { p.CameraOn, p.MicOn, p.Level = false, false, nil })},
	} {
		s.run(t)
	}
}

func TestGoldenGrid(t *testing.T) {
	alone := callOf(1)
	alone.Tiles[0].Media, alone.Tiles[0].Pictures = model.TileMissing, nil
	alone.Tiles[0].Problem = "Your camera is used by another app. Close that app or choose another camera."
	for _, s := range []scene{
		{"call-1-dark", theme.Dark, 1, 1100, 700, inCall(alone)},
		{"call-2-light", theme.Light, 1, 1280, 800, inCall(callOf(2))},
		{"call-2-small", theme.Dark, 1, 640, 360, inCall(callOf(2))},
		{"call-5-dark", theme.Dark, 1, 1100, 700, inCall(callOf(5))},
		{"call-9-light", theme.Light, 1, 1100, 700, inCall(callOf(9))},
		{"call-16-dark", theme.Dark, 1, 1280, 800, inCall(callOf(16))},
		{"call-16-small", theme.Light, 1, 640, 480, inCall(callOf(16))},
		{"call-5-large-text", theme.Dark, 2, 900, 600, inCall(callOf(5))},
		{"tiles-dark", theme.Dark, 1, 1100, 700, inCall(everyMedia())},
		{"tiles-light", theme.Light, 1, 640, 480, inCall(everyMedia())},
	} {
		s.run(t)
	}
}

// everyMedia has a tile in every state there is.
func everyMedia() model.Call {
	c := callOf(6)
	for n, m := range []model.TileMedia{model.TilePicture, model.TileWaiting, model.TileCameraOff, model.TileMissing, model.TilePaused, model.TileStalled} {
		c.Tiles[n].Media, c.Tiles[n].Muted, c.Tiles[n].Pictures = m, false, nil
		if m == model.TilePicture || m == model.TilePaused {
			c.Tiles[n].Pictures = uitest.NewPictures(uitest.Portrait(256, 144, n))
		}
	}
	c.Tiles[3].Problem = "The camera was unplugged."
	c.MicOn, c.CameraOn = false, false
	c.MicProblem = "Your microphone was unplugged. Plug it in again or choose another microphone."
	return c
}

func TestGoldenSharing(t *testing.T) {
	own := callOf(3)
	own.Sharing = &model.Share{Name: "Screen 1"}
	own.Tiles = append(own.Tiles, model.Tile{ID: "own-screen", Name: "Zoe Park", Own: true, Screen: true, Pictures: uitest.NewPictures(uitest.Desktop(480, 270))})
	picker := callOf(2)
	picker.SharePickerOpen, picker.Screens = true, screenChoices()
	refused := callOf(2)
	refused.SharePickerOpen, refused.ShareProblem = true, "This desktop does not let apps share its screen. Allow it in the system's settings."
	for _, s := range []scene{
		{"share-dark", theme.Dark, 1, 1280, 800, inCall(withScreen(callOf(5), 480, 270))},
		{"share-upright", theme.Light, 1, 640, 800, inCall(withScreen(callOf(5), 300, 300))},
		{"share-small", theme.Dark, 1, 640, 360, inCall(withScreen(callOf(9), 480, 270))},
		{"share-own-light", theme.Light, 1, 1100, 700, inCall(own)},
		{"picker-dark", theme.Dark, 1, 1100, 700, inCall(picker)},
		{"picker-small", theme.Light, 1, 640, 360, inCall(picker)},
		{"picker-problem", theme.Light, 1, 640, 480, inCall(refused)},
	} {
		s.run(t)
	}
}

func TestGoldenPanels(t *testing.T) {
	chatting := func() model.Call {
		c := callOf(5)
		c.Panel, c.Chat, c.ChatDraft = model.PanelChat, chat(), "A draft that is long enough to need a second line in the field"
		return c
	}
	empty := callOf(2)
	empty.Panel = model.PanelChat
	listing := callOf(9)
	listing.Panel, listing.Unread = model.PanelPeople, 3
	for _, s := range []scene{
		{"chat-dark", theme.Dark, 1, 1280, 800, inCall(chatting())},
		{"chat-light", theme.Light, 1, 1100, 700, inCall(chatting())},
		{"chat-small", theme.Dark, 1, 640, 360, inCall(chatting())},
		{"chat-large-text", theme.Light, 2, 1100, 700, inCall(chatting())},
		{"chat-empty", theme.Dark, 1, 900, 600, inCall(empty)},
		{"people-light", theme.Light, 1, 1100, 700, inCall(listing)},
		{"people-small", theme.Dark, 1, 640, 360, inCall(listing)},
	} {
		s.run(t)
	}
}

func TestGoldenConnection(t *testing.T) {
	in := func(phase model.Phase, since time.Duration, problem string) model.Call {
		c := callOf(5)
		c.Phase, c.Since, c.Problem = phase, noon().Add(-since), problem
		return c
	}
	joining := callOf(1)
	joining.Phase, joining.Started, joining.People = model.PhaseJoining, time.Time{}, nil
	lost := func() model.Call {
		c := in(model.PhaseLost, 0, "")
		c.Panel, c.Chat, c.ChatDraft = model.PanelChat, chat()[:4], "Not sent yet"
		return c
	}
	noticed := inCall(in(model.PhaseReconnecting, 12*time.Second, ""))
	noticed.Notices = []model.Notice{{ID: 1, Text: "Ben Ortiz joined."}, {ID: 2, Text: "Your microphone was muted by a moderator.", Kind: model.NoticeWarning}}
	for _, s := range []scene{
		{"joining-dark", theme.Dark, 1, 900, 600, inCall(joining)},
		{"reconnecting-dark", theme.Dark, 1, 1100, 700, noticed},
		{"reconnecting-small", theme.Light, 1, 640, 360, inCall(in(model.PhaseReconnecting, 2*time.Second, ""))},
		{"lost-light", theme.Light, 1, 1100, 700, inCall(lost())},
		{"lost-small", theme.Dark, 1, 640, 360, inCall(lost())},
		{"ended-dark", theme.Dark, 1, 900, 600, inCall(in(model.PhaseEnded, 0, "A moderator removed you from the meeting."))},
	} {
		s.run(t)
	}
}

func TestGoldenQuestion(t *testing.T) {
	b := newBench(t, theme.New(theme.Dark, 1), 900, 600, inCall(callOf(2)))
	b.askToClose()
	b.golden(t, "question-dark")
}
