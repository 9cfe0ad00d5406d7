package session

import (
	"context"
	"encoding/json"

	"github.com/google/uuid"

	"parley/rtc/protocol"
)

// nothing is the data of a reply that says only that it is done.
type nothing struct{}

// Request handles one message of the client and answers it: a reply or an error with the message's id goes to the client, in
// order with the events. It returns false when the connection is over.
func (m *Member) Request(ctx context.Context, msg protocol.Message) bool {
	handle, body := m.parse(msg)
	alive := true
	err := m.session.do(ctx, func() {
		if m.gone {
			alive = false
			return
		}
		var reply any = nothing{}
		if body == nil {
			reply, body = handle()
		}
		var encoded []byte
		if body != nil {
			encoded = protocol.Encode(protocol.TypeError, msg.ID, body)
		} else {
			encoded = protocol.Encode(protocol.TypeReply, msg.ID, reply)
		}
		if !m.client.Send(encoded) {
			m.session.remove(m, protocol.ReasonNetworkDisconnected)
		}
		alive = !m.gone
	})
	return err == nil && alive
}

// handler does a request in the loop.
type handler func() (reply any, body *protocol.ErrorBody)

// parse decodes and checks a request outside the loop.
func (m *Member) parse(msg protocol.Message) (handler, *protocol.ErrorBody) {
	s, l := m.session, m.session.manager.cfg.Limits
	switch msg.Type {
	case protocol.TypePublish:
		return with(msg, func(p *protocol.Publish) *protocol.ErrorBody { return p.Validate(l) }, func(p *protocol.Publish) (any, *protocol.ErrorBody) {
			published, body := s.publish(m, *p)
			return published, body
		})
	case protocol.TypeUpdate:
		return with(msg, (*protocol.Update).Validate, func(u *protocol.Update) (any, *protocol.ErrorBody) { return nothing{}, s.update(m, *u) })
	case protocol.TypeSubscribe:
		return with(msg, nil, func(r *protocol.Subscribe) (any, *protocol.ErrorBody) { return nothing{}, s.subscribe(m, *r) })
	case protocol.TypeUnsubscribe:
		return with(msg, nil, func(r *protocol.Unsubscribe) (any, *protocol.ErrorBody) {
			return nothing{}, s.subscribe(m, protocol.Subscribe{StreamID: r.StreamID})
		})
	case protocol.TypeAnswer:
		return with(msg, nil, func(a *protocol.Answer) (any, *protocol.ErrorBody) {
			return nothing{}, s.sendOffer(m, func() (*protocol.Offer, error) { return m.leg.Answer(*a) })
		})
	case protocol.TypeRestart:
		return with(msg, nil, func(*protocol.Restart) (any, *protocol.ErrorBody) { return nothing{}, s.sendOffer(m, m.leg.Restart) })
	case protocol.TypeSignal:
		return with(msg, func(p *protocol.Signal) *protocol.ErrorBody { return p.Validate(l) }, func(p *protocol.Signal) (any, *protocol.ErrorBody) {
			reply, body := s.signal(m, *p)
			return reply, body
		})
	case protocol.TypeForceMute:
		return with(msg, nil, func(r *protocol.ForceMute) (any, *protocol.ErrorBody) { return nothing{}, s.forceMute(m, *r) })
	case protocol.TypeUnpublish:
		return with(msg, nil, func(r *protocol.ForceUnpublish) (any, *protocol.ErrorBody) { return nothing{}, s.forceUnpublish(m, *r) })
	case protocol.TypeDisconnect:
		return with(msg, nil, func(r *protocol.ForceDisconnect) (any, *protocol.ErrorBody) {
			return nothing{}, s.forceDisconnect(m, *r)
		})
	}
	return nil, protocol.Errorf(protocol.CodeUnknownType, "There is no request %.40q.", msg.Type)
}

// with decodes a request's data and checks it.
func with[T any](msg protocol.Message, check func(*T) *protocol.ErrorBody, do func(*T) (any, *protocol.ErrorBody)) (handler, *protocol.ErrorBody) {
	data := new(T)
	if len(msg.Data) > 0 {
		if err := json.Unmarshal(msg.Data, data); err != nil {
			return nil, protocol.Errorf(protocol.CodeMalformed, "The data of %s does not have its shape: %v.", msg.Type, err)
		}
	}
	if check != nil {
		if body := check(data); body != nil {
			return nil, body
		}
	}
	return func() (any, *protocol.ErrorBody) { return do(data) }, nil
}

