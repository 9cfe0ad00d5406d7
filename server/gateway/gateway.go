package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"parley/rtc/protocol"
	"parley/rtc/wire"
	"parley/server/session"
)

// Config is what a Gateway works with.
type Config struct {
	// Verify checks a token. Errors are *protocol.ErrorBody.
	Verify   func(token string) (session.Grant, error)
	Sessions *session.Manager
	Limits   protocol.Limits
	Log      *slog.Logger // nil discards
	// HelloTimeout bounds the wait for the hello, Ping is the interval of pings; 0 is the default.
	HelloTimeout, Ping time.Duration
	// MaxWires bounds the wires, MaxPending those that have not said hello, MaxPerAddress those from one network address; 0 is the default.
	MaxWires, MaxPending, MaxPerAddress int
}

// Gateway serves wires. It is an http.Handler, safe for concurrent use.
type Gateway struct {
	cfg     Config
	running sync.WaitGroup

	mu        sync.Mutex
	closed    bool
	live      map[*wire.Wire]struct{}
	wires     int
	pending   int
	addresses map[string]int // wires by address
}

// New returns a gateway.
func New(cfg Config) *Gateway {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.HelloTimeout == 0 {
		cfg.HelloTimeout = 10 * time.Second
	}
	if cfg.Ping == 0 {
		cfg.Ping = 10 * time.Second
	}
	if cfg.MaxWires == 0 {
		cfg.MaxWires = 20000
	}
	if cfg.MaxPending == 0 {
		cfg.MaxPending = 1000
	}
	if cfg.MaxPerAddress == 0 {
		cfg.MaxPerAddress = 500
	}
	return &Gateway{cfg: cfg, live: map[*wire.Wire]struct{}{}, addresses: map[string]int{}}
}

// Close refuses new wires and waits until those that run have ended; when ctx ends first it breaks them. Close the session manager first: it ends them.
func (g *Gateway) Close(ctx context.Context) error {
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	done := make(chan struct{})
	go func() { g.running.Wait(); close(done) }() // waited for below
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	g.mu.Lock()
	for ws := range g.live {
		ws.CloseNow()
	}
	g.mu.Unlock()
	<-done
	return ctx.Err()
}

// track keeps a wire for Close to break, until the function that it returns is called.
func (g *Gateway) track(ws *wire.Wire) (forget func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.live[ws] = struct{}{}
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		delete(g.live, ws)
	}
}

// enter counts a wire in, or says why not.
func (g *Gateway) enter(address string) *protocol.ErrorBody {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.closed:
		return protocol.Errorf(protocol.CodeServerStopping, "The server is stopping.")
	case g.wires >= g.cfg.MaxWires, g.pending >= g.cfg.MaxPending:
		return protocol.Errorf(protocol.CodeTooMany, "The server has as many connections as it takes.")
	case g.addresses[address] >= g.cfg.MaxPerAddress:
		return protocol.Errorf(protocol.CodeTooMany, "There are as many connections from your network as the server takes.")
	}
	g.wires++
	g.pending++
	g.addresses[address]++
	g.running.Add(1)
	return nil
}

// leave counts a wire out.
func (g *Gateway) leave(address string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.wires--
	if g.addresses[address]--; g.addresses[address] == 0 {
		delete(g.addresses, address)
	}
	g.running.Done()
}

// decided counts a wire out of those that have not said hello.
func (g *Gateway) decided() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.pending--
}

// ServeHTTP upgrades a request and serves the wire until it ends.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	address := addressOf(r)
	if body := g.enter(address); body != nil {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusServiceUnavailable)
		_ = json.NewEncoder(w).Encode(body)
		return
	}
	defer g.leave(address)
	decided := sync.OnceFunc(g.decided)
	defer decided()
	ws, err := wire.Accept(w, r, g.cfg.Limits)
	if err != nil {
		g.cfg.Log.Debug("refused upgrade", "from", r.RemoteAddr, "error", err)
		return
	}
	defer g.track(ws)()
	c := newClient(ws)
	ctx, cancel := context.WithCancel(r.Context())
	var parts sync.WaitGroup
	parts.Go(func() { c.write(ctx); cancel() })
	held := g.hello(ctx, ws, c, address)
	decided()
	if held != nil {
		parts.Go(func() {
			if ws.KeepAlive(ctx, g.cfg.Ping) != nil {
				cancel()
			}
		})
		g.read(ctx, ws, c, held)(held)
	}
	c.End()
	parts.Wait() // the writer sends what is queued and closes; it has its own deadline
	cancel()
	ws.CloseNow()
}

