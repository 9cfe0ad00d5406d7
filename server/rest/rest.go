package rest

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"parley/rtc/protocol"
	"parley/server/config"
	"parley/server/session"
	"parley/server/store"
	"parley/server/token"
)

// Invites is where invites are kept.
type Invites interface {
	// UseInvite takes one use, or returns store.ErrNotFound, ErrExpired or ErrUsedUp.
	UseInvite(ctx context.Context, secret string, now time.Time) (store.Invite, error)
}

// Sessions is where sessions are made.
type Sessions interface {
	CreateSession(ctx context.Context) (protocol.SessionID, error)
}

// Streams is what the API does with the streams of sessions. Errors are *protocol.ErrorBody.
type Streams interface {
	Streams(ctx context.Context, id protocol.SessionID) ([]session.StreamInfo, error)
	SetClassLists(ctx context.Context, id protocol.SessionID, classes map[protocol.StreamID][]string) error
	MuteStream(ctx context.Context, id protocol.SessionID, stream protocol.StreamID) error
	MuteAll(ctx context.Context, id protocol.SessionID, active bool, excluded []protocol.StreamID) error
}

// Connections is what the API does with the connections of sessions. Errors are *protocol.ErrorBody.
type Connections interface {
	Signal(ctx context.Context, id protocol.SessionID, signal protocol.Signal) error
	Disconnect(ctx context.Context, id protocol.SessionID, connection protocol.ConnectionID) error
}

// Project is whose sessions the API serves.
type Project struct {
	Key       token.Key
	Name      string
	CreatedAt time.Time
}

// Config is what an API works with.
type Config struct {
	Project     Project
	Invites     Invites
	Sessions    Sessions
	Streams     Streams
	Connections Connections
	Moderation  Moderation
	Removal     Removal
	Chat        Chat
	Log         *slog.Logger     // nil discards
	Now         func() time.Time // nil is time.Now
	Limits      config.APILimits // 0 is the default
	JSONDepth   int              // 0 is the default
}

// API is the HTTP API. It is safe for concurrent use.
type API struct {
	cfg    Config
	limits limits
}

// New returns the API.
func New(cfg Config) *API {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	defaults := config.DefaultLimits()
	if cfg.Limits == (config.APILimits{}) {
		cfg.Limits = defaults.API
	}
	if cfg.JSONDepth == 0 {
		cfg.JSONDepth = defaults.Wire.JSONDepth
	}
	return &API{cfg: cfg, limits: limits{perSecond: cfg.Limits.JoinsPerSecond, clients: map[string]*rate.Limiter{}}}
}

// Register adds the routes to mux, and an answer for those that there are not. Serve mux behind Clean.
func (a *API) Register(mux *http.ServeMux) {
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]string{"status": "ok"})
	})
	mux.HandleFunc("POST "+protocol.JoinPath, a.join)
	mux.HandleFunc("POST /session/create", a.call(a.createSession))
	for pattern, h := range map[string]handler{
		"GET /callback":                                          a.listCallbacks,
		"GET /session/{session}/stream":                          a.listStreams,
		"GET /session/{session}/stream/{stream}":                 a.oneStream,
		"PUT /session/{session}/stream":                          a.setClassLists,
		"POST /session/{session}/stream/{stream}/mute":           a.muteStream,
		"POST /session/{session}/mute":                           a.muteAll,
		"POST /session/{session}/signal":                         a.signal,
		"POST /session/{session}/connection/{connection}/signal": a.signal,
		"DELETE /session/{session}/connection/{connection}":      a.disconnect,
	} {
		method, path, _ := strings.Cut(pattern, " ")
		mux.HandleFunc(method+" "+projectPath+path, a.call(a.own(h)))
	}
	for pattern, h := range a.moderation() {
		method, path, _ := strings.Cut(pattern, " ")
		mux.HandleFunc(method+" "+ownPath+path, a.call(a.own(h)))
	}
	for path, feature := range missing() {
		mux.HandleFunc(projectPath+path, a.call(a.own(unavailable(feature))))
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		refuse(w, http.StatusNotFound, protocol.Errorf(protocol.CodeNotFound, "There is nothing at %s %.100q.", r.Method, r.URL.Path))
	})
}
