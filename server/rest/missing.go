package rest

import (
	"net/http"

	"parley/rtc/protocol"
)

// feature is a part of the Vonage API that this server has not.
type feature struct {
	name string
	list bool // GET asks for a list
}

// missing returns the routes of features that this server has not, below the project's.
func missing() map[string]feature {
	return map[string]feature{
		"/archive":                     {"Archiving", true},
		"/archive/{rest...}":           {"Archiving", false},
		"/broadcast":                   {"Broadcasting", true},
		"/broadcast/{rest...}":         {"Broadcasting", false},
		"/captions":                    {"Captioning", false},
		"/captions/{rest...}":          {"Captioning", false},
		"/render":                      {"Experience Composer", true},
		"/render/{rest...}":            {"Experience Composer", false},
		"/dial":                        {"SIP", false},
		"/session/{session}/play-dtmf": {"SIP", false},
		"/session/{session}/connection/{connection}/play-dtmf": {"SIP", false},
		"/connect":           {"Audio Connector", false},
		"/connect/{rest...}": {"Audio Connector", false},
	}
}

// lacks is the answer to who asks for a feature that this server has not.
func lacks(name string) *protocol.ErrorBody {
	return protocol.Errorf(codeNotImplemented, "%s is not available on this server.", name)
}

// unavailable refuses a feature's routes.
func unavailable(f feature) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		body := lacks(f.name)
		if !f.list || r.Method != http.MethodGet {
			return body
		}
		// npm opentok stumbles over a list without items, whatever the status.
		answer(w, http.StatusNotImplemented, map[string]any{"code": body.Code, "message": body.Message, "count": 0, "items": []any{}})
		return nil
	}
}
