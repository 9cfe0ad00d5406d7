package node

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"

	"parley/rtc/protocol"
	"parley/server/certificate"
	"parley/server/config"
	"parley/server/gateway"
	"parley/server/rest"
	"parley/server/session"
	"parley/server/store"
	"parley/server/token"
	"parley/server/transport"
	"parley/server/webhook"
)

// verifyWithin bounds how long a client's token is looked up in the store.
const verifyWithin = 10 * time.Second

// stopWithin bounds how long a server takes to say goodbye.
const stopWithin = 4 * time.Second

// Node is a server. Make it with New, serve with Run.
type Node struct {
	cfg         config.Config
	log         *slog.Logger
	store       *store.Store
	certificate *certificate.Source
	verifier    *token.Verifier
	transport   *transport.Transport
	plane       *plane
	sessions    *session.Manager
	gateway     *gateway.Gateway
	webhooks    *webhook.Dispatcher
	share       *portShare
	http        *http.Server
	running     config.Running
}

// ErrPortInUse means that another program holds a port that the server was to listen on.
var ErrPortInUse = errors.New("port in use")

// New opens the store and the ports. version goes into welcomes. Call Run or Close.
func New(ctx context.Context, cfg config.Config, version string, log *slog.Logger) (*Node, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	cfg, err := cfg.Resolve()
	if err != nil {
		return nil, err
	}
	n := &Node{cfg: cfg, log: log}
	if n.store, err = store.Open(ctx, cfg.Data); err != nil {
		return nil, err
	}
	projects := newProjects(n.store, log)
	n.verifier = token.NewVerifier(projects, cfg.Limits.API.TokenDataBytes)
	if n.certificate, err = certificateOf(cfg, log); err != nil {
		return nil, errors.Join(err, n.store.Close())
	}
	if err := n.listen(); err != nil {
		return nil, errors.Join(err, n.store.Close())
	}
	n.plane = newPlane(n.transport, cfg.ForwardingOff, log)
	limits, counts := cfg.Limits, cfg.Limits.Count
	trusted, err := config.Networks(cfg.TrustProxies)
	if err != nil {
		return nil, errors.Join(err, n.Close())
	}
	n.webhooks = webhook.New(webhook.Config{Store: n.store, Projects: projects, UserAgent: "parley/" + version, Policy: policyOf(limits.Webhook), Log: log})
	n.sessions = session.NewManager(session.Config{
		Store: sessionStore{n.store}, Media: n.plane, Rights: rights, Limits: limits.Wire, Server: "parley " + version, Log: log,
		Observer: newObserver(n.webhooks.Record, log),
		Bounds: session.Bounds{MaxConnections: counts.ConnectionsPerSession, MaxWaiting: counts.WaitingPerSession, MaxSessions: counts.Sessions,
			ResumeFor: seconds(limits.Time.Resume), Linger: seconds(limits.Time.Linger)}})
	n.gateway = gateway.New(gateway.Config{Verify: n.verify, Sessions: n.sessions, Limits: limits.Wire, Log: log, HelloTimeout: seconds(limits.Time.Hello),
		MaxWires: counts.Connections, MaxPending: counts.Pending, MaxPerAddress: counts.ConnectionsPerAddress})
	mux := http.NewServeMux()
	mux.Handle("GET "+protocol.Path, n.gateway)
	rest.New(rest.Config{
		Credentials: n.verifier, Signer: projects, Invites: n.store, Sessions: n.store, Streams: n.sessions, Connections: n.sessions,
		Moderation: n.sessions, Removal: n.sessions, Chat: n.sessions, Callbacks: n.store, Log: log, Limits: limits.API, JSONDepth: limits.Wire.JSONDepth,
	}).Register(mux)
	n.http = &http.Server{Handler: n.encrypted(trusted, behindProxies(trusted, rest.Clean(mux))), ReadHeaderTimeout: seconds(limits.Time.Header), IdleTimeout: time.Minute,
		MaxHeaderBytes: limits.API.HeaderBytes,
		// Wires are not bound by these: an upgrade lifts them, and the gateway has its own.
		ReadTimeout: seconds(limits.Time.Header) + 10*time.Second, WriteTimeout: 30 * time.Second, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug)}
	if err := n.prepareWebhooks(ctx); err != nil {
		return nil, errors.Join(err, n.Close())
	}
	if err := n.sessions.Restore(ctx); err != nil {
		return nil, errors.Join(err, n.Close())
	}
	// Before anybody is told that the server is there: who makes an invite next finds the address.
	if err := n.running.Save(cfg.Data); err != nil {
		return nil, errors.Join(err, n.Close())
	}
	return n, nil
}

