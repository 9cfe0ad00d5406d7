package session

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"parley/rtc/protocol"
)

// ChatType is the type of the signals that are chat.
const ChatType = "chat"

// How much chat a late joiner gets.
const (
	chatLines = 200
	chatBytes = 128 << 10
)

// maxUnkept bounds the lines that wait for the store. Full means that the store does not keep up: further ones are refused.
const maxUnkept = 500

// chat is a session's chat. Lines are kept in batches, outside the loop: who chats does not make others wait for the disk, and many lines cost one
// write. A line has its place in the order, and is answered and seen, when it is kept.
type chat struct {
	lines   []protocol.ChatLine // the newest, within the limits of a welcome
	loaded  bool                // they were read from the store
	unkept  []unkept
	onWay   []unkept // the batch that is on its way, or none
	keepers sync.WaitGroup
}

// unkept is a line that is not in the store yet.
type unkept struct {
	entry ChatEntry
	done  delivered
}

// delivered hears how a signal ended: with a reply or with an error.
type delivered func(*protocol.SignalReply, *protocol.ErrorBody)

// deliver sends a signal on; from without an id is the server's API. done is called in the loop, at once or later.
func (s *Session) deliver(p protocol.Signal, from protocol.Connection, done delivered) {
	if p.To != "" && s.member(p.To) == nil {
		done(nil, connectionUnknown())
		return
	}
	msg := protocol.SignalMessage{ID: uuid.NewString(), Type: p.Type, Data: p.Data, From: from.ID, Name: from.Name, To: p.To, Time: s.now()}
	if p.Type == ChatType && p.To == "" {
		s.keep(unkept{ChatEntry{ChatLine: protocol.ChatLine{ID: msg.ID, From: msg.From, Name: msg.Name, Text: msg.Data, Time: msg.Time}, Key: p.Key}, done})
		return
	}
	s.spread(msg)
	done(&protocol.SignalReply{SignalID: msg.ID, Time: msg.Time}, nil)
}

// spread sends a signal to whom it is for.
func (s *Session) spread(msg protocol.SignalMessage) {
	to := msg.To
	s.emit(protocol.Event{Name: protocol.SignalReceived, Signal: &msg}, func(m *Member) bool {
		return m.caps.Signal && (to == "" || m.conn.ID == to)
	})
}

// keep queues a line for the store.
func (s *Session) keep(u unkept) {
	if len(s.chat.unkept) >= maxUnkept {
		u.done(nil, protocol.Errorf(protocol.CodeRateLimited, "The chat is faster than the server can keep it. Wait and try again."))
		return
	}
	s.chat.unkept = append(s.chat.unkept, u)
	s.keepNext()
}

// keepNext brings the lines that wait to the store, unless a batch is on its way.
func (s *Session) keepNext() {
	if len(s.chat.onWay) > 0 || len(s.chat.unkept) == 0 {
		return
	}
	batch := s.chat.unkept
	s.chat.unkept, s.chat.onWay = nil, batch
	s.chat.keepers.Go(func() {
		entries := make([]ChatEntry, len(batch))
		for i, u := range batch {
			entries[i] = u.entry
		}
		ctx, cancel := context.WithTimeout(context.Background(), storeTimeout)
		defer cancel()
		err := s.manager.cfg.Store.AppendChat(ctx, s.info.ID, entries)
		// When the session has ended meanwhile, nobody is there to be told. Whoever sends the line again finds it by its key.
		_ = s.do(context.Background(), func() { s.kept(batch, entries, err) })
	})
}

// kept answers and spreads the lines that are in the store.
func (s *Session) kept(batch []unkept, entries []ChatEntry, err error) {
	s.chat.onWay = nil
	if err != nil {
		s.log.Error("keep chat", "lines", len(batch), "error", err)
	}
	for i, u := range batch {
		line := entries[i].ChatLine
		switch {
		case err != nil:
			u.done(nil, protocol.Errorf(protocol.CodeStoreFailed, "The server could not keep the line; nobody has seen it."))
			continue
		case !entries[i].Known:
			s.chat.lines = append(s.chat.lines, line)
			s.spread(protocol.SignalMessage{ID: line.ID, Type: ChatType, Data: line.Text, From: line.From, Name: line.Name, Time: line.Time})
		}
		u.done(&protocol.SignalReply{SignalID: line.ID, Time: line.Time}, nil)
	}
	s.trimChat()
	s.keepNext()
}

