package rtc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"parley/rtc/peer"
	"parley/rtc/protocol"
	"parley/rtc/wire"
)

// ErrClosed means that the session has ended, or that its wire broke before an answer came.
var ErrClosed = errors.New("session closed")

// pingEvery is the interval of pings, and how long their answers may take.
const pingEvery = 5 * time.Second

// requestTimeout bounds the wait for an answer.
const requestTimeout = 10 * time.Second

// call is one connection to the server: a wire and two PeerConnections. A session has one at a time.
type call struct {
	session *Session
	wire    *wire.Wire
	pub     *peer.Publishing
	sub     *peer.Subscribing

	ctx   context.Context // ends when the call does
	end   context.CancelCauseFunc
	parts sync.WaitGroup
	begun chan struct{} // closed by begin

	said    []protocol.StreamSource // what hello published
	welcome protocol.Welcome

	mu      sync.Mutex
	nextID  uint64
	pending map[uint64]chan protocol.Message
}

// open connects, says hello with what the session publishes, and waits for the welcome. What comes after it waits for begin.
func (s *Session) open(ctx context.Context, token string) (*call, error) {
	c := &call{session: s, nextID: 1, begun: make(chan struct{}), pending: map[uint64]chan protocol.Message{}}
	c.ctx, c.end = context.WithCancelCause(context.Background())
	err := c.connect(ctx, token)
	if err != nil {
		c.close(err)
		return nil, err
	}
	return c, nil
}

// begin makes c the session's call. first tells of it, before anything that happens in it.
func (c *call) begin(first Event) {
	c.session.setCall(c)
	c.session.events.put(first)
	close(c.begun)
	c.parts.Go(c.read)
	c.parts.Go(c.catchUp)
	c.parts.Go(func() {
		if err := c.wire.KeepAlive(c.ctx, pingEvery); err != nil {
			c.end(err)
		}
	})
}

// catchUp tells the server what changed of what is published while hello was under way.
func (c *call) catchUp() {
	now := []protocol.StreamSource{}
	for _, p := range c.session.Publishers() {
		now = append(now, p.source())
	}
	if slices.Equal(now, c.said) {
		return
	}
	if err := c.session.negotiate(c.ctx); err != nil && c.ctx.Err() == nil {
		c.session.log.Warn("publish again", "error", err)
	}
}

func (c *call) connect(ctx context.Context, token string) error {
	s := c.session
	lost := func() { c.end(errMediaLost) }
	var err error
	if c.sub, err = s.api.NewSubscribing(lost, c.started); err != nil {
		return err
	}
	if c.pub, err = s.api.NewPublishing(lost); err != nil {
		return err
	}
	if c.wire, err = wire.Dial(ctx, s.url, maxMessage, s.opt.HTTPClient); err != nil {
		return err
	}
	hello := protocol.Hello{Versions: protocol.Versions(), Token: token, Client: s.opt.Client, Name: s.opt.Name, Subscribe: s.opt.Subscribe}
	publish, err := s.publishAll(c)
	if err != nil {
		return err
	}
	if hello.Publish = publish; publish != nil {
		c.said = publish.Streams
	}
	if err := c.wire.Send(ctx, protocol.TypeHello, 1, hello); err != nil {
		return err
	}
	msg, err := c.wire.Recv(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return err
	}
	if msg.Type == protocol.TypeError {
		return fmt.Errorf("connect: %w", errorOf(msg))
	}
	if msg.Type != protocol.TypeWelcome || json.Unmarshal(msg.Data, &c.welcome) != nil {
		return fmt.Errorf("connect: %w", protocol.Errorf(protocol.CodeMalformed, "The server's first message is no welcome."))
	}
	return c.settle()
}

// settle applies the media part of the welcome.
func (c *call) settle() error {
	if p := c.welcome.Published; p != nil {
		if err := c.pub.Answer(p.SDP); err != nil {
			return err
		}
		c.session.assign(p)
	}
	if c.welcome.PublishError != nil {
		c.session.log.Warn("publish refused", "error", c.welcome.PublishError)
	}
	if o := c.welcome.Offer; o != nil {
		return c.answer(o)
	}
	return nil
}

// answer answers an offer. The reply is not waited for: a refusal would only repeat what the next offer says.
func (c *call) answer(o *protocol.Offer) error {
	sdp, err := c.sub.Answer(o.SDP)
	if err != nil {
		return err
	}
	c.mu.Lock()
	c.nextID++
	id := c.nextID
	c.mu.Unlock()
	ctx, cancel := context.WithTimeout(c.ctx, requestTimeout)
	defer cancel()
	return c.wire.Send(ctx, protocol.TypeAnswer, id, protocol.Answer{Generation: o.Generation, SDP: sdp})
}

