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

	"github.com/alecthomas/kong"

	"parley/server/config"
	"parley/server/node"
	"parley/server/store"
)

// cli is the command line.
type cli struct {
	Serve       serve       `cmd:"" help:"Run the server."`
	Credentials credentials `cmd:"" help:"Print a project's application id, keys, secrets and URL."`
	Project     struct {
		Create       projectCreate `cmd:"" help:"Make a project and print its credentials."`
		List         projectList   `cmd:"" help:"List projects."`
		RotateKey    rotateKey     `cmd:"" help:"Give a project a new private key."`
		RotateSecret rotateSecret  `cmd:"" help:"Give a project a new API secret."`
		Disable      disable       `cmd:"" help:"Refuse a project's credentials, tokens and invites."`
		Enable       enable        `cmd:"" help:"Take them again."`
	} `cmd:"" help:"Work with projects: who may use the server, apart from each other."`
	Session struct {
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
	Webhook webhooks   `cmd:"" help:"Work with webhooks: URLs that events are posted to."`
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

// table writes lines of cells, separated by tabs, in columns.
func table(w io.Writer, lines func(io.Writer)) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	lines(t)
	_ = t.Flush()
}

// projectFlag names a project.
type projectFlag struct {
	Project string `help:"Project, by name, application id or API key; needed where there are several." placeholder:"PROJECT"`
}

// findProject returns the project that a command line names.
func (e *env) findProject(s *store.Store, which string) (store.Project, error) {
	p, err := s.FindProject(e.ctx, which)
	switch {
	case errors.Is(err, store.ErrSeveral):
		err = errors.New("there are several projects: name one (see parley-server project list)")
	case errors.Is(err, store.ErrNotFound):
		err = fmt.Errorf("there is no project %q; see: parley-server project list", which)
	}
	return p, err
}

type serve struct {
	Data     string   `help:"Data folder (default: ${data})." placeholder:"DIR" type:"path"`
	Listen   string   `help:"TCP address of HTTP, HTTPS, WebSocket and ICE-TCP (default: ${listen})." placeholder:"HOST:PORT"`
	UDP      string   `name:"udp" help:"UDP port of all media, or HOST:PORT (default: the same number)." placeholder:"PORT"`
	Announce []string `help:"Addresses that clients are told for media, as IP or IP:PORT, when they differ from this machine's (a router in between, for one)." placeholder:"IP"`
	Cert     string   `help:"PEM file of another certificate than the server's own; read again when it changes." placeholder:"FILE" type:"path"`
	Key      string   `help:"PEM file of its private key." placeholder:"FILE" type:"path"`
	TLSOnly  bool     `name:"tls-only" help:"Refuse plain HTTP, but from this computer and from the proxies to trust."`
	Webhook  []string `help:"URL that events of the only project are posted to; repeatable." placeholder:"URL" sep:"none"`
	Webhooks string   `help:"JSON file with webhooks: [{\"url\":…,\"events\":…,\"shape\":…,\"project\":…}]." placeholder:"FILE" type:"path"`
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
	hooks, err := configuredWebhooks(s.Webhook, s.Webhooks)
	if err != nil {
		return err
	}
	n, err := node.New(e.ctx, config.Config{
		Data: s.Data, Listen: s.Listen, UDP: s.UDP, Announce: s.Announce, Webhooks: hooks, Limits: limits, TrustProxies: s.Proxies,
		TLS: config.TLS{Cert: s.Cert, Key: s.Key, Only: s.TLSOnly}}, e.version, log)
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

type versionCmd struct{}

// Run prints the version.
func (versionCmd) Run(e *env) error {
	_, err := fmt.Fprintln(e.out, "parley-server", e.version)
	return err
}
