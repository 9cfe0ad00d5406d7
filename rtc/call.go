package rtc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"parley/rtc/protocol"
	"parley/rtc/wire"
)

// ErrClosed means that the session has ended, or that its wire broke before an answer came.
var ErrClosed = errors.New("session closed")

// errNotTaken ends the session of a program that does not range over Events.
var errNotTaken = protocol.Errorf(protocol.CodeTooSlow, "The program does not take the session's events.")

// call is the session over one wire, from hello to the wire's end. A session has one at a time.
type call struct {
	session *Session
	wire    *wire.Wire
	media   *media

	ctx   context.Context // ends when the call does
	end   context.CancelCauseFunc
	parts sync.WaitGroup

	welcome protocol.Welcome
	ended   []protocol.Stream // own ones that ended while there was no wire

	mu      sync.Mutex
	nextID  uint64
	pending map[uint64]chan<- protocol.Message
}

// begin makes c the session's call. first tells of it; then come the events that were missed, and what happens in it.
func (c *call) begin(first Event, missed []protocol.Event) {
	s := c.session
	if c.welcome.Resumed == nil {
		s.roster.enter(&c.welcome)
	}
	s.setCall(c)
	s.events.put(first)
	for _, ev := range missed {
		if !s.happened(ev) {
			c.end(errNotTaken)
		}
	}
	s.roster.enter(&c.welcome)
	c.media.begin()
	c.parts.Go(c.read)
	c.parts.Go(c.mend)
	c.parts.Go(c.catchUp)
	c.parts.Go(func() { s.outbox.open(c) })
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
			select {
			case waiting <- msg:
			default: // a signal that was sent twice has its answer already
			}
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
		if !c.session.happened(ev) {
			return errNotTaken
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

// answer answers an offer. The reply is not waited for: a refusal would only repeat what the next offer says.
func (c *call) answer(o *protocol.Offer) error {
	sdp, err := c.media.sub.Answer(o.SDP)
	if err != nil {
		c.media.spoiled.Store(true)
		return err
	}
	ctx, cancel := context.WithTimeout(c.ctx, requestTimeout)
	defer cancel()
	return c.wire.Send(ctx, protocol.TypeAnswer, c.number(nil), protocol.Answer{Generation: o.Generation, SDP: sdp})
}

// number gives a request its id. Its answer goes to answer, which has room for one; nil is for those that nobody waits for.
func (c *call) number(answer chan<- protocol.Message) uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.nextID++
	if answer != nil {
		c.pending[c.nextID] = answer
	}
	return c.nextID
}

// forget gives up waiting for an answer.
func (c *call) forget(id uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.pending, id)
}

// request sends a request and waits for its answer, decoded into out unless that is nil.
func (c *call) request(ctx context.Context, kind protocol.MessageType, data, out any) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	answer := make(chan protocol.Message, 1)
	id := c.number(answer)
	defer c.forget(id)
	// Sent under the call's context: one that ended in a write would break the wire.
	if err := c.wire.Send(c.ctx, kind, id, data); err != nil {
		c.end(err)
		return fmt.Errorf("%s: %w", kind, errors.Join(ErrClosed, err))
	}
	select {
	case msg := <-answer:
		return result(kind, msg, out)
	case <-c.ctx.Done():
		select {
		case msg := <-answer: // it came just before the end
			return result(kind, msg, out)
		default:
			return fmt.Errorf("%s: %w", kind, ErrClosed)
		}
	case <-ctx.Done():
		return fmt.Errorf("%s: %w", kind, ctx.Err())
	}
}

// result reads the answer to a request.
func result(kind protocol.MessageType, msg protocol.Message, out any) error {
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
}

// close ends the call and waits for what runs; its media stay. A nil cause says goodbye first.
func (c *call) close(cause error) {
	if cause == nil && c.wire != nil && c.ctx.Err() == nil {
		c.leave()
	}
	c.end(ErrClosed)
	if c.wire != nil {
		c.wire.CloseNow()
	}
	c.parts.Wait()
}

// leave says goodbye and lets the server close the wire: broken off at once, the goodbye could get lost, and the connection would be kept for its return.
// Somebody must be in Recv.
func (c *call) leave() {
	ctx, cancel := context.WithTimeout(c.ctx, byeTimeout)
	defer cancel()
	late := context.AfterFunc(ctx, c.wire.CloseNow)
	defer late()
	_ = c.wire.Send(ctx, protocol.TypeBye, 0, struct{}{})
	_ = c.wire.Close() // an error is a wire that is gone anyway
}
