package controller

import (
	"slices"
	"time"

	"parley/app/config"
	"parley/rtc"
	"parley/ui/model"
)

// remember puts the meeting that was just joined at the head of the list, unless the user keeps none. Only meetings with a link are kept: a
// token is a secret of one stay.
func (c *Controller) remember(now time.Time) {
	if c.settings.Privacy.Forget || c.target.server != "" {
		return
	}
	link := c.target.link.String()
	c.forget(link)
	met := config.Recent{Link: link, Name: c.target.meeting(), Last: now}
	list := append([]config.Recent{met}, c.settings.Privacy.Recent...)
	c.settings.Privacy.Recent = list[:min(len(list), config.MostRecent)]
}

// forget takes a meeting off the list.
func (c *Controller) forget(link string) {
	c.settings.Privacy.Recent = slices.DeleteFunc(slices.Clone(c.settings.Privacy.Recent), func(r config.Recent) bool { return r.Link == link })
}

// recent is the list as the start screen shows it.
func (c *Controller) recent() []model.Meeting {
	var list []model.Meeting
	for _, r := range c.settings.Privacy.Recent {
		m := model.Meeting{Link: r.Link, Name: first(r.Name, r.Link), Last: r.Last}
		if link, err := rtc.ParseLink(r.Link); err == nil {
			m.Code = link.Invite[:min(len(link.Invite), 6)] + "…"
		}
		list = append(list, m)
	}
	return list
}
