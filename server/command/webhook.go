package command

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"parley/server/store"
	"parley/server/webhook"
)

// webhooks are the commands that work with hooks.
type webhooks struct {
	Add    webhookAdd    `cmd:"" help:"Register a URL that events are posted to."`
	List   webhookList   `cmd:"" help:"List webhooks and how they do."`
	Remove webhookRemove `cmd:"" help:"Remove a webhook and what waits for it."`
	Retry  webhookRetry  `cmd:"" help:"Try a webhook again now."`
	Log    webhookLog    `cmd:"" help:"Print what was delivered, and what was not."`
}

type webhookAdd struct {
	common
	projectFlag
	URL    string   `name:"url" help:"http or https URL that is posted to." required:"" placeholder:"URL"`
	Events []string `help:"all, or names with commas: sessionCreated, connectionDestroyed and so on (a wrong one lists all)." default:"all" placeholder:"NAMES"`
	Shape  string   `help:"monitoring (camelCase, as OpenTok's session monitoring) or application (snake_case)." default:"monitoring" placeholder:"SHAPE"`
}

// Help is shown below the flags.
func (webhookAdd) Help() string {
	return "Example: parley-server webhook add --url https://example.org/hooks --events connectionCreated,connectionDestroyed"
}

// Run registers a hook.
func (c *webhookAdd) Run(e *env) error {
	return e.withStore(c.Data, func(s *store.Store) error {
		p, err := e.findProject(s, c.Project)
		if err != nil {
			return err
		}
		h := store.Webhook{Project: p.ApplicationID, URL: c.URL, Events: c.Events, Shape: c.Shape, Source: store.WebhookByCommand}
		if err := webhook.Check(h); err != nil {
			return err
		}
		h, err = s.AddWebhook(e.ctx, h)
		if errors.Is(err, store.ErrTooMany) {
			return fmt.Errorf("the project has %d webhooks, which is the most; remove one first: parley-server webhook list", store.MaxWebhooks)
		}
		if err != nil {
			return err
		}
		return e.print(c.JSON, h, func(w io.Writer) { fmt.Fprintln(w, h.ID) })
	})
}

type webhookList struct {
	common
	Project string `help:"Project's name, application id or API key (default: all projects)." placeholder:"PROJECT"`
}

// Help is shown below the flags.
func (webhookList) Help() string { return "Example: parley-server webhook list --json" }

// Run lists hooks.
func (c *webhookList) Run(e *env) error {
	return e.withStore(c.Data, func(s *store.Store) error {
		project := ""
		if c.Project != "" {
			p, err := e.findProject(s, c.Project)
			if err != nil {
				return err
			}
			project = p.ApplicationID
		}
		all, err := s.Webhooks(e.ctx, project)
		if err != nil {
			return err
		}
		return e.print(c.JSON, all, func(w io.Writer) {
			t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
			fmt.Fprintln(t, "ID\tEVENTS\tSHAPE\tFROM\tWAITING\tSTATE\tPROJECT\tURL")
			for _, h := range all {
				fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%d\t%s\t%s\t%s\n", h.ID, strings.Join(h.Events, ","), h.Shape, h.Source, h.Pending, stateOf(h), h.Project, h.URL)
			}
			_ = t.Flush()
		})
	})
}

// stateOf says in a few words how deliveries to a hook go.
func stateOf(h store.Webhook) string {
	text := "fine"
	switch {
	case h.Failures > 0:
		text = fmt.Sprintf("failed %d times, next try %s", h.Failures, h.HeldUntil.Format(time.DateTime))
	case h.TriedAt.IsZero():
		text = "new"
	}
	if h.Dropped > 0 {
		text += fmt.Sprintf(", %d dropped", h.Dropped)
	}
	return text
}

type webhookRemove struct {
	common
	ID string `arg:"" help:"Webhook id, as webhook list prints it."`
}

// Help is shown below the flags.
func (webhookRemove) Help() string { return "Example: parley-server webhook remove k3v9x2mqpa" }

