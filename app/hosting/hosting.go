package hosting

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"sync"
	"time"

	"parley/rtc"
	"parley/rtc/protocol"
	"parley/server/config"
	"parley/server/node"
	"parley/server/session"
	"parley/server/store"
	"parley/server/token"
)

// The ports that are tried before any that is free, and how long the links of a meeting let people in, and how many times.
const (
	firstPort = 7880
	lastPort  = 7889
	openFor   = 24 * time.Hour
	uses      = 500
)

// endWithin bounds how long those who are in a meeting are told that it ends.
const endWithin = 2 * time.Second

// Config is how a meeting is hosted; all may be left out.
type Config struct {
	Data    string       // folder of the server; "" is one beside that of parley-server
	Listen  string       // HOST:PORT; "" is all of this computer's addresses, and port 7880 or the next that is free
	Lobby   bool         // guests wait until the host lets them in
	Version string       // of the app
	Log     *slog.Logger // nil discards
}

// Meeting is a meeting that is hosted until Stop. It is safe for concurrent use.
type Meeting struct {
	Host   rtc.Link // of a moderator: for the host alone
	Guests rtc.Link // of publishers: to be passed on
	Reach  Reach    // who can come

	node    *node.Node
	session protocol.SessionID
	invites []string
	stop    func()
	done    chan struct{}
	err     error // of the server, once done is closed
	once    sync.Once
}

// Host starts a meeting. ctx bounds the start alone.
func Host(ctx context.Context, cfg Config) (*Meeting, error) {
	if cfg.Data == "" {
		cfg.Data = filepath.Join(config.DefaultData(), "hosting")
	}
	n, err := open(ctx, cfg, wanted(cfg.Listen))
	if err != nil {
		return nil, fmt.Errorf("host meeting: %w", err)
	}
	m := &Meeting{node: n, done: make(chan struct{})}
	if err := m.prepare(ctx, cfg); err != nil {
		return nil, fmt.Errorf("host meeting: %w", errors.Join(err, n.Close()))
	}
	running, stop := context.WithCancel(context.Background())
	m.stop = stop
	go func() { // ended and waited for by Stop
		defer close(m.done)
		m.err = n.Run(running)
	}()
	return m, nil
}

// wanted returns where to listen, the best first.
func wanted(listen string) []string {
	if listen != "" {
		return []string{listen}
	}
	var all []string
	for port := firstPort; port <= lastPort; port++ {
		all = append(all, fmt.Sprintf("0.0.0.0:%d", port)) // IPv6 too, where there is any
	}
	return append(all, "0.0.0.0:0")
}

// open opens the server at the first address whose ports are free.
func open(ctx context.Context, cfg Config, listen []string) (n *node.Node, err error) {
	for _, address := range listen {
		n, err = node.New(ctx, config.Config{Data: cfg.Data, Listen: address, TLS: config.TLS{Only: true}}, cfg.Version, cfg.Log)
		if err == nil || !errors.Is(err, node.ErrPortInUse) {
			return n, err
		}
	}
	return nil, err
}

// prepare makes the session and its links.
func (m *Meeting) prepare(ctx context.Context, cfg Config) error {
	s := m.node.Store()
	all, err := s.Projects(ctx)
	if err != nil {
		return err
	}
	if m.session, err = s.CreateSession(ctx, all[0].ApplicationID, session.Options{Lobby: cfg.Lobby}.Encode()); err != nil {
		return err
	}
	if m.Guests, err = m.invite(ctx, token.Publisher); err != nil {
		return err
	}
	if m.Host, err = m.invite(ctx, token.Moderator); err != nil {
		return err
	}
	m.Reach = reachOf(m.Guests.Addresses())
	if host, port, err := net.SplitHostPort(m.node.Running().Listen); err == nil && net.ParseIP(host).IsUnspecified() {
		m.Host.Host, m.Host.Also = net.JoinHostPort("127.0.0.1", port), "" // also when the network changes
	}
	return nil
}

func (m *Meeting) invite(ctx context.Context, role string) (rtc.Link, error) {
	secret, kept, err := m.node.Store().CreateInvite(ctx, store.Invite{SessionID: m.session, Role: role, ExpiresAt: time.Now().Add(openFor), UsesLeft: uses})
	if err != nil {
		return rtc.Link{}, err
	}
	m.invites = append(m.invites, kept.ID)
	return rtc.ParseLink(m.node.Running().Link(secret, ""))
}

// Done is closed when the meeting has ended: by Stop, or because the server could not go on, which Stop then says.
func (m *Meeting) Done() <-chan struct{} { return m.done }

// Stop ends the meeting for all, makes its links worthless, and waits until the server is gone: a few seconds at most.
func (m *Meeting) Stop() error {
	var err error
	m.once.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), endWithin)
		defer cancel()
		select {
		case <-m.done: // there is nobody left, and no store
		default:
			for _, id := range m.invites {
				err = errors.Join(err, m.node.Store().RevokeInvite(ctx, id))
			}
			err = errors.Join(err, m.node.End(ctx, m.session))
		}
		m.stop()
	})
	<-m.done
	if err = errors.Join(err, m.err); err != nil {
		return fmt.Errorf("end meeting: %w", err)
	}
	return nil
}
