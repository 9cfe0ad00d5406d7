package node

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"parley/server/config"
)

func TestForwardedFor(t *testing.T) {
	t.Parallel()
	trusted, err := config.Networks([]string{"127.0.0.1", "10.0.0.0/8"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ peer, header, want string }{
		{"127.0.0.1:5", "203.0.113.9", "203.0.113.9:0"},
		{"127.0.0.1:5", "198.51.100.1, 203.0.113.9, 10.1.1.1", "203.0.113.9:0"}, // what stands before is the client's own word
		{"127.0.0.1:5", "", "127.0.0.1:5"},
		{"127.0.0.1:5", "nonsense", "127.0.0.1:5"},
		{"127.0.0.1:5", "2001:db8::1", "[2001:db8::1]:0"},
		{"203.0.113.9:5", "198.51.100.1", "203.0.113.9:5"}, // not through a proxy
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = c.peer
		if c.header != "" {
			r.Header.Set("X-Forwarded-For", c.header)
		}
		got := ""
		behindProxies(trusted, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.RemoteAddr })).ServeHTTP(nil, r)
		if got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}
