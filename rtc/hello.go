package rtc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"parley/rtc/protocol"
	"parley/rtc/wire"
)

// opening is how a wire is opened.
type opening struct {
	token   string
	resume  *protocol.Resume       // nil: as a newcomer
	kept    *media                 // of the connection that is resumed; nil: new ones
	waiting func(protocol.Waiting) // hears that the client waits for admission
	dial    time.Duration          // bounds the connecting to the server
}

// open connects, says hello, and waits for the welcome, however long admission takes. What comes after the welcome waits for begin. On an error the
// kept media are as they were.
func (s *Session) open(ctx context.Context, o opening) (*call, error) {
	c := &call{session: s, media: o.kept, nextID: 1, pending: map[uint64]chan<- protocol.Message{}}
	c.ctx, c.end = context.WithCancelCause(context.Background())
	if err := c.connect(ctx, o); err != nil {
		c.close(err)
		if c.media != nil && c.media != o.kept {
			c.media.close()
		}
		return nil, err
	}
	return c, nil
}

func (c *call) connect(ctx context.Context, o opening) error {
	s := c.session
	hello := protocol.Hello{Versions: protocol.Versions(), Token: o.token, Client: s.opt.Client, Name: s.opt.Name, Subscribe: s.opt.Subscribe}
	if o.resume != nil {
		r := *o.resume
		r.KeepMedia = o.kept != nil
		hello.Resume = &r
	}
	if o.kept == nil {
		var err error
		if hello.Publish, err = c.renewMedia(ctx); err != nil {
			return err
		}
	}
	dial, cancel := context.WithTimeout(ctx, o.dial)
	defer cancel()
	var err error
	if c.wire, err = wire.Dial(dial, s.url, maxMessage, s.opt.HTTPClient); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { // who gives up says so: a moderator is not to admit somebody who has gone
		c.leave()
		c.end(context.Cause(ctx))
	})
	c.parts.Go(func() {
		if err := c.wire.KeepAlive(c.ctx, s.opt.times().ping); err != nil {
			c.end(err)
		}
	})
	err = c.greet(ctx, o, hello)
	if !stop() {
		return context.Cause(ctx)
	}
	return err
}

// greet says hello and takes the welcome.
func (c *call) greet(ctx context.Context, o opening, hello protocol.Hello) error {
	if err := c.wire.Send(c.ctx, protocol.TypeHello, 1, hello); err != nil {
		return c.failed(err)
	}
	if err := c.awaitWelcome(o.waiting); err != nil {
		return err
	}
	if o.kept != nil && c.welcome.Resumed == nil { // a newcomer after all
		c.media = nil
		if _, err := c.renewMedia(ctx); err != nil {
			return err
		}
	}
	return c.settle()
}

// renewMedia makes new PeerConnections, and what hello is to say of what is published on them; nil is nothing.
func (c *call) renewMedia(ctx context.Context) (*protocol.Publish, error) {
	var err error
	if c.media, err = c.session.newMedia(); err != nil {
		return nil, err
	}
	return c.session.publishAll(ctx, c.media)
}

// failed says why the wire failed: because the call was ended, or by itself.
func (c *call) failed(err error) error {
	if c.ctx.Err() != nil {
		return context.Cause(c.ctx)
	}
	return err
}

// awaitWelcome waits for the answer to hello.
func (c *call) awaitWelcome(waiting func(protocol.Waiting)) error {
	for {
		msg, err := c.wire.Recv(c.ctx)
		switch {
		case err != nil && errors.Is(err, protocol.ErrMalformed):
			return fmt.Errorf("hello: %w", protocol.Errorf(protocol.CodeMalformed, "The server's answer is malformed."))
		case err != nil:
			return c.failed(err)
		}
		switch msg.Type {
		case protocol.TypeError:
			return fmt.Errorf("hello: %w", errorOf(msg))
		case protocol.TypeWaiting:
			var w protocol.Waiting
			if err := json.Unmarshal(msg.Data, &w); err != nil {
				return fmt.Errorf("hello: %w", protocol.Errorf(protocol.CodeMalformed, "The server's answer is malformed."))
			}
			waiting(w)
		case protocol.TypeWelcome:
			if err := json.Unmarshal(msg.Data, &c.welcome); err != nil {
				return fmt.Errorf("hello: %w", protocol.Errorf(protocol.CodeMalformed, "The server's welcome is malformed."))
			}
			return nil
		default:
			return fmt.Errorf("hello: %w", protocol.Errorf(protocol.CodeMalformed, "The server's first message is no welcome."))
		}
	}
}

// settle applies the media part of the welcome.
func (c *call) settle() error {
	s, w := c.session, &c.welcome
	if w.Resumed == nil {
		s.forgetStreams()
	}
	if p := w.Published; p != nil {
		if err := c.media.pub.Answer(p.SDP); err != nil {
			return err
		}
	}
	switch {
	case w.Published != nil || w.PublishError != nil:
		c.media.unsure = false
		c.ended = s.assign(w.Published, w.PublishError, w.Resumed != nil)
	case w.Resumed != nil:
		c.ended = s.missing(w.Resumed.Streams)
	}
	if w.PublishError != nil {
		s.log.Warn("publish refused", "error", w.PublishError)
	}
	if o := w.Offer; o != nil {
		return c.answer(o)
	}
	return nil
}
