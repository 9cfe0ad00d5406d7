package rest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"parley/server/store"
	"parley/server/webhook"
)

// hooks keeps hooks in memory.
type hooks struct {
	mu   sync.Mutex
	all  []store.Webhook
	fail error
}

func (h *hooks) Webhooks(_ context.Context, project string) ([]store.Webhook, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(h.all), func(w store.Webhook) bool { return w.Project != project }), h.fail
}

func (h *hooks) AddWebhook(_ context.Context, w store.Webhook) (store.Webhook, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.fail != nil {
		return store.Webhook{}, h.fail
	}
	w.ID = fmt.Sprint("h", len(h.all))
	h.all = append(h.all, w)
	return w, nil
}

func (h *hooks) RemoveWebhook(_ context.Context, id, project string, source store.WebhookSource) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i, w := range h.all {
		if w.ID == id && w.Project == project && w.Source == source {
			h.all = slices.Delete(h.all, i, i+1)
			return h.fail
		}
	}
	return errors.Join(store.ErrNotFound, h.fail)
}

func TestCallbacks(t *testing.T) {
	t.Parallel()
	kept := &hooks{all: []store.Webhook{
		{ID: "config", Project: "app", URL: "http://e.org/c", Events: []string{"all"}, Source: store.WebhookByConfig},
		{ID: "theirs", Project: "another", URL: "http://e.org/o", Events: []string{"streamCreated"}, Source: store.WebhookByREST},
	}}
	h, s := newAPIWith(t, &fake{callbacks: kept})
	auth := []string{"X-OPENTOK-AUTH", secretAuth(t, s.own)}
	for _, c := range []struct {
		route, body string
		status      int
		want        string
	}{
		{"GET /callback", "", 200, "[]\n"},
		{"POST /callback", `{"group":"connection","event":"created","url":"https://e.org/a?b=c&d"}`, 200, `{"id":"h2","group":"connection","event":"created","url":"https://e.org/a?b=c`},
		{"POST /callback", `{"group":"stream","event":"destroyed","url":"http://127.0.0.1:1"}`, 200, `{"id":"h3","group":"stream","event":"destroyed"`},
		{"POST /callback/", `{"group":"session","event":"created","url":"http://localhost"}`, 200, `"session"`},
		{"GET /callback", "", 200, `[{"id":"h2","group":"connection","event":"created","url":"https://e.org/a?b=c\u0026d"},{"id":"h3",`},
		{"POST /callback", `{"group":"archive","event":"status","url":"http://e.org"}`, 501, "Archiving is not available"},
		{"POST /callback", `{"group":"broadcast","event":"status","url":"http://e.org"}`, 501, "Broadcasting is not available"},
		{"POST /callback", `{"group":"connection","event":"status","url":"http://e.org"}`, 400, "created and destroyed"},
		{"POST /callback", `{"group":"king","event":"created","url":"http://e.org"}`, 400, `group \"king\"`},
		{"POST /callback", `{"group":"stream","event":"created"}`, 400, "must begin with http"},
		{"POST /callback", `{"group":"stream","event":"created","url":"ftp://e.org"}`, 400, "must begin with http"},
		{"POST /callback", `{"group":"stream","event":"created","url":"http://ann:pw@e.org"}`, 400, "user name"},
		{"POST /callback", `{"group":"stream","event":"created","url":"http://169.254.169.254/"}`, 400, "refused"},
		{"POST /callback", `{"group":"stream","event":"created","url":"http://e.org/` + strings.Repeat("x", 2048) + `"}`, 400, "bytes"},
		{"POST /callback", `{"group":"stream","event":"created","url":"http://e.org/` + strings.Repeat("x", maxCallback) + `"}`, 413, "tooLarge"},
		{"POST /callback", ``, 400, "malformed"},
		{"POST /callback", `[]`, 400, "malformed"},
		{"POST /callback", `{"group":7}`, 400, "malformed"},
		{"DELETE /callback/h2", "", 204, ""},
		{"DELETE /callback/h2", "", 404, "notFound"},
		{"DELETE /callback/config", "", 404, "notFound"},
		{"DELETE /callback/theirs", "", 404, "notFound"},
		{"DELETE /callback", "", 404, "notFound"},
		{"PUT /callback", "", 404, "notFound"},
	} {
		method, path, _ := strings.Cut(c.route, " ")
		w := do(h, method, "/v2/project/12345678"+path, c.body, auth...)
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.want) {
			t.Errorf("%s %.60s: %d %s, want %d %s", c.route, c.body, w.Code, w.Body, c.status, c.want)
		}
		checkAnswer(t, w)
		if w := do(h, method, "/v2/project/12345678"+path, c.body); w.Code != 401 && c.status != 404 {
			t.Errorf("%s without a credential: %d", c.route, w.Code)
		}
	}
	if w := do(h, "GET", "/v2/project/another/callback", "", auth...); w.Code != 403 {
		t.Errorf("another project: %d %s", w.Code, w.Body)
	}
	if w := do(h, "GET", "/v2/project/another/callback", "", "X-OPENTOK-AUTH", secretAuth(t, s.another)); w.Code != 200 || !strings.Contains(w.Body.String(), "theirs") || strings.Contains(w.Body.String(), "h3") {
		t.Errorf("another project's own: %d %s", w.Code, w.Body)
	}
}

func TestCallbacksWhenTheStoreFails(t *testing.T) {
	t.Parallel()
	kept := &hooks{fail: errors.New("disk full")}
	h, s := newAPIWith(t, &fake{callbacks: kept})
	ask := func(method, path string) (int, string) {
		w := do(h, method, "/v2/project/app/callback"+path, `{"group":"stream","event":"created","url":"http://e.org"}`, "X-OPENTOK-AUTH", secretAuth(t, s.own))
		checkAnswer(t, w)
		return w.Code, w.Body.String()
	}
	for _, method := range []string{"GET", "POST"} {
		if code, body := ask(method, ""); code != 503 || !strings.Contains(body, "storeFailed") {
			t.Errorf("%s: %d %s", method, code, body)
		}
	}
	kept.fail = store.ErrTooMany
	if code, body := ask("POST", ""); code != 400 || !strings.Contains(body, "50 webhooks") {
		t.Errorf("%d %s", code, body)
	}
}

func FuzzCallback(f *testing.F) {
	kept := &hooks{}
	h, s := newAPIWith(f, &fake{callbacks: kept})
	for _, body := range []string{`{"group":"connection","event":"created","url":"http://e.org"}`, `{"group":"archive","event":"status","url":"http://e.org"}`, `{"group":"x"}`,
		`{"url":"http://[::1%25lo]:80/"}`, `{"group":"stream","event":"created","url":"http://169.254.1.1"}`, `{}`, `[`} {
		f.Add([]byte(body))
	}
	auth := bearer(f, s.own)
	f.Fuzz(func(t *testing.T, body []byte) {
		w := do(h, http.MethodPost, "/v2/project/app/callback", string(body), "Authorization", "Bearer "+auth)
		switch w.Code {
		case 200:
			var c callback
			if err := json.Unmarshal(w.Body.Bytes(), &c); err != nil || webhook.CheckURL(c.URL) != nil || c.ID == "" {
				t.Errorf("%q was taken: %s, %v", body, w.Body, err)
			}
		case 400, 413, 501:
		default:
			t.Errorf("%q: %d %s", body, w.Code, w.Body)
		}
		checkAnswer(t, w)
	})
}
