package rest

import (
	"context"
	"errors"
	"net/http"

	"parley/rtc/protocol"
	"parley/server/store"
	"parley/server/webhook"
)

// maxCallback bounds the body that registers a callback, in bytes.
const maxCallback = 8 << 10

// Callbacks is where hooks are registered.
type Callbacks interface {
	// Webhooks lists the hooks of a project.
	Webhooks(ctx context.Context, project string) ([]store.Webhook, error)
	// AddWebhook keeps a hook, or returns the one that is there already, or store.ErrTooMany.
	AddWebhook(ctx context.Context, h store.Webhook) (store.Webhook, error)
	// RemoveWebhook removes a hook of that project and source, or returns store.ErrNotFound.
	RemoveWebhook(ctx context.Context, id, project string, source store.WebhookSource) error
}

// callback is a hook with the names of the Vonage API. It is for one event.
type callback struct {
	ID    string `json:"id"`
	Group string `json:"group"`
	Event string `json:"event"`
	URL   string `json:"url"`
}

func callbackOf(h store.Webhook) callback {
	c := callback{ID: h.ID, URL: h.URL}
	c.Group, c.Event, _ = webhook.Callback(webhook.Name(h.Events[0]))
	return c
}

// listCallbacks answers the hooks that were registered here, as a bare list. Those of the configuration and the command line are none of it: they can be
// for several events.
func (a *API) listCallbacks(w http.ResponseWriter, r *http.Request) error {
	all, err := a.cfg.Callbacks.Webhooks(r.Context(), projectOf(r).ApplicationID)
	if err != nil {
		return a.storeFailed("callbacks", err)
	}
	list := []callback{}
	for _, h := range all {
		if h.Source == store.WebhookByREST && len(h.Events) == 1 {
			list = append(list, callbackOf(h))
		}
	}
	answer(w, http.StatusOK, list)
	return nil
}

// createCallback registers a hook for one event. Who registers the same again gets the one that is there.
func (a *API) createCallback(w http.ResponseWriter, r *http.Request) error {
	var body callback
	if err := a.decodeUpTo(maxCallback, w, r, &body); err != nil {
		return err
	}
	if name, ok := webhook.Missing()[body.Group]; ok {
		return lacks(name)
	}
	event, err := webhook.FromCallback(body.Group, body.Event)
	if err != nil {
		return protocol.Errorf(protocol.CodeMalformed, "The callback cannot be registered: %v.", err)
	}
	h := store.Webhook{Project: projectOf(r).ApplicationID, URL: body.URL, Events: []string{string(event)}, Shape: string(webhook.ShapeMonitoring), Source: store.WebhookByREST}
	if err := webhook.Check(h); err != nil {
		return protocol.Errorf(protocol.CodeMalformed, "The callback cannot be registered: %v.", err)
	}
	h, err = a.cfg.Callbacks.AddWebhook(r.Context(), h)
	if errors.Is(err, store.ErrTooMany) {
		full := protocol.Errorf(protocol.CodeTooMany, "The project has %d webhooks already, which is the most. Remove one.", store.MaxWebhooks)
		refuse(w, http.StatusBadRequest, full)
		return nil
	}
	if err != nil {
		return a.storeFailed("callbacks", err)
	}
	a.cfg.Log.Info("callback registered", "hook", h.ID, "event", event)
	answer(w, http.StatusOK, callbackOf(h))
	return nil
}

// deleteCallback removes a hook that was registered here.
func (a *API) deleteCallback(w http.ResponseWriter, r *http.Request) error {
	err := a.cfg.Callbacks.RemoveWebhook(r.Context(), r.PathValue("callback"), projectOf(r).ApplicationID, store.WebhookByREST)
	if errors.Is(err, store.ErrNotFound) {
		return protocol.Errorf(protocol.CodeNotFound, "There is no such callback.")
	}
	if err != nil {
		return a.storeFailed("callbacks", err)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
