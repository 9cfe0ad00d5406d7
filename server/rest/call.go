package rest

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"parley/rtc/protocol"
	"parley/server/store"
	"parley/server/token"
)

// projectPath begins the routes that name their project, by its application id or its API key.
const projectPath = "/v2/project/{project}"

// handler does a call. An error that it returns becomes the answer.
type handler func(w http.ResponseWriter, r *http.Request) error

// projectKey is where a request's context holds the project of its credential.
type projectKey struct{}

// projectOf returns the project of a call's credential.
func projectOf(r *http.Request) token.Project {
	p, _ := r.Context().Value(projectKey{}).(token.Project)
	return p
}

// call lets a handler do its work for who has a credential of a project.
func (a *API) call(h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		p, err := a.authenticate(r)
		if err == nil {
			err = h(w, r.WithContext(context.WithValue(r.Context(), projectKey{}, p)))
		}
		if err != nil {
			a.fail(w, err)
		}
	}
}

// authenticate checks the credential of a request, the secret's or the private key's, and returns its project.
func (a *API) authenticate(r *http.Request) (token.Project, error) {
	if text := r.Header.Get("X-OPENTOK-AUTH"); text != "" {
		return a.cfg.Credentials.VerifyREST(r.Context(), text, true, a.cfg.Now())
	}
	scheme, text, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return token.Project{}, protocol.Errorf(protocol.CodeUnauthorized, "The request has no credential: Authorization: Bearer, or X-OPENTOK-AUTH.")
	}
	return a.cfg.Credentials.VerifyREST(r.Context(), strings.TrimSpace(text), false, a.cfg.Now())
}

// own refuses calls that name another project than their credential's, or, where the path below the project names a session, one that is not the
// project's: for all it is told, there is no such session.
func (a *API) own(path string, h handler) handler {
	inSession := strings.HasPrefix(path, "/session/{session}")
	return func(w http.ResponseWriter, r *http.Request) error {
		p := projectOf(r)
		if named := r.PathValue("project"); named != p.ApplicationID && named != p.APIKey {
			refuse(w, http.StatusForbidden, protocol.Errorf(protocol.CodeForbidden, "The credential is of another project than the request."))
			return nil
		}
		if inSession {
			if err := a.checkSession(r.Context(), sessionID(r), p); err != nil {
				return err
			}
		}
		return h(w, r)
	}
}

// checkSession checks that a session is there and the project's.
func (a *API) checkSession(ctx context.Context, id protocol.SessionID, p token.Project) error {
	s, err := a.cfg.Sessions.Session(ctx, id)
	switch {
	case errors.Is(err, store.ErrNotFound), err == nil && s.Project != p.ApplicationID:
		return protocol.Errorf(protocol.CodeSessionUnknown, "There is no such session.")
	case err != nil:
		return a.storeFailed("look session up", err)
	}
	return nil
}

// storeFailed logs what the store failed with, and returns what the caller is told.
func (a *API) storeFailed(doing string, err error) error {
	a.cfg.Log.Error(doing, "error", err)
	return protocol.Errorf(protocol.CodeStoreFailed, "The server could not use its store.")
}

// projectDisabled is the answer to who wants something of a project that is disabled.
func projectDisabled() *protocol.ErrorBody {
	return protocol.Errorf(protocol.CodeProjectDisabled, "The project is disabled.")
}

// Clean routes spellings of a path alike that SDKs use: doubled slashes, for a URL that ends with one is joined as text, and slashes at the end. It
// never redirects, as http.ServeMux would: a redirected POST may come back as a GET. It also bounds how long a client may take its answer; a WebSocket
// is free of that, for the upgrade lifts it.
func Clean(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(answerTimeout)) // a recorder in a test has no deadlines
		escaped := r.URL.EscapedPath()
		cleaned := path.Clean("/" + escaped)
		if cleaned == escaped {
			next.ServeHTTP(w, r)
			return
		}
		plain, err := url.PathUnescape(cleaned)
		if err != nil {
			refuse(w, http.StatusBadRequest, protocol.Errorf(protocol.CodeMalformed, "The path cannot be read."))
			return
		}
		again := r.Clone(r.Context())
		again.URL.Path, again.URL.RawPath = plain, cleaned
		next.ServeHTTP(w, again)
	})
}
