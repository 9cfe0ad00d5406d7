package rtc

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/pion/webrtc/v4"

	"parley/rtc/peer"
	"parley/rtc/protocol"
)

// maxMessage bounds a message from the server, in bytes: a welcome of a large session is the largest.
const maxMessage = 8 << 20

// errMediaLost ends a call whose media path was lost.
var errMediaLost = errors.New("the media path was lost")

// Options change how Connect works; all may be left out.
type Options struct {
	Name      string                 // display name, used when the token names none
	Client    string                 // name and version of the program, for the server's log
	Subscribe protocol.SubscribeMode // "" is protocol.SubscribeAll
	Publish   []StreamConfig         // published at once, in the same round trip; see Session.Publishers
	// Renew gets the token for opening the wire again, after an attempt that ended with last (nil at first); nil uses the first one again.
	Renew func(ctx context.Context, last error) (string, error)
	// ReconnectFor is how long a broken session is tried to mend: 0 is 30 s, below 0 is not at all.
	ReconnectFor time.Duration
	HTTPClient   *http.Client
	Log          *slog.Logger // nil discards
	// Network changes the settings of the PeerConnections, for tests.
	Network func(*webrtc.SettingEngine)
}

// Session is this client's presence in a session.
type Session struct {
	url    string
	token  string
	opt    Options
	api    *peer.API
	log    *slog.Logger
	events *events

	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	done   chan struct{}

	publishing chan struct{} // of one slot: who negotiates

	mu         sync.Mutex
	call       *call // nil while reconnecting and after the end
	publishers []*Publisher
}

// Connect connects to the session that token is for, on the server at url (http or https), and returns once the server welcomes it. Refusals are
// *protocol.ErrorBody. ctx bounds the connecting alone.
func Connect(ctx context.Context, url, token string, opt Options) (*Session, error) {
	address, err := wireURL(url)
	if err != nil {
		return nil, err
	}
	if opt.Subscribe == "" {
		opt.Subscribe = protocol.SubscribeAll
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	if opt.ReconnectFor == 0 {
		opt.ReconnectFor = 30 * time.Second
	}
	api, err := peer.NewAPI(opt.Network)
	if err != nil {
		return nil, err
	}
	s := &Session{url: address, token: token, opt: opt, api: api, log: opt.Log, events: newEvents(), done: make(chan struct{}), publishing: make(chan struct{}, 1)}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	for _, cfg := range opt.Publish {
		s.publishers = append(s.publishers, newPublisher(s, cfg))
	}
	c, err := s.open(ctx, token)
	if err != nil {
		s.cancel()
		return nil, fmt.Errorf("connect: %w", err)
	}
	c.begin(SessionConnected{c.welcome})
	go s.run(c) // ended and waited for by Close
	return s, nil
}

// Events yields what happens, the SessionDisconnected last. One goroutine at a time may range over it; who stops early finds the rest later.
func (s *Session) Events() iter.Seq[Event] { return s.events.all() }

// Publishers returns the publishers that Options.Publish asked for, and those of Publish, that are not closed.
func (s *Session) Publishers() []*Publisher {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]*Publisher(nil), s.publishers...)
}

// Close leaves the session, and waits until all is closed.
func (s *Session) Close() error {
	s.cancel()
	<-s.done
	return nil
}

// run watches over the calls, one after the other.
func (s *Session) run(c *call) {
	defer close(s.done)
	for {
		select {
		case <-s.ctx.Done():
			s.setCall(nil)
			c.close(nil)
			s.events.close(SessionDisconnected{Reason: protocol.ReasonClientDisconnected})
			return
		case <-c.ctx.Done():
		}
		cause := context.Cause(c.ctx)
		s.setCall(nil)
		if reason, final := s.isFinal(cause); final {
			c.close(cause)
			s.cancel()
			s.events.close(SessionDisconnected{Reason: reason, Err: cause})
			return
		}
		s.events.put(SessionReconnecting{cause})
		c.close(cause)
		next, err := s.reopen()
		if err != nil {
			reason := protocol.ReasonNetworkDisconnected
			if s.ctx.Err() != nil {
				reason, err = protocol.ReasonClientDisconnected, nil
			}
			s.cancel()
			s.events.close(SessionDisconnected{Reason: reason, Err: err})
			return
		}
		c = next
		c.begin(SessionReconnected{c.welcome})
	}
}

// isFinal says whether a call's end is the session's.
func (s *Session) isFinal(cause error) (protocol.Reason, bool) {
	var d *disconnected
	if errors.As(cause, &d) {
		return d.reason, d.reason != protocol.ReasonServerRotation || s.opt.ReconnectFor < 0
	}
	var body *protocol.ErrorBody
	return protocol.ReasonNetworkDisconnected, errors.As(cause, &body) || s.opt.ReconnectFor < 0
}

