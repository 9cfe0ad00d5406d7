package rest

import (
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"parley/rtc/protocol"
	"parley/server/session"
	"parley/server/store"
)

// createdSession is how a new session is answered, with the names of the Vonage API.
type createdSession struct {
	SessionID           protocol.SessionID `json:"session_id"`
	ProjectID           string             `json:"project_id"`
	PartnerID           string             `json:"partner_id"`
	Created             string             `json:"create_dt"`
	Status              *string            `json:"session_status"`
	MediaServerURL      string             `json:"media_server_url"`
	MediaServerHostname *string            `json:"media_server_hostname"`
	MessagingServerURL  *string            `json:"messaging_server_url"`
}

// createSession makes a session. The answer is a list of one, as SDKs expect it.
func (a *API) createSession(w http.ResponseWriter, r *http.Request) error {
	raw, err := readBody(w, r, int64(a.cfg.Limits.BodyBytes))
	if err != nil {
		return err
	}
	form, err := url.ParseQuery(string(raw))
	if err != nil {
		return protocol.Errorf(protocol.CodeMalformed, "The request is not form-encoded.")
	}
	for name, values := range form {
		if len(values) > 1 {
			return protocol.Errorf(protocol.CodeMalformed, "The option %.40q is given more than once.", name)
		}
		if err := checkOption(name, values[0]); err != nil {
			return err
		}
	}
	p := projectOf(r)
	id, err := a.cfg.Sessions.CreateSession(r.Context(), p.ApplicationID, session.Options{Lobby: form.Get("lobby") == "true"}.Encode())
	switch {
	case errors.Is(err, store.ErrDisabled): // since the credential was checked
		return projectDisabled()
	case err != nil:
		return a.storeFailed("create session", err)
	}
	a.cfg.Log.Info("session created", "session", id, "project", p.ApplicationID)
	answer(w, http.StatusOK, []createdSession{{SessionID: id, ProjectID: p.APIKey, PartnerID: p.APIKey, Created: a.cfg.Now().UTC().Format(time.UnixDate)}})
	return nil
}

// checkOption refuses what a session cannot be: an option is honoured, or refused, but never ignored.
func checkOption(name, value string) error {
	wrong := protocol.Errorf(protocol.CodeMalformed, "The option %.40q cannot be %.40q.", name, value)
	switch name {
	case "archiveMode":
		switch value {
		case "", "manual":
			return nil
		case "always":
			return lacks("Archiving")
		}
		return wrong
	case "lobby": // Parley's own
		if value == "true" || value == "false" || value == "" {
			return nil
		}
		return wrong
	case "e2ee":
		switch value {
		case "", "false":
			return nil
		case "true":
			return lacks("End-to-end encryption")
		}
		return wrong
	case "p2p.preference": // all of them are served by this server, see docs/API.md
		switch value {
		case "", "disabled", "enabled", "always":
			return nil
		}
		return wrong
	case "location": // a hint for which of many servers to take: there is one
		ip, err := netip.ParseAddr(value)
		if value == "" || value == "null" || err == nil && ip.Is4() {
			return nil
		}
		return wrong
	case "archiveName", "archiveResolution":
		return lacks("Archiving")
	}
	return protocol.Errorf(protocol.CodeMalformed, "This server has no option %.40q.", name)
}
