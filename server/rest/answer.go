package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"parley/rtc/protocol"
)

// Codes that only this API answers with.
const (
	// codeNotImplemented means that the Vonage API has this and this server does not.
	codeNotImplemented protocol.Code = "notImplemented"
)

// How long a body may take to come, and from then an answer to be taken.
const (
	bodyTimeout   = 10 * time.Second
	answerTimeout = 30 * time.Second
)

// answer writes JSON.
func answer(w http.ResponseWriter, status int, v any) { answerAs(w, "application/json", status, v) }

func answerAs(w http.ResponseWriter, mediaType string, status int, v any) {
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the client is gone: nobody to tell
}

func refuse(w http.ResponseWriter, status int, body *protocol.ErrorBody) { answer(w, status, body) }

// fail answers an error.
func (a *API) fail(w http.ResponseWriter, err error) {
	var body *protocol.ErrorBody
	if !errors.As(err, &body) {
		a.cfg.Log.Error("call", "error", err)
		body = protocol.Errorf(protocol.CodeInternal, "The server had a problem.")
	}
	code := status(body.Code)
	if code == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	refuse(w, code, body)
}

// status is what HTTP says for a code that a call ended with.
func status(code protocol.Code) int {
	switch code {
	case protocol.CodeUnauthorized, protocol.CodeTokenExpired, protocol.CodeTokenNotYetValid, protocol.CodeKeyRevoked:
		return http.StatusUnauthorized
	case protocol.CodeProjectDisabled:
		return http.StatusForbidden
	case protocol.CodeSessionUnknown, protocol.CodeStreamUnknown, protocol.CodeConnectionUnknown, protocol.CodeNotFound:
		return http.StatusNotFound
	case protocol.CodeMalformed, protocol.CodeRoleUnknown, protocol.CodeForbidden: // forbidden is about a connection's role here, not about the caller's credential
		return http.StatusBadRequest
	case protocol.CodeTooLarge:
		return http.StatusRequestEntityTooLarge
	case protocol.CodeStoreFailed, protocol.CodeServerStopping, protocol.CodeTooMany:
		return http.StatusServiceUnavailable
	case codeNotImplemented:
		return http.StatusNotImplemented
	}
	return http.StatusInternalServerError
}

// readBody reads a bounded body.
func readBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	rc := http.NewResponseController(w)
	// What cannot set a deadline (a recorder in a test) has none.
	if rc.SetReadDeadline(time.Now().Add(bodyTimeout)) == nil {
		defer func() { _ = rc.SetReadDeadline(time.Time{}) }()
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, protocol.Errorf(protocol.CodeTooLarge, "The request has more than %d bytes.", limit)
	case err != nil:
		return nil, protocol.Errorf(protocol.CodeMalformed, "The request's body did not come whole.")
	}
	return raw, nil
}

// decode reads a JSON object into v. No body counts as {}: SDKs send it so.
func (a *API) decode(w http.ResponseWriter, r *http.Request, v any) error {
	return a.decodeUpTo(int64(a.cfg.Limits.BodyBytes), w, r, v)
}

// decodeUpTo is decode with a bound of its own, in bytes.
func (a *API) decodeUpTo(limit int64, w http.ResponseWriter, r *http.Request, v any) error {
	raw, err := readBody(w, r, limit)
	if err != nil || len(bytes.TrimSpace(raw)) == 0 {
		return err
	}
	if protocol.TooDeep(raw, a.cfg.JSONDepth) {
		return protocol.Errorf(protocol.CodeMalformed, "The request is nested deeper than %d.", a.cfg.JSONDepth)
	}
	if err := json.Unmarshal(raw, v); err != nil {
		return protocol.Errorf(protocol.CodeMalformed, "The request is not JSON of the expected shape.")
	}
	return nil
}