// listen opens both ports. With port 0 for both, UDP takes whatever is free.
func (n *Node) listen() error {
	l, err := net.Listen("tcp", n.cfg.Listen)
	if err != nil {
		return inUse("TCP", n.cfg.Listen, err)
	}
	tcp, err := netip.ParseAddrPort(l.Addr().String())
	if err != nil {
		return errors.Join(err, l.Close())
	}
	udp := n.cfg.UDP
	if udp == n.cfg.Listen { // the same number, also when the system chose it
		udp = tcp.String()
	}
	host, port, err := net.SplitHostPort(udp)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	announce, err := n.announce(port)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	tc := transport.Config{ListenUDP: udp, Announce: announce, Logger: n.log}
	n.transport, err = transport.New(tc)
	if errors.Is(err, syscall.EADDRINUSE) && n.cfg.UDP == n.cfg.Listen && portOf(n.cfg.Listen) == "0" {
		tc.ListenUDP = net.JoinHostPort(host, "0")
		n.transport, err = transport.New(tc)
	}
	if err != nil {
		return errors.Join(inUse("UDP", udp, err), l.Close())
	}
	n.transport.SetAnnounceTCP(n.announceTCP(tcp))
	announced, err := config.Addresses(n.cfg.Announce, tcp.Port())
	if err != nil {
		return errors.Join(err, n.transport.Close(), l.Close())
	}
	n.running = config.NewRunning(l.Addr(), announced)
	if n.running.Name = n.certificate.Name(time.Now()); n.running.Name == "" {
		n.running.Pin = n.certificate.Pin().String()
	}
	n.share = newPortShare(l, n.transport, tlsConfig(n.certificate))
	return nil
}

func portOf(address string) string {
	_, port, _ := net.SplitHostPort(address)
	return port
}

// announce returns the addresses that UDP candidates name; none leaves it to the transport.
func (n *Node) announce(port string) ([]netip.AddrPort, error) {
	if len(n.cfg.Announce) == 0 {
		return nil, nil
	}
	ap, err := netip.ParseAddrPort("0.0.0.0:" + port)
	if err != nil {
		return nil, err
	}
	return config.Addresses(n.cfg.Announce, ap.Port())
}

// announceTCP returns the addresses that TCP candidates name: the announced ones, or those that the UDP candidates name.
func (n *Node) announceTCP(bound netip.AddrPort) []netip.AddrPort {
	announced, err := config.Addresses(n.cfg.Announce, bound.Port())
	if err == nil && len(announced) > 0 {
		for i := range announced {
			announced[i] = netip.AddrPortFrom(announced[i].Addr(), bound.Port())
		}
		return announced
	}
	if !bound.Addr().IsUnspecified() {
		return []netip.AddrPort{bound}
	}
	return config.Usable(bound, nil)
}

// inUse says what holds the server up, and what to do.
func inUse(protocol, address string, err error) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("%w: %s %s is held by another program, perhaps another Parley server; end it, or choose another port with --listen or --udp",
			ErrPortInUse, protocol, address)
	}
	return fmt.Errorf("listen on %s %s: %w", protocol, address, err)
}

// verify checks a client's token.
func (n *Node) verify(text string) (session.Grant, error) {
	ctx, cancel := context.WithTimeout(context.Background(), verifyWithin)
	defer cancel()
	g, err := n.verifier.Verify(ctx, text, time.Now())
	if err != nil {
		return session.Grant{}, err
	}
	return session.Grant{SessionID: g.SessionID, Role: string(g.Role), Capabilities: g.Capabilities(), Name: g.Name, Data: g.Data, Classes: g.Classes,
		Fingerprint: hex.EncodeToString(g.Fingerprint[:]), Invite: g.Invite}, nil
}

// Running says where the server listens.
func (n *Node) Running() config.Running { return n.running }

// Store returns the server's store, for programs that host it.
func (n *Node) Store() *store.Store { return n.store }

// Run serves until ctx ends, then says goodbye to clients and ends within five seconds.
func (n *Node) Run(ctx context.Context) error {
	stopPruning := n.prune(ctx)
	defer stopPruning()
	served := make(chan error, 1)
	go func() { served <- n.http.Serve(n.share) }()          // ends by Close below
	go func() { _ = n.webhooks.Run(context.Background()) }() // ends by Close below, which waits for it
	var err error
	select {
	case <-ctx.Done():
	case err = <-served:
		served <- nil
	}
	closeErr := n.Close()
	if serveErr := <-served; serveErr != nil && !errors.Is(serveErr, http.ErrServerClosed) && !errors.Is(serveErr, net.ErrClosed) {
		err = errors.Join(err, serveErr)
	}
	return errors.Join(err, closeErr)
}

// Close ends everything in the order that lets clients hear of it. It is for a Node that was not run; Run calls it by itself.
func (n *Node) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), stopWithin)
	defer cancel()
	err := n.sessions.Close(ctx)
	if gwErr := n.gateway.Close(ctx); gwErr != nil && !errors.Is(gwErr, context.DeadlineExceeded) {
		err = errors.Join(err, gwErr)
	}
	err = errors.Join(err, n.webhooks.Close(ctx)) // after the sessions, which told it who is gone
	err = errors.Join(err, n.share.Close(), n.http.Close())
	n.plane.Close()
	return errors.Join(err, n.transport.Close(), config.RemoveRunning(n.cfg.Data), n.store.Close())
}