// forbidden is the answer to who lacks a right.
func forbidden(right string) *protocol.ErrorBody {
	return protocol.Errorf(protocol.CodeForbidden, "The token's role does not allow to %s.", right)
}

func (s *Session) subscribe(m *Member, r protocol.Subscribe) *protocol.ErrorBody {
	st := s.stream(r.StreamID)
	switch {
	case !m.caps.Subscribe:
		return forbidden("subscribe")
	case st == nil:
		return protocol.Errorf(protocol.CodeStreamUnknown, "There is no such stream.")
	case r.Audio || r.Video:
		m.wants[st.ID] = want{audio: r.Audio, video: r.Video}
	default:
		delete(m.wants, st.ID)
	}
	return s.sendOffer(m, func() (*protocol.Offer, error) { return m.leg.Subscribe(s.tracksFor(m)) })
}

// signal delivers a member's signal.
func (s *Session) signal(m *Member, p protocol.Signal) (*protocol.SignalReply, *protocol.ErrorBody) {
	if !m.caps.Signal {
		return nil, forbidden("signal")
	}
	return s.deliver(p, m.conn)
}

// deliver sends a signal on; from without an id is the server's API. A chat line is kept before anybody sees it, so what was seen survives a restart.
func (s *Session) deliver(p protocol.Signal, from protocol.Connection) (*protocol.SignalReply, *protocol.ErrorBody) {
	if p.To != "" && s.member(p.To) == nil {
		return nil, protocol.Errorf(protocol.CodeConnectionUnknown, "There is no such connection.")
	}
	msg := protocol.SignalMessage{ID: uuid.NewString(), Type: p.Type, Data: p.Data, From: from.ID, Name: from.Name, To: p.To, Time: s.now()}
	if p.Type == ChatType && p.To == "" {
		line := protocol.ChatLine{ID: msg.ID, From: msg.From, Name: msg.Name, Text: msg.Data, Time: msg.Time}
		if err := s.manager.cfg.Store.AppendChat(context.Background(), s.id, line); err != nil {
			s.log.Error("keep chat line", "connection", from.ID, "error", err)
			return nil, protocol.Errorf(protocol.CodeStoreFailed, "The server could not keep the line; nobody has seen it.")
		}
		s.chat = append(s.chat, line)
		s.trimChat()
	}
	s.emit(protocol.Event{Name: protocol.SignalReceived, Signal: &msg}, func(to *Member) bool {
		return to.caps.Signal && (p.To == "" || to.conn.ID == p.To)
	})
	return &protocol.SignalReply{SignalID: msg.ID, Time: msg.Time}, nil
}

// ChatType is the type of the signals that are chat.
const ChatType = "chat"

func (s *Session) forceMute(m *Member, r protocol.ForceMute) *protocol.ErrorBody {
	if !m.caps.ForceMute {
		return forbidden("mute others")
	}
	if r.StreamID != "" {
		return s.muteStream(r.StreamID)
	}
	s.mutePresent(r.Excluded)
	return nil
}

func (s *Session) forceUnpublish(m *Member, r protocol.ForceUnpublish) *protocol.ErrorBody {
	st := s.stream(r.StreamID)
	switch {
	case !m.caps.ForceUnpublish:
		return forbidden("end others' streams")
	case st == nil:
		return protocol.Errorf(protocol.CodeStreamUnknown, "There is no such stream.")
	}
	st.owner.leg.Drop([]TrackID{{st.ID, protocol.KindAudio}, {st.ID, protocol.KindVideo}})
	s.endStream(st, protocol.ReasonForceUnpublished)
	s.updateSubscriptions()
	return nil
}

func (s *Session) forceDisconnect(m *Member, r protocol.ForceDisconnect) *protocol.ErrorBody {
	if !m.caps.ForceDisconnect {
		return forbidden("remove others")
	}
	return s.disconnect(r.ConnectionID)
}

// disconnect takes a connection out against its will.
func (s *Session) disconnect(id protocol.ConnectionID) *protocol.ErrorBody {
	target := s.member(id)
	if target == nil {
		return protocol.Errorf(protocol.CodeConnectionUnknown, "There is no such connection.")
	}
	s.emit(protocol.Event{Name: protocol.SessionDisconnected, Reason: protocol.ReasonForceDisconnected}, only(target))
	s.remove(target, protocol.ReasonForceDisconnected)
	return nil
}
