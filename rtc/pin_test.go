package rtc_test

import (
	"bytes"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/rtc"
	"parley/rtc/protocol"
	"parley/rtc/rtctest"
	"parley/server/certificate"
	"parley/server/servertest"
)

// heard is a listener that remembers all bytes that come, as they come.
type heard struct {
	net.Listener
	mu  sync.Mutex
	all bytes.Buffer
}

// Accept implements net.Listener.
func (h *heard) Accept() (net.Conn, error) {
	c, err := h.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &heardConn{c, h}, nil
}

type heardConn struct {
	net.Conn
	by *heard
}

// Read implements net.Conn.
func (c *heardConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.by.mu.Lock()
	defer c.by.mu.Unlock()
	c.by.all.Write(b[:n])
	return n, err
}

// middle is a man in the middle: he ends the TLS of clients with a certificate of his own, or speaks plain HTTP, and passes on what they ask. asked counts that.
func middle(t *testing.T, server string, encrypted bool) (host string, h *heard, asked func() int) {
	t.Helper()
	to, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(to)
	proxy.Transport = &http.Transport{DisableKeepAlives: true}
	var mu sync.Mutex
	n := 0
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		n++
		mu.Unlock()
		proxy.ServeHTTP(w, r)
	}))
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug)
	h = &heard{Listener: s.Listener}
	s.Listener = h
	if encrypted {
		own, err := certificate.Own(t.TempDir(), time.Now(), slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		s.Listener = tls.NewListener(h, &tls.Config{GetCertificate: own.Get, NextProtos: []string{"http/1.1"}})
	}
	s.Start()
	t.Cleanup(s.Close)
	return h.Addr().String(), h, func() int {
		mu.Lock()
		defer mu.Unlock()
		return n
	}
}

func parsed(t *testing.T, text string) rtc.Link {
	t.Helper()
	link, err := rtc.ParseLink(text)
	if err != nil {
		t.Fatal(err)
	}
	return link
}

func refusedBy(err error) protocol.Code {
	var body *protocol.ErrorBody
	if errors.As(err, &body) {
		return body.Code
	}
	return ""
}

func TestManInTheMiddleGetsNothing(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t)
	id := server.Session()
	link := parsed(t, server.PinnedInvite(id, 3))
	for name, encrypted := range map[string]bool{"own certificate": true, "plain HTTP": false} {
		host, h, asked := middle(t, server.URL, encrypted)
		through := link
		through.Host, through.Also = host, ""
		if _, err := through.Redeem(t.Context(), "Ann", http.DefaultClient); refusedBy(err) != protocol.CodeWrongServer {
			t.Errorf("%s: redeem: %v", name, err)
		}
		token := server.Token(id, "publisher", "Ann")
		if _, err := through.Connect(t.Context(), token, rtc.Options{HTTPClient: http.DefaultClient}); refusedBy(err) != protocol.CodeWrongServer {
			t.Errorf("%s: connect: %v", name, err)
		}
		h.mu.Lock()
		said := h.all.String()
		h.mu.Unlock()
		if said == "" || strings.Contains(said, link.Invite) || strings.Contains(said, token) || asked() != 0 {
			t.Errorf("%s: %d requests, %q was heard", name, asked(), said)
		}
		// The same man is believed where the link has no pin: the test would notice a way through.
		through.Pin, through.TLS = protocol.Pin{}, encrypted
		if _, err := through.Redeem(t.Context(), "Ann", &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}); encrypted != (refusedBy(err) == protocol.CodeWrongServer) {
			t.Errorf("%s: without a pin: %v", name, err)
		}
	}
}

func TestPinnedLinkFindsTheServerAmongAddresses(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t)
	id := server.Session()
	link := parsed(t, server.PinnedInvite(id, 3))
	impostor, _, asked := middle(t, server.URL, true)
	silent, err := net.Listen("tcp", "127.0.0.1:0") // accepts, and never says a word
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	link.Host, link.Also = silent.Addr().String(), "127.0.0.1:1,"+impostor+","+link.Host
	reply, err := link.Redeem(t.Context(), "Ann", nil)
	if err != nil {
		t.Fatal(err)
	}
	s, err := link.Connect(t.Context(), reply.Token, rtc.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if s.You().Name != "Ann" || asked() != 0 {
		t.Errorf("%+v, the impostor was asked %d times", s.You(), asked())
	}
}

// TestReconnectOverTLS cuts the wire: the client comes back over TLS, and to nobody else.
func TestReconnectOverTLS(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t)
	id := server.Session()
	link := parsed(t, server.PinnedInvite(id, 3))
	border := rtctest.NewBorder(t, server.Host)
	link.Host, link.Also = strings.TrimPrefix(border.URL(), "http://"), ""
	s, err := link.Connect(t.Context(), server.Token(id, "publisher", "Ann"), rtc.Options{ReconnectFor: 20 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	border.Cut()
	for ev := range s.Events() {
		switch ev := ev.(type) {
		case rtc.SessionReconnected:
			if !ev.Resumed {
				t.Error("came back as a newcomer")
			}
			return
		case rtc.SessionDisconnected:
			t.Fatal(ev.Err)
		}
	}
}

// TestReconnectMeetsAnother: the server goes away, and another one answers at its address.
func TestReconnectMeetsAnother(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t)
	id := server.Session()
	link := parsed(t, server.PinnedInvite(id, 3))
	s, err := link.Connect(t.Context(), server.Token(id, "publisher", "Ann"), rtc.Options{ReconnectFor: 4 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	server.Stop()
	servertest.Start(t, servertest.Listen(server.Host)) // its own certificate
	for ev := range s.Events() {
		if gone, ok := ev.(rtc.SessionDisconnected); ok && refusedBy(gone.Err) != protocol.CodeWrongServer {
			t.Errorf("%v", gone.Err)
		}
	}
}
