package node

import (
	"context"
	"encoding/json"
	"errors"

	"parley/rtc/protocol"
	"parley/server/session"
	"parley/server/store"
	"parley/server/token"
)

// sessionStore is the store as the sessions see it. It implements session.Store.
type sessionStore struct{ *store.Store }

// AppendChat implements session.ChatStore.
func (s sessionStore) AppendChat(ctx context.Context, id protocol.SessionID, lines []session.ChatEntry) error {
	entries := make([]store.ChatEntry, len(lines))
	for i, l := range lines {
		entries[i] = store.ChatEntry(l)
	}
	if err := s.Store.AppendChat(ctx, id, entries); err != nil {
		return err
	}
	for i, e := range entries {
		lines[i] = session.ChatEntry(e)
	}
	return nil
}

// SavePasses implements session.LiveStore.
func (s sessionStore) SavePasses(ctx context.Context, id protocol.SessionID, passes []session.Pass) error {
	encoded := make(map[string][]byte, len(passes))
	for _, p := range passes {
		raw, err := json.Marshal(p)
		if err != nil {
			return err
		}
		encoded[p.Resume] = raw
	}
	return s.Store.SavePasses(ctx, id, encoded)
}

// Pass implements session.LiveStore.
func (s sessionStore) Pass(ctx context.Context, id protocol.SessionID, resume string) (session.Pass, bool, error) {
	pass := session.Pass{Resume: resume}
	raw, err := s.Store.Pass(ctx, id, resume)
	if errors.Is(err, store.ErrNotFound) {
		return pass, false, nil
	}
	if err == nil {
		err = json.Unmarshal(raw, &pass)
	}
	return pass, err == nil, err
}

// Session implements session.Store.
func (s sessionStore) Session(ctx context.Context, id protocol.SessionID) (session.Info, bool, error) {
	found, err := s.Store.Session(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return session.Info{}, false, nil
	}
	info := session.Info{ID: id, Project: found.Project}
	if err == nil {
		err = json.Unmarshal(found.Options, &info.Options)
	}
	return info, err == nil, err
}

// rights reads role names for the sessions.
func rights(text string) (string, protocol.Capabilities, error) {
	role, err := token.ParseRole(text)
	return string(role), role.Capabilities(), err
}
