package controller

import (
	"context"
	"errors"
	"sync"
	"time"

	"parley/rtc"
	"parley/rtc/protocol"
)

// target is where a call goes: an invite, or a server with a token.
type target struct {
	link   rtc.Link
	ticket *ticket // of the link
	server string
	token  string
}

// meeting names the target for people.
func (t target) meeting() string {
	if t.server != "" {
		return t.server
	}
	return t.link.Host
}

// answerWithin bounds the wait for the server. How long a moderator takes to admit somebody is bounded by patience alone.
const answerWithin = 20 * time.Second

// connect redeems the invite if that is needed, and connects; it waits for admission until ctx ends.
func (t target) connect(ctx context.Context, name string, opt rtc.Options) (*rtc.Session, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	late := time.AfterFunc(answerWithin, func() { cancel(context.DeadlineExceeded) })
	defer late.Stop()
	waiting := opt.Waiting
	opt.Waiting = func(w protocol.Waiting) {
		late.Stop()
		waiting(w)
	}
	s, err := t.open(ctx, name, opt)
	if err != nil && ctx.Err() != nil {
		err = errors.Join(context.Cause(ctx), err)
	}
	return s, err
}

func (t target) open(ctx context.Context, name string, opt rtc.Options) (*rtc.Session, error) {
	if t.server != "" {
		return rtc.Connect(ctx, t.server, t.token, opt)
	}
	opt.Renew = func(ctx context.Context, last error) (string, error) {
		if rtc.TokenRefused(last) {
			t.ticket.forget()
		}
		return t.ticket.redeem(ctx, t.link, name)
	}
	var err error
	for range 2 { // a token of an earlier stay may have expired
		var token string
		if token, err = opt.Renew(ctx, err); err != nil {
			return nil, err
		}
		var s *rtc.Session
		if s, err = t.link.Connect(ctx, token, opt); err == nil || !rtc.TokenRefused(err) {
			return s, err
		}
	}
	return nil, err
}

// ticket is the token that an invite was exchanged for. Until the server refuses it, coming back costs no use of the invite.
type ticket struct {
	mu          sync.Mutex
	token, name string
}

// redeem returns the token, exchanged for the invite if there is none for this name.
func (k *ticket) redeem(ctx context.Context, link rtc.Link, name string) (string, error) {
	k.mu.Lock()
	token, good := k.token, k.token != "" && k.name == name
	k.mu.Unlock()
	if good {
		return token, nil
	}
	reply, err := link.Redeem(ctx, name, nil)
	if err != nil {
		return "", err
	}
	k.mu.Lock()
	k.token, k.name = reply.Token, name
	k.mu.Unlock()
	return reply.Token, nil
}

func (k *ticket) forget() {
	k.mu.Lock()
	k.token = ""
	k.mu.Unlock()
}
