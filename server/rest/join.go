package rest

import (
	"errors"
	"net/http"
	"time"
	"unicode/utf8"

	"parley/rtc/protocol"
	"parley/server/store"
	"parley/server/token"
)

// tokenTTL is how long a token from an invite opens connects: long enough to get in, and to come back after a hiccup.
const tokenTTL = 10 * time.Minute

// maxJoin bounds the body of a join, in bytes.
const maxJoin = 4 << 10

// join exchanges an invite for a token.
func (a *API) join(w http.ResponseWriter, r *http.Request) {
	if !a.limits.allow(r.RemoteAddr) {
		w.Header().Set("Retry-After", "5")
		refuse(w, http.StatusTooManyRequests, protocol.Errorf(protocol.CodeRateLimited, "Too many attempts from your address. Wait a few seconds."))
		return
	}
	var req protocol.JoinRequest
	if err := a.decodeUpTo(maxJoin, w, r, &req); err != nil {
		a.fail(w, err)
		return
	}
	if len(req.Name) > token.MaxName || !utf8.ValidString(req.Name) {
		refuse(w, http.StatusBadRequest, protocol.Errorf(protocol.CodeTooLarge, "The name has more than %d bytes, or is not UTF-8.", token.MaxName))
		return
	}
	now := a.cfg.Now()
	invite, err := a.cfg.Invites.UseInvite(r.Context(), req.Invite, now)
	switch {
	case errors.Is(err, store.ErrNotFound):
		refuse(w, http.StatusNotFound, protocol.Errorf(protocol.CodeInviteUnknown, "There is no such invite."))
		return
	case errors.Is(err, store.ErrExpired):
		refuse(w, http.StatusGone, protocol.Errorf(protocol.CodeInviteExpired, "The invite has expired."))
		return
	case errors.Is(err, store.ErrUsedUp):
		refuse(w, http.StatusGone, protocol.Errorf(protocol.CodeInviteUsedUp, "The invite has no uses left."))
		return
	case errors.Is(err, store.ErrDisabled):
		a.fail(w, projectDisabled())
		return
	case err != nil:
		a.fail(w, a.storeFailed("use invite", err))
		return
	}
	expires := now.Add(tokenTTL)
	grant := token.Grant{SessionID: invite.SessionID, Role: token.Role(invite.Role), Name: req.Name, Invite: invite.ID, ExpiresAt: expires}
	text, err := a.cfg.Signer.Sign(r.Context(), invite.Project, grant, now)
	if err != nil {
		a.cfg.Log.Error("sign token", "invite", invite.ID, "error", err)
		refuse(w, http.StatusInternalServerError, protocol.Errorf(protocol.CodeInternal, "The server could not make a token."))
		return
	}
	a.cfg.Log.Info("invite used", "invite", invite.ID, "session", invite.SessionID, "left", invite.UsesLeft)
	answer(w, http.StatusOK, protocol.JoinReply{SessionID: invite.SessionID, Token: text, ExpiresAt: expires.UnixMilli()})
}
