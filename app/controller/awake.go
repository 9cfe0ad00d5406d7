package controller

import (
	"context"

	"parley/ui/model"
)

// awake keeps the computer from falling asleep while there is a call.
type awake struct {
	wanted  bool
	asking  line
	release func() // belongs to asking
}

// tendAwake asks the desktop beside the loop, when that changed.
func (c *Controller) tendAwake() {
	if wanted := c.call.session != nil; wanted != c.awake.wanted && c.opt.Awake != nil {
		c.awake.wanted = wanted
		c.holdAwake(wanted)
	}
}

func (c *Controller) holdAwake(hold bool) {
	reason := c.say("app.in-a-meeting")
	c.awake.asking.do(func(ctx context.Context) {
		if c.awake.release != nil {
			c.awake.release()
			c.awake.release = nil
		}
		if !hold {
			return
		}
		release, err := c.opt.Awake(ctx, reason)
		if err != nil {
			c.log.Debug("keep awake", "error", err) // not offered here: nothing that the user could do
			return
		}
		c.awake.release = release
	})
}

// noticeMost is how many characters of a message a notification shows.
const noticeMost = 200

// tellChat passes the newest message on to the desktop, which shows it while the window is in the background.
func (c *Controller) tellChat() {
	line := c.chat.fresh
	if line == nil {
		return
	}
	c.chat.fresh = nil
	if c.opt.Notify == nil || c.settings.Privacy.Silent {
		return
	}
	title, text := first(line.Name, c.say("person.guest")), []rune(line.Text)
	if len(text) > noticeMost {
		text = append(text[:noticeMost], '…')
	}
	c.notifying.do(func(context.Context) { c.opt.Notify(title, string(text)) })
}

// noteFresh remembers a line that somebody else wrote just now.
func (c *chat) noteFresh(line model.ChatLine) {
	if !line.Own {
		c.fresh = &line
	}
}

// Moved remembers where the window stands, in pixels of the screen. It is safe from any goroutine.
func (c *Controller) Moved(x, y int) {
	c.loop.post(func() { c.settings.Place.X, c.settings.Place.Y, c.settings.Place.Known = x, y, true })
}
