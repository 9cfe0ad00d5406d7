package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"parley/rtc/protocol"
	"parley/rtc/wire"
	"parley/server/bench/load"
)

// maxMessage is what is taken from the server, in bytes.
const maxMessage = 4 << 20

// Config says who joins, and how.
type Config struct {
	URL       string // ws://HOST:PORT/v1/connect
	Token     string
	Identity  *Identity
	Publish   []load.Kind // at most one of each
	Subscribe protocol.SubscribeMode
	Seed      uint64 // of what is published
}

// Client is one connection of a session. Its methods are safe for concurrent use.
type Client struct {
	cfg   Config
	loop  *load.Loop
	wire  *wire.Wire
	began time.Duration
	ctx   context.Context
	stop  context.CancelFunc
	wg    sync.WaitGroup // the reader of the wire, and the subscribing connection while it is made
	pub   *end           // nil when nothing is published
	sub   *end           // nil before the first offer; the reader's, after Join

	mu      sync.Mutex
	id      uint64 // of the last request
	streams []protocol.StreamID
	sinks   map[string]*Track // by section
	err     error             // of the subscribing side
	changed chan struct{}     // closed and replaced when sinks, streams or err change
}

// Track is a track that a Client receives.
type Track struct {
	*load.Sink
	Kind load.Kind
	ssrc uint32
}

// Join joins. It returns when the welcome was taken and what is published is connected; what is subscribed to connects by itself.
func Join(ctx context.Context, l *load.Loop, cfg Config) (*Client, error) {
	c := &Client{cfg: cfg, loop: l, began: l.Now(), sinks: map[string]*Track{}, changed: make(chan struct{})}
	c.ctx, c.stop = context.WithCancel(context.Background())
	if err := c.join(ctx); err != nil {
		c.Leave()
		return nil, fmt.Errorf("join: %w", err)
	}
	return c, nil
}

func (c *Client) join(ctx context.Context) error {
	hello := protocol.Hello{Versions: protocol.Versions(), Token: c.cfg.Token, Client: "parley-bench", Name: "bench", Subscribe: c.cfg.Subscribe}
	ssrcs, err := c.preparePublishing(&hello)
	if err != nil {
		return err
	}
	if c.wire, err = wire.Dial(ctx, c.cfg.URL, maxMessage, nil); err != nil {
		return err
	}
	if err := c.wire.Send(ctx, protocol.TypeHello, c.nextID(), hello); err != nil {
		return err
	}
	welcome, err := c.welcome(ctx)
	if err != nil {
		return err
	}
	for _, s := range welcome.Streams {
		c.streams = append(c.streams, s.ID)
	}
	if welcome.Offer != nil {
		if err := c.take(*welcome.Offer); err != nil {
			return err
		}
	}
	c.wg.Go(c.read)
	if welcome.PublishError != nil {
		return welcome.PublishError
	}
	if welcome.Published == nil {
		return nil
	}
	theirs, err := parse(welcome.Published.SDP)
	if err != nil {
		return err
	}
	if err := c.pub.connect(ctx, c.cfg.Identity, theirs); err != nil {
		return fmt.Errorf("publishing connection: %w", err)
	}
	return c.publish(ssrcs)
}

// preparePublishing puts what is published into the hello.
func (c *Client) preparePublishing(hello *protocol.Hello) ([]uint32, error) {
	if len(c.cfg.Publish) == 0 {
		return nil, nil
	}
	var err error
	if c.pub, err = newEnd(c.loop, c.cfg.Identity); err != nil {
		return nil, err
	}
	source := protocol.StreamSource{Key: "bench", VideoType: protocol.VideoCamera}
	ssrcs := make([]uint32, len(c.cfg.Publish))
	for i, kind := range c.cfg.Publish {
		ssrcs[i] = 1 + rand.Uint32N(1<<32-2)
		mid := fmt.Sprint(i)
		if kind == load.Audio {
			source.AudioMID, source.HasAudio = mid, true
		} else {
			source.VideoMID, source.HasVideo = mid, true
		}
	}
	hello.Publish = &protocol.Publish{SDP: c.pub.ours.offer(c.cfg.Publish, ssrcs), Streams: []protocol.StreamSource{source}}
	return ssrcs, nil
}

func (c *Client) publish(ssrcs []uint32) error {
	for i, kind := range c.cfg.Publish {
		s, err := c.pub.peer.NewSource(kind, ssrcs[i], c.cfg.Seed)
		if err != nil {
			return err
		}
		if err := s.Start(); err != nil {
			return err
		}
	}
	return nil
}

