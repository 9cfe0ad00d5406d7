package node

import (
	"context"
	"sync"
	"time"

	"parley/server/store"
)

// pruneEvery is how often what is too old is looked for.
const pruneEvery = time.Hour

// seconds makes a duration of a limit.
func seconds(n int) time.Duration { return time.Duration(n) * time.Second }

// prune deletes what is older than it is to be kept, now and from time to time, until stop is called, which waits.
func (n *Node) prune(ctx context.Context) (stop func()) {
	const day = 24 * time.Hour
	keep := n.cfg.Limits.Keep
	retention := store.Retention{ChatAge: time.Duration(keep.ChatDays) * day, ChatLines: keep.ChatLines, SessionAge: time.Duration(keep.SessionDays) * day,
		WebhookAge: time.Duration(n.cfg.Limits.Webhook.LogDays) * day}
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() {
		tick := time.NewTicker(pruneEvery)
		defer tick.Stop()
		for {
			if err := n.store.Prune(ctx, retention, time.Now()); err != nil && ctx.Err() == nil {
				n.log.Error("prune", "error", err)
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
		}
	})
	return func() { cancel(); running.Wait() }
}
