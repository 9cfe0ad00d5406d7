package rtc

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"parley/rtc/protocol"
)

// maxHeld bounds the signals that wait for the wire to come back. Full means that a further one is refused with ErrTooManySignals.
const maxHeld = 100

// ErrTooManySignals means that a signal was not sent, because as many as there may be wait already for the connection to come back.
var ErrTooManySignals = errors.New("too many signals wait for the connection")

// SignalOption changes how Session.Signal works.
type SignalOption int

// NoRetry makes Session.Signal give up with ErrClosed when the wire is lost, or breaks before the answer. It is what retryAfterReconnect: false is in the
// Vonage API.
const NoRetry SignalOption = 1

// outbox keeps the signals that have had no answer, in the order of their sending, and sends them again over the next wire. It is safe for concurrent
// use.
type outbox struct {
	mu     sync.Mutex
	call   *call       // nil while there is none
	list   []*outgoing // of which, without a call, at most maxHeld
	closed bool
}

// outgoing is a signal on its way.
type outgoing struct {
	signal protocol.Signal
	once   bool
	answer chan protocol.Message // of one slot
	failed chan error            // likewise

	// of the outbox
	by   *call  // that it was sent on; nil: not sent
	id   uint64 // there
	late *time.Timer
}

// Signal sends an application message, and returns once it has its place in the session's order. One that is sent while reconnecting, or that has no
// answer when the wire breaks, is sent again after it and delivered once, unless NoRetry says otherwise: up to a hundred wait. ctx bounds the wait. Where the
// session was joined anew because the server had forgotten the connection, a signal whose answer was lost may be delivered a second time.
func (s *Session) Signal(ctx context.Context, sig protocol.Signal, options ...SignalOption) (protocol.SignalReply, error) {
	var reply protocol.SignalReply
	if sig.Key == "" {
		sig.Key = rand.Text()
	}
	o := &outgoing{signal: sig, once: slices.Contains(options, NoRetry), answer: make(chan protocol.Message, 1), failed: make(chan error, 1)}
	if err := s.outbox.add(o); err != nil {
		return reply, fmt.Errorf("%s: %w", protocol.TypeSignal, err)
	}
	defer s.outbox.remove(o)
	select {
	case msg := <-o.answer:
		return reply, result(protocol.TypeSignal, msg, &reply)
	case err := <-o.failed:
		return reply, fmt.Errorf("%s: %w", protocol.TypeSignal, err)
	case <-ctx.Done():
		return reply, fmt.Errorf("%s: %w", protocol.TypeSignal, ctx.Err())
	}
}

// add takes a signal, and sends it if there is a call.
func (b *outbox) add(o *outgoing) error {
	b.mu.Lock()
	switch {
	case b.closed, b.call == nil && o.once:
		b.mu.Unlock()
		return ErrClosed
	case b.call == nil && len(b.list) >= maxHeld:
		b.mu.Unlock()
		return ErrTooManySignals
	}
	b.list = append(b.list, o)
	if b.call == nil {
		b.mu.Unlock()
		return nil
	}
	send := o.prepare(b.call)
	b.mu.Unlock()
	send()
	return nil
}

// prepare makes o one of c's requests, and returns what sends it.
func (o *outgoing) prepare(c *call) (send func()) {
	id := c.number(o.answer)
	o.by, o.id = c, id
	o.late = time.AfterFunc(requestTimeout, func() { o.fail(context.DeadlineExceeded) })
	return func() { _ = c.wire.Send(c.ctx, protocol.TypeSignal, id, o.signal) } // an error is the wire's end, and after that it is sent again
}

// fail ends the wait for an answer.
func (o *outgoing) fail(err error) {
	select {
	case o.failed <- err:
	default: // it failed already
	}
}

// rest lets o wait for the next call.
func (o *outgoing) rest() {
	if o.by != nil {
		o.late.Stop()
		o.by.forget(o.id)
		o.by = nil
	}
}

// remove takes out a signal that nobody waits for any more.
func (b *outbox) remove(o *outgoing) {
	b.mu.Lock()
	defer b.mu.Unlock()
	o.rest()
	b.list = slices.DeleteFunc(b.list, func(x *outgoing) bool { return x == o })
}

// open sends what waits, in its order, and lets c have what follows.
func (b *outbox) open(c *call) {
	for {
		b.mu.Lock()
		at := slices.IndexFunc(b.list, func(o *outgoing) bool { return o.by == nil })
		if at < 0 {
			b.call = c
			b.mu.Unlock()
			return
		}
		send := b.list[at].prepare(c)
		b.mu.Unlock()
		send()
	}
}

// hold keeps what has no answer for the next call.
func (b *outbox) hold() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.call = nil
	held := 0
	for _, o := range b.list {
		o.rest()
		if o.once {
			o.fail(ErrClosed)
		} else if held++; held > maxHeld {
			o.fail(ErrTooManySignals)
		}
	}
}

// close ends all waiting.
func (b *outbox) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.call, b.closed = nil, true
	for _, o := range b.list {
		o.rest()
		o.fail(ErrClosed)
	}
}
