package rest

import (
	"net/http"

	"parley/rtc/protocol"
)

// signal sends a signal to everyone, or to the connection that the path names.
func (a *API) signal(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		Type string `json:"type"`
		Data string `json:"data"`
	}
	if err := a.decode(w, r, &body); err != nil {
		return err
	}
	if body.Type == "" && body.Data == "" {
		return protocol.Errorf(protocol.CodeMalformed, "A signal needs a type or data.")
	}
	sig := protocol.Signal{Type: body.Type, Data: body.Data, To: protocol.ConnectionID(r.PathValue("connection"))}
	if err := a.cfg.Connections.Signal(r.Context(), sessionID(r), sig); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// disconnect takes a connection out of its session.
func (a *API) disconnect(w http.ResponseWriter, r *http.Request) error {
	if err := a.cfg.Connections.Disconnect(r.Context(), sessionID(r), protocol.ConnectionID(r.PathValue("connection"))); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
