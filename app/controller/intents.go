package controller

import (
	"context"
	"image"

	"parley/media"
	"parley/rtc/protocol"
	"parley/ui/model"
)

// intent does what the user asked for.
func (c *Controller) intent(i model.Intent) {
	switch i := i.(type) {
	case model.OpenLink:
		c.openLink(i.Link)
	case model.BackHome, model.Leave:
		c.leave()
	case model.SetName:
		c.name = clip(i.Name, protocol.DefaultLimits().NameBytes)
	case model.Join:
		c.join()
	case model.CancelJoin:
		c.cancelJoin()
	case model.ToggleMic:
		c.toggleMic()
	case model.ToggleCamera:
		c.toggleCamera()
	case model.ChooseDevice:
		c.chooseDevice(i)
	case model.TestSpeaker:
		c.toggleTest()
	case model.RecordVoice:
		c.toggleVoice()
	case model.Rejoin:
		if c.call.session == nil && c.joining == nil {
			c.setPhase(model.PhaseJoining, "")
			c.join()
		}
	case model.DismissNotice:
		c.dismiss(i.ID)
	case model.Quit:
		c.quitting = true
		c.loop.cancel()
		c.opt.Quit()
	default:
		c.callIntent(i)
	}
}

// callIntent does what can be asked for in a call.
func (c *Controller) callIntent(i model.Intent) {
	switch i := i.(type) {
	case model.OpenSharePicker:
		c.openPicker()
	case model.CloseSharePicker:
		c.state.Call.SharePickerOpen = false
	case model.StartShare:
		c.startShare(i.ID)
	case model.StopShare:
		c.call.stopShare()
	case model.PauseShare:
		c.pauseShare()
	case model.SetDraft:
		c.chat.draft = clip(i.Text, 16<<10)
	case model.SendChat:
		c.sendChat(i.Text)
	case model.ResendChat:
		c.resendChat(i.ID)
	case model.Pin:
		if c.pinned == i.TileID {
			i.TileID = ""
		}
		c.pinned = i.TileID
	case model.ForceMute:
		c.forceMute(i.TileID)
	case model.Talk:
		c.talk(i.On)
	default:
		c.arrange(i)
	}
}

// clip cuts a text to at most n bytes at a character's border.
func clip(text string, n int) string {
	for len(text) > n {
		r := []rune(text)
		text = string(r[:len(r)-1-(len(text)-n)/8])
	}
	return text
}

func (c *Controller) toggleMic() {
	mic := c.call.mic
	c.wantMic, c.talking = !mic.on, false
	mic.problem = nil
	mic.mute(!c.wantMic, pick(c.devices.microphones, c.mic))
	c.call.restore()
	if c.opt.Flags.Microphone == "" {
		c.settings.MicOff = !c.wantMic
	}
}

func (c *Controller) toggleCamera() {
	cam := c.call.camera
	c.wantCam = !cam.on
	if c.wantCam {
		cam.start(pick(c.devices.cameras, c.camera), true, c.opt.Pictures)
	} else {
		cam.stop()
		cam.setMuted(true)
	}
	c.call.restore()
	if c.opt.Flags.Camera == "" {
		c.settings.CameraOff = !c.wantCam
	}
}

func (c *Controller) chooseDevice(i model.ChooseDevice) {
	switch i.Kind {
	case model.DeviceCamera:
		c.camera, c.settings.Camera, c.wantCam = i.ID, i.ID, true
		c.call.camera.start(i.ID, true, c.opt.Pictures)
		c.call.restore()
	case model.DeviceMicrophone:
		c.mic, c.settings.Microphone = i.ID, i.ID
		on := c.call.mic.on || c.call.mic.problem != nil
		c.call.mic.stop()
		if c.wantMic = on; on {
			c.call.mic.start(i.ID)
			c.call.mic.setMuted(false)
		}
	case model.DeviceSpeaker:
		c.speaker, c.settings.Speaker = i.ID, i.ID
		c.state.Prejoin.SpeakerProblem = ""
		if c.call.session != nil {
			c.call.openSpeaker(i.ID, func(err error) {
				if err != nil {
					c.notice(model.NoticeWarning, deviceWords(c.words, "speaker", err))
				}
			})
		}
	}
}

// openPicker lists what can be shared, with small pictures as they are made.
func (c *Controller) openPicker() {
	c.state.Call.SharePickerOpen, c.state.Call.ShareProblem, c.state.Call.Screens = true, "", nil
	c.loop.beside(func(context.Context) {
		screens, err := c.opt.Devices.Screens()
		if err == nil && len(screens) == 0 {
			err = media.ErrNotFound
		}
		c.loop.post(func() {
			if err != nil {
				c.log.Warn("list screens", "error", err)
				c.state.Call.ShareProblem = c.say("picker.no-screen")
				return
			}
			var list []model.ScreenChoice
			for _, s := range screens {
				list = append(list, model.ScreenChoice{ID: s.ID, Name: s.Name, Width: s.Width, Height: s.Height})
			}
			c.state.Call.Screens = list
		})
		for _, s := range screens {
			img, err := c.opt.Devices.Thumbnail(s.ID, 320)
			if err != nil {
				continue // the choice shows its name and size
			}
			c.loop.post(func() { c.setThumbnail(s.ID, img) })
		}
	})
}

func (c *Controller) setThumbnail(id string, img *image.RGBA) {
	list := append([]model.ScreenChoice(nil), c.state.Call.Screens...)
	for i := range list {
		if list[i].ID == id {
			list[i].Thumbnail = img
		}
	}
	c.state.Call.Screens = list
}

func (c *Controller) startShare(id string) {
	name := c.say("picker.screen")
	for _, s := range c.state.Call.Screens {
		if s.ID == id {
			name = s.Name
		}
	}
	c.state.Call.SharePickerOpen = false
	c.call.startShare(id, name, func(err error) {
		if err != nil {
			c.log.Warn("share", "error", err)
			c.notice(model.NoticeWarning, c.say("notice.share-failed", "Why", Words(c.words, err)))
		}
	})
	c.state.Call.Sharing = &model.Share{Name: name}
}

// pauseShare keeps the last picture standing at the others.
func (c *Controller) pauseShare() {
	sh := c.state.Call.Sharing
	if sh == nil || c.call.sharing == nil {
		return
	}
	paused := !sh.Paused
	c.state.Call.Sharing = &model.Share{Name: sh.Name, Paused: paused}
	c.call.screen.setSending(!paused)
}

func (c *Controller) forceMute(tile string) {
	s := c.call.session
	if s == nil {
		return
	}
	c.loop.beside(func(ctx context.Context) {
		if err := s.ForceMute(ctx, protocol.StreamID(tile)); err != nil {
			c.loop.post(func() { c.notice(model.NoticeWarning, Words(c.words, err)) })
		}
	})
}
