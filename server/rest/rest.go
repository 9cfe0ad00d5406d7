package rest

import (
	"context"
	"encoding/json"
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

// Credentials says who may call.
type Credentials interface {
	// VerifyREST checks a credential, the secret's or the private key's, and returns its project. Errors are *protocol.ErrorBody.
	VerifyREST(ctx context.Context, text string, secret bool, now time.Time) (token.Project, error)
}

// Signer makes client tokens.
type Signer interface {
	// Sign makes a token of a project, named by its application id.
	Sign(ctx context.Context, project string, g token.Grant, now time.Time) (string, error)
}

// Invites is where invites are kept.
type Invites interface {
	// UseInvite takes one use, or returns store.ErrNotFound, ErrExpired, ErrUsedUp or ErrDisabled.
	UseInvite(ctx context.Context, secret string, now time.Time) (store.Invite, error)
}

// Sessions is where sessions are kept.
type Sessions interface {
	// CreateSession makes a session of a project, named by its application id, or returns store.ErrDisabled.
	CreateSession(ctx context.Context, project string, options json.RawMessage) (protocol.SessionID, error)
	// Session returns a session, or store.ErrNotFound.
	Session(ctx context.Context, id protocol.SessionID) (store.Session, error)
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

// Config is what an API works with.
type Config struct {
	Credentials Credentials
	Signer      Signer
	Invites     Invites
	Sessions    Sessions
	Streams     Streams
	Connections Connections
	Callbacks   Callbacks
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

// route is a method and a path, and what answers there.
type route struct {
	method, path string
	handler      http.HandlerFunc
}

// Register adds the routes to mux, and an answer for those that there are not. Serve mux behind Clean.
func (a *API) Register(mux *http.ServeMux) {
	for _, r := range a.routes() {
		mux.HandleFunc(r.method+" "+r.path, r.handler)
	}
	for path, feature := range missing() {
		mux.HandleFunc(projectPath+path, a.call(a.own(path, unavailable(feature))))
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		refuse(w, http.StatusNotFound, protocol.Errorf(protocol.CodeNotFound, "There is nothing at %s %.100q.", r.Method, r.URL.Path))
	})
}

// routes lists everything that the API does. docs/openapi.json describes each.
func (a *API) routes() []route {
	all := []route{
		{http.MethodGet, "/healthz", func(w http.ResponseWriter, _ *http.Request) {
			answer(w, http.StatusOK, map[string]string{"status": "ok"})
		}},
		{http.MethodPost, protocol.JoinPath, a.join},
		{http.MethodPost, "/session/create", a.call(a.createSession)},
	}
	for prefix, handlers := range map[string]map[string]handler{projectPath: a.vonage(), ownPath: a.moderation()} {
		for pattern, h := range handlers {
			method, path, _ := strings.Cut(pattern, " ")
			all = append(all, route{method, prefix + path, a.call(a.own(path, h))})
		}
	}
	return all
}

// vonage returns the routes of the Vonage API, below projectPath.
func (a *API) vonage() map[string]handler {
	return map[string]handler{
		"GET /callback":                                          a.listCallbacks,
		"POST /callback":                                         a.createCallback,
		"DELETE /callback/{callback}":                            a.deleteCallback,
		"GET /session/{session}/stream":                          a.listStreams,
		"GET /session/{session}/stream/{stream}":                 a.oneStream,
		"PUT /session/{session}/stream":                          a.setClassLists,
		"POST /session/{session}/stream/{stream}/mute":           a.muteStream,
		"POST /session/{session}/mute":                           a.muteAll,
		"POST /session/{session}/signal":                         a.signal,
		"POST /session/{session}/connection/{connection}/signal": a.signal,
		"DELETE /session/{session}/connection/{connection}":      a.disconnect,
	}
}
