package rest

import (
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"parley/rtc/protocol"
)

// projectPath begins the routes that name their project, by its application id or its API key.
const projectPath = "/v2/project/{project}"

// handler does a call. An error that it returns becomes the answer.
type handler func(w http.ResponseWriter, r *http.Request) error

// call lets a handler do its work for who has a credential of the project.
func (a *API) call(h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		err := a.authenticate(r.Header)
		if err == nil {
			err = h(w, r)
		} else {
			w.Header().Set("WWW-Authenticate", "Bearer")
		}
		if err != nil {
			a.fail(w, err)
		}
	}
}

// authenticate checks the credential of a request: the secret's, or the private key's.
func (a *API) authenticate(h http.Header) error {
	if text := h.Get("X-OPENTOK-AUTH"); text != "" {
		return a.cfg.Project.Key.VerifyREST(text, true, a.cfg.Now())
	}
	scheme, text, _ := strings.Cut(h.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return protocol.Errorf(protocol.CodeUnauthorized, "The request has no credential: Authorization: Bearer, or X-OPENTOK-AUTH.")
	}
	return a.cfg.Project.Key.VerifyREST(strings.TrimSpace(text), false, a.cfg.Now())
}

// own refuses calls that name another project than their credential's.
func (a *API) own(h handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if p := r.PathValue("project"); p != a.cfg.Project.Key.ApplicationID && p != a.cfg.Project.Key.APIKey {
			refuse(w, http.StatusForbidden, protocol.Errorf(protocol.CodeForbidden, "The credential is of another project than the request."))
			return nil
		}
		return h(w, r)
	}
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