// Bounds of the wait between attempts to connect again.
const (
	firstRetry = 200 * time.Millisecond
	lastRetry  = 5 * time.Second
)

// reopen tries to connect again until it works, the server refuses for good, or the time is over.
func (s *Session) reopen() (*call, error) {
	ctx, cancel := context.WithTimeout(s.ctx, s.opt.ReconnectFor)
	defer cancel()
	wait := firstRetry
	timer := time.NewTimer(0)
	defer timer.Stop()
	var err error
	refused := false // the last token was
	for {
		select {
		case <-timer.C:
		case <-ctx.Done():
			return nil, errors.Join(err, ctx.Err())
		}
		var c *call
		if c, err = s.attempt(ctx, err); err == nil {
			return c, nil
		}
		if again := TokenRefused(err) && s.opt.Renew != nil && !refused; permanent(err) && !again {
			return nil, err
		}
		refused = TokenRefused(err)
		s.log.Debug("connect again", "error", err, "wait", wait)
		timer.Reset(wait/2 + rand.N(wait)) // jitter: a server that comes back is not met by all at once
		wait = min(2*wait, lastRetry)
	}
}

func (s *Session) attempt(ctx context.Context, last error) (*call, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	token := s.token
	if s.opt.Renew != nil {
		var err error
		if token, err = s.opt.Renew(ctx, last); err != nil {
			return nil, err
		}
	}
	return s.open(ctx, token)
}

// TokenRefused reports whether an error says that the server wants another token, because this one has expired, or was signed with a key that the
// server does not know or has given up. A new token does not help where who makes it has to change (tokenTooLong, for one).
func TokenRefused(err error) bool {
	var body *protocol.ErrorBody
	if !errors.As(err, &body) {
		return false
	}
	switch body.Code {
	case protocol.CodeTokenExpired, protocol.CodeTokenInvalid, protocol.CodeTokenProject, protocol.CodeTokenSession, protocol.CodeKeyRevoked:
		return true
	}
	return false
}

// permanent reports whether trying again is of no use.
func permanent(err error) bool {
	var body *protocol.ErrorBody
	if !errors.As(err, &body) {
		return false
	}
	switch body.Code {
	case protocol.CodeServerStopping, protocol.CodeTooMany, protocol.CodeRateLimited, protocol.CodeTimeout, protocol.CodeInternal, protocol.CodeStoreFailed,
		protocol.CodeMediaFailed, protocol.CodeTooSlow, protocol.CodeNotFound:
		return false
	}
	return true
}

func (s *Session) setCall(c *call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.call = c
}

// current returns the call, or an error while there is none.
func (s *Session) current() (*call, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.call == nil {
		return nil, ErrClosed
	}
	return s.call, nil
}

// ask sends a request on the present call.
func (s *Session) ask(ctx context.Context, kind protocol.MessageType, data, out any) error {
	c, err := s.current()
	if err != nil {
		return fmt.Errorf("%s: %w", kind, err)
	}
	return c.request(ctx, kind, data, out)
}

// Signal sends an application message and returns once it has its place in the session's order.
func (s *Session) Signal(ctx context.Context, sig protocol.Signal) (protocol.SignalReply, error) {
	var reply protocol.SignalReply
	err := s.ask(ctx, protocol.TypeSignal, sig, &reply)
	return reply, err
}

// Subscribe asks for a stream's tracks, or gives them up when both are false.
func (s *Session) Subscribe(ctx context.Context, id protocol.StreamID, audio, video bool) error {
	return s.ask(ctx, protocol.TypeSubscribe, protocol.Subscribe{StreamID: id, Audio: audio, Video: video}, nil)
}

// ForceMute mutes a stream of another; "" mutes all but those excluded. It needs the right to moderate.
func (s *Session) ForceMute(ctx context.Context, id protocol.StreamID, excluded ...protocol.StreamID) error {
	return s.ask(ctx, protocol.TypeForceMute, protocol.ForceMute{StreamID: id, Excluded: excluded}, nil)
}

// ForceUnpublish ends a stream of another. It needs the right to moderate.
func (s *Session) ForceUnpublish(ctx context.Context, id protocol.StreamID) error {
	return s.ask(ctx, protocol.TypeUnpublish, protocol.ForceUnpublish{StreamID: id}, nil)
}

// ForceDisconnect ends the connection of another. It needs the right to moderate.
func (s *Session) ForceDisconnect(ctx context.Context, id protocol.ConnectionID) error {
	return s.ask(ctx, protocol.TypeDisconnect, protocol.ForceDisconnect{ConnectionID: id}, nil)
}