// started takes a track that began to flow.
func (c *call) started(t *peer.RemoteTrack) {
	track := &Track{remote: t, StreamID: protocol.StreamID(t.StreamID()), Kind: protocol.KindAudio}
	if t.Video() {
		track.Kind = protocol.KindVideo
	}
	select {
	case <-c.begun:
	case <-c.ctx.Done():
		return
	}
	c.session.events.put(TrackStarted{track})
}

// read takes messages until the wire ends. It is the only reader.
func (c *call) read() {
	for {
		msg, err := c.wire.Recv(c.ctx)
		switch {
		case errors.Is(err, protocol.ErrMalformed):
			c.session.log.Warn("malformed message from the server", "error", err)
		case err != nil:
			c.end(err)
			return
		default:
			if err := c.take(msg); err != nil {
				c.end(err)
				return
			}
		}
	}
}

// take handles one message. An error ends the call.
func (c *call) take(msg protocol.Message) error {
	switch msg.Type {
	case protocol.TypeReply, protocol.TypeError:
		c.mu.Lock()
		waiting := c.pending[msg.ID]
		delete(c.pending, msg.ID)
		c.mu.Unlock()
		switch {
		case waiting != nil:
			waiting <- msg // has room for one
		case msg.Type == protocol.TypeError && msg.ID == 0:
			c.session.log.Warn("error from the server", "error", errorOf(msg))
		}
	case protocol.TypeOffer:
		var o protocol.Offer
		if err := json.Unmarshal(msg.Data, &o); err != nil {
			return fmt.Errorf("offer: %w", err)
		}
		return c.answer(&o)
	case protocol.TypeEvent:
		var ev protocol.Event
		if err := json.Unmarshal(msg.Data, &ev); err != nil {
			return fmt.Errorf("event: %w", err)
		}
		if ev.Name == protocol.SessionDisconnected {
			return &disconnected{ev.Reason}
		}
		if ev.Name == protocol.StreamDestroyed && ev.Stream != nil {
			c.session.ended(ev.Stream.ID)
		}
		if !c.session.events.put(Happened{ev}) {
			return protocol.Errorf(protocol.CodeTooSlow, "The program does not take the session's events.")
		}
	}
	return nil // types of newer servers are ignored
}

// disconnected is how the server's last word ends a call.
type disconnected struct{ reason protocol.Reason }

func (d *disconnected) Error() string { return "the server ended the connection: " + string(d.reason) }

// errorOf reads an error message.
func errorOf(msg protocol.Message) *protocol.ErrorBody {
	var body protocol.ErrorBody
	if err := json.Unmarshal(msg.Data, &body); err != nil || body.Code == "" {
		return protocol.Errorf(protocol.CodeMalformed, "The server sent an error without a code.")
	}
	return &body
}

// request sends a request and waits for its answer, decoded into out unless that is nil.
func (c *call) request(ctx context.Context, kind protocol.MessageType, data, out any) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	answer := make(chan protocol.Message, 1)
	c.mu.Lock()
	c.nextID++
	id := c.nextID
	c.pending[id] = answer
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		delete(c.pending, id)
		c.mu.Unlock()
	}()
	// Sent under the call's context: one that ended in a write would break the wire.
	if err := c.wire.Send(c.ctx, kind, id, data); err != nil {
		return fmt.Errorf("%s: %w", kind, errors.Join(ErrClosed, err))
	}
	select {
	case msg := <-answer:
		if msg.Type == protocol.TypeError {
			return fmt.Errorf("%s: %w", kind, errorOf(msg))
		}
		if out == nil {
			return nil
		}
		if err := json.Unmarshal(msg.Data, out); err != nil {
			return fmt.Errorf("%s: %w", kind, err)
		}
		return nil
	case <-c.ctx.Done():
		return fmt.Errorf("%s: %w", kind, ErrClosed)
	case <-ctx.Done():
		return fmt.Errorf("%s: %w", kind, ctx.Err())
	}
}

// close ends the call and waits for what runs. A nil cause says goodbye first.
func (c *call) close(cause error) {
	if cause == nil && c.wire != nil && c.ctx.Err() == nil {
		bye, cancel := context.WithTimeout(c.ctx, time.Second)
		_ = c.wire.Send(bye, protocol.TypeBye, 0, struct{}{}) // the close says it too
		cancel()
	}
	c.mu.Lock()
	c.end(ErrClosed)
	c.mu.Unlock()
	if c.wire != nil {
		if cause == nil {
			_ = c.wire.Close()
		}
		c.wire.CloseNow()
	}
	c.parts.Wait()
	if c.pub != nil {
		c.logClose(c.pub.Close())
	}
	if c.sub != nil {
		c.logClose(c.sub.Close())
	}
}

func (c *call) logClose(err error) {
	if err != nil {
		c.session.log.Debug("close", "error", err)
	}
}
