package controller

import (
	"context"

	"parley/rtc"
	"parley/rtc/protocol"
)

// ownStream describes camera and microphone as they are now.
func (c *call) ownStream(name string) rtc.StreamConfig {
	stream := rtc.StreamConfig{
		Key: keyCamera, Name: name, VideoType: protocol.VideoCamera, Audio: true, Video: true, AudioMuted: !c.mic.on, VideoMuted: !c.camera.on,
		KeyFrame: c.camera.keyFrame,
	}
	if c.camera.opened {
		stream.Width, stream.Height, stream.FrameRate = c.camera.format.Width, c.camera.format.Height, c.camera.format.FrameRate
	}
	return stream
}

// publish lets camera and microphone send as p.
func (c *call) publish(p *rtc.Publisher) {
	c.camera.publisher.Store(p)
	c.mic.publisher.Store(p)
	c.camera.setSending(true)
	c.mic.setSending(true)
	// What failed or was switched while the stream was being published.
	c.camera.setMuted(!c.camera.on)
	c.mic.setMuted(!c.mic.on)
	if c.camera.opened {
		c.camera.announce()
	}
}

// silence turns off everything that is sent: the user has not the right to publish, or not any more. Who gets it turns on what they want to send.
func (c *call) silence() {
	c.camera.stop()
	c.mic.stop()
	c.stopShare()
	if p := c.camera.publisher.Swap(nil); p != nil {
		c.loop.beside(func(ctx context.Context) { _ = p.Close(ctx) })
	}
	c.mic.publisher.Store(nil)
}

// unmuteRefused mutes again what the server keeps muted.
func (c *call) unmuteRefused(err error) {
	c.mic.mute(true, c.mic.id)
	c.refused(err)
	c.changed()
}

// ownStreamEnded turns off what a moderator ended.
func (c *call) ownStreamEnded(s protocol.Stream, reason protocol.Reason) {
	if reason != protocol.ReasonForceUnpublished {
		return
	}
	if s.VideoType == protocol.VideoScreen {
		c.stopShare()
		return
	}
	c.camera.stop()
	c.mic.stop()
	c.camera.publisher.Store(nil)
	c.mic.publisher.Store(nil)
}

// restore publishes camera and microphone again when their user turns one on after a moderator ended them.
func (c *call) restore() {
	s := c.session
	if s == nil || c.restoring || c.camera.publisher.Load() != nil || !c.welcome.Capabilities.Publish || !c.camera.on && !c.mic.on {
		return
	}
	c.restoring = true
	stream := c.ownStream(c.welcome.You.Name)
	c.loop.beside(func(ctx context.Context) {
		p, err := s.Publish(ctx, stream)
		c.loop.post(func() {
			if c.session != s {
				return
			}
			c.restoring = false
			if err != nil {
				c.log.Warn("publish again", "error", err)
				c.camera.failed(err)
				c.mic.failed(err)
				return
			}
			c.publish(p)
		})
	})
}

// startShare publishes a screen. done hears what became of it, in the loop.
func (c *call) startShare(id, name string, done func(error)) {
	if c.sharing != nil || c.session == nil {
		return
	}
	c.screen.start(id, false, c.notify)
	s, feed := c.session, c.screen
	feed.sending = true
	if c.starting {
		return // stopped and started again: what is being published takes the new screen
	}
	c.starting = true
	c.loop.beside(func(ctx context.Context) {
		p, err := s.Publish(ctx, rtc.StreamConfig{Key: keyScreen, Name: name, VideoType: protocol.VideoScreen, Video: true, KeyFrame: feed.keyFrame})
		c.loop.post(func() {
			if c.session != s {
				return // what was published ended with its session
			}
			c.starting = false
			if err != nil || !feed.on {
				if p != nil {
					c.loop.beside(func(ctx context.Context) { _ = p.Close(ctx) })
				}
				feed.stop()
				done(err)
				return
			}
			c.sharing = p
			feed.publisher.Store(p)
			feed.setSending(true)
			if feed.opened {
				feed.announce()
			}
			feed.keyFrame()
			done(nil)
		})
	})
}

// stopShare ends sharing.
func (c *call) stopShare() {
	c.screen.stop()
	c.screen.publisher.Store(nil)
	if p := c.sharing; p != nil {
		c.sharing = nil
		c.loop.beside(func(ctx context.Context) { _ = p.Close(ctx) })
	}
}
