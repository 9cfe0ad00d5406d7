package sdktest

import (
	"strings"
	"testing"

	"parley/server/servertest"
	"parley/server/store"
)

// mode is one SDK with one kind of credential, and how its methods are called.
type mode struct {
	name string
	// args start the program for a project.
	args func(url string, p store.Project) []string
	// options are those of createSession that are accepted, and refused those that are not, by a part of the failure.
	options []map[string]any
	refused []refusal
	calls   calls
	// failures are parts of what the SDK makes of refusals, by what failed.
	failures map[string]string
}

type refusal struct {
	options map[string]any
	want    string
}

// calls are a mode's methods. Each returns the failure, or nil.
type calls struct {
	token   func(p *program, out *string, session string, options map[string]any) *failure
	list    func(p *program, session string) ([]item, *failure)
	one     func(p *program, session, stream string) (item, *failure)
	signal  func(p *program, session, connection, kind, data string) *failure
	muteOne func(p *program, session, stream string) *failure
	muteAll func(p *program, session string, excluded ...string) *failure
	classes string // method
	remove  string
	lift    string
}

// item is a stream as SDKs see it.
type item struct {
	ID        string   `json:"id"`
	VideoType string   `json:"videoType"`
	Name      string   `json:"name"`
	Classes   []string `json:"layoutClassList"`
}

var vonageCalls = calls{
	token: func(p *program, out *string, session string, options map[string]any) *failure {
		return p.try(out, "generateClientToken", session, options)
	},
	list: func(p *program, session string) ([]item, *failure) {
		var out struct {
			Count int    `json:"count"`
			Items []item `json:"items"`
		}
		f := p.try(&out, "getStreamInfo", session)
		if f == nil && out.Count != len(out.Items) {
			p.t.Errorf("count %d of %v", out.Count, out.Items)
		}
		return out.Items, f
	},
	one: func(p *program, session, stream string) (out item, f *failure) {
		return out, p.try(&out, "getStreamInfo", session, stream)
	},
	signal: func(p *program, session, connection, kind, data string) *failure {
		signal := map[string]string{"type": kind, "data": data}
		if connection == "" {
			return p.try(nil, "sendSignal", signal, session)
		}
		return p.try(nil, "sendSignal", signal, session, connection)
	},
	muteOne: func(p *program, session, stream string) *failure { return muted(p, "muteStream", session, stream) },
	muteAll: func(p *program, session string, excluded ...string) *failure {
		return muted(p, "forceMuteAll", session, append([]string{}, excluded...))
	},
	classes: "setStreamClassLists", remove: "disconnectClient", lift: "disableForceMute",
}

var opentokCalls = calls{
	token: func(p *program, out *string, session string, options map[string]any) *failure {
		return p.try(out, "generateToken", session, options)
	},
	list: func(p *program, session string) (out []item, f *failure) {
		return out, p.try(&out, "listStreams", session)
	},
	one: func(p *program, session, stream string) (out item, f *failure) {
		return out, p.try(&out, "getStream", session, stream)
	},
	signal: func(p *program, session, connection, kind, data string) *failure {
		var to any
		if connection != "" {
			to = connection
		}
		return p.try(nil, "signal", session, to, map[string]string{"type": kind, "data": data})
	},
	muteOne: func(p *program, session, stream string) *failure {
		return p.try(nil, "forceMuteStream", session, stream)
	},
	muteAll: func(p *program, session string, excluded ...string) *failure {
		return p.try(nil, "forceMuteAll", session, map[string]any{"excludedStreamIds": append([]string{}, excluded...)})
	},
	classes: "setStreamClassLists", remove: "forceDisconnect", lift: "disableForceMute",
}

// muted calls a method that answers the project's details.
func muted(p *program, method string, args ...any) *failure {
	var project struct{ ID, Name, Status string }
	f := p.try(&project, method, args...)
	if f == nil && (project.ID == "" || project.Name == "" || project.Status != "ACTIVE") {
		p.t.Errorf("%s answered %+v", method, project)
	}
	return f
}