// Run removes a hook.
func (c *webhookRemove) Run(e *env) error {
	return e.withStore(c.Data, func(s *store.Store) error {
		if err := s.RemoveWebhook(e.ctx, c.ID, "", ""); err != nil {
			return unknownHook(c.ID, err)
		}
		return e.print(c.JSON, map[string]any{"removed": c.ID}, func(w io.Writer) {
			fmt.Fprintln(w, "Removed", c.ID, "(one of the configuration is back when the server starts again)")
		})
	})
}

// unknownHook says how to find the hook that there is not.
func unknownHook(id string, err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("there is no webhook %q; see: parley-server webhook list", id)
	}
	return err
}

type webhookRetry struct {
	common
	ID string `arg:"" help:"Webhook id, as webhook list prints it."`
}

// Help is shown below the flags.
func (webhookRetry) Help() string { return "Example: parley-server webhook retry k3v9x2mqpa" }

// Run makes what waits for a hook due.
func (c *webhookRetry) Run(e *env) error {
	return e.withStore(c.Data, func(s *store.Store) error {
		n, err := s.RetryWebhook(e.ctx, c.ID)
		if err != nil {
			return unknownHook(c.ID, err)
		}
		return e.print(c.JSON, map[string]any{"webhook": c.ID, "waiting": n}, func(w io.Writer) {
			fmt.Fprintf(w, "%d events wait for %s and are tried now, if the server runs.\n", n, c.ID)
		})
	})
}

type webhookLog struct {
	common
	Hook   string `help:"Only of this webhook." placeholder:"ID"`
	Failed bool   `help:"Only what was not delivered."`
	Limit  int    `help:"How many entries, the newest." default:"100"`
}

// Help is shown below the flags.
func (webhookLog) Help() string {
	return "Example: parley-server webhook log --failed"
}

// Run prints the delivery log.
func (c *webhookLog) Run(e *env) error {
	if c.Limit <= 0 {
		return errors.New("--limit must be above zero")
	}
	return e.withStore(c.Data, func(s *store.Store) error {
		log, err := s.WebhookLog(e.ctx, store.WebhookLogQuery{Hook: c.Hook, Failed: c.Failed, Limit: c.Limit})
		if err != nil {
			return err
		}
		return e.print(c.JSON, log, func(w io.Writer) {
			t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
			fmt.Fprintln(t, "TIME\tWEBHOOK\tOUTCOME\tSTATUS\tMILLIS\tEVENT\tEVENT ID\tERROR")
			for _, a := range log {
				event := a.Event
				if a.Count > 1 || event == "" {
					event = fmt.Sprintf("%d events", a.Count)
				}
				fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%d\t%s\t%s\t%s\n", a.Time.Format(time.DateTime), a.Hook, a.Outcome, statusOf(a), a.DurationMillis, event, a.EventID, a.Error)
			}
			_ = t.Flush()
		})
	})
}

// statusOf is the status of an answer, or nothing.
func statusOf(a store.WebhookAttempt) string {
	if a.Status == 0 {
		return "-"
	}
	return fmt.Sprint(a.Status)
}

// configuredWebhooks are the hooks that serve is told of by its flags.
func configuredWebhooks(urls []string, file string) ([]store.Webhook, error) {
	var all []store.Webhook
	for _, u := range urls {
		h := store.Webhook{URL: u, Events: []string{store.AllWebhookEvents}, Shape: string(webhook.ShapeMonitoring), Source: store.WebhookByConfig}
		if err := webhook.Check(h); err != nil {
			return nil, fmt.Errorf("--webhook: %w", err)
		}
		all = append(all, h)
	}
	if file == "" {
		return all, nil
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("--webhooks: %w", err)
	}
	raw, err := io.ReadAll(io.LimitReader(f, webhook.MaxFile+1))
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("--webhooks: %w", err)
	}
	hooks, err := webhook.ParseFile(raw)
	if err != nil {
		return nil, fmt.Errorf("--webhooks %s: %w", file, err)
	}
	return append(all, hooks...), nil
}
