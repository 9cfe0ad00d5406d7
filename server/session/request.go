package session

import (
	"context"
	"encoding/json"

	"parley/rtc/protocol"
)

// nothing is the data of a reply that says only that it is done.
type nothing struct{}

// Request handles one message of the client and answers it: a reply or an error with the message's id goes to the client, in
// order with the events. It returns false when the wire holds the connection no more.
func (a *Attachment) Request(ctx context.Context, msg protocol.Message) bool {
	m := a.member
	s := m.session
	handle, body := m.parse(msg)
	alive := true
	err := s.do(ctx, func() {
		switch {
		case m.gone || m.client != a.client:
		case !m.in():
			m.sendError(msg.ID, protocol.Errorf(protocol.CodeWaiting, "You wait for admission to the session."))
		case body != nil:
			s.answer(m, msg.ID, nil, body)
		default:
			handle()
		}
		alive = !m.gone && m.client == a.client
	})
	return err == nil && alive
}

// answer answers a member's request.
func (s *Session) answer(m *Member, id uint64, reply any, body *protocol.ErrorBody) {
	encoded := protocol.Encode(protocol.TypeReply, id, reply)
	if body != nil {
		encoded = protocol.Encode(protocol.TypeError, id, body)
	}
	if !m.gone && !m.send(encoded) {
		s.cutSlow(m)
	}
}

// parse decodes and checks a request outside the loop. What it returns does the request and answers it, in the loop.
func (m *Member) parse(msg protocol.Message) (func(), *protocol.ErrorBody) {
	s, l := m.session, m.session.manager.cfg.Limits
	if msg.Type == protocol.TypeSignal {
		p, body := decode(msg, func(p *protocol.Signal) *protocol.ErrorBody { return p.Validate(l) })
		return func() { s.signal(m, msg.ID, *p) }, body
	}
	do, body := s.handler(m, msg)
	return func() {
		reply, body := do()
		s.answer(m, msg.ID, reply, body)
	}, body
}

// work does a request in the loop.
type work func() (reply any, body *protocol.ErrorBody)

// handler returns what a request asks for.
func (s *Session) handler(m *Member, msg protocol.Message) (work, *protocol.ErrorBody) {
	l := s.manager.cfg.Limits
	switch msg.Type {
	case protocol.TypePublish:
		p, body := decode(msg, func(p *protocol.Publish) *protocol.ErrorBody { return p.Validate(l) })
		return func() (any, *protocol.ErrorBody) {
			published, body := s.publish(m, *p)
			return published, body
		}, body
	case protocol.TypeUpdate:
		return with(msg, (*protocol.Update).Validate, func(u *protocol.Update) *protocol.ErrorBody { return s.update(m, *u) })
	case protocol.TypeSubscribe:
		return with(msg, nil, func(r *protocol.Subscribe) *protocol.ErrorBody { return s.subscribe(m, *r) })
	case protocol.TypeUnsubscribe:
		return with(msg, nil, func(r *protocol.Unsubscribe) *protocol.ErrorBody {
			return s.subscribe(m, protocol.Subscribe{StreamID: r.StreamID})
		})
	case protocol.TypeAnswer:
		return with(msg, nil, func(a *protocol.Answer) *protocol.ErrorBody {
			return s.sendOffer(m, func() (*protocol.Offer, error) { return m.leg.Answer(*a) })
		})
	case protocol.TypeRestart:
		return with(msg, nil, func(*protocol.Restart) *protocol.ErrorBody { return s.sendOffer(m, m.leg.Restart) })
	case protocol.TypeRaiseHand:
		return with(msg, nil, func(r *protocol.RaiseHand) *protocol.ErrorBody { return s.raiseHand(m, *r) })
	case protocol.TypeDeleteChat:
		return with(msg, nil, func(r *protocol.DeleteChat) *protocol.ErrorBody {
			if !m.caps.Moderate && !s.ownLine(r.SignalID, m.conn.ID) {
				return forbidden("delete others' lines")
			}
			return s.deleteChat(r.SignalID)
		})
	}
	return s.moderation(m, msg)
}