func modes() []mode {
	opentokRefused := []refusal{
		{map[string]any{"mediaMode": "routed", "archiveMode": "always"}, "Archiving is not available"},
		{map[string]any{"mediaMode": "routed", "e2ee": true}, "End-to-end encryption is not available"},
		{map[string]any{"magic": true}, "no option"},
	}
	opentokOptions := []map[string]any{{}, {"mediaMode": "routed"}, {"mediaMode": "relayed"}, {"mediaMode": "routed", "archiveMode": "manual"}, {"location": "12.34.56.78"}, {"e2ee": false}}
	opentokFailures := map[string]string{
		"auth": "AuthError", "create": "Invalid API key or secret", "session": "NotFoundError", "stream": "NotFoundError", "connection": "Error 0: Session or Connection not found", "malformed": "RequestError",
	}
	return []mode{
		{
			name: "@vonage/video",
			args: func(url string, p store.Project) []string {
				return []string{"vonage.cjs", url, p.ApplicationID, p.PrivateKeyFile()}
			},
			options: []map[string]any{{}, {"mediaMode": "disabled"}, {"mediaMode": "enabled", "archiveMode": "manual"}, {"location": "12.34.56.78"}},
			refused: []refusal{
				{map[string]any{"archiveMode": "always"}, `501: Request failed with status code 501 {"code":"notImplemented","message":"Archiving is not available`},
				{map[string]any{"location": "somewhere"}, `400: Request failed with status code 400 {"code":"malformed"`},
			},
			calls: vonageCalls,
			failures: map[string]string{"auth": `401: Request failed with status code 401 {"code":"unauthorized"`, "create": `{"code":"unauthorized"`, "session": `{"code":"sessionUnknown"`,
				"stream": `{"code":"streamUnknown"`, "connection": `{"code":"connectionUnknown"`, "malformed": `{"code":"malformed"`},
		},
		{
			name: "opentok with the secret",
			args: func(url string, p store.Project) []string {
				return []string{"opentok.cjs", url, p.APIKey, p.APISecret()}
			},
			options: opentokOptions, refused: opentokRefused, calls: opentokCalls, failures: opentokFailures,
		},
		{
			name: "opentok with the private key",
			args: func(url string, p store.Project) []string {
				return []string{"opentok.cjs", url, p.ApplicationID, p.PrivateKeyFile()}
			},
			options: opentokOptions, refused: opentokRefused, calls: opentokCalls, failures: opentokFailures,
		},
	}
}

// isJWT tells whether the mode's tokens and credentials are RS256.
func (m mode) isJWT() bool { return !strings.HasSuffix(m.name, "secret") }

// room is a session that a program of the mode made.
type room struct {
	*testing.T
	mode
	server  *servertest.Server
	sdk     *program
	session string
}

// newRoom makes a room for a part of a test.
func newRoom(t *testing.T, m mode, s *servertest.Server, sdk *program) *room {
	sdk.t = t
	r := &room{T: t, mode: m, server: s, sdk: sdk}
	r.session = r.create(map[string]any{})
	return r
}

// create makes a session.
func (r *room) create(options map[string]any) string {
	r.Helper()
	var made struct {
		ID string `json:"sessionId"`
	}
	r.sdk.call(&made, "createSession", options)
	if made.ID == "" {
		r.Fatalf("createSession(%v) has no id", options)
	}
	return made.ID
}

// token makes a token.
func (r *room) token(options map[string]any) string {
	r.Helper()
	var text string
	if f := r.calls.token(r.sdk, &text, r.session, options); f != nil {
		r.Fatalf("token of %v: %v", options, f)
	}
	return text
}

// fails checks that a call failed in the way that the mode has for it.
func (r *room) fails(what string, f *failure) {
	r.Helper()
	if f == nil || !strings.Contains(f.String(), r.failures[what]) {
		r.Errorf("%s: %v, want %s", what, f, r.failures[what])
	}
}
