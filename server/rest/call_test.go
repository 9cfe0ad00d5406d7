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
	"parley/server/token"
)

// fake is what the API works on: it notes calls, and knows the session s with the stream st and the connection c.
type fake struct {
	calls []string
	fail  error
}

func (f *fake) note(id protocol.SessionID, format string, args ...any) error {
	if id != "s" {
		return protocol.Errorf(protocol.CodeSessionUnknown, "no session")
	}
	f.calls = append(f.calls, fmt.Sprintf(format, args...))
	return f.fail
}

func (f *fake) CreateSession(context.Context) (protocol.SessionID, error) { return "1_made", f.fail }

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
func bearer(t testing.TB, k token.Key) string {
	now := time.Now().Unix()
	text, err := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{"application_id": k.ApplicationID, "iat": now, "exp": now + 900, "jti": "x"}).SignedString(k.Private)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// secretAuth makes a credential as npm opentok does with an API key.
func secretAuth(t testing.TB, k token.Key) string {
	now := time.Now().Unix()
	text, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"iss": k.APIKey, "ist": "project", "iat": now, "exp": now + 300}).SignedString([]byte(k.Secret))
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
	h, key := newAPIWith(t, f)
	auth := []string{"Authorization", "Bearer " + bearer(t, key)}
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
		{"POST", "/v2/project/app/session/s/stream/st/mute", "{}", 200, `{"createdAt":1,"environment":"standard","id":"app","name":"Test","status":"ACTIVE"}`},
		{"POST", "/v2/project/app/session/s/stream/st/mute", "[", 400, "malformed"},
		{"POST", "/v2/project/app/session/s/mute", `{"active":true,"excludedStreamIds":["st"]}`, 200, "mute all true [st]"},
		{"POST", "/v2/project/12345678/session/s/mute", `{"active":true}`, 200, `"id":"12345678"`},
		{"POST", "/v2/project/app/session/s/mute", `{"active":false,"excludedStreamIds":[]}`, 200, "mute all false []"},
		{"POST", "/v2/project/app/session/s/mute", ``, 400, "malformed"},
		{"POST", "/v2/project/app/session/s/mute", `{"active":"yes"}`, 400, "malformed"},
		{"POST", "/v2/project/app/session/no/mute", `{"active":true}`, 404, "sessionUnknown"},
		{"POST", "/v2/project/other/session/s/mute", `{"active":true}`, 403, "forbidden"},
		{"GET", "/v2/project/87654321/archive", "", 403, "forbidden"},
		{"GET", "/v2/project/app/callback", "", 200, "[]"},
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
	h, key := newAPI(t)
	for _, route := range []string{
		"POST /archive", "GET /archive", "GET /archive/a", "POST /archive/a/stop", "PUT /archive/a/layout", "PATCH /archive/a/streams", "DELETE /archive/a",
		"POST /broadcast", "POST /broadcast/", "GET /broadcast", "POST /broadcast/b/stop", "POST /captions", "POST /captions/c/stop", "GET /captions/c",
		"POST /dial", "POST /session/s/play-dtmf", "POST /session/s/connection/c/play-dtmf", "POST /connect", "POST /connect/c/stop",
		"POST /render", "GET /render", "DELETE /render/r", "POST /callback", "DELETE /callback/c",
	} {
		method, path, _ := strings.Cut(route, " ")
		w := do(h, method, "/v2/project/app"+path, "", "X-OPENTOK-AUTH", secretAuth(t, key))
		if w.Code != 501 || !strings.Contains(w.Body.String(), `"notImplemented"`) || !strings.Contains(w.Body.String(), "not available") {
			t.Errorf("%s: %d %s", route, w.Code, w.Body)
		}
		checkAnswer(t, w)
		if w := do(h, method, "/v2/project/app"+path, ""); w.Code != 401 {
			t.Errorf("%s without a credential: %d", route, w.Code)
		}
	}
	if w := do(h, "GET", "/v2/project/app/broadcast", "", "X-OPENTOK-AUTH", secretAuth(t, key)); !strings.Contains(w.Body.String(), `"items":[]`) {
		t.Errorf("a list without items: %s", w.Body)
	}
}

