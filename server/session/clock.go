package session

import (
	"time"

	"parley/rtc/protocol"
)

// clock is a session's one timer, set to whatever is due next.
type clock struct {
	timer      *time.Timer
	emptySince time.Time // when the last connection left a live session
}

func (c *clock) start() { c.timer = time.NewTimer(time.Hour); c.timer.Stop() }

func (c *clock) stop() { c.timer.Stop() }

func (c *clock) due() <-chan time.Time { return c.timer.C }

// arm sets the timer to the earliest of all ends.
func (s *Session) arm() {
	var next time.Time
	sooner := func(t time.Time) {
		if !t.IsZero() && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	for _, m := range s.members {
		if m.client == nil {
			sooner(m.awayUntil)
		}
		sooner(m.roleEnds)
	}
	if s.live.Load() && len(s.members) == 0 {
		sooner(s.clock.emptySince.Add(s.manager.cfg.Bounds.Linger))
	}
	s.clock.timer.Stop()
	if !next.IsZero() {
		s.clock.timer.Reset(time.Until(next))
	}
}

// expire ends what is due.
func (s *Session) expire(now time.Time) {
	for _, m := range append([]*Member(nil), s.members...) {
		if m.client == nil && !now.Before(m.awayUntil) {
			s.remove(m, protocol.ReasonNetworkDisconnected)
			continue
		}
		if !m.roleEnds.IsZero() && !now.Before(m.roleEnds) && !m.gone {
			s.giveRole(m, m.grantedRole, 0)
			s.savePasses(m)
		}
	}
	if s.live.Load() && len(s.members) == 0 && !now.Before(s.clock.emptySince.Add(s.manager.cfg.Bounds.Linger)) {
		s.endLife()
	}
}
