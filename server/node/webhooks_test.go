package node

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/rtc/protocol"
	"parley/server/config"
	"parley/server/session"
	"parley/server/store"
	"parley/server/webhook"
)

func TestWebhooksOfTheConfiguration(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	hook := func(url, project string) store.Webhook {
		return store.Webhook{URL: url, Events: []string{store.AllWebhookEvents}, Shape: string(webhook.ShapeMonitoring), Project: project}
	}
	// hooks starts a server with hooks and returns the URLs that are registered then, or what it says.
	hooks := func(configured ...store.Webhook) (urls []string, err error) {
		n, err := New(t.Context(), config.Config{Data: data, Listen: "127.0.0.1:0", Webhooks: configured}, "test", nil)
		if err != nil {
			return nil, err
		}
		all, err := n.store.Webhooks(t.Context(), "")
		for _, h := range all {
			if h.Source != store.WebhookByConfig || h.Project == "" {
				t.Errorf("%+v", h)
			}
			urls = append(urls, h.URL)
		}
		slices.Sort(urls)
		return urls, errors.Join(err, n.Close())
	}
	for _, c := range []struct {
		configured []store.Webhook
		want, fail string
	}{
		{[]store.Webhook{hook("http://127.0.0.1:9/a", ""), hook("http://127.0.0.1:9/b", "")}, "http://127.0.0.1:9/a http://127.0.0.1:9/b", ""},
		{[]store.Webhook{hook("http://127.0.0.1:9/b", "Parley")}, "http://127.0.0.1:9/b", ""},
		{[]store.Webhook{hook("http://127.0.0.1:9/b", ""), hook("http://127.0.0.1:9/c", "nobody")}, "", `webhook 2 of the configuration: there is no project "nobody"`},
		{[]store.Webhook{hook("ftp://127.0.0.1:9/c", "")}, "", "webhook 1 of the configuration: the URL"},
		{nil, "", ""},
	} {
		if got, err := hooks(c.configured...); strings.Join(got, " ") != c.want || (err == nil) != (c.fail == "") || err != nil && !strings.Contains(err.Error(), c.fail) {
			t.Errorf("%q, %v, want %q, %s", got, err, c.want, c.fail)
		}
	}
}

func TestWhatIsObservedIsRecorded(t *testing.T) {
	t.Parallel()
	conn := &protocol.Connection{ID: "c", CreationTime: 5, Data: "d", Name: "Ann"}
	stream := &protocol.Stream{ID: "st", ConnectionID: "c", CreationTime: 6, Name: "n", VideoType: protocol.VideoScreen}
	c := webhook.Connection{ID: "c", CreatedAt: time.UnixMilli(5), Data: "d"}
	st := webhook.Stream{ID: "st", CreatedAt: time.UnixMilli(6), Name: "n", VideoType: protocol.VideoScreen, Connection: c}
	for name, change := range map[protocol.EventName]func(o *session.Observed, e *webhook.Event){
		protocol.SessionCreated:      func(*session.Observed, *webhook.Event) {},
		protocol.ConnectionCreated:   func(o *session.Observed, e *webhook.Event) { o.Connection, e.Connection = conn, &c },
		protocol.ConnectionDestroyed: func(o *session.Observed, e *webhook.Event) { o.Connection, e.Connection = conn, &c },
		protocol.StreamCreated:       func(o *session.Observed, e *webhook.Event) { o.Connection, o.Stream, e.Stream = conn, stream, &st },
		protocol.StreamDestroyed:     func(o *session.Observed, e *webhook.Event) { o.Connection, o.Stream, e.Stream = conn, stream, &st },
	} {
		o := session.Observed{Project: "p", SessionID: "s", Name: name, Reason: protocol.ReasonMediaStopped, Time: 7}
		want := webhook.Event{Project: "p", SessionID: "s", Name: webhook.Name(name), Reason: protocol.ReasonMediaStopped, Time: time.UnixMilli(7)}
		change(&o, &want)
		var got webhook.Event
		newObserver(func(_ context.Context, e webhook.Event) error { got = e; return nil }, slog.New(slog.DiscardHandler)).Observe(o)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
	var log bytes.Buffer
	o := newObserver(func(context.Context, webhook.Event) error { return errors.New("disk full") }, slog.New(slog.NewTextHandler(&log, nil)))
	for range 100 {
		o.Observe(session.Observed{SessionID: "s"})
	}
	if n := strings.Count(log.String(), "disk full"); n == 0 || n > 3 {
		t.Errorf("it is said %d times that events are lost", n)
	}
}
