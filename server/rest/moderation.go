package rest

import (
	"context"
	"net/http"

	"parley/rtc/protocol"
	"parley/server/session"
)

// ownPath begins the routes that are Parley's own, and not the Vonage API's.
const ownPath = "/v1/project/{project}"

// Moderation is what the API decides about a session. Errors are *protocol.ErrorBody.
type Moderation interface {
	Overview(ctx context.Context, id protocol.SessionID) (session.Overview, error)
	SetState(ctx context.Context, id protocol.SessionID, locked, lobby *bool) error
	Admit(ctx context.Context, id protocol.SessionID, connection protocol.ConnectionID) error
	Refuse(ctx context.Context, id protocol.SessionID, connection protocol.ConnectionID) error
	SetRole(ctx context.Context, id protocol.SessionID, role protocol.SetRole) error
}

// Removal is what the API takes away. Errors are *protocol.ErrorBody.
type Removal interface {
	Ban(ctx context.Context, id protocol.SessionID, connection protocol.ConnectionID) error
	Unpublish(ctx context.Context, id protocol.SessionID, stream protocol.StreamID) error
	LowerHand(ctx context.Context, id protocol.SessionID, connection protocol.ConnectionID) error
	AskUnmute(ctx context.Context, id protocol.SessionID, stream protocol.StreamID) error
}

// Chat is what the API does with a session's chat. Errors are *protocol.ErrorBody.
type Chat interface {
	Chat(ctx context.Context, id protocol.SessionID) ([]protocol.ChatLine, error)
	DeleteChat(ctx context.Context, id protocol.SessionID, line string) error
}

// moderation returns the routes of moderation, below ownPath.
func (a *API) moderation() map[string]handler {
	return map[string]handler{
		"GET /session/{session}":                         a.overview,
		"PATCH /session/{session}":                       a.setState,
		"POST /session/{session}/admit":                  a.decide(a.cfg.Moderation.Admit),
		"POST /session/{session}/refuse":                 a.decide(a.cfg.Moderation.Refuse),
		"PUT /session/{session}/connection/{id}/role":    a.setRole,
		"POST /session/{session}/connection/{id}/ban":    onConnection(a.cfg.Removal.Ban),
		"DELETE /session/{session}/connection/{id}/hand": onConnection(a.cfg.Removal.LowerHand),
		"DELETE /session/{session}/stream/{id}":          onStream(a.cfg.Removal.Unpublish),
		"POST /session/{session}/stream/{id}/ask-unmute": onStream(a.cfg.Removal.AskUnmute),
		"GET /session/{session}/chat":                    a.listChat,
		"DELETE /session/{session}/chat/{id}":            a.deleteChat,
	}
}

// overview answers who is in a session, who waits, and what was decided.
func (a *API) overview(w http.ResponseWriter, r *http.Request) error {
	o, err := a.cfg.Moderation.Overview(r.Context(), sessionID(r))
	if err != nil {
		return err
	}
	answer(w, http.StatusOK, o)
	return nil
}

// setState locks a session, or sets its lobby.
func (a *API) setState(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		Locked *bool `json:"locked"`
		Lobby  *bool `json:"lobby"`
	}
	if err := a.decode(w, r, &body); err != nil {
		return err
	}
	if body.Locked == nil && body.Lobby == nil {
		return protocol.Errorf(protocol.CodeMalformed, "The request needs locked or lobby, true or false.")
	}
	return done(w, a.cfg.Moderation.SetState(r.Context(), sessionID(r), body.Locked, body.Lobby))
}

// decide admits or refuses one who waits, or all.
func (a *API) decide(do func(context.Context, protocol.SessionID, protocol.ConnectionID) error) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		var body struct {
			ConnectionID protocol.ConnectionID `json:"connectionId"`
		}
		if err := a.decode(w, r, &body); err != nil {
			return err
		}
		return done(w, do(r.Context(), sessionID(r), body.ConnectionID))
	}
}

// setRole gives a connection a role.
func (a *API) setRole(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		Role    string `json:"role"`
		Seconds int    `json:"seconds"`
	}
	if err := a.decode(w, r, &body); err != nil {
		return err
	}
	role := protocol.SetRole{ConnectionID: protocol.ConnectionID(r.PathValue("id")), Role: body.Role, Seconds: body.Seconds}
	return done(w, a.cfg.Moderation.SetRole(r.Context(), sessionID(r), role))
}

// onConnection is a call about the connection that the path names.
func onConnection(do func(context.Context, protocol.SessionID, protocol.ConnectionID) error) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		return done(w, do(r.Context(), sessionID(r), protocol.ConnectionID(r.PathValue("id"))))
	}
}

// onStream is a call about the stream that the path names.
func onStream(do func(context.Context, protocol.SessionID, protocol.StreamID) error) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		return done(w, do(r.Context(), sessionID(r), protocol.StreamID(r.PathValue("id"))))
	}
}

// listChat answers the newest lines of the chat.
func (a *API) listChat(w http.ResponseWriter, r *http.Request) error {
	lines, err := a.cfg.Chat.Chat(r.Context(), sessionID(r))
	if err != nil {
		return err
	}
	answer(w, http.StatusOK, map[string]any{"count": len(lines), "items": lines})
	return nil
}

// deleteChat takes a line out of the chat.
func (a *API) deleteChat(w http.ResponseWriter, r *http.Request) error {
	return done(w, a.cfg.Chat.DeleteChat(r.Context(), sessionID(r), r.PathValue("id")))
}

// done answers a call that returns nothing.
func done(w http.ResponseWriter, err error) error {
	if err == nil {
		w.WriteHeader(http.StatusNoContent)
	}
	return err
}
