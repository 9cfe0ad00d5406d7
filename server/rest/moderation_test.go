package rest

import (
	"context"
	"slices"
	"strings"
	"testing"

	"parley/rtc/protocol"
	"parley/server/session"
)

func (f *fake) Overview(_ context.Context, id protocol.SessionID) (session.Overview, error) {
	return session.Overview{Live: true, Connections: []protocol.Connection{{ID: "c", Name: "Ann", HandRaisedAt: 5}}, Waiting: []protocol.Connection{}}, f.note(id, "overview")
}

func (f *fake) SetState(_ context.Context, id protocol.SessionID, locked, lobby *bool) error {
	text := "state"
	for name, v := range map[string]*bool{"locked": locked, "lobby": lobby} {
		if v != nil {
			text += " " + name
			if !*v {
				text += " off"
			}
		}
	}
	return f.note(id, "%s", text)
}

func (f *fake) Admit(_ context.Context, id protocol.SessionID, c protocol.ConnectionID) error {
	return f.note(id, "admit %q", c)
}

func (f *fake) Refuse(_ context.Context, id protocol.SessionID, c protocol.ConnectionID) error {
	return f.note(id, "refuse %q", c)
}

func (f *fake) SetRole(_ context.Context, id protocol.SessionID, r protocol.SetRole) error {
	if r.Role == "king" {
		return protocol.Errorf(protocol.CodeRoleUnknown, "no such role")
	}
	return f.note(id, "role %s %s %d", r.ConnectionID, r.Role, r.Seconds)
}

func (f *fake) Ban(_ context.Context, id protocol.SessionID, c protocol.ConnectionID) error {
	return f.note(id, "ban %s", c)
}

func (f *fake) Unpublish(_ context.Context, id protocol.SessionID, s protocol.StreamID) error {
	return f.note(id, "unpublish %s", s)
}

func (f *fake) LowerHand(_ context.Context, id protocol.SessionID, c protocol.ConnectionID) error {
	return f.note(id, "lower %s", c)
}

func (f *fake) AskUnmute(_ context.Context, id protocol.SessionID, s protocol.StreamID) error {
	return f.note(id, "ask %s", s)
}

func (f *fake) Chat(_ context.Context, id protocol.SessionID) ([]protocol.ChatLine, error) {
	return []protocol.ChatLine{{ID: "l", Name: "Ann", Text: "hi", Time: 7}}, f.note(id, "chat")
}

func (f *fake) DeleteChat(_ context.Context, id protocol.SessionID, line string) error {
	return f.note(id, "delete %s", line)
}

func TestModerationCalls(t *testing.T) {
	t.Parallel()
	f := &fake{}
	h, project := newAPIWith(t, f)
	auth := []string{"Authorization", "Bearer " + bearer(t, project.own)}
	const s = "/v1/project/app/session/s"
	for _, c := range []struct {
		method, path, body string
		status             int
		want               string // the call that was made, or a part of the answer
	}{
		{"GET", s, "", 200, `"connections":[{"connectionId":"c","creationTime":0,"name":"Ann","handRaisedAt":5}],"waiting":[]`},
		{"PATCH", s, `{"locked":true}`, 204, "state locked"},
		{"PATCH", s, `{"lobby":false}`, 204, "state lobby off"},
		{"PATCH", s, `{}`, 400, "malformed"},
		{"PATCH", s, `{"locked":1}`, 400, "malformed"},
		{"POST", s + "/admit", `{"connectionId":"c"}`, 204, `admit "c"`},
		{"POST", s + "/admit", "", 204, `admit ""`},
		{"POST", s + "/refuse", `{"connectionId":"c"}`, 204, `refuse "c"`},
		{"PUT", s + "/connection/c/role", `{"role":"publisher","seconds":60}`, 204, "role c publisher 60"},
		{"PUT", s + "/connection/c/role", `{"role":"king"}`, 400, "roleUnknown"},
		{"POST", s + "/connection/c/ban", "", 204, "ban c"},
		{"DELETE", s + "/connection/c/hand", "", 204, "lower c"},
		{"DELETE", s + "/stream/st", "", 204, "unpublish st"},
		{"POST", s + "/stream/st/ask-unmute", "", 204, "ask st"},
		{"GET", s + "/chat", "", 200, `{"count":1,"items":[{"id":"l","name":"Ann","text":"hi","time":7}]}`},
		{"DELETE", s + "/chat/l", "", 204, "delete l"},
		{"GET", "/v1/project/other/session/s", "", 403, "forbidden"},
		{"GET", "/v1/project/app/session/no", "", 404, "sessionUnknown"},
	} {
		f.calls = nil
		w := do(h, c.method, c.path, c.body, auth...)
		if w.Code != c.status || !slices.Contains(f.calls, c.want) && !strings.Contains(w.Body.String(), c.want) {
			t.Errorf("%s %s %s: %d %s, calls %q", c.method, c.path, c.body, w.Code, w.Body, f.calls)
		}
		if w := do(h, c.method, c.path, c.body); w.Code != 401 {
			t.Errorf("%s %s without a credential: %d", c.method, c.path, w.Code)
		}
	}
}
