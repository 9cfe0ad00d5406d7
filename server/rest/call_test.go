package rest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"parley/rtc/protocol"
	"parley/server/session"
	"parley/server/store"
	"parley/server/token"
)

// fake is what the API works on: it notes calls, and knows the sessions of owners, each with the stream st and the connection c.
type fake struct {
	calls        []string
	fail, lookUp error
	callbacks    *hooks
}

func (f *fake) note(id protocol.SessionID, format string, args ...any) error {
	if owners[id] == "" {
		return protocol.Errorf(protocol.CodeSessionUnknown, "no session")
	}
	f.calls = append(f.calls, fmt.Sprintf(format, args...))
	return f.fail
}

func (f *fake) CreateSession(_ context.Context, project string, _ json.RawMessage) (protocol.SessionID, error) {
	return protocol.SessionID("1_made_for_" + project), f.fail
}

func (f *fake) Session(_ context.Context, id protocol.SessionID) (store.Session, error) {
	if f.lookUp != nil {
		return store.Session{}, f.lookUp
	}
	if owners[id] == "" {
		return store.Session{}, store.ErrNotFound
	}
	return store.Session{ID: id, Project: owners[id]}, nil
}

func (f *fake) Streams(_ context.Context, id protocol.SessionID) ([]session.StreamInfo, error) {
	return []session.StreamInfo{{Stream: protocol.Stream{ID: "st", Name: "Ann", VideoType: protocol.VideoScreen}, Classes: []string{"focus"}}, {Stream: protocol.Stream{ID: "sound"}}},
		f.note(id, "list")
}

func (f *fake) SetClassLists(_ context.Context, id protocol.SessionID, classes map[protocol.StreamID][]string) error {
	return f.note(id, "classes %v", classes)
}

func (f *fake) MuteStream(_ context.Context, id protocol.SessionID, stream protocol.StreamID) error {
	return f.note(id, "mute %s", stream)
}

func (f *fake) MuteAll(_ context.Context, id protocol.SessionID, active bool, excluded []protocol.StreamID) error {
	return f.note(id, "mute all %v %v", active, excluded)
}

func (f *fake) Signal(_ context.Context, id protocol.SessionID, s protocol.Signal) error {
	if s.To != "" && s.To != "c" {
		return protocol.Errorf(protocol.CodeConnectionUnknown, "no connection")
	}
	return f.note(id, "signal %s %s to %q", s.Type, s.Data, s.To)
}

func (f *fake) Disconnect(_ context.Context, id protocol.SessionID, c protocol.ConnectionID) error {
	return f.note(id, "disconnect %s", c)
}

// bearer makes a credential as @vonage/video does.
func bearer(t testing.TB, s signer) string {
	now := time.Now().Unix()
	text, err := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{"application_id": s.app, "iat": now, "exp": now + 900, "jti": "x"}).SignedString(s.private)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// secretAuth makes a credential as npm opentok does with an API key.
func secretAuth(t testing.TB, s signer) string {
	now := time.Now().Unix()
	text, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"iss": s.apiKey, "ist": "project", "iat": now, "exp": now + 300}).SignedString([]byte(s.secret))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func do(h http.Handler, method, path, body string, header ...string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	h.ServeHTTP(w, r)
	return w
}

