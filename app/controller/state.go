package controller

import (
	"time"

	"parley/rtc/protocol"
	"parley/ui/model"
)

func newLevel() *model.Level { return &model.Level{} }

// onBeat does what is due now and then. What is shown afterwards follows who speaks.
func (c *Controller) onBeat() {
	now := time.Now()
	c.fadeNotices(now)
	c.keep(now)
	if c.wantMic && c.call.mic.mend(now) {
		c.notice(model.NoticeInfo, c.say("notice.microphone-replaced"))
	}
	c.call.mic.adapt()
}

// show sends the state as it is now. The window shows the newest.
func (c *Controller) show() {
	if c.quitting {
		return
	}
	c.tendAwake()
	c.tellChat()
	c.describe()
	c.opt.Show(c.state)
}

// describe brings the parts of the state that follow from others up to date.
func (c *Controller) describe() {
	cam, mic := c.call.camera, c.call.mic
	devices := model.Devices{
		Cameras: choices(c.devices.cameras, c.camera, c.say("device.test-picture")), Microphones: choices(c.devices.microphones, c.mic, c.say("device.test-tone")),
		Speakers: choices(c.devices.speakers, c.speaker, c.say("device.test-speaker")), Camera: pick(c.devices.cameras, c.camera),
		Microphone: pick(c.devices.microphones, c.mic), Speaker: pick(c.devices.speakers, c.speaker),
	}
	p := &c.state.Prejoin
	p.Meeting, p.Name, p.Devices = c.target.meeting(), c.name, devices
	p.SelfView, p.Level, p.CameraOn, p.MicOn = nil, mic.meter(), cam.on, mic.on
	if cam.on {
		p.SelfView = cam.pictures
	}
	p.CameraProblem, p.MicProblem = "", ""
	if c.wantCam {
		p.CameraProblem = deviceWords(c.words, "camera", cam.problem)
	}
	if c.wantMic {
		p.MicProblem = deviceWords(c.words, "microphone", mic.problem)
	}
	p.SpeakerTesting, p.Joining, p.Voice = c.testing != nil, c.joining != nil, c.describeVoice()
	p.CanRecord, p.Video = mic.run != nil, chosenVideo(c.settings.Video)
	c.describeSettings(devices)
	c.state.Home.Recent = c.recent()
	p.Waiting = ""
	if c.admission {
		p.Waiting = c.say("prejoin.waiting")
	}
	if c.state.Screen == model.ScreenCall {
		c.describeCall(devices)
	}
}

func (c *Controller) describeCall(devices model.Devices) {
	s, cc := &c.state.Call, c.call
	caps := cc.welcome.Capabilities
	s.Meeting, s.Started, s.Phase, s.Problem, s.Since = c.target.meeting(), cc.joined, c.phase.phase, c.phase.problem, c.phase.since
	s.Chat, s.Unread, s.ChatDraft = c.chat.lines, c.chat.unread, c.chat.draft
	s.MicOn, s.CameraOn, s.MicProblem, s.CameraProblem = cc.mic.on, cc.camera.on, c.state.Prejoin.MicProblem, c.state.Prejoin.CameraProblem
	s.CanPublish, s.CanSignal, s.CanMute, s.Devices = caps.Publish, caps.Signal, caps.ForceMute, devices
	if !cc.screen.on {
		if cc.screen.problem != nil {
			c.notice(model.NoticeWarning, c.say("notice.share-ended"))
			cc.screen.problem = nil
			cc.stopShare()
		}
		s.Sharing = nil
	}
	s.Arrangement, s.Talking = arrangement(c.settings.Stage), c.talking && cc.mic.on
	s.Tiles, s.People = c.tiles(), c.people()
}

// tiles lists everybody's: others in the order in which they came, the own one last.
func (c *Controller) tiles() []model.Tile {
	cc := c.call
	var tiles []model.Tile
	published := map[protocol.ConnectionID]bool{}
	for _, r := range cc.remotes {
		if r.stream.VideoType != protocol.VideoScreen {
			published[r.stream.ConnectionID] = true
		}
		tiles = append(tiles, c.remoteTile(r))
	}
	for _, conn := range cc.connections {
		if !published[conn.ID] {
			tiles = append(tiles, model.Tile{ID: string(conn.ID), PersonID: string(conn.ID), Name: cc.name(conn.ID), Muted: true, Media: model.TileCameraOff})
		}
	}
	own := model.Tile{ID: "own", PersonID: string(cc.welcome.You.ID), Name: first(cc.welcome.You.Name, c.name), Own: true, Mirrored: true, Muted: !cc.mic.on, Level: cc.mic.meter(),
		Speaking: cc.mic.speaks(), Pinned: c.pinned == "own", Media: model.TileCameraOff}
	switch {
	case cc.camera.on && cc.camera.opened:
		own.Media, own.Pictures = model.TilePicture, cc.camera.pictures
	case cc.camera.on:
		own.Media, own.Pictures = model.TileWaiting, cc.camera.pictures
	case c.wantCam && cc.camera.problem != nil && cc.welcome.Capabilities.Publish:
		own.Media, own.Problem = model.TileMissing, deviceWords(c.words, "camera", cc.camera.problem)
	}
	return append(tiles, own)
}

func (c *Controller) remoteTile(r *remote) model.Tile {
	st := &r.stream
	screen := st.VideoType == protocol.VideoScreen
	t := model.Tile{
		ID: string(st.ID), PersonID: string(st.ConnectionID), Name: c.call.name(st.ConnectionID), Screen: screen, Muted: !st.HasAudio && !screen,
		Speaking: r.speaking.Value() && st.HasAudio, Pinned: c.pinned == string(st.ID), Level: r.level,
		Moderation: c.call.welcome.Capabilities.ForceMute && st.AudioTrack && st.HasAudio,
	}
	if screen {
		t.Width, t.Height = r.seen.size()
	}
	if r.pictures != nil {
		t.Pictures = r.pictures
	}
	switch {
	case c.phase.phase == model.PhaseReconnecting && r.first.Load():
		t.Media = model.TilePicture // the last picture stays, the band says the rest
	case !st.VideoTrack || !st.HasVideo:
		t.Media = model.TileCameraOff
		t.Pictures = nil
	case !r.first.Load():
		t.Media = model.TileWaiting
	default:
		t.Media = model.TilePicture
	}
	return t
}

// people lists who is there, the own line first.
func (c *Controller) people() []model.Person {
	cc := c.call
	me := model.Person{ID: string(cc.welcome.You.ID), Name: first(cc.welcome.You.Name, c.name), Own: true, Muted: !cc.mic.on, CameraOff: !cc.camera.on, Sharing: cc.sharing != nil}
	people := []model.Person{me}
	for _, conn := range cc.connections {
		p := model.Person{ID: string(conn.ID), Name: cc.name(conn.ID), Muted: true, CameraOff: true}
		for _, r := range cc.remotes {
			switch {
			case r.stream.ConnectionID != conn.ID:
			case r.stream.VideoType == protocol.VideoScreen:
				p.Sharing = true
			default:
				p.Muted, p.CameraOff = !r.stream.HasAudio, !r.stream.HasVideo
				p.Speaking = r.stream.HasAudio && r.speaking.Value()
			}
		}
		people = append(people, p)
	}
	return people
}
