package rtc

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"parley/rtc/protocol"
)

// ErrMediaLost is why a session reconnects whose media path was lost and could not be mended, though its wire lives.
var ErrMediaLost = errors.New("the media path was lost")

// timing is how long things may take; 0 is the default.
type timing struct {
	ping    time.Duration // between pings, and for their answers
	restart time.Duration // for new ICE credentials to bring a path back
}

func (o *Options) times() timing {
	t := o.timing
	if t.ping == 0 {
		t.ping = 5 * time.Second
	}
	if t.restart == 0 {
		t.restart = 8 * time.Second
	}
	return t
}

// Bounds of the wait between attempts to connect again, and of the wait for the server to take the connection in each.
const (
	firstRetry  = 200 * time.Millisecond
	lastRetry   = 5 * time.Second
	dialTimeout = 5 * time.Second
)

// connect opens the first wire. A failure is final, unless the client was waiting for admission.
func (s *Session) connect(ctx context.Context) (*call, error) {
	waited := false
	c, err := s.open(ctx, opening{token: s.token, dial: requestTimeout, waiting: func(w protocol.Waiting) {
		waited = true
		s.waits(w)
	}})
	if err == nil || !waited || permanent(err) || s.opt.ReconnectFor < 0 || ctx.Err() != nil {
		return c, err
	}
	return s.reopen(ctx, nil, nil)
}

// waits tells the program that it waits for admission.
func (s *Session) waits(w protocol.Waiting) {
	if s.opt.Waiting != nil {
		s.opt.Waiting(w)
	}
}

// run watches over the calls, one after the other.
func (s *Session) run(c *call) {
	defer close(s.done)
	for c != nil {
		select {
		case <-s.ctx.Done():
		case <-c.ctx.Done():
		}
		c = s.next(c)
	}
}

// next follows the end of a call: by the next one, or by the end of the session.
func (s *Session) next(c *call) *call {
	if s.ctx.Err() != nil && c.ctx.Err() == nil {
		s.setCall(nil)
		c.close(nil)
		c.media.close()
		s.finish(protocol.ReasonClientDisconnected, nil)
		return nil
	}
	cause := context.Cause(c.ctx)
	s.setCall(nil)
	c.close(cause)
	s.outbox.hold()
	if reason, final := s.isFinal(cause); final {
		c.media.close()
		s.finish(reason, cause)
		return nil
	}
	s.events.put(SessionReconnecting{cause})
	next, err := s.reopen(s.ctx, s.resumable(c), s.reusable(c, cause))
	if err != nil {
		reason := protocol.ReasonNetworkDisconnected
		if s.ctx.Err() != nil {
			reason, err = protocol.ReasonClientDisconnected, nil
		}
		s.finish(reason, err)
		return nil
	}
	var missed []protocol.Event
	if next.welcome.Resumed != nil {
		missed = s.roster.since(&next.welcome, next.ended)
	}
	next.begin(SessionReconnected{Welcome: next.welcome, Resumed: next.welcome.Resumed != nil}, missed)
	return next
}

// finish ends the session for those who wait and those who listen.
func (s *Session) finish(reason protocol.Reason, err error) {
	s.cancel()
	s.outbox.close()
	s.events.close(SessionDisconnected{Reason: reason, Err: err})
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

// resumable returns what the next hello says of the connection; nil when the server offers no resuming.
func (s *Session) resumable(c *call) *protocol.Resume {
	w := &c.welcome
	if w.ResumeToken == "" {
		return nil
	}
	return &protocol.Resume{SessionID: w.SessionID, ConnectionID: w.You.ID, Token: w.ResumeToken, Seq: s.roster.last()}
}

// reusable returns a call's media if they can go on in the next call, and closes them if not.
func (s *Session) reusable(c *call, cause error) *media {
	var d *disconnected // the server goes down, and its ends of the paths with it
	if c.welcome.ResumeToken == "" || errors.Is(cause, ErrMediaLost) || errors.As(cause, &d) {
		c.media.close()
		return nil
	}
	return c.media
}

// reopen tries to connect again until it works, the server refuses for good, or the time is over. Waiting for admission takes none of it. kept media that
// are not taken over are closed.
func (s *Session) reopen(ctx context.Context, resume *protocol.Resume, kept *media) (c *call, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	giveUp := time.AfterFunc(s.opt.ReconnectFor, func() { cancel(context.DeadlineExceeded) })
	defer giveUp.Stop()
	defer func() {
		if kept != nil && (c == nil || c.media != kept) {
			kept.close()
		}
	}()
	wait := firstRetry
	timer := time.NewTimer(0)
	defer timer.Stop()
	renewed := false // the last token was refused, and this one is another
	for {
		select {
		case <-timer.C:
		case <-ctx.Done():
			return nil, errors.Join(err, context.Cause(ctx))
		}
		if kept != nil && !kept.good() {
			kept.close()
			kept = nil
		}
		waited := false
		c, err = s.attempt(ctx, opening{token: s.token, resume: resume, kept: kept, dial: dialTimeout, waiting: func(w protocol.Waiting) {
			waited = true
			giveUp.Stop()
			s.waits(w)
		}})
		switch {
		case err == nil:
			return c, nil
		case waited && ctx.Err() == nil:
			giveUp.Reset(s.opt.ReconnectFor)
			wait, renewed = firstRetry, false
		}
		if TokenRefused(err) && s.opt.Renew != nil && !renewed {
			renewed, err = s.renew(ctx, err)
		}
		if permanent(err) {
			return nil, err
		}
		s.log.Debug("connect again", "error", err, "wait", wait)
		timer.Reset(wait/2 + rand.N(wait)) // jitter: a server that comes back is not met by all at once
		wait = min(2*wait, lastRetry)
	}
}

// attempt opens a wire, if the server answers in time.
func (s *Session) attempt(ctx context.Context, o opening) (*call, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	late := time.AfterFunc(requestTimeout, func() { cancel(context.DeadlineExceeded) })
	defer late.Stop()
	waiting := o.waiting
	o.waiting = func(w protocol.Waiting) {
		late.Stop()
		waiting(w)
	}
	return s.open(ctx, o)
}

// renew gets another token. It reports whether there is one, or why not.
func (s *Session) renew(ctx context.Context, last error) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	token, err := s.opt.Renew(ctx, last)
	if err != nil {
		return false, err
	}
	s.token = token
	return true, nil
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
		protocol.CodeMediaFailed, protocol.CodeTooSlow, protocol.CodeNotFound,
		protocol.CodeWrongServer: // the login page of a network that was just entered, for one
		return false
	}
	return true
}