func TestCalls(t *testing.T) {
	t.Parallel()
	f := &fake{}
	h, s := newAPIWith(t, f)
	auth := []string{"Authorization", "Bearer " + bearer(t, s.own)}
	for _, c := range []struct {
		method, path, body string
		status             int
		want               string // the call that was made, or a part of the answer
	}{
		{"GET", "/v2/project/app/session/s/stream", "", 200, `{"count":2,"items":[{"id":"st","videoType":"screen","name":"Ann","layoutClassList":["focus"]},{"id":"sound","videoType":"camera","name":"","layoutClassList":[]}]}`},
		{"GET", "//v2/project/12345678//session/s/stream/", "", 200, `"count":2`},
		{"GET", "/v2/project/app/session/s/stream/st", "", 200, `{"id":"st","videoType":"screen","name":"Ann","layoutClassList":["focus"]}`},
		{"GET", "/v2/project/app/session/s/stream/no", "", 404, "streamUnknown"},
		{"GET", "/v2/project/app/session/no/stream", "", 404, "sessionUnknown"},
		{"PUT", "/v2/project/app/session/s/stream", `{"items":[{"id":"st","layoutClassList":["a","b"]}]}`, 204, "classes map[st:[a b]]"},
		{"PUT", "/v2/project/app/session/s/stream", `{"items":[{"id":"st"}]}`, 204, "classes map[st:[]]"},
		{"PUT", "/v2/project/app/session/s/stream", `{"items":[{"id":"st","layoutClassList":["a b"]}]}`, 400, "malformed"},
		{"PUT", "/v2/project/app/session/s/stream", `{"items":[{"id":"st","layoutClassList":["` + strings.Repeat("x", 1025) + `"]}]}`, 400, "malformed"},
		{"PUT", "/v2/project/app/session/s/stream", `{"items":[{"id":"st"},{"id":"st"}]}`, 400, "malformed"},
		{"PUT", "/v2/project/app/session/s/stream", `{}`, 400, "malformed"},
		{"PUT", "/v2/project/app/session/s/stream", `{"items":7}`, 400, "malformed"},
		{"PUT", "/v2/project/app/session/s/stream", `{"items":[{"id":"` + strings.Repeat("x", 256<<10) + `"}]}`, 413, "tooLarge"},
		{"POST", "/v2/project/app/session/s/signal", `{"type":"chat","data":"hi"}`, 204, `signal chat hi to ""`},
		{"POST", "/v2/project/app/session/s/connection/c/signal", `{"type":"x","data":"hi"}`, 204, `signal x hi to "c"`},
		{"POST", "/v2/project/app/session/s/connection/no/signal", `{"type":"x","data":"hi"}`, 404, "connectionUnknown"},
		{"POST", "/v2/project/app/session/s/signal", "\n", 400, "malformed"},
		{"POST", "/v2/project/app/session/s/signal", `[]`, 400, "malformed"},
		{"POST", "/v2/project/app/session/s/signal", `{"type":7}`, 400, "malformed"},
		{"POST", "/v2/project/app/session/s/signal", `{"type":"x"}{"type":"y"}`, 400, "malformed"},
		{"DELETE", "/v2/project/app/session/s/connection/c", "", 204, "disconnect c"},
		{"POST", "/v2/project/app/session/s/stream/st/mute", "", 200, "mute st"},
		{"POST", "/v2/project/app/session/s/stream/st/mute", "{}", 200, `{"createdAt":1,"environment":"standard","id":"app","name":"Name of app","status":"ACTIVE"}`},
		{"POST", "/v2/project/app/session/s/stream/st/mute", "[", 400, "malformed"},
		{"POST", "/v2/project/app/session/s/mute", `{"active":true,"excludedStreamIds":["st"]}`, 200, "mute all true [st]"},
		{"POST", "/v2/project/12345678/session/s/mute", `{"active":true}`, 200, `"id":"12345678"`},
		{"POST", "/v2/project/app/session/s/mute", `{"active":false,"excludedStreamIds":[]}`, 200, "mute all false []"},
		{"POST", "/v2/project/app/session/s/mute", ``, 400, "malformed"},
		{"POST", "/v2/project/app/session/s/mute", `{"active":"yes"}`, 400, "malformed"},
		{"POST", "/v2/project/app/session/no/mute", `{"active":true}`, 404, "sessionUnknown"},
		{"POST", "/v2/project/other/session/s/mute", `{"active":true}`, 403, "forbidden"},
		{"GET", "/v2/project/87654321/archive", "", 403, "forbidden"},
		{"PATCH", "/v2/project/app/session/s/mute", "", 404, "notFound"},
		{"GET", "/v2/project/app", "", 404, "notFound"},
	} {
		f.calls = nil
		w := do(h, c.method, c.path, c.body, auth...)
		if got := w.Body.String() + strings.Join(f.calls, ","); w.Code != c.status || !strings.Contains(got, c.want) {
			t.Errorf("%s %s %.60s: %d %s, want %d %s", c.method, c.path, c.body, w.Code, got, c.status, c.want)
		}
		checkAnswer(t, w)
	}
	w := do(h, "GET", "/v2/project/app/session/s/stream/st", "", append(auth, "User-Agent", "OpenTok-Node-SDK/2.23.2")...)
	if w.Header().Get("Content-Type") != "text/json" {
		t.Errorf("%v", w.Header())
	}
}

