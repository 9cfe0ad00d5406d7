package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/time/rate"

	"parley/rtc/protocol"
	"parley/server/config"
	"parley/server/session"
	"parley/server/store"
	"parley/server/webhook"
)

// observeWithin bounds how long a session's loop waits for an event to be kept.
const observeWithin = 10 * time.Second

// observer hands what happens in sessions on to webhooks. It implements session.Observer.
type observer struct {
	record func(ctx context.Context, e webhook.Event) error
	log    *slog.Logger
	told   rate.Sometimes
}

func newObserver(record func(context.Context, webhook.Event) error, log *slog.Logger) *observer {
	return &observer{record: record, log: log, told: rate.Sometimes{First: 1, Interval: time.Second}}
}

// Observe implements session.Observer. An event that cannot be kept is lost to webhooks; the session goes on.
func (o *observer) Observe(seen session.Observed) {
	ctx, cancel := context.WithTimeout(context.Background(), observeWithin)
	defer cancel()
	if err := o.record(ctx, eventOf(seen)); err != nil {
		o.told.Do(func() { o.log.Error("events are lost to webhooks", "session", seen.SessionID, "error", err) })
	}
}

// eventOf is what happened as webhooks tell of it.
func eventOf(seen session.Observed) webhook.Event {
	e := webhook.Event{Project: seen.Project, SessionID: seen.SessionID, Name: webhook.Name(seen.Name), Reason: seen.Reason, Time: time.UnixMilli(seen.Time)}
	var c webhook.Connection
	if seen.Connection != nil {
		c = webhook.Connection{ID: seen.Connection.ID, CreatedAt: time.UnixMilli(seen.Connection.CreationTime), Data: seen.Connection.Data}
	}
	switch seen.Name {
	case protocol.ConnectionCreated, protocol.ConnectionDestroyed:
		e.Connection = &c
	case protocol.StreamCreated, protocol.StreamDestroyed:
		if s := seen.Stream; s != nil {
			e.Stream = &webhook.Stream{ID: s.ID, CreatedAt: time.UnixMilli(s.CreationTime), Name: s.Name, VideoType: s.VideoType, Connection: c}
		}
	}
	return e
}

// policyOf is what the limits say of deliveries.
func policyOf(l config.WebhookLimits) webhook.Policy {
	return webhook.Policy{Timeout: seconds(l.Seconds), MaxBackoff: seconds(l.RetrySeconds), GiveUp: time.Duration(l.Hours) * time.Hour, Concurrency: l.AtOnce,
		MaxPending: l.Queue, MaxLog: l.LogEntries}
}

// prepareWebhooks brings the configured hooks into the store and records the end of what was live when the server ended. It is for a server that
// holds its ports: another one of the same folder, whose clients are there, would have them.
func (n *Node) prepareWebhooks(ctx context.Context) error {
	hooks := make([]store.Webhook, len(n.cfg.Webhooks))
	for i, h := range n.cfg.Webhooks {
		p, err := n.store.FindProject(ctx, h.Project)
		switch {
		case errors.Is(err, store.ErrSeveral):
			err = errors.New("there are several projects: name its in a file of webhooks")
		case errors.Is(err, store.ErrNotFound):
			err = fmt.Errorf("there is no project %q", h.Project)
		}
		h.Project, h.Source = p.ApplicationID, store.WebhookByConfig
		if err == nil {
			err = webhook.Check(h)
		}
		if err != nil {
			return fmt.Errorf("webhook %d of the configuration: %w", i+1, err)
		}
		hooks[i] = h
	}
	if err := n.store.SyncWebhooks(ctx, hooks); err != nil {
		return err
	}
	return n.webhooks.Recover(ctx)
}

// Signing implements webhook.Projects.
func (p *projects) Signing(ctx context.Context, project string) (webhook.Signing, error) {
	kept, err := p.store.Project(ctx, project)
	return webhook.Signing{ApplicationID: kept.ApplicationID, APIKey: kept.APIKey, Secret: kept.SignatureSecret}, err
}