func (c *Client) welcome(ctx context.Context) (*protocol.Welcome, error) {
	msg, err := c.wire.Recv(ctx)
	if err != nil {
		return nil, err
	}
	switch msg.Type {
	case protocol.TypeWelcome:
		var w protocol.Welcome
		return &w, json.Unmarshal(msg.Data, &w)
	case protocol.TypeError:
		return nil, refusal(msg)
	}
	return nil, fmt.Errorf("the server answered hello with %q", msg.Type)
}

func refusal(msg protocol.Message) error {
	var body protocol.ErrorBody
	if err := json.Unmarshal(msg.Data, &body); err != nil {
		return err
	}
	return &body
}

func (c *Client) nextID() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.id++
	return c.id
}

// read takes the server's messages until the wire ends.
func (c *Client) read() {
	for {
		msg, err := c.wire.Recv(c.ctx)
		if err == nil {
			err = c.message(msg)
		}
		if err != nil {
			if c.ctx.Err() == nil {
				c.change(func() { c.err = errors.Join(c.err, err) })
			}
			return
		}
	}
}

func (c *Client) message(msg protocol.Message) error {
	switch msg.Type {
	case protocol.TypeOffer:
		var offer protocol.Offer
		if err := json.Unmarshal(msg.Data, &offer); err != nil {
			return err
		}
		return c.take(offer)
	case protocol.TypeError:
		return refusal(msg)
	case protocol.TypeEvent:
		var ev protocol.Event
		if err := json.Unmarshal(msg.Data, &ev); err != nil {
			return err
		}
		if ev.Name == protocol.StreamCreated && ev.Stream != nil {
			c.change(func() { c.streams = append(c.streams, ev.Stream.ID) })
		}
	}
	return nil
}

// change changes the state and tells those who wait for it.
func (c *Client) change(fn func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	fn()
	close(c.changed)
	c.changed = make(chan struct{})
}

// take answers an offer; the first one begins the subscribing connection.
func (c *Client) take(offer protocol.Offer) error {
	theirs, err := parse(offer.SDP)
	if err != nil {
		return err
	}
	first := c.sub == nil
	if first {
		if c.sub, err = newEnd(c.loop, c.cfg.Identity); err != nil {
			return err
		}
	}
	if err := c.arrange(theirs); err != nil {
		return err
	}
	answer := protocol.Answer{Generation: offer.Generation, SDP: c.sub.ours.answer(theirs)}
	if err := c.wire.Send(c.ctx, protocol.TypeAnswer, c.nextID(), answer); err != nil {
		return err
	}
	if first {
		sub := c.sub
		c.wg.Go(func() {
			if err := sub.connect(c.ctx, c.cfg.Identity, theirs); err != nil && c.ctx.Err() == nil {
				c.change(func() { c.err = errors.Join(c.err, fmt.Errorf("subscribing connection: %w", err)) })
			}
		})
	}
	return nil
}

// arrange makes the sinks what an offer says.
func (c *Client) arrange(theirs *remote) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range theirs.sections {
		old := c.sinks[s.mid]
		ended := s.direction == "inactive" || s.ssrc == 0
		if old != nil && (ended || old.ssrc != s.ssrc) {
			old.Close()
			delete(c.sinks, s.mid)
			old = nil
		}
		if ended || old != nil {
			continue
		}
		kind := load.Video
		if s.kind == "audio" {
			kind = load.Audio
		}
		sink, err := c.sub.peer.NewSink(kind, s.ssrc, c.began)
		if err != nil {
			return err
		}
		c.sinks[s.mid] = &Track{Sink: sink, Kind: kind, ssrc: s.ssrc}
	}
	close(c.changed)
	c.changed = make(chan struct{})
	return nil
}

// Tracks returns what is received now, how many streams there are of others, and what went wrong, and a channel that is closed when any of that changes.
func (c *Client) Tracks() (tracks []*Track, streams []protocol.StreamID, changed <-chan struct{}, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, t := range c.sinks {
		tracks = append(tracks, t)
	}
	return tracks, append([]protocol.StreamID(nil), c.streams...), c.changed, c.err
}

// Want subscribes to a stream's tracks. Errors of the server come out of Tracks.
func (c *Client) Want(ctx context.Context, id protocol.StreamID) error {
	return c.wire.Send(ctx, protocol.TypeSubscribe, c.nextID(), protocol.Subscribe{StreamID: id, Audio: true, Video: true})
}

// Leave ends the connection and waits for its goroutines. It is to be called once.
func (c *Client) Leave() {
	if c.wire != nil {
		// The server ends the wire for it, and the reader with it.
		_ = c.wire.Send(c.ctx, protocol.TypeBye, c.nextID(), struct{}{})
	}
	c.stop()
	c.wg.Wait()
	if c.wire != nil {
		c.wire.CloseNow()
	}
	for _, e := range []*end{c.pub, c.sub} {
		if e != nil {
			e.close()
		}
	}
}
