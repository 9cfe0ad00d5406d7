package rest

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/time/rate"

	"parley/rtc/protocol"
	"parley/server/store"
	"parley/server/token"
)

// tokenTTL is how long a token from an invite opens connects: long enough to get in, and to come back after a hiccup.
const tokenTTL = 10 * time.Minute

// maxBody bounds a request's body, in bytes.
const maxBody = 4 << 10

// Invites is where invites are kept.
type Invites interface {
	// UseInvite takes one use, or returns store.ErrNotFound, ErrExpired or ErrUsedUp.
	UseInvite(ctx context.Context, secret string, now time.Time) (store.Invite, error)
}

// API is the HTTP API. It is safe for concurrent use.
type API struct {
	invites Invites
	key     token.Key
	log     *slog.Logger
	now     func() time.Time
	limits  limits
}

// New returns the API. now is nil for time.Now.
func New(invites Invites, key token.Key, log *slog.Logger, now func() time.Time) *API {
	if now == nil {
		now = time.Now
	}
	return &API{invites: invites, key: key, log: log, now: now, limits: limits{clients: map[string]*rate.Limiter{}}}
}

// Register adds the routes to mux, and an answer for those that there are not.
func (a *API) Register(mux *http.ServeMux) {
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]string{"status": "ok"})
	})
	mux.HandleFunc("POST "+protocol.JoinPath, a.join)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		refuse(w, http.StatusNotFound, protocol.Errorf(protocol.CodeNotFound, "There is nothing at %.100q.", r.URL.Path))
	})
}

// join exchanges an invite for a token.
func (a *API) join(w http.ResponseWriter, r *http.Request) {
	if !a.limits.allow(r.RemoteAddr) {
		w.Header().Set("Retry-After", "5")
		refuse(w, http.StatusTooManyRequests, protocol.Errorf(protocol.CodeRateLimited, "Too many attempts from your address. Wait a few seconds."))
		return
	}
	var req protocol.JoinRequest
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&req); err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			refuse(w, http.StatusRequestEntityTooLarge, protocol.Errorf(protocol.CodeTooLarge, "The request has more than %d bytes.", maxBody))
			return
		}
		refuse(w, http.StatusBadRequest, protocol.Errorf(protocol.CodeMalformed, "The request is not JSON of the expected shape."))
		return
	}
	if len(req.Name) > token.MaxName || !utf8.ValidString(req.Name) {
		refuse(w, http.StatusBadRequest, protocol.Errorf(protocol.CodeTooLarge, "The name has more than %d bytes, or is not UTF-8.", token.MaxName))
		return
	}
	now := a.now()
	invite, err := a.invites.UseInvite(r.Context(), req.Invite, now)
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
	case err != nil:
		a.log.Error("use invite", "error", err)
		refuse(w, http.StatusServiceUnavailable, protocol.Errorf(protocol.CodeStoreFailed, "The server could not use its store."))
		return
	}
	expires := now.Add(tokenTTL)
	text, err := a.key.Sign(token.Grant{SessionID: invite.SessionID, Role: token.Role(invite.Role), Name: req.Name, ExpiresAt: expires}, now)
	if err != nil {
		a.log.Error("sign token", "invite", invite.ID, "error", err)
		refuse(w, http.StatusInternalServerError, protocol.Errorf(protocol.CodeInternal, "The server could not make a token."))
		return
	}
	a.log.Info("invite used", "invite", invite.ID, "session", invite.SessionID, "left", invite.UsesLeft)
	answer(w, http.StatusOK, protocol.JoinReply{SessionID: invite.SessionID, Token: text, ExpiresAt: expires.UnixMilli()})
}

// answer writes JSON.
func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the client is gone: nobody to tell
}

func refuse(w http.ResponseWriter, status int, body *protocol.ErrorBody) { answer(w, status, body) }

// limits bounds the attempts per address: an invite has 130 random bits, so this is against load, not against guessing.
type limits struct {
	mu      sync.Mutex
	clients map[string]*rate.Limiter
}

// maxClients bounds the table. When it is full it is emptied: the bursts that this grants are bounded too.
const maxClients = 10000

func (l *limits) allow(remote string) bool {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		host = remote
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.clients[host]
	if c == nil {
		if len(l.clients) >= maxClients {
			clear(l.clients)
		}
		c = rate.NewLimiter(5, 30)
		l.clients[host] = c
	}
	return c.Allow()
}