func TestCreateSession(t *testing.T) {
	t.Parallel()
	f := &fake{}
	h, key := newAPIWith(t, f)
	for form, want := range map[string]int{
		"": 200, "archiveMode=manual&p2p.preference=disabled&location=null": 200, "p2p.preference=enabled&archiveMode=manual": 200,
		"p2p.preference=always": 200, "location=12.34.56.78": 200, "e2ee=false": 200, "location=": 200,
		"e2ee=true": 501, "archiveMode=always": 501, "archiveName=x": 501, "archiveMode=always&p2p.preference=disabled": 501,
		"archiveMode=sometimes": 400, "p2p.preference=maybe": 400, "location=somewhere": 400, "location=::1": 400, "e2ee=maybe": 400, "magic=1": 400,
		"location=1.2.3.4&location=1.2.3.4": 400, "%zz": 400, `{"archiveMode":"manual"}`: 400, "x=" + strings.Repeat("x", 256<<10): 413,
	} {
		w := do(h, "POST", "//session/create", form, "Authorization", "bearer "+bearer(t, key), "Content-Type", "application/x-www-form-urlencoded")
		if w.Code != want {
			t.Errorf("%.40s: %d %s, want %d", form, w.Code, w.Body, want)
		}
		checkAnswer(t, w)
		var made []map[string]any
		if want == 200 && (json.Unmarshal(w.Body.Bytes(), &made) != nil || len(made) != 1 || made[0]["session_id"] != "1_made" || made[0]["project_id"] != "12345678") {
			t.Errorf("%s: %s", form, w.Body)
		}
	}
	f.fail = errors.New("disk full")
	if w := do(h, "POST", "/session/create", "", "X-OPENTOK-AUTH", secretAuth(t, key)); w.Code != 503 || !strings.Contains(w.Body.String(), "storeFailed") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	h, key := newAPI(t)
	other := key
	other.APIKey, other.Secret, other.ApplicationID = "87654321", "other", "other"
	client, err := key.Sign(token.Grant{SessionID: "s", Role: "moderator", ExpiresAt: time.Now().Add(time.Hour)}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		header []string
		want   int
	}{
		"the private key":        {[]string{"Authorization", "Bearer " + bearer(t, key)}, 200},
		"the secret":             {[]string{"X-OPENTOK-AUTH", secretAuth(t, key)}, 200},
		"none":                   {nil, 401},
		"basic":                  {[]string{"Authorization", "Basic YTpi"}, 401},
		"no token":               {[]string{"Authorization", "Bearer"}, 401},
		"another application":    {[]string{"Authorization", "Bearer " + bearer(t, other)}, 401},
		"another secret":         {[]string{"X-OPENTOK-AUTH", secretAuth(t, other)}, 401},
		"the secret as a bearer": {[]string{"Authorization", "Bearer " + secretAuth(t, key)}, 401},
		"the key as a secret":    {[]string{"X-OPENTOK-AUTH", bearer(t, key)}, 401},
		"a client token":         {[]string{"Authorization", "Bearer " + client}, 401},
		"a client token, secret": {[]string{"X-OPENTOK-AUTH", client}, 401},
	} {
		w := do(h, "GET", "/v2/project/app/session/s/stream", "", c.header...)
		if w.Code != c.want {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
		checkAnswer(t, w)
	}
}

func TestCodesHaveAStatus(t *testing.T) {
	t.Parallel()
	f := &fake{}
	h, key := newAPIWith(t, f)
	for code, want := range map[protocol.Code]int{
		protocol.CodeStoreFailed: 503, protocol.CodeServerStopping: 503, protocol.CodeTooMany: 503, protocol.CodeTooLarge: 413, protocol.CodeForbidden: 400,
		protocol.CodeInternal: 500,
	} {
		f.fail = protocol.Errorf(code, "Why.")
		if w := do(h, "GET", "/v2/project/app/session/s/stream", "", "X-OPENTOK-AUTH", secretAuth(t, key)); w.Code != want {
			t.Errorf("%s: %d", code, w.Code)
		}
	}
	f.fail = errors.New("secret detail")
	if w := do(h, "GET", "/v2/project/app/session/s/stream", "", "X-OPENTOK-AUTH", secretAuth(t, key)); w.Code != 500 || strings.Contains(w.Body.String(), "secret") {
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
	h, key := newAPIWith(f, &fake{})
	routes := []string{"POST /session/create", "PUT /v2/project/app/session/s/stream", "POST /v2/project/app/session/s/signal", "POST /v2/project/app/session/s/mute",
		"POST /v2/project/app/session/s/stream/st/mute"}
	for i, body := range []string{"archiveMode=manual&p2p.preference=always&location=1.2.3.4", `{"items":[{"id":"st","layoutClassList":["a"]}]}`, `{"type":"a","data":"b"}`,
		`{"active":true,"excludedStreamIds":["st"]}`, `{}`} {
		f.Add(uint8(i), []byte(body))
	}
	auth := bearer(f, key)
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
