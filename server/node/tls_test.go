package node

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"parley/rtc/protocol"
	"parley/server/config"
)

func TestPlainAndTLSOnOnePort(t *testing.T) {
	t.Parallel()
	for name, only := range map[string]bool{"both": false, "TLS only, from this computer": true} {
		n := start(t, config.Config{Data: t.TempDir(), Listen: "127.0.0.1:0", TLS: config.TLS{Only: only}})
		var pin string
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true, VerifyConnection: func(s tls.ConnectionState) error {
			pin = protocol.PinOf(s.PeerCertificates[0]).String()
			return nil
		}}}}
		for _, scheme := range []string{"http://", "https://"} {
			resp, err := client.Get(scheme + n.Running().Host + "/healthz")
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			if resp.StatusCode != http.StatusOK || resp.ProtoMajor != 1 {
				t.Errorf("%s, %s: %s %s", name, scheme, resp.Proto, resp.Status)
			}
		}
		if pin == "" || pin != n.Running().Pin {
			t.Errorf("the server has %q and says %q", pin, n.Running().Pin)
		}
	}
}

// TestHandshakeIsBounded begins handshakes that never end.
func TestHandshakeIsBounded(t *testing.T) {
	t.Parallel()
	cfg := config.Config{Data: t.TempDir(), Listen: "127.0.0.1:0", Limits: config.DefaultLimits()}
	cfg.Limits.Time.Header = 1
	n := start(t, cfg)
	c, err := net.Dial("tcp", n.Running().Host)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write([]byte{22, 3, 1, 2, 0, 1, 0, 1, 0xfc}); err != nil {
		t.Fatal(err)
	}
	_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.Copy(io.Discard, c); err != nil && !strings.Contains(err.Error(), "reset") {
		t.Errorf("the server keeps it open: %v", err)
	}
}

func TestTLSOnlyRefusesOthers(t *testing.T) {
	t.Parallel()
	trusted, err := config.Networks([]string{"198.51.100.0/24"})
	if err != nil {
		t.Fatal(err)
	}
	n := &Node{cfg: config.Config{TLS: config.TLS{Only: true}}}
	h := n.encrypted(trusted, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	for _, c := range []struct {
		from, to string
		tls      bool
		want     int
	}{
		{"192.0.2.7:1", "192.0.2.1:7880", false, 403},
		{"192.0.2.7:1", "192.0.2.1:7880", true, 204},
		{"127.0.0.1:1", "127.0.0.1:7880", false, 204},
		{"[::1]:1", "[::1]:7880", false, 204},
		{"192.0.2.1:1", "192.0.2.1:7880", false, 204}, // this computer, by its address in the network
		{"[::ffff:192.0.2.1]:1", "192.0.2.1:7880", false, 204},
		{"198.51.100.9:1", "192.0.2.1:7880", false, 204}, // a proxy
		{"rubbish", "192.0.2.1:7880", false, 403},
	} {
		to, err := net.ResolveTCPAddr("tcp", c.to)
		if err != nil {
			t.Fatal(err)
		}
		if status, body := ask(t, h, c.from, to, c.tls); status != c.want || c.want == 403 && body.Code != protocol.CodeTLSRequired {
			t.Errorf("%+v: %d %+v", c, status, body)
		}
	}
}

// ask puts a request from an address to a handler.
func ask(t *testing.T, h http.Handler, from string, to net.Addr, encrypted bool) (int, protocol.ErrorBody) {
	t.Helper()
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(context.WithValue(t.Context(), http.LocalAddrContextKey, to), http.MethodGet, "/healthz", nil)
	r.RemoteAddr = from
	if encrypted {
		r.TLS = &tls.ConnectionState{}
	}
	h.ServeHTTP(w, r)
	var body protocol.ErrorBody
	_ = json.Unmarshal(w.Body.Bytes(), &body)
	return w.Code, body
}
