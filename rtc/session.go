package rtc

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/pion/webrtc/v4"

	"parley/rtc/peer"
	"parley/rtc/protocol"
)

// maxMessage bounds a message from the server, in bytes: a welcome of a large session is the largest.
const maxMessage = 8 << 20

// requestTimeout bounds the wait for an answer, byeTimeout for the last message to leave. Pings notice sooner than that that a wire is dead, so that what can
// be asked again is asked again over the next.
const (
	requestTimeout = 15 * time.Second
	byeTimeout     = time.Second
)

// Options change how Connect works; all may be left out.
type Options struct {
	Name      string                 // display name, used when the token names none
	Client    string                 // name and version of the program, for the server's log
	Subscribe protocol.SubscribeMode // "" is protocol.SubscribeAll
	Publish   []StreamConfig         // published at once, in the same round trip; see Session.Publishers
	// Waiting hears that the client waits for admission, from any goroutine and perhaps more than once; it must not wait itself. It may be nil.
	Waiting func(protocol.Waiting)
	// Renew gets another token when the server refused the one at hand while reconnecting, which last says. It may be nil.
	Renew func(ctx context.Context, last error) (string, error)
	// ReconnectFor is how long a broken session is tried to mend: 0 is a minute, below 0 is not at all.
	ReconnectFor time.Duration
	HTTPClient   *http.Client
	Log          *slog.Logger // nil discards
	// Network changes the settings of the PeerConnections, for tests.
	Network func(*webrtc.SettingEngine)

	timing timing // for tests
}

// Session is this client's presence in a session.
type Session struct {
	url    string
	opt    Options
	api    *peer.API
	log    *slog.Logger
	events *events
	outbox outbox
	roster roster

	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	done   chan struct{}

	publishing chan struct{} // of one slot: who negotiates
	token      string        // of who connects

	mu         sync.Mutex
	call       *call         // nil while reconnecting and after the end
	changed    chan struct{} // closed and made anew when call changes
	publishers []*Publisher
}

// Connect connects to the session that token is for, on the server at url (http or https), and returns once the server welcomes it. Refusals are
// *protocol.ErrorBody. Where the session has a lobby it waits for admission, says so by Options.Waiting, and opens a wire that is lost meanwhile again. ctx
// bounds the connecting alone, and all of it.
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
		opt.ReconnectFor = time.Minute
	}
	api, err := peer.NewAPI(opt.Network)
	if err != nil {
		return nil, err
	}
	s := &Session{url: address, token: token, opt: opt, api: api, log: opt.Log, events: newEvents(), done: make(chan struct{}),
		publishing: make(chan struct{}, 1), changed: make(chan struct{})}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	for _, cfg := range opt.Publish {
		s.publishers = append(s.publishers, newPublisher(s, cfg))
	}
	c, err := s.connect(ctx)
	if err != nil {
		s.cancel()
		return nil, fmt.Errorf("connect: %w", err)
	}
	c.begin(SessionConnected{c.welcome}, nil)
	go s.run(c) // ended and waited for by Close
	return s, nil
}

// Events yields what happens, the SessionDisconnected last. One goroutine at a time may range over it; who stops early finds the rest later.
func (s *Session) Events() iter.Seq[Event] { return s.events.all() }

// Publishers returns the publishers that Options.Publish asked for, and those of Publish, that are not closed.
func (s *Session) Publishers() []*Publisher {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.publishers)
}

// You returns this client's own connection as it is now.
func (s *Session) You() protocol.Connection {
	you, _, _ := s.roster.own()
	return you
}

// Capabilities returns this client's rights as they are now: a moderator may have given it another role.
func (s *Session) Capabilities() protocol.Capabilities {
	_, capabilities, _ := s.roster.own()
	return capabilities
}

// State returns what moderators have decided about the session.
func (s *Session) State() protocol.SessionState {
	_, _, state := s.roster.own()
	return state
}

// Close leaves the session, and waits until all is closed.
func (s *Session) Close() error {
	s.cancel()
	<-s.done
	return nil
}

// happened takes an event in and passes it on. It reports false when nobody takes the events.
func (s *Session) happened(ev protocol.Event) bool {
	s.roster.apply(&ev)
	switch {
	case ev.Stream == nil:
	case ev.Name == protocol.StreamDestroyed:
		s.ended(ev.Stream.ID)
	case ev.Name == protocol.MuteForced:
		s.muted(ev.Stream.ID)
	}
	return s.events.put(Happened{ev})
}

func (s *Session) setCall(c *call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.call = c
	close(s.changed)
	s.changed = make(chan struct{})
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

// await waits until there is a call that has not ended.
func (s *Session) await(ctx context.Context) error {
	for {
		s.mu.Lock()
		c, changed := s.call, s.changed
		s.mu.Unlock()
		if c != nil && c.ctx.Err() == nil {
			return nil
		}
		select {
		case <-changed:
		case <-s.done:
			return ErrClosed
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// ask sends a request on the present call.
func (s *Session) ask(ctx context.Context, kind protocol.MessageType, data, out any) error {
	c, err := s.current()
	if err != nil {
		return fmt.Errorf("%s: %w", kind, err)
	}
	return c.request(ctx, kind, data, out)
}

// Subscribe asks for a stream's tracks, or gives them up when both are false.
func (s *Session) Subscribe(ctx context.Context, id protocol.StreamID, audio, video bool) error {
	return s.ask(ctx, protocol.TypeSubscribe, protocol.Subscribe{StreamID: id, Audio: audio, Video: video}, nil)
}
