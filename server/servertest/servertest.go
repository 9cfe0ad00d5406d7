package servertest

import (
	"context"
	"log/slog"
	"strconv"
	"testing"
	"time"

	"parley/rtc/protocol"
	"parley/server/config"
	"parley/server/node"
	"parley/server/store"
	"parley/server/token"
)

// Server is a server that runs until its test ends, or Stop.
type Server struct {
	URL  string // http://127.0.0.1:PORT
	Host string // 127.0.0.1:PORT
	Data string // folder

	t      testing.TB
	node   *node.Node
	cancel context.CancelFunc
	done   chan error
}

// Option changes how a server is started.
type Option func(*config.Config)

// ForwardingOff makes the SFU forward nothing.
func ForwardingOff(c *config.Config) { c.ForwardingOff = true }

// Listen makes the server listen on a given address, for example again on the same.
func Listen(address string) Option { return func(c *config.Config) { c.Listen = address } }

// TLS changes how the server proves that it is itself.
func TLS(tls config.TLS) Option { return func(c *config.Config) { c.TLS = tls } }

// Limit changes a limit by its name.
func Limit(name string, value int) Option {
	return func(c *config.Config) {
		if c.Limits == (config.Limits{}) {
			c.Limits = config.DefaultLimits()
		}
		if err := c.Limits.Set(name, strconv.Itoa(value)); err != nil {
			panic(err) // a test's mistake
		}
	}
}

// Data makes the server use a given folder.
func Data(folder string) Option { return func(c *config.Config) { c.Data = folder } }

// Start starts a server.
func Start(t testing.TB, options ...Option) *Server {
	t.Helper()
	cfg := config.Config{Listen: "127.0.0.1:0"}
	for _, o := range options {
		o(&cfg)
	}
	if cfg.Data == "" {
		cfg.Data = t.TempDir()
	}
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
	n, err := node.New(context.Background(), cfg, "test", log)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &Server{URL: n.Running().URL, Host: n.Running().Host, Data: cfg.Data, t: t, node: n, cancel: cancel, done: make(chan error, 1)}
	go func() { s.done <- n.Run(ctx); close(s.done) }() // ended by Stop
	t.Cleanup(s.Stop)
	return s
}

// Stop ends the server as SIGTERM would, and waits for it.
func (s *Server) Stop() {
	s.cancel()
	begin := time.Now()
	if err := <-s.done; err != nil {
		s.t.Errorf("server: %v", err)
	}
	if took := time.Since(begin); took > 5*time.Second {
		s.t.Errorf("the server took %v to end", took)
	}
}

// Project returns the project that the server's first start made, with its credentials.
func (s *Server) Project() store.Project {
	s.t.Helper()
	all, err := s.Store().Projects(context.Background())
	if err != nil {
		s.t.Fatal(err)
	}
	return all[0]
}

// Store returns the server's store.
func (s *Server) Store() *store.Store { return s.node.Store() }

// Session makes a session of the first project.
func (s *Server) Session() protocol.SessionID {
	s.t.Helper()
	return s.SessionOf(s.Project())
}

// SessionOf makes a session of a project.
func (s *Server) SessionOf(p store.Project) protocol.SessionID {
	s.t.Helper()
	id, err := s.Store().CreateSession(context.Background(), p.ApplicationID, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return id
}

// Token makes a token of the first project that is valid for an hour.
func (s *Server) Token(id protocol.SessionID, role, name string) string {
	s.t.Helper()
	return s.Sign(token.Grant{SessionID: id, Role: token.Role(role), Name: name, ExpiresAt: time.Now().Add(time.Hour)}, time.Now())
}

// Sign makes any token of the first project.
func (s *Server) Sign(g token.Grant, now time.Time) string {
	s.t.Helper()
	return s.SignAs(s.Project(), g, now)
}

// SignAs makes any token of a project.
func (s *Server) SignAs(p store.Project, g token.Grant, now time.Time) string {
	s.t.Helper()
	key, err := node.KeyOf(s.Store(), p)
	if err != nil {
		s.t.Fatal(err)
	}
	text, err := key.Sign(g, now)
	if err != nil {
		s.t.Fatal(err)
	}
	return text
}

// Invite makes an invite for a publisher and returns a link without a pin.
func (s *Server) Invite(id protocol.SessionID, uses int) string {
	s.t.Helper()
	return "parley://" + s.Host + "/" + s.secret(id, uses)
}

// PinnedInvite makes an invite like Invite, and returns the link that parley-server prints: with the pin of the server's certificate.
func (s *Server) PinnedInvite(id protocol.SessionID, uses int) string {
	s.t.Helper()
	return s.node.Running().Link(s.secret(id, uses), "")
}

func (s *Server) secret(id protocol.SessionID, uses int) string {
	s.t.Helper()
	secret, _, err := s.Store().CreateInvite(context.Background(), store.Invite{SessionID: id, Role: token.Publisher, ExpiresAt: time.Now().Add(time.Hour), UsesLeft: uses})
	if err != nil {
		s.t.Fatal(err)
	}
	return secret
}