// deleteChat takes a line out, for everyone and for good.
func (s *Session) deleteChat(id string) *protocol.ErrorBody {
	ctx, cancel := context.WithTimeout(context.Background(), storeTimeout)
	defer cancel()
	found, err := s.manager.cfg.Store.DeleteChat(ctx, s.info.ID, id)
	switch {
	case err != nil:
		s.log.Error("delete chat line", "error", err)
		return protocol.Errorf(protocol.CodeStoreFailed, "The server could not take the line out of its store; it is still there.")
	case !found:
		return protocol.Errorf(protocol.CodeNotFound, "There is no such line.")
	}
	s.chat.lines = slices.DeleteFunc(s.chat.lines, func(l protocol.ChatLine) bool { return l.ID == id })
	s.missed.forget(id)
	s.emit(protocol.Event{Name: protocol.ChatDeleted, SignalID: id}, func(m *Member) bool { return m.caps.Signal })
	return nil
}

// forget takes a deleted line out of what is kept for who is away.
func (k *missed) forget(id string) {
	k.list = slices.DeleteFunc(k.list, func(e missedEvent) bool {
		gone := e.Signal != nil && e.Signal.ID == id
		if gone {
			k.bytes -= e.size()
		}
		return gone
	})
}

// ownLine reports whether a line is of that connection.
func (s *Session) ownLine(id string, from protocol.ConnectionID) bool {
	return slices.ContainsFunc(s.chat.lines, func(l protocol.ChatLine) bool { return l.ID == id && l.From == from })
}

// loadChat reads the session's history once. It reports false when that fails.
func (s *Session) loadChat() bool {
	if s.chat.loaded {
		return true
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	lines, err := s.manager.cfg.Store.Chat(ctx, s.info.ID, chatLines)
	if err != nil {
		s.log.Error("read chat", "error", err) // the call goes on without history; the next who joins tries again
		return false
	}
	// A line on its way may be in the store already; its place is after all that is kept, when its keeper is back.
	s.chat.lines = slices.DeleteFunc(lines, func(l protocol.ChatLine) bool {
		return slices.ContainsFunc(s.chat.onWay, func(u unkept) bool { return u.entry.ID == l.ID })
	})
	s.chat.loaded = true
	s.trimChat()
	return true
}

// trimChat keeps the newest lines within the limits of a welcome.
func (s *Session) trimChat() {
	total := 0
	lines := s.chat.lines
	for i := len(lines) - 1; i >= 0; i-- {
		total += len(lines[i].Text) + len(lines[i].Name) + 128
		if total > chatBytes || len(lines)-i > chatLines {
			s.chat.lines = append([]protocol.ChatLine(nil), lines[i+1:]...)
			return
		}
	}
}

// maxKeys bounds the signals of one connection that are known again when they are sent again: more than a client sends, by the default rate and its
// burst, before it notices that its wire is gone.
const maxKeys = 500

// keys are the newest signals of a connection that had a key.
type keys struct{ list []*sent }

// sent is a signal that came, and how it ended.
type sent struct {
	key   string
	id    uint64 // of the request to answer: the last that named the key
	by    Client // that it came from
	done  bool
	reply *protocol.SignalReply
}

// find returns the signal with a key, or nil.
func (k *keys) find(key string) *sent {
	for _, s := range k.list {
		if s.key == key {
			return s
		}
	}
	return nil
}

// signal delivers a member's signal. One that it has sent before, by its key, is not delivered again, but answered again.
func (s *Session) signal(m *Member, id uint64, p protocol.Signal) {
	if !m.caps.Signal {
		m.sendError(id, forbidden("signal"))
		return
	}
	if p.Key == "" {
		by := m.client
		s.deliver(p, m.conn, func(reply *protocol.SignalReply, body *protocol.ErrorBody) { s.answerLate(m, by, id, reply, body) })
		return
	}
	if known := m.keys.find(p.Key); known != nil {
		known.id, known.by = id, m.client
		if known.done {
			s.answer(m, id, known.reply, nil)
		}
		return
	}
	one := &sent{key: p.Key, id: id, by: m.client}
	m.keys.list = append(m.keys.list, one)
	if len(m.keys.list) > maxKeys {
		m.keys.list = slices.Delete(m.keys.list, 0, 1)
	}
	s.deliver(p, m.conn, func(reply *protocol.SignalReply, body *protocol.ErrorBody) {
		one.done, one.reply = true, reply
		if body != nil {
			m.keys.list = slices.DeleteFunc(m.keys.list, func(o *sent) bool { return o == one }) // it may be tried again
		}
		s.answerLate(m, one.by, one.id, reply, body)
	})
}

// answerLate answers a request that came by a wire, unless the member has another one meanwhile: there the id is another request's.
func (s *Session) answerLate(m *Member, by Client, id uint64, reply *protocol.SignalReply, body *protocol.ErrorBody) {
	if m.client == by {
		s.answer(m, id, reply, body)
	}
}