// moderation returns what a request of moderation asks for. Each checks the right in the loop, for rights may change.
func (s *Session) moderation(m *Member, msg protocol.Message) (work, *protocol.ErrorBody) {
	allowed := func(right *bool, what string, do func() *protocol.ErrorBody) *protocol.ErrorBody {
		if !*right {
			return forbidden(what)
		}
		return do()
	}
	caps := &m.caps
	switch msg.Type {
	case protocol.TypeForceMute:
		return with(msg, (*protocol.ForceMute).Validate, func(r *protocol.ForceMute) *protocol.ErrorBody {
			return allowed(&caps.ForceMute, "mute others", func() *protocol.ErrorBody { return s.forceMute(*r) })
		})
	case protocol.TypeDisableForceMute:
		return with(msg, nil, func(*nothing) *protocol.ErrorBody {
			return allowed(&caps.ForceMute, "mute others", func() *protocol.ErrorBody { s.letSpeak(); return nil })
		})
	case protocol.TypeAskUnmute:
		return with(msg, nil, func(r *protocol.AskUnmute) *protocol.ErrorBody {
			return allowed(&caps.ForceMute, "ask others to unmute", func() *protocol.ErrorBody { return s.askUnmute(m.conn, r.StreamID) })
		})
	case protocol.TypeUnpublish:
		return with(msg, nil, func(r *protocol.ForceUnpublish) *protocol.ErrorBody {
			return allowed(&caps.ForceUnpublish, "end others' streams", func() *protocol.ErrorBody { return s.unpublish(r.StreamID) })
		})
	case protocol.TypeDisconnect:
		return with(msg, nil, func(r *protocol.ForceDisconnect) *protocol.ErrorBody {
			return allowed(&caps.ForceDisconnect, "remove others", func() *protocol.ErrorBody { return s.disconnect(r.ConnectionID) })
		})
	case protocol.TypeBan:
		return with(msg, nil, func(r *protocol.Ban) *protocol.ErrorBody {
			return allowed(&caps.Moderate, "ban others", func() *protocol.ErrorBody { return s.ban(r.ConnectionID) })
		})
	case protocol.TypeLock:
		return with(msg, nil, func(r *protocol.Lock) *protocol.ErrorBody {
			return allowed(&caps.Moderate, "lock the session", func() *protocol.ErrorBody { s.setLock(r.Locked); return nil })
		})
	case protocol.TypeSetLobby:
		return with(msg, nil, func(r *protocol.SetLobby) *protocol.ErrorBody {
			return allowed(&caps.Moderate, "set the lobby", func() *protocol.ErrorBody { s.setLobby(r.Lobby); return nil })
		})
	case protocol.TypeAdmit:
		return with(msg, nil, func(r *protocol.Admit) *protocol.ErrorBody {
			return allowed(&caps.Moderate, "admit others", func() *protocol.ErrorBody { return s.admit(r.ConnectionID) })
		})
	case protocol.TypeRefuse:
		return with(msg, nil, func(r *protocol.Refuse) *protocol.ErrorBody {
			return allowed(&caps.Moderate, "turn others away", func() *protocol.ErrorBody { return s.refuse(r.ConnectionID) })
		})
	case protocol.TypeSetRole:
		return with(msg, (*protocol.SetRole).Validate, func(r *protocol.SetRole) *protocol.ErrorBody {
			return allowed(&caps.Moderate, "give roles", func() *protocol.ErrorBody { return s.setRole(*r) })
		})
	}
	return nil, protocol.Errorf(protocol.CodeUnknownType, "There is no request %.40q.", msg.Type)
}

// decode reads a request's data and checks it.
func decode[T any](msg protocol.Message, check func(*T) *protocol.ErrorBody) (*T, *protocol.ErrorBody) {
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
	return data, nil
}

// with makes the work of a request whose reply says only that it is done.
func with[T any](msg protocol.Message, check func(*T) *protocol.ErrorBody, do func(*T) *protocol.ErrorBody) (work, *protocol.ErrorBody) {
	data, body := decode(msg, check)
	return func() (any, *protocol.ErrorBody) { return nothing{}, do(data) }, body
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
		return streamUnknown()
	case r.Audio || r.Video:
		m.wants[st.ID] = want{audio: r.Audio, video: r.Video}
	default:
		delete(m.wants, st.ID)
	}
	return s.updateSubscription(m)
}

// forceMute mutes one stream, or all but some.
func (s *Session) forceMute(r protocol.ForceMute) *protocol.ErrorBody {
	if r.StreamID != "" {
		return s.muteStream(r.StreamID)
	}
	s.muteEverybody(r.Excluded)
	return nil
}
