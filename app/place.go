package main

import (
	"context"
	"log/slog"
	"time"

	"parley/app/config"
	"parley/app/controller"
	"parley/app/desktop"
)

// lookEvery is how often the window's place is looked at: nobody says when it was moved.
const lookEvery = 2 * time.Second

// followPlace brings the window to where it stood the last time, if restore says so, and remembers where it is moved, until ctx ends.
func followPlace(ctx context.Context, window uintptr, place config.Place, restore bool, c *controller.Controller, log *slog.Logger) {
	p, err := desktop.NewPlacer()
	if err != nil {
		log.Debug("place of the window", "error", err)
		return
	}
	defer p.Close()
	if restore && place.Known {
		if err := p.Move(window, place.X, place.Y); err != nil {
			log.Debug("place of the window", "error", err)
		}
	}
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		x, y, err := p.Where(window)
		if err != nil {
			return // it is gone
		}
		if x != place.X || y != place.Y || !place.Known {
			place = config.Place{X: x, Y: y, Known: true}
			c.Moved(x, y)
		}
	}
}
