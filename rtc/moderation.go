package rtc

import (
	"context"
	"time"

	"parley/rtc/protocol"
)

// What moderators ask for. Each returns once the server has done it; what comes of it is told by events, to everyone whom it concerns. Refusals are
// *protocol.ErrorBody: forbidden to who lacks the right.

// ForceMute mutes a stream of another; its owner may unmute it. "" mutes all but those excluded, and the streams that come later, whose owners may not, until
// DisableForceMute.
func (s *Session) ForceMute(ctx context.Context, id protocol.StreamID, excluded ...protocol.StreamID) error {
	return s.ask(ctx, protocol.TypeForceMute, protocol.ForceMute{StreamID: id, Excluded: excluded}, nil)
}

// DisableForceMute lifts the force mute of all. Nobody is unmuted by it.
func (s *Session) DisableForceMute(ctx context.Context) error {
	return s.ask(ctx, protocol.TypeDisableForceMute, struct{}{}, nil)
}

// AskUnmute asks the owner of a stream to unmute it, and lets it where everybody was muted before the stream came.
func (s *Session) AskUnmute(ctx context.Context, id protocol.StreamID) error {
	return s.ask(ctx, protocol.TypeAskUnmute, protocol.AskUnmute{StreamID: id}, nil)
}

// ForceUnpublish ends a stream of another.
func (s *Session) ForceUnpublish(ctx context.Context, id protocol.StreamID) error {
	return s.ask(ctx, protocol.TypeUnpublish, protocol.ForceUnpublish{StreamID: id}, nil)
}

// ForceDisconnect ends the connection of another, who may come back.
func (s *Session) ForceDisconnect(ctx context.Context, id protocol.ConnectionID) error {
	return s.ask(ctx, protocol.TypeDisconnect, protocol.ForceDisconnect{ConnectionID: id}, nil)
}

// Ban ends the connection of another and keeps it out until the session ends.
func (s *Session) Ban(ctx context.Context, id protocol.ConnectionID) error {
	return s.ask(ctx, protocol.TypeBan, protocol.Ban{ConnectionID: id}, nil)
}

// Lock lets nobody in any more but moderators, or lifts that.
func (s *Session) Lock(ctx context.Context, locked bool) error {
	return s.ask(ctx, protocol.TypeLock, protocol.Lock{Locked: locked}, nil)
}

// SetLobby lets newcomers wait for admission from now on, or lifts that: who waits then goes on waiting.
func (s *Session) SetLobby(ctx context.Context, lobby bool) error {
	return s.ask(ctx, protocol.TypeSetLobby, protocol.SetLobby{Lobby: lobby}, nil)
}

// Admit lets one who waits in; "" is all.
func (s *Session) Admit(ctx context.Context, id protocol.ConnectionID) error {
	return s.ask(ctx, protocol.TypeAdmit, protocol.Admit{ConnectionID: id}, nil)
}

// Refuse turns one who waits away; "" is all.
func (s *Session) Refuse(ctx context.Context, id protocol.ConnectionID) error {
	return s.ask(ctx, protocol.TypeRefuse, protocol.Refuse{ConnectionID: id}, nil)
}

// SetRole gives a connection another role, as a token names it. With a duration (whole seconds, up to a day) the earlier one is back after it; 0 is for
// good.
func (s *Session) SetRole(ctx context.Context, id protocol.ConnectionID, role string, d time.Duration) error {
	seconds := int((d + time.Second - 1) / time.Second) // a right of half a second is none that lasts for good
	return s.ask(ctx, protocol.TypeSetRole, protocol.SetRole{ConnectionID: id, Role: role, Seconds: seconds}, nil)
}

// RaiseHand raises one's own hand. It needs no right.
func (s *Session) RaiseHand(ctx context.Context) error {
	return s.ask(ctx, protocol.TypeRaiseHand, protocol.RaiseHand{Raised: true}, nil)
}

// LowerHand lowers a hand: one's own, for "", or, as a moderator, that of another.
func (s *Session) LowerHand(ctx context.Context, id protocol.ConnectionID) error {
	return s.ask(ctx, protocol.TypeRaiseHand, protocol.RaiseHand{ConnectionID: id}, nil)
}

// DeleteChat takes a line out of the chat, for everyone and for good. One's own lines need no right.
func (s *Session) DeleteChat(ctx context.Context, signalID string) error {
	return s.ask(ctx, protocol.TypeDeleteChat, protocol.DeleteChat{SignalID: signalID}, nil)
}
