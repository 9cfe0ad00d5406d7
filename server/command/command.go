package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/alecthomas/kong"

	"parley/rtc/protocol"
	"parley/server/config"
	"parley/server/node"
	"parley/server/store"
	"parley/server/token"
)

// cli is the command line.
type cli struct {
	Serve       serve       `cmd:"" help:"Run the server."`
	Credentials credentials `cmd:"" help:"Print the project's application id, keys and URL."`
	Session     struct {
		Create sessionCreate `cmd:"" help:"Make a session."`
	} `cmd:"" help:"Work with sessions."`
	Token struct {
		Create tokenCreate `cmd:"" help:"Make a client token."`
	} `cmd:"" help:"Work with client tokens."`
	Invite struct {
		Create inviteCreate `cmd:"" default:"withargs" help:"Make an invite and print its link (the default)."`
		List   inviteList   `cmd:"" help:"List invites."`
		Revoke inviteRevoke `cmd:"" help:"Revoke an invite by its id."`
	} `cmd:"" help:"Work with invites: links that let people in."`
	Version versionCmd `cmd:"" help:"Print the version."`
}

// env is what a command works with.
type env struct {
	ctx     context.Context
	out     io.Writer
	errs    io.Writer
	version string
}

// common are the flags of every command that opens the store.
type common struct {
	Data string `help:"Data folder (default: ${data})." placeholder:"DIR" type:"path"`
	JSON bool   `name:"json" help:"Print JSON."`
}

