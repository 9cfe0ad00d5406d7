package sdktest

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/server/servertest"
)

// TestCallbacks registers callbacks with npm opentok, and lets @vonage/jwt check what is posted to them.
func TestCallbacks(t *testing.T) {
	for _, m := range modes() {
		if strings.HasPrefix(m.name, "@vonage") {
			continue // it has no callbacks
		}
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			s := servertest.Start(t)
			callbacks(newRoom(t, m, s, start(t, m.args(s.URL, s.Project())...)))
		})
	}
}

// callback is one as the SDK sees it.
type callback struct {
	ID    string `json:"id"`
	Group string `json:"group"`
	Event string `json:"event"`
	URL   string `json:"url"`
}

func callbacks(r *room) {
	inbox := newInbox(r.T)
	list := func() (all []callback) {
		r.Helper()
		r.sdk.call(&all, "listCallbacks")
		return all
	}
	register := func(group, event, url string) (c callback, f *failure) {
		return c, r.sdk.try(&c, "registerCallback", object{"group": group, "event": event, "url": url})
	}
	if all := list(); len(all) != 0 {
		r.Errorf("%+v", all)
	}
	var all []callback
	for _, want := range []callback{{Group: "session", Event: "created"}, {Group: "connection", Event: "created"}, {Group: "connection", Event: "destroyed"},
		{Group: "stream", Event: "created"}, {Group: "stream", Event: "destroyed"}} {
		want.URL = inbox.URL + "/hooks?of=" + want.Group + "&" + want.Event
		c, f := register(want.Group, want.Event, want.URL)
		if want.ID = c.ID; f != nil || c != want || c.ID == "" {
			r.Fatalf("%+v, %v, want %+v", c, f, want)
		}
		all = append(all, c)
	}
	for _, refused := range []struct{ group, event, url, want string }{
		{"archive", "status", inbox.URL, "Archiving is not available on this server."},
		{"connection", "renamed", inbox.URL, "created and destroyed"},
		{"stream", "created", "ftp://example.org", "must begin with http"},
	} {
		if _, f := register(refused.group, refused.event, refused.url); f == nil || f.Name != "RequestError" || !strings.Contains(f.String(), refused.want) {
			r.Errorf("%+v: %v", refused, f)
		}
	}
	if got := list(); !slices.Equal(sorted(got), sorted(all)) {
		r.Errorf("%+v, want %+v", got, all)
	}
	inbox.check(r)
	r.sdk.call(nil, "unregisterCallback", all[0].ID)
	r.fails("session", r.sdk.try(nil, "unregisterCallback", all[0].ID)) // NotFoundError
	if got := list(); !slices.Equal(sorted(got), sorted(all[1:])) {
		r.Errorf("%+v, want %+v", got, all[1:])
	}
}

func sorted(all []callback) []callback {
	return slices.SortedFunc(slices.Values(all), func(a, b callback) int { return strings.Compare(a.ID, b.ID) })
}

// inbox is a receiver of webhooks.
type inbox struct {
	*httptest.Server
	mu  sync.Mutex
	got []delivery
}

type delivery struct{ authorization, body string }

func newInbox(t *testing.T) *inbox {
	in := &inbox{}
	in.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		in.mu.Lock()
		defer in.mu.Unlock()
		in.got = append(in.got, delivery{r.Header.Get("Authorization"), string(body)})
	}))
	t.Cleanup(in.Close)
	return in
}

// check lets somebody come and go, and has the SDK check what is told of it.
func (in *inbox) check(r *room) {
	// What JavaScript and Go escape differently.
	const odd = "<b>\"seat\"&4</b>\\ \u2028\u2029 \x01\t ž😀"
	ann := join(r.T, r.server, r.token(object{"data": odd}), "Ann", camera(odd))
	ann.leave()
	want := []string{"sessionCreated", "connectionCreated", "streamCreated", "streamDestroyed", "connectionDestroyed"}
	var got []delivery
	end := time.Now().Add(deadline)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for ; len(got) < len(want); <-tick.C {
		in.mu.Lock()
		got = slices.Clone(in.got)
		in.mu.Unlock()
		if time.Now().After(end) {
			r.Fatalf("%d came: %v", len(got), got)
		}
	}
	verifier := start(r.T, "verify.cjs", r.server.Project().SignatureSecret)
	stranger := start(r.T, "verify.cjs", "another secret")
	for _, d := range got {
		for _, c := range []struct {
			sdk  *program
			body string
			want bool
		}{{verifier, d.body, true}, {verifier, d.body + " ", false}, {stranger, d.body, false}} {
			var ok bool
			if c.sdk.call(&ok, "verifyWebhook", d.authorization, c.body); ok != c.want {
				r.Errorf("%v for %s", ok, c.body)
			}
		}
		var again string
		if verifier.call(&again, "encodeAgain", d.authorization, d.body); again != d.body {
			r.Errorf("JavaScript encodes %q as %q", d.body, again)
		}
		i := slices.IndexFunc(want, func(name string) bool { return strings.Contains(d.body, `"event":"`+name+`"`) })
		if i < 0 || !strings.Contains(d.body, fmt.Sprintf(`"sessionId":%q,"projectId":%q`, r.session, r.server.Project().APIKey)) {
			r.Errorf("unexpected: %s", d.body)
			continue
		}
		want = slices.Delete(want, i, i+1)
	}
	if len(want) != 0 {
		r.Errorf("missing: %v", want)
	}
}