// checkAnswer fails on an answer that SDKs stumble over.
func checkAnswer(t *testing.T, w *httptest.ResponseRecorder) {
	t.Helper()
	mediaType := w.Header().Get("Content-Type")
	var body protocol.ErrorBody
	switch {
	case w.Code == 204:
		if mediaType != "" || w.Body.Len() > 0 {
			t.Errorf("204 with %q %s", mediaType, w.Body)
		}
	case mediaType != "application/json":
		t.Errorf("%d with the type %q", w.Code, mediaType)
	case w.Code >= 300 && (json.Unmarshal(w.Body.Bytes(), &body) != nil || body.Code == "" || body.Message == ""):
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestMissingFeatures(t *testing.T) {
	t.Parallel()
	h, s := newAPI(t)
	for _, route := range []string{
		"POST /archive", "GET /archive", "GET /archive/a", "POST /archive/a/stop", "PUT /archive/a/layout", "PATCH /archive/a/streams", "DELETE /archive/a",
		"POST /broadcast", "POST /broadcast/", "GET /broadcast", "POST /broadcast/b/stop", "POST /captions", "POST /captions/c/stop", "GET /captions/c",
		"POST /dial", "POST /session/s/play-dtmf", "POST /session/s/connection/c/play-dtmf", "POST /connect", "POST /connect/c/stop",
		"POST /render", "GET /render", "DELETE /render/r",
	} {
		method, path, _ := strings.Cut(route, " ")
		w := do(h, method, "/v2/project/app"+path, "", "X-OPENTOK-AUTH", secretAuth(t, s.own))
		if w.Code != 501 || !strings.Contains(w.Body.String(), `"notImplemented"`) || !strings.Contains(w.Body.String(), "not available") {
			t.Errorf("%s: %d %s", route, w.Code, w.Body)
		}
		checkAnswer(t, w)
		if w := do(h, method, "/v2/project/app"+path, ""); w.Code != 401 {
			t.Errorf("%s without a credential: %d", route, w.Code)
		}
	}
	if w := do(h, "GET", "/v2/project/app/broadcast", "", "X-OPENTOK-AUTH", secretAuth(t, s.own)); !strings.Contains(w.Body.String(), `"items":[]`) {
		t.Errorf("a list without items: %s", w.Body)
	}
}

func TestCreateSession(t *testing.T) {
	t.Parallel()
	f := &fake{}
	h, s := newAPIWith(t, f)
	for form, want := range map[string]int{
		"": 200, "archiveMode=manual&p2p.preference=disabled&location=null": 200, "p2p.preference=enabled&archiveMode=manual": 200,
		"p2p.preference=always": 200, "location=12.34.56.78": 200, "lobby=true": 200, "lobby=false": 200, "lobby=perhaps": 400, "e2ee=false": 200, "location=": 200,
		"e2ee=true": 501, "archiveMode=always": 501, "archiveName=x": 501, "archiveMode=always&p2p.preference=disabled": 501,
		"archiveMode=sometimes": 400, "p2p.preference=maybe": 400, "location=somewhere": 400, "location=::1": 400, "e2ee=maybe": 400, "magic=1": 400,
		"location=1.2.3.4&location=1.2.3.4": 400, "%zz": 400, `{"archiveMode":"manual"}`: 400, "x=" + strings.Repeat("x", 256<<10): 413,
	} {
		w := do(h, "POST", "//session/create", form, "Authorization", "bearer "+bearer(t, s.own), "Content-Type", "application/x-www-form-urlencoded")
		if w.Code != want {
			t.Errorf("%.40s: %d %s, want %d", form, w.Code, w.Body, want)
		}
		checkAnswer(t, w)
		var made []map[string]any
		if want == 200 && (json.Unmarshal(w.Body.Bytes(), &made) != nil || len(made) != 1 || made[0]["session_id"] != "1_made_for_app" || made[0]["project_id"] != "12345678") {
			t.Errorf("%s: %s", form, w.Body)
		}
	}
	w := do(h, "POST", "/session/create", "", "Authorization", "Bearer "+bearer(t, s.another))
	if w.Code != 200 || !strings.Contains(w.Body.String(), `"1_made_for_another","project_id":"23456789"`) {
		t.Errorf("another project: %d %s", w.Code, w.Body)
	}
	f.fail = fmt.Errorf("create session: %w", store.ErrDisabled)
	if w := do(h, "POST", "/session/create", "", "X-OPENTOK-AUTH", secretAuth(t, s.own)); w.Code != 403 || !strings.Contains(w.Body.String(), "projectDisabled") {
		t.Errorf("disabled meanwhile: %d %s", w.Code, w.Body)
	}
	f.fail = errors.New("disk full")
	if w := do(h, "POST", "/session/create", "", "X-OPENTOK-AUTH", secretAuth(t, s.own)); w.Code != 503 || !strings.Contains(w.Body.String(), "storeFailed") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	h, s := newAPI(t)
	stranger := newSigner(t, "stranger", "99999999")
	client, err := s.Sign(t.Context(), "app", token.Grant{SessionID: "s", Role: "moderator", ExpiresAt: time.Now().Add(time.Hour)}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		header []string
		want   int
		code   protocol.Code
	}{
		"the private key":         {[]string{"Authorization", "Bearer " + bearer(t, s.own)}, 200, ""},
		"the secret":              {[]string{"X-OPENTOK-AUTH", secretAuth(t, s.own)}, 200, ""},
		"none":                    {nil, 401, protocol.CodeUnauthorized},
		"basic":                   {[]string{"Authorization", "Basic YTpi"}, 401, protocol.CodeUnauthorized},
		"no token":                {[]string{"Authorization", "Bearer"}, 401, protocol.CodeUnauthorized},
		"a stranger's key":        {[]string{"Authorization", "Bearer " + bearer(t, stranger)}, 401, protocol.CodeUnauthorized},
		"a stranger's secret":     {[]string{"X-OPENTOK-AUTH", secretAuth(t, stranger)}, 401, protocol.CodeUnauthorized},
		"the secret as a bearer":  {[]string{"Authorization", "Bearer " + secretAuth(t, s.own)}, 401, protocol.CodeUnauthorized},
		"the key as a secret":     {[]string{"X-OPENTOK-AUTH", bearer(t, s.own)}, 401, protocol.CodeUnauthorized},
		"a client token":          {[]string{"Authorization", "Bearer " + client}, 401, protocol.CodeUnauthorized},
		"a client token, secret":  {[]string{"X-OPENTOK-AUTH", client}, 401, protocol.CodeUnauthorized},
		"a revoked key":           {[]string{"Authorization", "Bearer " + bearer(t, s.old)}, 401, protocol.CodeKeyRevoked},
		"a revoked secret":        {[]string{"X-OPENTOK-AUTH", secretAuth(t, s.old)}, 401, protocol.CodeKeyRevoked},
		"another project":         {[]string{"Authorization", "Bearer " + bearer(t, s.another)}, 403, protocol.CodeForbidden},
		"another project, secret": {[]string{"X-OPENTOK-AUTH", secretAuth(t, s.another)}, 403, protocol.CodeForbidden},
		"a disabled project":      {[]string{"Authorization", "Bearer " + bearer(t, s.disabled)}, 403, protocol.CodeProjectDisabled},
	} {
		w := do(h, "GET", "/v2/project/app/session/s/stream", "", c.header...)
		var body protocol.ErrorBody
		if json.Unmarshal(w.Body.Bytes(), &body) != nil || w.Code != c.want || body.Code != c.code || (w.Header().Get("WWW-Authenticate") != "") != (c.want == 401) {
			t.Errorf("%s: %d %s %v", name, w.Code, w.Body, w.Header())
		}
		checkAnswer(t, w)
	}
}

// TestSessionsOfOthers puts every route that names a session to one of another project: for its caller it is not there, and nothing happens in it.
func TestSessionsOfOthers(t *testing.T) {
	t.Parallel()
	f := &fake{}
	h, s := newAPIWith(t, f)
	headers := map[string][][]string{}
	for _, by := range []signer{s.own, s.another, s.disabled} {
		headers[by.app] = [][]string{{"Authorization", "Bearer " + bearer(t, by)}, {"X-OPENTOK-AUTH", secretAuth(t, by)}}
	}
	for _, route := range []string{
		"GET /v2 /stream", "GET /v2 /stream/st", "PUT /v2 /stream", "POST /v2 /stream/st/mute", "POST /v2 /mute", "POST /v2 /signal", "POST /v2 /connection/c/signal",
		"DELETE /v2 /connection/c", "POST /v2 /play-dtmf", "POST /v2 /connection/c/play-dtmf",
		"GET /v1 ", "PATCH /v1 ", "POST /v1 /admit", "POST /v1 /refuse", "PUT /v1 /connection/c/role", "POST /v1 /connection/c/ban", "DELETE /v1 /connection/c/hand",
		"DELETE /v1 /stream/st", "POST /v1 /stream/st/ask-unmute", "GET /v1 /chat", "DELETE /v1 /chat/l",
	} {
		part := strings.Split(route, " ")
		method, version, path := part[0], part[1], part[2]
		for _, c := range []struct {
			by      signer
			project string
			session string
			want    int
			code    string
		}{
			{s.own, "app", "theirs", 404, "sessionUnknown"}, {s.own, "12345678", "theirs", 404, "sessionUnknown"}, {s.another, "another", "s", 404, "sessionUnknown"},
			{s.own, "app", "nobody", 404, "sessionUnknown"}, {s.own, "another", "theirs", 403, "forbidden"}, {s.own, "23456789", "theirs", 403, "forbidden"},
			{s.disabled, "disabled", "closed", 403, "projectDisabled"},
		} {
			for _, header := range headers[c.by.app] {
				w := do(h, method, version+"/project/"+c.project+"/session/"+c.session+path, `{"active":true,"type":"x","items":[],"locked":true}`, header...)
				if w.Code != c.want || !strings.Contains(w.Body.String(), `"code":"`+c.code+`"`) || len(f.calls) > 0 {
					t.Errorf("%s in %s by %s: %d %s, calls %v", route, c.session, c.by.app, w.Code, w.Body, f.calls)
				}
				checkAnswer(t, w)
			}
		}
	}
	w := do(h, "POST", "/v2/project/another/session/theirs/mute", `{"active":true}`, "X-OPENTOK-AUTH", secretAuth(t, s.another))
	if w.Code != 200 || !strings.Contains(w.Body.String(), `"id":"another","name":"Name of another"`) {
		t.Errorf("by its own project: %d %s", w.Code, w.Body)
	}
	f.lookUp = errors.New("disk on fire")
	if w := do(h, "GET", "/v2/project/app/session/s/stream", "", "X-OPENTOK-AUTH", secretAuth(t, s.own)); w.Code != 503 || strings.Contains(w.Body.String(), "fire") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestCodesHaveAStatus(t *testing.T) {
	t.Parallel()
	f := &fake{}
	h, s := newAPIWith(t, f)
	for code, want := range map[protocol.Code]int{
		protocol.CodeStoreFailed: 503, protocol.CodeServerStopping: 503, protocol.CodeTooMany: 503, protocol.CodeTooLarge: 413, protocol.CodeForbidden: 400,
		protocol.CodeInternal: 500,
	} {
		f.fail = protocol.Errorf(code, "Why.")
		if w := do(h, "GET", "/v2/project/app/session/s/stream", "", "X-OPENTOK-AUTH", secretAuth(t, s.own)); w.Code != want {
			t.Errorf("%s: %d", code, w.Code)
		}
	}
	f.fail = errors.New("secret detail")
	if w := do(h, "GET", "/v2/project/app/session/s/stream", "", "X-OPENTOK-AUTH", secretAuth(t, s.own)); w.Code != 500 || strings.Contains(w.Body.String(), "secret") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestCleanNeverRedirects(t *testing.T) {
	t.Parallel()
	h, _ := newAPI(t)
	for path, want := range map[string]int{
		"/healthz": 200, "//healthz/": 200, "/x/../healthz": 200, "/./healthz": 200, "/session/create/": 404, "/v2/project/app/session/a%2Fb/stream": 401, "/": 404, "//": 404,
	} {
		w := httptest.NewRecorder()
		r := &http.Request{Method: "GET", URL: &url.URL{}, Header: http.Header{}, Body: http.NoBody}
		r.URL.Path, r.URL.RawPath = path, path
		if plain, err := url.PathUnescape(path); err == nil {
			r.URL.Path = plain
		}
		h.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}

func FuzzBodies(f *testing.F) {
	h, s := newAPIWith(f, &fake{})
	routes := []string{"POST /session/create", "PUT /v2/project/app/session/s/stream", "POST /v2/project/app/session/s/signal", "POST /v2/project/app/session/s/mute",
		"POST /v2/project/app/session/s/stream/st/mute"}
	for i, body := range []string{"archiveMode=manual&p2p.preference=always&location=1.2.3.4", `{"items":[{"id":"st","layoutClassList":["a"]}]}`, `{"type":"a","data":"b"}`,
		`{"active":true,"excludedStreamIds":["st"]}`, `{}`} {
		f.Add(uint8(i), []byte(body))
	}
	auth := bearer(f, s.own)
	f.Fuzz(func(t *testing.T, route uint8, body []byte) {
		method, path, _ := strings.Cut(routes[int(route)%len(routes)], " ")
		w := do(h, method, path, string(body), "Authorization", "Bearer "+auth)
		switch w.Code {
		case 200, 204, 400, 413, 501:
		default:
			t.Errorf("%s %q: %d %s", path, body, w.Code, w.Body)
		}
		checkAnswer(t, w)
	})
}