// Run runs a command line. Errors are for people: the caller prints them and exits with 1.
func Run(ctx context.Context, args []string, out, errs io.Writer, version string) error {
	var c cli
	done := false
	parser, err := kong.New(&c, kong.Name("parley-server"), kong.Writers(out, errs), kong.Exit(func(int) { done = true }),
		kong.Vars{"data": config.DefaultData(), "listen": config.DefaultListen}, kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Description(`Parley's server: video conferencing that people own.

Examples:
  parley-server serve                                  on this computer only, port 7880
  parley-server serve --listen 0.0.0.0:7880            for the network
  parley-server invite --role publisher --expires 24h  print a link that lets people in`))
	if err != nil {
		return err
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(args)
	if done {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%w (see parley-server --help)", err)
	}
	return parsed.Run(&env{ctx: ctx, out: out, errs: errs, version: version})
}

// withStore opens the store of a data folder for fn.
func (e *env) withStore(data string, fn func(*store.Store) error) error {
	if data == "" {
		data = config.DefaultData()
	}
	s, err := store.Open(e.ctx, data)
	if err != nil {
		return err
	}
	return errors.Join(fn(s), s.Close())
}

// print writes v as JSON, or what text makes.
func (e *env) print(asJSON bool, v any, text func(io.Writer)) error {
	if asJSON {
		enc := json.NewEncoder(e.out)
		enc.SetEscapeHTML(false)
		return enc.Encode(v)
	}
	text(e.out)
	return nil
}

type serve struct {
	Data     string   `help:"Data folder (default: ${data})." placeholder:"DIR" type:"path"`
	Listen   string   `help:"TCP address of HTTP, WebSocket and ICE-TCP (default: ${listen})." placeholder:"HOST:PORT"`
	UDP      string   `name:"udp" help:"UDP port of all media, or HOST:PORT (default: the same number)." placeholder:"PORT"`
	Announce []string `help:"Addresses that clients are told for media, as IP or IP:PORT, when they differ from this machine's (a router in between, for one)." placeholder:"IP"`
	Limit    []string `help:"Change a limit; they are listed below." placeholder:"NAME=NUMBER"`
	Proxies  []string `name:"trust-proxy" help:"Address or network of a reverse proxy whose X-Forwarded-For is to be believed." placeholder:"IP"`
	Verbose  bool     `help:"Log every connection's steps."`
}

// Help is shown below the flags.
func (serve) Help() string {
	return "Example: parley-server serve --listen 0.0.0.0:7880 --announce 203.0.113.7 --limit connections-per-session=200\n\nLimits and their defaults:\n\n" +
		config.LimitsHelp()
}

// Run serves until the context ends.
func (s *serve) Run(e *env) error {
	level := slog.LevelInfo
	if s.Verbose {
		level = slog.LevelDebug
	}
	log := slog.New(slog.NewTextHandler(e.errs, &slog.HandlerOptions{Level: level}))
	limits := config.DefaultLimits()
	for _, l := range s.Limit {
		name, value, _ := strings.Cut(l, "=")
		if err := limits.Set(name, value); err != nil {
			return err
		}
	}
	n, err := node.New(e.ctx, config.Config{
		Data: s.Data, Listen: s.Listen, UDP: s.UDP, Announce: s.Announce, Limits: limits, TrustProxies: s.Proxies}, e.version, log)
	if err != nil {
		return err
	}
	hint := "parley-server invite"
	if s.Data != "" {
		hint += " --data " + s.Data
	}
	fmt.Fprintf(e.out, "Parley serves on %s. Make an invite with: %s\n", n.Running().URL, hint)
	return n.Run(e.ctx)
}

type credentials struct{ common }

// Help is shown below the flags.
func (credentials) Help() string { return "Example: parley-server credentials --json" }

// Run prints the credentials.
func (c *credentials) Run(e *env) error {
	return e.withStore(c.Data, func(s *store.Store) error {
		p := s.Project()
		v := struct {
			ApplicationID  string `json:"applicationId"`
			APIKey         string `json:"apiKey"`
			APISecret      string `json:"apiSecret"`
			PrivateKeyFile string `json:"privateKeyFile"`
			URL            string `json:"url"`
		}{p.ApplicationID, p.APIKey, p.APISecret, p.PrivateKeyFile, running(c.Data).URL}
		return e.print(c.JSON, v, func(w io.Writer) {
			t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
			fmt.Fprintf(t, "application id\t%s\nAPI key\t%s\nAPI secret\t%s\nprivate key file\t%s\nURL\t%s\n", v.ApplicationID, v.APIKey, v.APISecret, v.PrivateKeyFile, v.URL)
			_ = t.Flush()
		})
	})
}

// running tells where the data folder's server listens, or would by default.
func running(data string) config.Running {
	if data == "" {
		data = config.DefaultData()
	}
	if r, ok := config.LoadRunning(data); ok {
		return r
	}
	return config.Running{Host: config.DefaultListen, URL: "http://" + config.DefaultListen}
}

type sessionCreate struct{ common }

// Help is shown below the flags.
func (sessionCreate) Help() string { return "Example: parley-server session create" }

// Run makes a session.
func (c *sessionCreate) Run(e *env) error {
	return e.withStore(c.Data, func(s *store.Store) error {
		id, err := s.CreateSession(e.ctx)
		if err != nil {
			return err
		}
		return e.print(c.JSON, map[string]any{"sessionId": id}, func(w io.Writer) { fmt.Fprintln(w, id) })
	})
}

type tokenCreate struct {
	common
	Session protocol.SessionID `help:"Session id." required:"" placeholder:"ID"`
	Role    string             `help:"subscriber, publisher, publisheronly or moderator, or several with commas." default:"publisher"`
	Name    string             `help:"Display name."`
	Content string             `name:"connection-data" help:"Connection data, up to 1024 bytes." placeholder:"TEXT"`
	TTL     time.Duration      `name:"ttl" help:"How long the token opens connects, up to 720h." default:"24h"`
}

// Help is shown below the flags.
func (tokenCreate) Help() string {
	return "Example: parley-server token create --session ID --role publisher --name Ann --ttl 2h"
}

// Run makes a token.
func (c *tokenCreate) Run(e *env) error {
	return e.withStore(c.Data, func(s *store.Store) error {
		if err := known(e.ctx, s, c.Session); err != nil {
			return err
		}
		if c.TTL <= 0 {
			return errors.New("--ttl must be above zero, for example 2h")
		}
		now := time.Now()
		text, err := node.KeyOf(s.Project()).Sign(token.Grant{SessionID: c.Session, Role: token.Role(c.Role), Name: c.Name, Data: c.Content, ExpiresAt: now.Add(c.TTL)}, now)
		if err != nil {
			return err
		}
		return e.print(c.JSON, map[string]any{"token": text}, func(w io.Writer) { fmt.Fprintln(w, text) })
	})
}

// known refuses a session that does not exist.
func known(ctx context.Context, s *store.Store, id protocol.SessionID) error {
	ok, err := s.HasSession(ctx, id)
	if err == nil && !ok {
		err = fmt.Errorf("there is no session %q; make one with: parley-server session create", id)
	}
	return err
}

type inviteCreate struct {
	common
	Session protocol.SessionID `help:"Session id (default: a new session)." placeholder:"ID"`
	Role    string             `help:"subscriber, publisher, publisheronly or moderator, or several with commas." default:"publisher"`
	Expires time.Duration      `help:"How long the invite lets people in." default:"24h"`
	Uses    int                `help:"How many times it does." default:"50"`
	Host    string             `help:"HOST:PORT in the link (default: where the server listens)." placeholder:"HOST:PORT"`
}

// Help is shown below the flags.
func (inviteCreate) Help() string {
	return "Example: parley-server invite --session ID --role publisher --expires 24h --uses 50"
}

// madeInvite is what inviteCreate prints as JSON.
type madeInvite struct {
	Link string `json:"link"`
	store.Invite
}

// Run makes an invite.
func (c *inviteCreate) Run(e *env) error {
	if c.Expires <= 0 || c.Uses <= 0 {
		return errors.New("--expires and --uses must be above zero, for example --expires 24h --uses 50")
	}
	role, err := token.ParseRole(c.Role)
	if err != nil {
		return err
	}
	return e.withStore(c.Data, func(s *store.Store) error {
		id := c.Session
		if id == "" {
			if id, err = s.CreateSession(e.ctx); err != nil {
				return err
			}
		} else if err := known(e.ctx, s, id); err != nil {
			return err
		}
		secret, inv, err := s.CreateInvite(e.ctx, store.Invite{SessionID: id, Role: string(role), ExpiresAt: time.Now().Add(c.Expires), UsesLeft: c.Uses})
		if err != nil {
			return err
		}
		host := c.Host
		if host == "" {
			host = running(c.Data).Host
		}
		made := madeInvite{Link: "parley://" + host + "/" + secret, Invite: inv}
		return e.print(c.JSON, made, func(w io.Writer) { fmt.Fprintln(w, made.Link) })
	})
}

type inviteList struct{ common }

// Help is shown below the flags.
func (inviteList) Help() string { return "Example: parley-server invite list --json" }

// Run lists invites.
func (c *inviteList) Run(e *env) error {
	return e.withStore(c.Data, func(s *store.Store) error {
		all, err := s.Invites(e.ctx)
		if err != nil {
			return err
		}
		return e.print(c.JSON, all, func(w io.Writer) {
			t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
			fmt.Fprintln(t, "ID\tROLE\tUSES LEFT\tEXPIRES\tSESSION")
			for _, i := range all {
				fmt.Fprintf(t, "%s\t%s\t%d\t%s\t%s\n", i.ID, strings.ReplaceAll(i.Role, " ", ","), i.UsesLeft, i.ExpiresAt.Format(time.DateTime), i.SessionID)
			}
			_ = t.Flush()
		})
	})
}

type inviteRevoke struct {
	common
	ID string `arg:"" help:"Invite id, as invite list prints it."`
}

// Help is shown below the flags.
func (inviteRevoke) Help() string { return "Example: parley-server invite revoke k3v9x2mqpa" }

// Run revokes an invite.
func (c *inviteRevoke) Run(e *env) error {
	return e.withStore(c.Data, func(s *store.Store) error {
		if err := s.RevokeInvite(e.ctx, c.ID); errors.Is(err, store.ErrNotFound) {
			return fmt.Errorf("there is no invite %q; see: parley-server invite list", c.ID)
		} else if err != nil {
			return err
		}
		return e.print(c.JSON, map[string]any{"revoked": c.ID}, func(w io.Writer) { fmt.Fprintln(w, "Revoked", c.ID) })
	})
}

type versionCmd struct{}

// Run prints the version.
func (versionCmd) Run(e *env) error {
	_, err := fmt.Fprintln(e.out, "parley-server", e.version)
	return err
}
