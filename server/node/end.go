package node

import (
	"context"
	"errors"

	"parley/rtc/protocol"
)

// End ends a session for everybody who is in it or waits for admission, and lets nobody in again while it lives.
func (n *Node) End(ctx context.Context, id protocol.SessionID) error {
	found, err := n.sessions.Overview(ctx, id)
	if err != nil || !found.Live {
		return err
	}
	locked, lobby := true, false
	err = n.sessions.SetState(ctx, id, &locked, &lobby)
	for _, c := range found.Waiting {
		err = errors.Join(err, gone(n.sessions.Refuse(ctx, id, c.ID)))
	}
	if found, again := n.sessions.Overview(ctx, id); again == nil { // who came before the lock
		for _, c := range found.Connections {
			err = errors.Join(err, gone(n.sessions.Disconnect(ctx, id, c.ID)))
		}
	}
	return err
}

// gone passes over that somebody has left meanwhile.
func gone(err error) error {
	if errors.Is(err, protocol.Errorf(protocol.CodeConnectionUnknown, "")) {
		return nil
	}
	return err
}