// hello waits for the hello and joins. On failure it queues the error and returns nil.
func (g *Gateway) hello(ctx context.Context, ws *wire.Wire, c *client, address string) *session.Attachment {
	// A context that ends in Recv would break the wire before it could be told why.
	late := time.AfterFunc(g.cfg.HelloTimeout, func() {
		c.fail(0, protocol.Errorf(protocol.CodeTimeout, "No hello came within %v.", g.cfg.HelloTimeout))
	})
	defer late.Stop()
	msg, err := ws.Recv(ctx)
	if err != nil {
		c.fail(0, recvError(err))
		return nil
	}
	if msg.Type != protocol.TypeHello {
		c.fail(msg.ID, protocol.Errorf(protocol.CodeHelloExpected, "The first message is hello, not %.40q.", msg.Type))
		return nil
	}
	var hello protocol.Hello
	if err := json.Unmarshal(msg.Data, &hello); err != nil {
		c.fail(msg.ID, protocol.Errorf(protocol.CodeMalformed, "The hello does not have its shape: %v.", err))
		return nil
	}
	if hello.Version() == 0 {
		c.fail(msg.ID, protocol.Errorf(protocol.CodeVersionUnsupported, "This server speaks versions %v of the protocol, the client %v.", protocol.Versions(), hello.Versions))
		return nil
	}
	if body := hello.Validate(g.cfg.Limits); body != nil {
		c.fail(msg.ID, body)
		return nil
	}
	held, err := g.join(ctx, hello, msg.ID, c, address)
	if err == nil {
		return held
	}
	var body *protocol.ErrorBody
	if !errors.As(err, &body) {
		g.cfg.Log.Error("join", "error", err)
		body = protocol.Errorf(protocol.CodeInternal, "The server had a problem.")
	}
	c.fail(msg.ID, body)
	return nil
}

// join goes on with the connection that a hello names, if it is still there; else it makes a new one by the token.
func (g *Gateway) join(ctx context.Context, hello protocol.Hello, helloID uint64, c *client, address string) (*session.Attachment, error) {
	if hello.Resume != nil {
		held, err := g.cfg.Sessions.Resume(ctx, hello, helloID, c)
		if !errors.Is(err, session.ErrNotResumed) {
			return held, err
		}
	}
	grant, err := g.cfg.Verify(hello.Token)
	if err != nil {
		return nil, err
	}
	grant.Address = address
	return g.cfg.Sessions.Join(ctx, grant, hello, helloID, c)
}

// addressOf returns the network address that a request came from: all of an IPv4 address, and of an IPv6 one the half that names the network.
func addressOf(r *http.Request) string {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	a := ap.Addr().Unmap().WithZone("")
	if a.Is4() {
		return a.String()
	}
	prefix, err := a.Prefix(64)
	if err != nil {
		return a.String()
	}
	return prefix.Masked().String()
}

// recvError makes the last word to a client whose message could not be taken; nil when there is nobody to hear it.
func recvError(err error) *protocol.ErrorBody {
	switch {
	case errors.Is(err, wire.ErrTooLarge):
		return protocol.Errorf(protocol.CodeTooLarge, "The message is over the limit.")
	case errors.Is(err, protocol.ErrMalformed):
		return protocol.Errorf(protocol.CodeMalformed, "The message is not JSON of the protocol's shape.")
	}
	return nil
}

// maxStrikes is how many messages in a row may be malformed or over the rate before the wire is closed.
const maxStrikes = 100

// read carries requests to the session until the wire ends, and returns how the attachment is to end.
func (g *Gateway) read(ctx context.Context, ws *wire.Wire, c *client, held *session.Attachment) func(*session.Attachment) {
	limit := rate.NewLimiter(rate.Limit(g.cfg.Limits.MessagesPerSecond), 5*g.cfg.Limits.MessagesPerSecond)
	strikes := 0
	for strikes < maxStrikes {
		msg, err := ws.Recv(ctx)
		switch {
		case errors.Is(err, protocol.ErrMalformed):
			strikes++
			c.error(0, protocol.Errorf(protocol.CodeMalformed, "The message is not JSON of the protocol's shape."))
		case errors.Is(err, wire.ErrTooLarge):
			c.fail(0, recvError(err))
			return (*session.Attachment).Cut
		case err != nil:
			return (*session.Attachment).Lose
		case msg.Type == protocol.TypeBye:
			return (*session.Attachment).Leave
		case !limit.Allow():
			strikes++
			c.error(msg.ID, protocol.Errorf(protocol.CodeRateLimited, "More than %d messages a second.", g.cfg.Limits.MessagesPerSecond))
		case !held.Request(ctx, msg):
			return (*session.Attachment).Lose
		default:
			strikes = 0
		}
	}
	c.fail(0, protocol.Errorf(protocol.CodeRateLimited, "Too many messages, or too many that are malformed."))
	return (*session.Attachment).Cut
}
